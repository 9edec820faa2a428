/* The full-screen console: what `intake` without a command opens. */
#ifndef INTAKE_TUI_CONSOLE_START_H
#define INTAKE_TUI_CONSOLE_START_H

struct session_options; /* tui/session/session.h */

/* Runs the console until the user leaves it and returns the exit code of the process: 0 after `q`,
 * 130 after a second Ctrl-C, 2 where there is no terminal that can show it (one line on stderr says
 * why). SIGTERM and SIGHUP end the process with 128 + n after the terminal is restored. `options`
 * is borrowed and must outlive the call; each worker opens its own session from it, lazily, so that
 * nothing is connected on the caller's thread. */
int console_run(const struct session_options *options);

#endif
