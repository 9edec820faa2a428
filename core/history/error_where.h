/* What a search of errors asks for, and what that is in SQL: conditions, and which records come
 * into question. The functions are for error_search.c, whose statements name a row of
 * violation_rows `r`, one of its record's violations `v`, the upload `h`. */
#ifndef INTAKE_CORE_HISTORY_ERROR_WHERE_H
#define INTAKE_CORE_HISTORY_ERROR_WHERE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/history/query.h"

/* Each but the times may hold alternatives; what begins with not_ leaves these out. */
struct error_search {
    const char *text;    /* words, each a part of the message, or the very SKU, product id or value;
                            "-word" for none of these; NULL: any */
    const char *sku;     /* of the record, exact */
    const char *product; /* its vendor_product_id, exact */
    const char *value;   /* what was written in the field that is wrong, exact */
    const char *type, *field, *vendor;
    const char *not_sku, *not_product, *not_value, *not_type, *not_field, *not_vendor;
    int64_t since_ms, until_ms; /* of the upload; HISTORY_NEVER: no bound */
};

/* The record's values: with its first violation, older ones with each or in the ledger. */
#define ERROR_ORIGINAL                                                                        \
    "coalesce(r.original_data, (SELECT f.original_data FROM violation_rows f"                 \
    " WHERE f.upload_id = r.upload_id AND f.row_number = r.row_number AND f.rule_order = 1)," \
    " (SELECT l.original_data FROM upload_records l"                                          \
    " WHERE l.upload_id = r.upload_id AND l.row_number = r.row_number))"
#define ERROR_SKU "(" ERROR_ORIGINAL " ->> 'sku')"
#define ERROR_VALUE "(" ERROR_ORIGINAL " ->> v.error_field)"

/* That h is of the time that is asked for. */
void errors_when(struct query *query, const struct error_search *search);
/* All that must be true of r, v and h. */
void errors_where(struct query *query, struct arena *arena, const struct error_search *search);

/* By what records are found, what is least frequent as a rule first. */
enum criterion { BY_SKU, BY_PRODUCT, BY_UPLOAD, BY_VALUE, BY_VIOLATION, CRITERIA };

/* Whether the search says anything of it. */
bool error_search_says(const struct error_search *search, enum criterion by);
/* Above the one and up to the other; both 0: all. */
struct error_range {
    int64_t from_id, to_id;
};

/* Records (upload_id, row_number) among which are all that are wanted, found by an index; some
 * of them twice. By a SKU, a product or a value: of those whose errors have numbers in the range.
 */
void errors_from(struct query *query, struct arena *arena, const struct error_search *search,
                 enum criterion by, struct error_range range);

/* Of a search that says something BY_VIOLATION: what a row of violation_rows, `o`, itself shows is
 * true of all whose records are wanted, and of few others. What it does not show, values that are
 * words and violations that lie together, it asks of `aside`, which the statement begins with. */
void errors_aside(struct query *query, struct arena *arena, const struct error_search *search,
                  struct error_range range);
void errors_likely(struct query *query, struct arena *arena, const struct error_search *search);

#endif
