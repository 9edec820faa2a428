/* The keys that move, the same on every screen that has lines: one table, and a screen says what
 * each comes to. */
#ifndef INTAKE_TUI_CONSOLE_MOVEMENT_H
#define INTAKE_TUI_CONSOLE_MOVEMENT_H

#include "tui/console/action.h"

struct document;

enum movement {
    MOVE_UP,
    MOVE_DOWN,
    MOVE_PAGE_UP,
    MOVE_PAGE_DOWN,
    MOVE_HALF_UP,
    MOVE_HALF_DOWN,
    MOVE_FIRST, /* of all there is, not of what is loaded */
    MOVE_LAST
};

/* For screens whose screen_ops has `move`. */
extern const struct action_table movement_actions;

/* What a movement comes to in a document. */
void movement_in_document(struct document *document, enum movement movement);

#endif
