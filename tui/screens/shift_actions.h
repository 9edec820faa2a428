/* What one shift tells the next, as actions of the screens about uploads, vendors and messages. */
#ifndef INTAKE_TUI_SCREENS_SHIFT_ACTIONS_H
#define INTAKE_TUI_SCREENS_SHIFT_ACTIONS_H

#include "tui/console/action.h"

struct effect shift_ack_run(struct console *console, struct screen *screen);
struct effect shift_unack_run(struct console *console, struct screen *screen);
struct effect shift_note_run(struct console *console, struct screen *screen);
struct effect shift_assign_run(struct console *console, struct screen *screen);
struct effect shift_release_run(struct console *console, struct screen *screen);

#define SHIFT_ACK_ACTION(help_text)                                                \
    {                                                                              \
        "acknowledge", "K", help_text, ROLE_SUPPORT, ACTION_CHANGES, shift_ack_run \
    }
#define SHIFT_UNACK_ACTION                                                                \
    {                                                                                     \
        "unacknowledge", "U", "remove the acknowledgement", ROLE_SUPPORT, ACTION_CHANGES, \
            shift_unack_run                                                               \
    }

#endif
