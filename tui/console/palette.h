/* Every action, screen, theme and saved view by its name; and ids to jump to. */
#ifndef INTAKE_TUI_CONSOLE_PALETTE_H
#define INTAKE_TUI_CONSOLE_PALETTE_H

struct console;

void palette_open(struct console *console);

#endif
