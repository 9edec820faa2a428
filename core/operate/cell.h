/* One value of a fixed draft (core/operate/mend.h) replaced in place; all other bytes of the file
 * stay as they are. */
#ifndef INTAKE_CORE_OPERATE_CELL_H
#define INTAKE_CORE_OPERATE_CELL_H

#include "core/base/buffer.h"
#include "core/record/record.h"
#include "sql/db.h"

/* Which record of an upload is meant, as it was judged. */
struct cell_key {
    uint32_t ordinal;               /* among the rejected ones, from 1 */
    uint32_t rejected;              /* how many these are */
    char product_id[512], sku[512]; /* "" where absent */
};

/* ERROR_NOT_FOUND: no such record. */
MUST_CHECK enum error_code cell_key_read(struct db *db, const char *upload_id, uint32_t row_number,
                                         struct cell_key *key, struct error *error);

/* Where the record stands in the draft, from 1. ERROR_NOT_FOUND where it is not there any more, or
 * several could be it. */
MUST_CHECK enum error_code cell_find(const struct buffer *draft, const struct cell_key *key,
                                     uint32_t *row, struct error *error);

/* One record of the draft, read: `fields` point into `values`. */
struct cell_record {
    struct record record;
    struct field_facts facts[COLUMN_COUNT];
    struct buffer values[COLUMN_COUNT];
};
void cell_record_init(struct cell_record *record);
void cell_record_release(struct cell_record *record);
MUST_CHECK enum error_code cell_record_read(const struct buffer *draft, uint32_t row,
                                            struct cell_record *record, struct error *error);
/* The field as if `value` stood there. */
MUST_CHECK enum error_code cell_record_set(struct cell_record *record, enum product_column column,
                                           const char *value, struct error *error);

/* The whole draft with that value, into `out`. ERROR_INVALID: only an editor can do it (the
 * column or the field is missing, the file is UTF-16, a quote is left open). */
MUST_CHECK enum error_code cell_replace(const struct buffer *draft, uint32_t row,
                                        enum product_column column, const char *value,
                                        struct buffer *out, struct error *error);

/* "0.01 to 999999.99, at most 2 decimals": what the column takes, for a person who types. */
void cell_rule_text(enum product_column column, char *out, size_t size);

#endif
