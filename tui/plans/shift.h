/* Acknowledge, note and assign, as the console plans them. */
#ifndef INTAKE_TUI_PLANS_SHIFT_H
#define INTAKE_TUI_PLANS_SHIFT_H

#include "tui/console/action.h"

enum shift_action { SHIFT_ACK, SHIFT_UNACK, SHIFT_NOTE, SHIFT_ASSIGN, SHIFT_RELEASE };

/* What was typed; "" or NULL: nothing. */
struct shift_values {
    const char *text;  /* of an acknowledgement or a note; who it is assigned to */
    const char *until; /* of an acknowledgement: a time ahead, as typed_time_ahead reads it */
};

/* On the uploads or vendors that are marked, the row under the cursor, or the one that the screen
 * is about; on a queue's messages of that queue's. Copies the values. */
struct effect plan_shift(struct screen *screen, enum shift_action action,
                         const struct shift_values *values);

#endif
