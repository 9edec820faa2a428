/* The only place that puts characters on the screen. Everything drawn passes the sanitiser and is
 * measured in columns, so that wide and combining characters align and no vendor byte reaches the
 * terminal as it came. */
#ifndef INTAKE_TUI_WIDGETS_DRAW_H
#define INTAKE_TUI_WIDGETS_DRAW_H

#include <stddef.h>
#include <stdint.h>

#include "tui/terminal/theme.h"

struct area {
    int y, x, height, width;
};

enum draw_align { DRAW_LEFT, DRAW_RIGHT };

/* Draws `text` into exactly `width` columns: padded, or cut with an ellipsis. */
void draw_cell(int y, int x, int width, enum draw_align align, enum theme_tone tone,
               const char *text);
/* Draws what fits into `width` columns and returns how many it took; pads nothing. */
int draw_text(int y, int x, int width, enum theme_tone tone, const char *text);
int draw_format(int y, int x, int width, enum theme_tone tone, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The bytes of `text`, made visible before, that fit into `width` columns: broken at a space where
 * there is one. At least 1. */
size_t draw_wrap(const char *text, int width);
/* Over as many lines of the area as it takes; what does not fit is cut with an ellipsis. */
void draw_paragraph(struct area area, enum theme_tone tone, const char *text);
void draw_fill(int y, int x, int width, enum theme_tone tone);
void draw_clear(struct area area);
void draw_box(struct area area, enum theme_tone tone, const char *title);
/* Columns that `text` takes on this terminal once made visible. */
int draw_width(const char *text);
/* "12s", "3m", "2h", "5d" */
void draw_age(int64_t age_ms, char out[16]);

#endif
