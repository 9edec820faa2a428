/* What a search for uploads looks in. For core/history/history.c alone. */
#ifndef INTAKE_CORE_HISTORY_SEARCH_H
#define INTAKE_CORE_HISTORY_SEARCH_H

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/history/query.h"
#include "sql/db.h"

#define SEARCH_WORDS 24

/* A word, and the vendors whose name or e-mail has it: as an array literal, NULL for none. Asked
 * for beforehand, for then the planner knows whether the index of words or that of vendors is the
 * way. */
struct search_word {
    const char *pattern;
    const char *vendors;
    bool negated; /* none of the alternatives may be there */
    bool joined;  /* an alternative to the one before */
};

struct upload_search {
    struct search_word words[SEARCH_WORDS];
    size_t count;
};

/* One round trip; texts are taken from `arena`. `text` NULL or blank: no word. */
MUST_CHECK enum error_code upload_search_read(struct db *db, struct arena *arena, const char *text,
                                              struct upload_search *search, struct error *error);
/* Each word in the upload's id, file or vendor id, or in who its vendor is. */
void upload_search_add(struct query *query, const struct upload_search *search);

#endif
