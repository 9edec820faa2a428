/* What the files list*.c share. */
#ifndef INTAKE_TUI_FRAMES_LIST_PRIVATE_H
#define INTAKE_TUI_FRAMES_LIST_PRIVATE_H

#include "tui/frames/list.h"
#include "tui/widgets/document.h"

enum list_intent {
    LIST_REPLACE, /* the first load */
    LIST_TO_FIRST,
    LIST_TO_LAST,
    LIST_APPEND,
    LIST_PREPEND,
    LIST_REFRESH,
    LIST_AROUND /* the rows around the one of the cursor, whichever order the cursor is of */
};

/* Which end the selection was sent to and has not left since. */
enum list_end { LIST_NO_END, LIST_FIRST_END, LIST_LAST_END };

struct list_sort {
    int column; /* of the grid, -1: the source's own order */
    bool descending;
};

/* The pane beside the rows: what Enter would show of the selected one. */
struct list_detail {
    bool shown; /* by the last drawing */
    struct document document;
    char *about, *asked_about; /* whose it is, and who was asked for; NULL: nobody */
    size_t anchor;             /* the first row that showed when it came */
    uint64_t job;              /* 0: none runs */
    uint64_t wanted;           /* the row under the cursor, by its hash */
    int64_t wanted_ms;         /* since when */
    uint64_t asked_for;        /* the row that was asked for last */
};

struct list {
    struct grid grid;
    struct freshness freshness;
    struct area area; /* of the last drawing */
    char filter[FILTER_SIZE];
    int64_t typed_ms; /* when the filter last changed and was not asked for yet; 0: it was */
    uint64_t job;     /* 0: none runs */
    uint64_t generation;
    bool pending;            /* no row was had yet under this filter: what shows is of another */
    bool wrong;              /* the filter cannot be read: nothing is shown, the error says why */
    bool missed;             /* newer rows lie before the loaded ones */
    struct list_sort wanted; /* asked of the source: the rows come in it with the next answer */
    bool sorting;            /* that answer is awaited */
    int64_t took_ms;         /* the last answer */
    enum list_end end;
    char note[WINDOW_NOTE_SIZE]; /* of the last answer, above the rows */
    struct list_detail detail;
    bool timed; /* the rows that show are those of some time */
};

struct list_request {
    const struct list_spec *spec;
    char *argument;
    char *cursor;
    struct filter filter;
    enum list_intent intent;
    enum window_place place;
    size_t limit;
    size_t start; /* of a refresh: the window's row that the page begins at */
    struct list_sort sort;
    int64_t asked_ms;
    uint64_t generation;
    struct window_page page;
};

#define LIST_PAGE_ROWS 500
#define LIST_END_ROWS 200

struct list *list_of(const struct screen *screen);
void list_ask(struct screen *screen, enum list_intent intent, enum window_place place,
              const char *cursor, size_t limit, size_t start);
/* Draws the pane where there is room, and gives what is left to the rows. */
struct area list_detail_draw(struct screen *screen, struct area area);
/* Asks for what the pane is to show once the selection rests. */
int64_t list_detail_tick(struct screen *screen, int64_t now_ms);
void list_detail_release(struct list_detail *detail);
struct effect list_detail_run(struct console *console, struct screen *screen);
size_t list_first_limit(const struct list *list);
/* What the rows are sorted by, or will be when the answer comes. */
struct list_sort list_sorting(const struct list *list);
/* Sorts here, or asks the source. False where the source cannot sort by that column. */
bool list_sort_by(struct screen *screen, struct list_sort sort);
/* By that column; a second time the other way round, a third time as the source has it. */
struct effect list_sort(struct screen *screen, int column);
/* As the screen was when it was last arranged by hand; the program's first one is in its own
 * order. */
void list_arrange_as_before(struct screen *screen);
struct effect list_sort_run(struct console *console, struct screen *screen);
struct effect list_reverse_run(struct console *console, struct screen *screen);
struct effect list_columns_run(struct console *console, struct screen *screen);
/* Whether a moment has a place in the order that the rows are in. */
bool list_is_dated(const struct screen *screen);

#endif
