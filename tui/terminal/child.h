/* Another program in the console's terminal, which is given to it as the shell left it. */
#ifndef INTAKE_TUI_TERMINAL_CHILD_H
#define INTAKE_TUI_TERMINAL_CHILD_H

#include <stdbool.h>

/*
 * Runs `command` by sh and waits for its end. `argument` (NULL: none) is put behind its own words,
 * whatever it holds; `input` (NULL: the terminal) is its standard input, and may be left unread.
 * False where it could not be started.
 */
bool child_run(const char *command, const char *argument, const char *input);

/*
 * Gives `text` to `command` (by sh) while the console stays as it is: its output goes nowhere, and
 * where it takes longer than `wait_ms` it is killed. Whether it ended with 0; what it left behind
 * in the background (xclip does) goes on.
 */
bool child_feed(const char *command, const char *text, int wait_ms);

#endif
