/* Signals become bytes in a pipe that the loop polls; a crash restores the terminal first. */
#ifndef INTAKE_TUI_TERMINAL_SIGNALS_H
#define INTAKE_TUI_TERMINAL_SIGNALS_H

#include <stdbool.h>

/* Opens the pipe and installs the handlers. The read end, non-blocking, or -1. Bytes in it: the
 * number of a signal, or 'j' from whoever wakes the loop by the write end. */
int signals_open(int *write_end);
void signals_close(void);
/* The loop has seen an interrupt: a handler that finds several unseen leaves by itself. */
void signals_interrupt_seen(void);
/* Stops this process as Ctrl-Z does; returns when it is continued. */
void signals_stop(void);
/* While a child has the terminal, as system(3) does it: interrupts are the child's alone, and
 * Ctrl-Z stops this process with it. */
void signals_lend(void);
void signals_take_back(void);

#endif
