/* UTF-8 text, and the one sanitiser between a vendor's bytes and a person's eye. */
#ifndef INTAKE_CORE_BASE_TEXT_H
#define INTAKE_CORE_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

/* Takes one code point off *at. Strict (RFC 3629: no overlong form, no surrogate, nothing above
   U+10FFFF). On false *at is not moved. */
bool utf8_decode(const char **at, const char *end, uint32_t *code_point);

/* Writes the code point as UTF-8; returns the bytes written (1 to 4). */
size_t utf8_encode(uint32_t code_point, char out[4]);

/* Whether all of it is UTF-8; if not, *bad_offset (may be NULL) is where it first is not. */
bool utf8_valid(const char *text, size_t len, size_t *bad_offset);

/* Code points; a byte that is not UTF-8 counts as one. */
size_t utf8_count(const char *text, size_t len);

/* The bytes of the first `code_points` code points, or len where there are fewer. */
size_t utf8_prefix(const char *text, size_t len, size_t code_points);

/* Where the part, NUL terminated, first stands in the text, or NULL. */
const char *text_find(const char *text, size_t len, const char *part);

/* Whether the text is of the pattern, in which `*` stands for any run of characters, also none. */
bool text_matches(const char *text, size_t len, const char *pattern);

/* Levenshtein's distance, by bytes, for "did you mean"; fold_case: A to Z count as a to z. `b` has
   at most TEXT_DISTANCE_MAX bytes. */
#define TEXT_DISTANCE_MAX 64
size_t text_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len, bool fold_case);

/* FNV-1a of 32 bits. Source: Fowler, Noll, Vo. */
uint32_t text_hash(const char *text, size_t len);

/* Unicode White_Space (PropList.txt): what trimming takes off. */
bool text_is_white_space(uint32_t code_point);

/* C0, DEL and C1: U+0000 to U+001F, U+007F to U+009F. */
bool text_is_control(uint32_t code_point);

/* Bidirectional overrides, zero-width and other format characters, U+2028/9, private use,
   unassigned: what a terminal shows as nothing, as something else, or obeys. */
bool text_is_invisible(uint32_t code_point);

/* Columns of a terminal that the text takes, combining marks 0, wide characters 2. */
int text_width(const char *text, size_t len);
int text_code_point_width(uint32_t code_point);

/*
 * Appends the text so that it can be shown on one line of a terminal, or pasted into a ticket,
 * and do nothing there: control characters (tab, newline, escape and C1 among them) as their
 * Control Pictures or <U+009B>, bidirectional overrides, zero-width and other invisible format
 * characters as <U+202E>, a byte that is not UTF-8 as <xFF>. Everything else is unchanged.
 */
void text_append_visible(struct buffer *out, const char *text, size_t len);

/* The same, at most `columns` wide; what does not fit is cut and ends with "...". */
void text_append_visible_cut(struct buffer *out, const char *text, size_t len, int columns);

/* "9,999"; of a number that is not negative. */
void text_append_thousands(struct buffer *out, int64_t number);

#endif
