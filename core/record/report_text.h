/*
 * The two files beside an upload: the error report and the rejected records. Each is a function of
 * its rows alone, so the same database gives the same bytes. Written row by row into a buffer,
 * which the caller may drain between rows.
 */
#ifndef INTAKE_CORE_RECORD_REPORT_TEXT_H
#define INTAKE_CORE_RECORD_REPORT_TEXT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

/* A piece of text; NULL is absent. */
struct text_slice {
    const char *text;
    size_t len;
};

/* One violation. The fields are those of the record's original data. */
struct report_row {
    uint32_t row_number, line_number;
    char delimiter;
    const char *error_type;
    const char *error_message;
    struct text_slice vendor_product_id, sku, product_name, category, price, stock_quantity, brand,
        description;
};

/* BOM and the header line, CRLF; delimited as the upload was. */
void report_begin(struct buffer *out, char delimiter);
/* Rows must come by row number, and within a row in the order of the findings. */
void report_append(struct buffer *out, const struct report_row *row);

/* The JSON text of original_data; *out is the caller's to put, NULL where there is none.
   ERROR_INVALID where it is no JSON object. */
MUST_CHECK enum error_code original_parse(const char *text, size_t len, struct json_object **out,
                                          struct error *error);
/* As report_append, with the fields of the record taken from original_data (NULL: none). */
void report_append_original(struct buffer *out, struct report_row *row,
                            struct json_object *original);
/* The last row of a report that would be too long: what is missing. */
void report_append_cut_mark(struct buffer *out, char delimiter, int64_t violations,
                            int64_t records);

/* "'" before a cell that a spreadsheet would take for a formula, else "": one that begins with tab,
   CR or LF, or with = + - @ (full-width and small ones, too), be it behind white space and what
   cannot be seen. Numbers are none. */
const char *report_cell_guard(const char *text, size_t len);
/* A value as it is, quoted where need be: the reader of csv.h gives it back. */
void report_append_value(struct buffer *out, const char *text, size_t len, char delimiter);
/* A cell that a spreadsheet will not take for a formula, quoted where need be. */
void report_append_cell(struct buffer *out, const char *text, size_t len, char delimiter);

/* What the rejected file repeats of the vendor's own; kept with the upload. */
struct rejected_format {
    char delimiter;
    bool errors_own;      /* a last column `errors` is the vendor's own (struct csv_header) */
    const char *line_end; /* "\n", "\r\n", "\r" */
    const char *header;   /* raw bytes */
    size_t header_len;
    uint32_t field_count; /* of the header */
    bool mended;          /* set by rejected_begin */
};

/*
 * BOM, the vendor's header and one more column: `errors`, or `intake_errors` where the vendor has a
 * column `errors`. A file that was mended and uploaded again has one from before, as its last: that
 * one and what stands in it make way for the new.
 */
void rejected_begin(struct buffer *out, struct rejected_format *format);

/*
 * The record's own bytes and the errors ("INVALID_PRICE: price 12.999 has ...; ..."). Missing
 * fields are filled up with empty ones, and empty ones behind the last column are left out, so that
 * `errors` stands under its name. A field that was never closed is closed at the record's end.
 */
void rejected_append(struct buffer *out, const struct rejected_format *format, const char *raw,
                     size_t raw_len, uint32_t field_count, const char *errors, size_t errors_len);

/*
 * A record whose own bytes were not kept whole (beyond RECORD_TOTAL_MAX), made again from its
 * original data in the columns of the header: unknown ones are empty, cut values carry their
 * mark. */
MUST_CHECK enum error_code rejected_append_original(struct buffer *out,
                                                    const struct rejected_format *format,
                                                    struct json_object *original,
                                                    const char *errors, size_t errors_len,
                                                    struct error *error);
/* Into the errors of the last record, which is there: how many more were rejected. A row of its own
   would come back as a record. */
void rejected_append_cut_mark(struct buffer *out, const struct rejected_format *format,
                              int64_t records);

/* Adds "TYPE: message" to what is joined by "; ". */
void rejected_errors_append(struct buffer *errors, const char *error_type,
                            const char *error_message);

#endif
