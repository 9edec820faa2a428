/* A table over a window of rows: columns that fit the width, a selection that follows its row's
 * key, marks, and an order by any column over what is loaded. Draws and moves; loads nothing. */
#ifndef INTAKE_TUI_WIDGETS_GRID_H
#define INTAKE_TUI_WIDGETS_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/widgets/draw.h"
#include "tui/widgets/window.h"

#define GRID_COLUMNS 20

struct grid_column {
    const char *name; /* one lower-case word: for sorting, choosing and saved views */
    const char *title;
    int width; /* columns when there is room */
    int least; /* not shown below this */
    int grow;  /* share of what is left over */
    int drop;  /* 0: always shown; else the highest goes first where it is narrow */
    enum draw_align align;
    bool number; /* ordered by value, not by bytes */
    bool hidden; /* only when asked for */
    int id;      /* enum id_kind: what its cells name; 0 for nothing */
    int order;   /* how the source of the rows calls the order by it; 0: it has none */
};

/* A row of a table of columns; what else it has may follow. */
#define GRID_COLUMN(name_, title_, width_, least_, ...)                                       \
    {                                                                                         \
        .name = (name_), .title = (title_), .width = (width_), .least = (least_), __VA_ARGS__ \
    }
/* What is counted: at the right, ordered by value. */
#define GRID_NUMBER .align = DRAW_RIGHT, .number = true

struct grid {
    const struct grid_column *columns;
    size_t column_count;
    uint8_t view[GRID_COLUMNS]; /* the columns that show, from left to right: the user's choice */
    size_t view_count;
    struct window window;
    struct mark_set marks;
    size_t *order;   /* view index to window index while sorted, else NULL */
    int sort_column; /* -1: the source's own order */
    bool sort_descending;
    bool sorted_by_source; /* the rows come in that order: nothing is sorted here */
    size_t selected, top;
    char *selected_key;           /* NULL before the first row */
    int height;                   /* rows that the last drawing had room for, without the head */
    int first_column;             /* moved to the right by this many */
    uint16_t needs[GRID_COLUMNS]; /* what the widest loaded cell of each column takes */
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
/* View and selection by halves of what fits; two of them are a screen less one row. */
void grid_scroll(struct grid *grid, int halves);
void grid_keep_in_view(struct grid *grid); /* after the height changed */

/* To be called after the window changed: finds the selected key again, and keeps it where it was on
 * the screen where that can be. `inserted` rows came in before the view (negative: went). */
void grid_changed(struct grid *grid, long inserted);
void grid_sort(struct grid *grid, int column, bool descending);
/* The source sorted by that column: the head says so, the rows stay as they are. */
void grid_sorted(struct grid *grid, int column, bool descending);
/* -1 where there is none of that name (of `length` bytes). */
int grid_find_column(const struct grid *grid, const char *name, size_t length);
/* Shows the columns of these names, in that order; what is between names is no letter. The first
 * name that is no column is put into `unknown` ("" for none); false where none of them is a column:
 * then nothing changes. */
bool grid_show(struct grid *grid, const char *names, char *unknown, size_t size);
/* The names of the columns that show, one space between them. */
void grid_shown(const struct grid *grid, char *out, size_t size);
/* The loaded place the selection is at, in the source's order. */
size_t grid_window_index(const struct grid *grid, size_t index);

void grid_draw(struct grid *grid, struct area area, const char *empty);
/* The row index at the screen line, or grid_count() for none; -1-n for the head of column n. */
long grid_hit(const struct grid *grid, struct area area, int y, int x);
/* The rows that are loaded, or of these the marked ones, as tab-separated text under a head: the
 * columns that show, in their order, no cell a formula to a spreadsheet. Heap. */
char *grid_text(const struct grid *grid);
/* "row 12 of 1,200", "row 512 of 1,000+", "row 3 from the end", "3 marked": as far as it is
 * known. */
void grid_place(const struct grid *grid, char *out, size_t size);

#endif
