/* A table over a window of rows: columns that fit the width, a selection that follows its row's key,
 * marks, and an order by any column over what is loaded. Draws and moves; loads nothing. */
#ifndef INTAKE_TUI_WIDGETS_GRID_H
#define INTAKE_TUI_WIDGETS_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/widgets/draw.h"
#include "tui/widgets/window.h"

#define GRID_COLUMNS 20

struct grid_column {
    const char *name;  /* one lower-case word: for sorting, choosing and saved views */
    const char *title;
    int width;         /* columns when there is room */
    int least;         /* not shown below this */
    int grow;          /* share of what is left over */
    int drop;          /* 0: always shown; else the highest goes first where it is narrow */
    enum draw_align align;
    bool number;       /* ordered by value, not by bytes */
    bool hidden;       /* only when asked for */
    int id;            /* enum id_kind: what its cells name; 0 for nothing */
};

struct grid {
    const struct grid_column *columns;
    size_t column_count;
    uint32_t shown;     /* bit per column: the user's choice */
    struct window window;
    struct mark_set marks;
    size_t *order;      /* view index to window index while sorted, else NULL */
    int sort_column;    /* -1: the source's own order */
    bool sort_descending;
    size_t selected, top;
    char *selected_key; /* NULL before the first row */
    int height;         /* rows that the last drawing had room for, without the head */
    int first_column;   /* moved to the right by this many */
};

void grid_init(struct grid *grid, const struct grid_column *columns, size_t count,
                size_t most_rows);
void grid_release(struct grid *grid);

size_t grid_count(const struct grid *grid);
struct row *grid_row(const struct grid *grid, size_t index); /* NULL beyond the last */
struct row *grid_selected(const struct grid *grid);

/* Moves; all clamp. */
void grid_select(struct grid *grid, size_t index);
void grid_move(struct grid *grid, long rows);
void grid_page(struct grid *grid, int pages); /* view and selection by what fits, less one row */
bool grid_select_key(struct grid *grid, const char *key);

/* To be called after the window changed: finds the selected key again, and keeps it where it was on
 * the screen where that can be. `inserted` rows came in before the view (negative: went). */
void grid_changed(struct grid *grid, long inserted);
void grid_sort(struct grid *grid, int column, bool descending);
/* The loaded place the selection is at, in the source's order. */
size_t grid_window_index(const struct grid *grid, size_t index);

void grid_draw(struct grid *grid, struct area area, const char *empty);
/* The row index at the screen line, or grid_count() for none; -1-n for the head of column n. */
long grid_hit(const struct grid *grid, struct area area, int y, int x);
/* All rows that are loaded as tab-separated text with a head, heap. */
char *grid_text(const struct grid *grid);

#endif
