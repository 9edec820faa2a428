/* Keys by name. A key is a code point, or a curses KEY_ code moved up by KEYS_FUNCTION; a key
 * that came in one piece with an Esc before it, as Alt sends it, is that Esc and then the key moved
 * up by KEYS_ALT. */
#ifndef INTAKE_TUI_TERMINAL_KEYS_H
#define INTAKE_TUI_TERMINAL_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#define KEYS_FUNCTION 0x200000
#define KEYS_ALT 0x1000000
#define KEYS_NONE (-1)
#define KEYS_PASTE_BEGIN (KEYS_FUNCTION + 0x8001)
#define KEYS_PASTE_END (KEYS_FUNCTION + 0x8002)
#define KEYS_UNKNOWN (KEYS_FUNCTION + 0x8003)    /* a sequence that says nothing to us */
#define KEYS_BACKGROUND (KEYS_FUNCTION + 0x8004) /* keys_background() was told */
#define KEYS_NAME_SIZE 24

/* Registers the escape sequences curses does not know (bracketed paste). After initscr. */
void keys_init(void);
/* What KEY_MOUSE was: the cell, counted from 0, and the button as XTerm Control Sequences,
 * "Extended coordinates", has it without the keys that are held: 0 the left one, 64 and 65 the
 * wheel. */
struct keys_mouse {
    int button, y, x;
    bool pressed;
};
const struct keys_mouse *keys_mouse(void);
/* The terminal was asked for its background (OSC 11): what may be the answer is no key from now on,
 * late, in pieces or broken off. */
void keys_expect_background(void);
/* Whether one is still to come. */
bool keys_await_background(void);
/* The answer: its relative luminance (WCAG 2.1), from 0 for black to 1 for white. */
double keys_background(void);
/* The next key that is already there, or KEYS_NONE; never waits. */
int keys_read(void);
/* "enter", "esc", "f1", "ctrl-l", "pgup", "a": the code, or KEYS_NONE. `length` bytes. */
int keys_parse(const char *name, size_t length);
void keys_name(int key, char out[KEYS_NAME_SIZE]);
/* Is `key` one of the space-separated names? */
bool keys_match(const char *names, int key);
/* Steps through a list of names: the key, and `*names` moved on; KEYS_NONE at the end. */
int keys_next(const char **names);

#endif
