/* The actions every screen has. */
#ifndef INTAKE_TUI_CONSOLE_ACTIONS_H
#define INTAKE_TUI_CONSOLE_ACTIONS_H

#include "tui/console/action.h"

extern const struct action_table console_actions;

/* The prompt of the filter, with what the screen filters by now. */
void console_filter_begin(struct console *console);

#endif
