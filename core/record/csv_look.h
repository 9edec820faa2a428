/*
 * What a file looks like that cannot be taken, told to somebody who does not know what UTF-8 is.
 * Used by the reader of csv.h.
 */
#ifndef INTAKE_CORE_RECORD_CSV_LOOK_H
#define INTAKE_CORE_RECORD_CSV_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/record/refusal.h"

/* INVALID_ENCODING of bytes that are not UTF-8 at `bad` (SIZE_MAX: that hold U+0000 in line 1). */
void csv_look_refuse_bytes(struct refusal *refusal, const char *bytes, size_t len, size_t bad,
                           uint32_t line);

/* The delimiter that a line `sep=X` names, or 0 where it is no such line. */
char csv_look_sep_line(const char *line, const char *end);

/* "an HTML page", "XML", "JSON", "RTF": a file whose first line this is, or NULL. */
const char *csv_look_markup(const char *line, const char *end);

/* INVALID_HEADER of a file whose first line names no known column under `delimiter`; behind the
   line follows more text, up to text_end. */
void csv_look_refuse_header(struct refusal *refusal, char delimiter, const char *line,
                            const char *line_end, const char *text_end, uint32_t line_number);

/* Says behind a MISSING_COLUMN which line further down looks like the header, if any. */
void csv_look_add_header_below(struct refusal *refusal, const char *line, const char *text_end,
                               uint32_t line_number);

/* How many known columns a line names under this delimiter; quotes are not looked into. */
uint32_t csv_look_known_count(const char *line, const char *end, char delimiter);

/* Whether a record of one line has no field that is not empty. */
bool csv_look_is_empty_record(const char *line, const char *end, char delimiter);

/* "a comma": for messages. */
const char *csv_delimiter_name(char delimiter);

#endif
