/* A line of input at the foot of the screen. */
#ifndef INTAKE_TUI_CONSOLE_PROMPT_H
#define INTAKE_TUI_CONSOLE_PROMPT_H

#include <stdbool.h>

#include "tui/console/action.h"
#include "tui/terminal/theme.h"

struct edit;

/* `changed` is called after each key that changed the text, `entered` once at the end: with `kept`
 * false after Esc. Either may be NULL. Up and down walk through the remembered filters when
 * `history` is set. */
struct prompt_spec {
    const char *label; /* static */
    const char *hint;  /* shown while the line is empty, copied; NULL for none */
    bool history;
    /* Tab: completes what stands before the cursor; what it may be, where that is several, goes
     * into `others`. NULL: there is nothing to complete. */
    void (*complete)(struct console *console, struct edit *edit, char *others, size_t size);
    /* What is to be said of the text, above the line, as one types; NULL: nothing. */
    enum theme_tone (*judge)(struct console *console, const char *text, char *out, size_t size);
    struct effect (*changed)(struct console *console, const char *text);
    struct effect (*entered)(struct console *console, const char *text, bool kept);
};

void prompt_open(struct console *console, const struct prompt_spec *spec, const char *text);

#endif
