/* Rows of the read model as structs: a table says which column of a result goes into which member.
 * For the readers of this room. */
#ifndef INTAKE_CORE_HISTORY_ROWS_H
#define INTAKE_CORE_HISTORY_ROWS_H

#include <stddef.h>

#include "core/history/order.h"

enum row_kind {
    ROW_TEXT,   /* const char *, copied; NULL for NULL */
    ROW_NUMBER, /* int64_t; 0 for NULL */
    ROW_TIME,   /* int64_t, milliseconds; HISTORY_NEVER for NULL */
    ROW_FLAG    /* bool; false for NULL */
};

struct row_column {
    const char *name;
    enum row_kind kind;
    size_t offset;
};

/* Reads what no column says by itself. */
typedef enum error_code row_complete_fn(struct arena *arena, const struct db_result *result,
                                        int row, void *out, struct error *error);

struct row_table {
    const struct row_column *columns;
    size_t count;
    size_t size;               /* of a row's struct */
    size_t key;                /* where its struct page_key lies; 0: rows have none */
    row_complete_fn *complete; /* NULL: nothing is left */
};

#define ROW_AS(type, kind, member, column)          \
    {                                               \
        column, kind, offsetof(struct type, member) \
    }
#define ROW(type, kind, member) ROW_AS(type, kind, member, #member)
#define ROW_TABLE(type, list) \
    .columns = (list), .count = sizeof list / sizeof list[0], .size = sizeof(struct type)

/* What was read, all of it from `arena`; the caller puts it into the list that it promises. */
struct rows {
    struct arena *arena;
    void *list; /* never NULL after a success */
    size_t count;
    bool more_before, more_after;
    bool
        tells_walked; /* set by the caller: each row says in `walked` how many it was chosen from */
    int64_t walked;   /* -1: no row came that could say it */
};

#define ROWS_GIVE(target, from) ((target)->rows = (from)->list, (target)->count = (from)->count)
#define ROWS_GIVE_PAGE(target, from)                                             \
    ((void)ROWS_GIVE(target, from), (target)->more_before = (from)->more_before, \
     (target)->more_after = (from)->more_after)
#define ROWS_RELEASE(target) \
    (arena_release(&(target)->arena), (target)->rows = NULL, (target)->count = 0)

/* The rows of a result, in its order. */
MUST_CHECK enum error_code rows_take(struct rows *rows, const struct row_table *table,
                                     const struct db_result *result, struct error *error);
/* Runs the query, releases it and takes its rows. */
MUST_CHECK enum error_code rows_read(struct rows *rows, const struct row_table *table,
                                     struct query *query, struct db *db, struct error *error);
/* The same for a query that order_page has ended: its rows in display order. */
MUST_CHECK enum error_code rows_page(struct rows *rows, const struct row_table *table,
                                     struct query *query, struct page_position position,
                                     size_t limit, struct db *db, struct error *error);

#endif
