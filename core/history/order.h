/* The orders a list of the read model has, and the parts of statements they come to. For
 * core/history/ alone. */
#ifndef INTAKE_CORE_HISTORY_ORDER_H
#define INTAKE_CORE_HISTORY_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/history/page.h"
#include "core/history/query.h"
#include "sql/db.h"

struct order_column {
    const char *sql;  /* NULL: the list's own key */
    const char *type; /* what the text of a key is cast to */
    bool nullable;
};

/*
 * Rows that are equal in the column come in the list's own order. `columns` is indexed by the
 * list's enum; all texts are constants of ours and hold no `?` but the one of each
 * parameter. */
struct order_table {
    const struct order_column *columns;
    size_t count;
    const char *number;       /* what the list's own key begins with; NULL: it is the id alone, */
    const char *number_value; /* as a bigint, */
    const char *number_param; /* and back */
    const char *id;           /* its second part; NULL: there is none */
    const char *id_param;
    const char *id_least; /* a text before all ids */
    bool newest_first;    /* the own order is a descending one */
};

/* ", ... AS page_value, ..." behind the columns of a SELECT. */
void order_select(struct query *query, const struct order_table *table, struct page_order order);
/* " AND (...)" behind a WHERE, " ORDER BY ...", " LIMIT n": one row above `limit` says that more
 * follow. */
void order_page(struct query *query, const struct order_table *table, struct page_position position,
                size_t limit);

/* What came of it: how many rows to show, and whether there are more at the ends. */
size_t order_count(const struct db_result *result, struct page_position position, size_t limit,
                   bool *more_before, bool *more_after);
/* Where the row of the result stands in display order. */
size_t order_place(struct page_position position, size_t count, size_t row);
void order_read(struct arena *arena, const struct db_result *result, int row, struct page_key *key,
                bool *failed);

#endif
