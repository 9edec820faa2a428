/*
 * A table for people: columns aligned by the width that a terminal gives each text, cut to fit the
 * terminal where there is one, whole where there is none. Cells are made visible on the
 * way. */
#ifndef INTAKE_TUI_CLI_LISTING_H
#define INTAKE_TUI_CLI_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "tui/cli/output.h"

struct listing_column {
    const char *title; /* NULL ends the columns */
    bool right;        /* numbers */
    bool flexible;     /* may be cut, down to `least` columns, so that a row fits */
    int least;
};

#define LISTING_COLUMNS_MAX 16

struct listing_cell {
    const char *text;
    enum output_style style;
    int width;
};

struct listing {
    const struct listing_column *columns;
    size_t column_count;
    struct arena arena;
    struct listing_cell *cells;
    size_t cell_count;
    size_t capacity;
    bool title_printed;
    int widths[LISTING_COLUMNS_MAX]; /* grow from one listing_print to the next */
    enum error_code failed;
};

void listing_init(struct listing *listing, const struct listing_column *columns);
void listing_release(struct listing *listing);

/* Cells from left to right, row after row; copied. NULL shows as "-". */
void listing_cell(struct listing *listing, const char *text);
void listing_cell_styled(struct listing *listing, enum output_style style, const char *text);
void listing_cell_status(struct listing *listing, const char *status);
void listing_cell_number(struct listing *listing, int64_t number);
/* 2026-01-02 03:04:05, or "-" for INT64_MIN. */
void listing_cell_time(struct listing *listing, int64_t ms);

/* Prints and forgets the rows, titles before the first ones; so a long list goes page by page. */
MUST_CHECK enum error_code listing_print(struct listing *listing, struct output *output,
                                         struct error *error);

#endif
