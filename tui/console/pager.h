/* Text out of the console: $PAGER, $EDITOR and files. */
#ifndef INTAKE_TUI_CONSOLE_PAGER_H
#define INTAKE_TUI_CONSOLE_PAGER_H

#include "tui/console/action.h"

/* Shows `text` in $PAGER (less where it is unset) and comes back when it ends. */
void console_pager(struct console *console, const char *text);
/* Opens the file in $VISUAL or $EDITOR and comes back when that ends; false, and says so, where it
 * could not be started. `line` (0: none) is where it opens, if the editor is one that takes
 * +LINE. */
bool console_editor(struct console *console, const char *path, long line);
/* Writes `text` to a new file in the working directory, named after the screen; says which. */
struct effect console_export(const char *name, char *text);

#endif
