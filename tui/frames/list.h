/* The kind of screen that is a table over a result, however long: pages come as they are needed, a
 * refresh never moves the selection, Home and End are those of the whole result. A screen of this
 * kind is a list_spec and LIST_SCREEN. */
#ifndef INTAKE_TUI_FRAMES_LIST_H
#define INTAKE_TUI_FRAMES_LIST_H

#include "core/history/page.h"
#include "tui/base/filter.h"
#include "tui/base/ids.h"
#include "tui/console/jobs.h"
#include "tui/console/screen.h"
#include "tui/widgets/freshness.h"
#include "tui/widgets/grid.h"

/* What a fetch is asked for, on a worker. */
struct list_query {
    const char *argument;
    const struct filter *filter;
    enum window_place place;
    const char *cursor; /* row_cursor of the row after or before which; "" for first and last */
    struct page_order order; /* .column: of a grid_column; 0: the source's own */
    size_t limit;
    int64_t now_ms;
};

struct list_spec {
    const struct grid_column *columns;
    size_t column_count;
    /* The source sorts, by the columns that have an order. Else all rows are loaded at once and
     * sorted here. */
    bool ordered;
    const char *filter_keys;                 /* separated by spaces */
    const struct filter_words *filter_words; /* values that are fixed; NULL: none are */
    const char *empty;                       /* what to say when there is nothing at all */
    int64_t refresh_ms;                      /* 0: only when asked */
    int dated; /* of the orders the one by time, the source's own too: takes WINDOW_AT,
                  where the cursor is a time in ms since the epoch; 0: none */
    enum job_lane lane;
    int64_t timeout_ms; /* 0: what is usual on the lane */
    /* Fills the page; rows in display order. */
    enum error_code (*fetch)(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error);
    struct effect (*open)(struct screen *screen, const struct row *row); /* NULL: nothing opens */
    bool detail; /* `open` only says where to: a wide terminal shows it beside the rows */
    void (*arrived)(struct screen *screen); /* after rows came in; NULL for nothing to do */
    void (*again)(void);                    /* what F5 asks for beside the rows; NULL: nothing */
    /* The equivalent command of all rows, where %s is the first word of the argument, or of those
     * that a filter leaves, heap. NULL: none. */
    const char *command;
    char *(*filtered_command)(const struct screen *screen, const struct filter *filter);
};

void list_open(struct screen *screen);
void list_close(struct screen *screen);
void list_draw(struct screen *screen, struct area area);
void list_move(struct screen *screen, enum movement movement);
int64_t list_tick(struct screen *screen, int64_t now_ms);
struct effect list_filter(struct screen *screen, const char *text, bool final);
void list_select(struct screen *screen, const char *key);
struct effect list_click(struct screen *screen, int y, int x, bool open);
const struct freshness *list_freshness(const struct screen *screen);
const char *list_filter_text(const struct screen *screen);
const char *list_filter_keys(const struct screen *screen);
const struct filter_words *list_filter_words(const struct screen *screen);
void list_layout(const struct screen *screen, struct screen_layout *layout);
void list_arrange(struct screen *screen, const struct screen_layout *layout);
void list_where(const struct screen *screen, char *out, size_t size);
bool list_awaits(const struct screen *screen);
bool list_cancel(struct screen *screen);
bool list_offers(const struct screen *screen, const struct action *action, bool usual);
const char *list_subject(const struct screen *screen);
char *list_text(const struct screen *screen);
char *list_command(const struct screen *screen);
void list_ids(const struct screen *screen, struct id_set *set);
extern const struct action_table list_actions;

/* For the screens' own actions. */
const struct row *list_selected(const struct screen *screen);
struct grid *list_grid(struct screen *screen);
/* How many marks are on rows that the filter, or the page that is loaded, does not show. */
size_t list_marks_hidden(struct screen *screen);
void list_reload(struct screen *screen); /* the whole again, the selection stays on its key */

/* The list of that id, where it is still open, loses the marks of these keys and is asked again. */
void list_unmark(struct console *console, uint64_t list_id, const char *const *keys, size_t count);

/* For a list_spec initialiser. */
#define LIST_COLUMNS(table) .columns = (table), .column_count = sizeof(table) / sizeof((table)[0])

/* The functions of the kind, for a screen_ops initialiser. */
#define LIST_SCREEN(list_spec_pointer) LIST_SCREEN_TICKED(list_spec_pointer, list_tick)
/* With a tick of its own, which calls list_tick. */
#define LIST_SCREEN_TICKED(list_spec_pointer, own_tick) \
    LIST_SCREEN_OF(list_spec_pointer, own_tick, list_subject)
/* And an id under the cursor that is not the first cell. */
#define LIST_SCREEN_OF(list_spec_pointer, own_tick, own_subject)                                  \
    .kind = &list_actions, .spec = (list_spec_pointer), .open = list_open, .close = list_close,   \
    .draw = list_draw, .move = list_move, .tick = (own_tick), .filter = list_filter,              \
    .click = list_click, .select = list_select, .freshness = list_freshness,                      \
    .filter_text = list_filter_text, .subject = (own_subject), .where = list_where,               \
    .command = list_command, .text = list_text, .ids = list_ids, .filter_keys = list_filter_keys, \
    .filter_words = list_filter_words, .layout = list_layout, .arrange = list_arrange,            \
    .awaits = list_awaits, .cancel = list_cancel, .offers = list_offers

#endif
