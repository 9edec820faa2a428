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
#include "core/record/record.h"
#include "core/record/refusal.h"

#define CSV_FILE_MAX ((size_t)10485760)
#define CSV_RECORDS_MAX 10000

struct csv_known {
    uint32_t index; /* of the field, from 0 */
    enum product_column column;
};

/* What may delimit, the first that fits on a tie. */
#define CSV_DELIMITERS ",;\t|"

/* The header's meaning, and what is to be told of the file. */
struct csv_header {
    char delimiter; /* one of CSV_DELIMITERS */
    uint32_t field_count;
    uint32_t required_count; /* fields up to the last required column */
    uint32_t line_number;
    struct csv_known known[COLUMN_COUNT]; /* the known columns, by index */
    uint32_t known_count;
    struct buffer raw;    /* the header's own text in UTF-8, without BOM and line end */
    const char *line_end; /* "\n", "\r\n" or "\r", as behind the header ("\n" where nothing is) */
    bool bom;
    struct buffer unknown; /* "Desc (looks like description), x": unknown ones, made visible */
    struct buffer ignored; /* the same as JSON: [{"name":"Desc","looks_like":"description"}] */
    uint32_t unknown_count;
    bool errors_last; /* the last column is named `errors` */
    bool errors_own;  /* and holds what no rejected file of ours held: it is the vendor's own */

    uint32_t swallowed; /* records over several lines that look like more than one */
    uint32_t swallowed_line, swallowed_last_line; /* the first of them */
};

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

/* "a comma": for messages. */
const char *csv_delimiter_name(char delimiter);

void csv_reader_free(struct csv_reader *reader);

#endif
