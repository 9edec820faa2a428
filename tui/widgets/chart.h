/* Charts as lines of text: blocks where the terminal takes UTF-8, else ASCII. A value below 0 is
 * one that is not there, and shows as nothing. */
#ifndef INTAKE_TUI_WIDGETS_CHART_H
#define INTAKE_TUI_WIDGETS_CHART_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"

/* Whether the locale's character set has blocks. */
bool chart_has_blocks(void);
double chart_most(const double *values, size_t count);
/* One character for each value; of a value that is `most` the highest. */
void chart_spark(struct buffer *out, bool blocks, const double *values, size_t count, double most);
/* The line `line` of `height`, 0 on top, of a chart with a bar of `width` columns and a gap for
 * each value. */
void chart_line(struct buffer *out, bool blocks, const double *values, size_t count, double most,
                int width, int height, int line);
/* A bar from left to right, `width` columns at `most`. */
void chart_bar(struct buffer *out, bool blocks, double value, double most, int width);

#endif
