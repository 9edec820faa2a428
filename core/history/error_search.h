/* The errors of all uploads, looked for by what they say. Conventions as in core/history/history.h.
 */
#ifndef INTAKE_CORE_HISTORY_ERROR_SEARCH_H
#define INTAKE_CORE_HISTORY_ERROR_SEARCH_H

#include "core/history/error_where.h"
#include "core/history/history.h"

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

/* The newest errors are looked through, more of them where those promise a full page, and else the
 * indexes are asked, those first that find few. A statement each. In the list's own order alone. */
MUST_CHECK enum error_code errors_search(struct db *db, const struct error_search *search,
                                         struct page_position position, size_t limit,
                                         struct found_errors *found, struct error *error);
void found_errors_release(struct found_errors *found);

#endif
