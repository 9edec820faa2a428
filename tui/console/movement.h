/* The keys that move, the same on every screen that has lines: one table, and a screen says what
 * each comes to. */
#ifndef INTAKE_TUI_CONSOLE_MOVEMENT_H
#define INTAKE_TUI_CONSOLE_MOVEMENT_H

#include "tui/console/screen.h"

struct document;

/* For screens whose screen_ops has `move`. */
extern const struct action_table movement_actions;

/* What a movement comes to in a document. */
void movement_in_document(struct document *document, enum movement movement);

#endif
