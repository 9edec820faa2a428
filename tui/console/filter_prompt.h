/* The prompt in which a screen's filter is typed: completes its keys and their values. */
#ifndef INTAKE_TUI_CONSOLE_FILTER_PROMPT_H
#define INTAKE_TUI_CONSOLE_FILTER_PROMPT_H

struct console;

/* Opens with what the screen filters by now. */
void console_filter_begin(struct console *console);

#endif
