/*
 * Reads a vendor's file: its encoding and delimiter are recognised; libcsv's default reading, and
 * what it does not tell: the line where each record begins, each record's own bytes, what is blank,
 * an unterminated quote, and a field that was never closed, which ends its record.
 *
 * The whole file is in memory (at most CSV_FILE_MAX bytes) and stays the caller's; it must outlive
 * the reader. Use: csv_reader_open, csv_reader_next until *more is false, then csv_reader_finish.
 * A file is refused or not only after its last record was read: what was read before counts for
 * nothing where csv_reader_finish refuses.
 */
#ifndef INTAKE_CORE_RECORD_CSV_H
#define INTAKE_CORE_RECORD_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/record/csv_shape.h"
#include "core/record/record.h"
#include "core/record/refusal.h"

struct csv_reader;

/*
 * Looks at the bytes (size, emptiness, encoding) and reads the header. *out is the caller's to
 * csv_reader_free, and may be used again by csv_reader_open for another file (*out not NULL).
 * A refusal is no error: the code is ERROR_NONE, csv_reader_next then gives no record and
 * csv_reader_finish tells. ERROR_MEMORY is the only failure.
 */
MUST_CHECK enum error_code csv_reader_open(struct csv_reader **out, const char *data, size_t len,
                                           struct error *error);

/* The next record, valid until the next call; earlier_rows, earlier_count and wave are left 0, NULL
   and 1. *more is false at the end. */
MUST_CHECK enum error_code csv_reader_next(struct csv_reader *reader, struct record *record,
                                           bool *more, struct error *error);

/* After the last record: the file's refusal, the first that holds, or REFUSAL_NONE. */
void csv_reader_finish(struct csv_reader *reader, struct refusal *refusal);

/* The records read so far; after csv_reader_finish, those of the whole file. */
uint32_t csv_reader_count(const struct csv_reader *reader);

/* Valid until free or the next open. field_count 0 where the file has no header. */
const struct csv_header *csv_reader_header(const struct csv_reader *reader);

void csv_reader_free(struct csv_reader *reader);

#endif
