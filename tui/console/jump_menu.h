/* A list of all that the thing under the cursor is connected with; a letter or Enter goes there. */
#ifndef INTAKE_TUI_CONSOLE_JUMP_MENU_H
#define INTAKE_TUI_CONSOLE_JUMP_MENU_H

struct console;
struct effect;

struct effect jump_open(struct console *console);

#endif
