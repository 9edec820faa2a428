#ifndef TUI_TABLE_H
#define TUI_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "tui/output.h"

/*
 * A table for people: columns aligned by the width that a terminal gives each text, cut to fit the
 * terminal where there is one, whole where there is none. Cells are made visible on the way.
 */
struct table_column {
    const char *title; /* NULL ends the columns */
    bool right;        /* numbers */
    bool flexible;     /* may be cut, down to `least` columns, so that a row fits */
    int least;
};

#define TABLE_COLUMNS_MAX 16

struct table_cell {
    const char *text;
    enum output_style style;
    int width;
};

struct table {
    const struct table_column *columns;
    size_t column_count;
    struct arena arena;
    struct table_cell *cells;
    size_t cell_count;
    size_t capacity;
    bool title_printed;
    int widths[TABLE_COLUMNS_MAX]; /* grow from one table_print to the next */
    enum error_code failed;
};

void table_init(struct table *table, const struct table_column *columns);
void table_release(struct table *table);

/* Cells from left to right, row after row; copied. NULL shows as "-". */
void table_cell(struct table *table, const char *text);
void table_cell_styled(struct table *table, enum output_style style, const char *text);
void table_cell_status(struct table *table, const char *status);
void table_cell_number(struct table *table, int64_t number);
/* 2026-01-02 03:04:05, or "-" for INT64_MIN. */
void table_cell_time(struct table *table, int64_t ms);

/* Prints and forgets the rows, titles before the first ones; so a long list goes page by page. */
MUST_CHECK enum error_code table_print(struct table *table, struct output *output,
                                       struct error *error);

#endif
