/* The terminal: taken at the start, given back on every way out. One per process. */
#ifndef INTAKE_TUI_TERMINAL_TERMINAL_H
#define INTAKE_TUI_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the terminal is to report the mouse; before it is opened. */
void terminal_use_mouse(bool wanted);
/* False with one line in `why` where there is no terminal, or none that can show the console. */
bool terminal_open(char *why, size_t size);
/* Gives the terminal back as it was. Safe to call twice. */
void terminal_close(void);
/* Around anything that needs the terminal as the shell left it: suspend, $PAGER, $EDITOR. */
void terminal_leave(void);
void terminal_return(void);
/* Takes the size the terminal has now. */
void terminal_resize(void);
/* Writes what was drawn; the cursor goes to (y, x), or is hidden when y is negative. */
void terminal_show(int y, int x);
/* All of it again (Ctrl-L). */
void terminal_repaint(void);
/* OSC 52: the terminal's own clipboard, also through ssh and tmux. At most 72 KiB of text. Whether
 * it was sent: no terminal says what became of it. */
bool terminal_copy(const char *text);
/* Asks for the background (OSC 11) and waits for nothing: the answer comes as KEYS_BACKGROUND. Not
 * where TERM names what would show the question, or NO_COLOR is set. */
void terminal_ask_background(void);
/* The bell. */
void terminal_ring(void);
/* Async-signal-safe: escape sequences and modes as they were, nothing else. */
void terminal_rescue(void);

#endif
