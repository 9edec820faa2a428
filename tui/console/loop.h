/* The loop that waits for keys, signals and finished jobs, and draws. */
#ifndef INTAKE_TUI_CONSOLE_LOOP_H
#define INTAKE_TUI_CONSOLE_LOOP_H

struct console;

/* Runs until the user leaves; the exit code. */
int loop_run(struct console *console);

#endif
