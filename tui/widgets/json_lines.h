/* JSON in lines for reading. Pure. */
#ifndef INTAKE_TUI_WIDGETS_JSON_LINES_H
#define INTAKE_TUI_WIDGETS_JSON_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"

/* Appends the document with a line for each member and element. Only blanks between tokens change:
 * names, numbers and escapes stay as they were written. False, and nothing appended, where it is no
 * JSON object or array, or does not fit. */
bool json_indent(const char *text, size_t length, struct buffer *out);

#endif
