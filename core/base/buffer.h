/*
 * Growing bytes with a length and a maximum that is fixed at init.
 * The content is always NUL terminated (the NUL is not counted in len).
 *
 * Failure is sticky: an append that would pass the maximum, or that finds no memory, leaves the
 * content as it was, and so does every append after it; buffer_check tells. So a sequence of
 * appends needs one check at its end.
 */
#ifndef INTAKE_CORE_BASE_BUFFER_H
#define INTAKE_CORE_BASE_BUFFER_H

#include <stdarg.h>
#include <stddef.h>

#include "core/base/error.h"

struct buffer {
    char *data; /* "" before the first append; never NULL after init */
    size_t len, capacity, max;
    enum error_code failed;
};

void buffer_init(struct buffer *buffer, size_t max);
void buffer_release(struct buffer *buffer); /* leaves it as after init */
void buffer_clear(struct buffer *buffer);   /* len 0 and no failure; memory is kept */

void buffer_append(struct buffer *buffer, const void *bytes, size_t len);
void buffer_text(struct buffer *buffer, const char *text);
void buffer_char(struct buffer *buffer, char c);
void buffer_format(struct buffer *buffer, const char *format, ...) PRINTF_LIKE(2, 3);
void buffer_format_list(struct buffer *buffer, const char *format, va_list arguments)
    PRINTF_LIKE(2, 0);

/* Shortens to len bytes; longer than the content is a no-op. */
void buffer_cut(struct buffer *buffer, size_t len);

/* The content, free() by the caller; the buffer is as after init. NULL when out of memory. */
char *buffer_take(struct buffer *buffer);

/* ERROR_TOO_LARGE or ERROR_MEMORY where an append failed since init or clear. */
MUST_CHECK enum error_code buffer_check(const struct buffer *buffer, struct error *error);

#endif
