/* Views: a screen with its argument, filter, columns and sort, under a name. */
#ifndef INTAKE_TUI_CONSOLE_VIEWS_H
#define INTAKE_TUI_CONSOLE_VIEWS_H

#include <stdbool.h>

#include "tui/console/action.h"

struct console;
struct screen;
struct state_view;

/* False where there are too many of them. */
bool console_save_view(struct console *console, const struct screen *screen, const char *name);
/* What is left with the program, as the view STATE_LAST. */
void console_save_last(struct console *console);
struct effect console_open_view(struct console *console, const struct state_view *view);

#endif
