/* The loaded part of a keyset-paged result: rows in display order, growing at both ends and
 * bounded, so that scrolling through a million rows costs the memory of a few pages. Pure: no
 * curses, no I/O. */
#ifndef INTAKE_TUI_WIDGETS_WINDOW_H
#define INTAKE_TUI_WIDGETS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One block of memory. Cells are texts as the source gave them, never sanitised here. `key` names
 * the thing for good (selection and marks follow it); `cursor` is what a page position needs. */
struct row {
    uint16_t cell_count;
    uint8_t tone;   /* enum theme_tone of the whole row */
    uint8_t accent; /* the one cell (index) drawn in `accent_tone`, 255 for none */
    uint8_t accent_tone;
    uint8_t second; /* another such cell, or 255 */
    uint8_t second_tone;
    uint32_t offsets[]; /* cells, then key, then cursor */
};

#define ROW_NO_ACCENT 255

struct row *row_new(const char *key, const char *cursor, const char *const *cells, size_t count);
const char *row_cell(const struct row *row, size_t index); /* "" beyond the last */
const char *row_key(const struct row *row);
const char *row_cursor(const struct row *row);

/* WINDOW_AT: from a moment on, for results that have dates. WINDOW_EXACT: the row of the cursor
 * alone, whichever order the cursor is of. */
enum window_place {
    WINDOW_FIRST,
    WINDOW_LAST,
    WINDOW_AFTER,
    WINDOW_BEFORE,
    WINDOW_AT,
    WINDOW_EXACT
};

/* What a source answered: rows in display order, whatever the direction asked for. */
#define WINDOW_NOTE_SIZE 256

struct window_page {
    struct row **rows;
    size_t count;
    bool more_before, more_after;
    char note[WINDOW_NOTE_SIZE]; /* what holds for the result as a whole, a line; "": nothing */
};

void window_page_add(struct window_page *page, struct row *row);
/* The rows of `from` behind those of `page`. */
void window_page_move(struct window_page *page, struct window_page *from);
void window_page_release(struct window_page *page); /* frees rows that were not taken */

struct window {
    struct row **rows;
    size_t count, capacity, most;
    bool at_first, at_last; /* the result's first or last row is loaded */
    bool loaded;            /* at least one answer came */
    bool moving;            /* rows change their places: ordered by what changes */
    long before, after; /* rows of the result on either side, as counted in passing; -1: unknown */
};

void window_init(struct window *window, size_t most);
void window_release(struct window *window);

/* All of them take the page's rows. */
void window_replace(struct window *window, struct window_page *page);
/* Returns how many rows were dropped at the front to keep the bound. */
size_t window_append(struct window *window, struct window_page *page);
/* Returns how many rows came in at the front; some may have been dropped at the back. */
size_t window_prepend(struct window *window, struct window_page *page);
/* The rows from index `start` on as they stand now: `page` is what now follows the row before it
 * (or the beginning). Old rows that the page covers go. False where page and window have no row in
 * common, and the page may lie before rows that are not loaded: then nothing was taken. Where rows
 * move, what follows the page is kept only if the page says the same as before. */
bool window_refresh(struct window *window, size_t start, struct window_page *page);
/* Of rows that are there twice, those outside of `count` rows from `start` go: these are the newer
 * ones. Returns how many went before `start`. */
size_t window_drop_twins(struct window *window, size_t start, size_t count);

/* The index of the row with that key, looking first near `hint`; window->count where there is
 * none. */
size_t window_find(const struct window *window, const char *key, size_t hint);

/* Keys that are marked, kept apart from the rows so that they survive paging and refresh. */
struct mark_set {
    char **keys; /* sorted by bytes */
    size_t count, capacity;
};

bool mark_set_has(const struct mark_set *marks, const char *key);
void mark_set_toggle(struct mark_set *marks, const char *key);
void mark_set_add(struct mark_set *marks, const char *key);
void mark_set_add_rows(struct mark_set *marks, const struct window *window);
void mark_set_clear(struct mark_set *marks);

#endif
