/*
 * The bytes of a file as UTF-8, whatever of the two they are: UTF-8 stays where it stands, UTF-16
 * with its byte order mark is converted piece by piece, so that a file never lies in memory twice.
 * Used by the reader of csv.h.
 */
#ifndef INTAKE_CORE_RECORD_CSV_SOURCE_H
#define INTAKE_CORE_RECORD_CSV_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/record/refusal.h"

enum csv_encoding { CSV_UTF8, CSV_UTF16LE, CSV_UTF16BE };

struct csv_source {
    enum csv_encoding encoding;
    bool bom;
    const unsigned char *start, *end; /* without BOM, and without U+001A and U+0000 at the end */
    const unsigned char *next;        /* not yet converted; end for UTF-8 */
    char *window;                     /* of UTF-16: converted text; NULL otherwise */
    size_t window_len, window_size;
};

void csv_source_init(struct csv_source *source);
void csv_source_release(struct csv_source *source);

/* Another file; the memory of the one before is kept. */
void csv_source_set(struct csv_source *source, const char *data, size_t len);

/* Too large, empty, neither UTF-8 nor UTF-16: the refusal, or it is left alone. */
void csv_source_judge(const struct csv_source *source, size_t len, struct refusal *refusal);

/* Begins anew: the first text there is. */
MUST_CHECK enum error_code csv_source_begin(struct csv_source *source, const char **text,
                                            const char **end, struct error *error);

/*
 * More text behind what is there, which from *keep on stays, moved to *keep's new place; *end is
 * the new end. False where there is no more, or where memory failed (*code).
 */
bool csv_source_more(struct csv_source *source, const char **keep, const char **end,
                     enum error_code *code, struct error *error);

/* Converted text that nobody will look at again, though what is behind it is still wanted: its
   memory goes back, its bytes are undefined from here on. Nothing for UTF-8, which is the caller's.
 */
void csv_source_drop(struct csv_source *source, const char *from, const char *to);

#endif
