/* The errors of all uploads, looked for by what they say. Conventions as in core/history/history.h.
 */
#ifndef INTAKE_CORE_HISTORY_ERROR_SEARCH_H
#define INTAKE_CORE_HISTORY_ERROR_SEARCH_H

#include "core/history/history.h"

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

struct found_error {
    const char *upload_id;
    const char *vendor_id;
    int64_t upload_timestamp;
    struct violation violation; /* its key is that of the page */
};

struct found_errors {
    struct arena arena;
    struct found_error *rows; /* newest first, of one record the last first */
    size_t count;
    bool more_before;
    bool more_after;
};

/* Two round trips at most: the newest errors are looked through, and where they do not fill the
 * page the indexes are asked. In the list's own order alone. */
MUST_CHECK enum error_code errors_search(struct db *db, const struct error_search *search,
                                         struct page_position position, size_t limit,
                                         struct found_errors *found, struct error *error);
void found_errors_release(struct found_errors *found);

#endif
