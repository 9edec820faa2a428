/* What things look like: one attribute for each meaning, never a colour in a screen. */
#ifndef INTAKE_TUI_TERMINAL_THEME_H
#define INTAKE_TUI_TERMINAL_THEME_H

#include <stdbool.h>
#include <stddef.h>

enum theme_tone {
    TONE_NORMAL,
    TONE_DIM,
    TONE_GOOD,
    TONE_WARN,
    TONE_BAD,
    TONE_INFO,
    TONE_TITLE,
    TONE_HEADER,
    TONE_LABEL,
    TONE_COLUMN,
    TONE_SELECTED,
    TONE_MARKED,
    TONE_KEY,
    TONE_PRODUCTION,
    TONE_READ_ONLY,
    TONE_INPUT,
    TONE_MATCH,
    TONE_BORDER,
    TONE_COUNT
};

/* After initscr. Takes as many colours as the terminal has (256, 8, none); NO_COLOR or `colour`
 * false leaves attributes alone. False when there is no theme of that name (the default stays). */
bool theme_init(const char *name, bool colour);
bool theme_use(const char *name);
const char *theme_at(size_t index); /* NULL at the end */
#define THEME_AUTO "auto"
/* What "auto" looks like: as light or dark where the background is known, by the terminal's answer
 * or by COLORFGBG (as rxvt and Konsole set it); else in colours that can be read on both.
 * `luminance` is that of WCAG 2.1. */
void theme_background(double luminance);
/* Whether the theme in use is for the terminal to decide. */
bool theme_is_auto(void);
unsigned long theme_attribute(enum theme_tone tone);

#endif
