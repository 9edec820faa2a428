#include "tui/frames/list_private.h"

#define FIRST_ROWS 100
#define TYPING_MS 60 /* a filter being typed is asked for when the keys rest this long */
#define IDLE_FACTOR 10
#define IDLE_CLOUD_FACTOR 30
#define IDLE_LEAST_MS 30000
#define COST_FACTOR 10 /* a source works for this list a tenth of the time at most */

size_t list_first_limit(const struct list *list)
{
    size_t wanted = (size_t)list->grid.height * 2;
    return wanted > FIRST_ROWS ? wanted : FIRST_ROWS;
}

static void refresh(struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    size_t anchor = grid->top > 0 ? grid->top - 1 : 0;
    bool whole = !spec->ordered;
    if (whole || grid_count(grid) == 0 || (grid->top == 0 && grid->window.at_first))
        list_ask(screen, LIST_REFRESH, WINDOW_FIRST, "", list_first_limit(list), 0);
    else
        list_ask(screen, LIST_REFRESH, WINDOW_AFTER, row_cursor(grid->window.rows[anchor]),
                 (size_t)grid->height * 2, anchor + 1);
}

/* Pages ahead of the eye: true when one was asked for. */
static bool page_ahead(struct screen *screen)
{
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    struct window *window = &grid->window;
    size_t margin = (size_t)grid->height * 2;
    if (window->count == 0 || !((const struct list_spec *)screen->ops->spec)->ordered)
        return false;
    if (!window->at_last && grid->top + (size_t)grid->height + margin > window->count) {
        list_ask(screen, LIST_APPEND, WINDOW_AFTER, row_cursor(window->rows[window->count - 1]),
                 LIST_PAGE_ROWS, 0);
        return true;
    }
    if (!window->at_first && (grid->top < margin || list->missed)) {
        list_ask(screen, LIST_PREPEND, WINDOW_BEFORE, row_cursor(window->rows[0]), LIST_PAGE_ROWS,
                 0);
        return true;
    }
    return false;
}

/* What takes the source long is asked for less often. */
static int64_t refresh_interval(const struct list *list, const struct list_spec *spec,
                                int64_t now_ms)
{
    int64_t rest = list->took_ms * COST_FACTOR, every = spec->refresh_ms;
    int64_t idle = every * (spec->lane == JOB_CLOUD ? IDLE_CLOUD_FACTOR : IDLE_FACTOR);
    idle = idle > IDLE_LEAST_MS ? idle : IDLE_LEAST_MS;
    every = every > 0 ? freshness_pace(now_ms, every, idle) : 0;
    return every > rest ? every : rest;
}

static int64_t rows_tick(struct screen *screen, int64_t now_ms)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    int64_t due;
    if (list->typed_ms != 0) {
        if (now_ms - list->typed_ms < TYPING_MS)
            return TYPING_MS - (now_ms - list->typed_ms);
        list->typed_ms = 0;
        list->freshness.doing = "filtering";
        list_ask(screen, LIST_TO_FIRST, WINDOW_FIRST, "", list_first_limit(list), 0);
        return -1;
    }
    if (list->job != 0)
        return -1;
    if (list->freshness.failed || list->freshness.loaded) {
        due = freshness_due_in(&list->freshness, now_ms, refresh_interval(list, spec, now_ms));
        if (list->freshness.failed && due > 0)
            return due;
    } else {
        due = 0;
    }
    if (list->pending) {
        list_ask(screen, LIST_REPLACE, WINDOW_FIRST, "", list_first_limit(list), 0);
        return -1;
    }
    if (page_ahead(screen))
        return -1;
    if (spec->refresh_ms == 0)
        return -1;
    if (due == 0) {
        refresh(screen);
        return -1;
    }
    return due;
}

int64_t list_tick(struct screen *screen, int64_t now_ms)
{
    int64_t rows = rows_tick(screen, now_ms);
    int64_t detail = list_detail_tick(screen, now_ms);
    return rows < 0 || (detail >= 0 && detail < rows) ? detail : rows;
}

void list_reload(struct screen *screen)
{
    refresh(screen);
}
