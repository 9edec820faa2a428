#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/frames/list_private.h"

/* What a list asks its source for, and what becomes of the answers. */

static void request_free(void *data)
{
    struct list_request *request = data;
    window_page_release(&request->page);
    free(request->argument);
    free(request->cursor);
    free(request);
}

static struct page_order order_of(const struct list_spec *spec, struct list_sort sort)
{
    struct page_order order = {0};
    if (spec->ordered && sort.column >= 0) {
        order.column = spec->columns[sort.column].order;
        order.descending = sort.descending;
    }
    return order;
}

/* The row itself, what precedes and what follows it; the first page where the row has gone. */
static enum error_code fetch_around(const struct list_spec *spec, struct job_context *context,
                                    struct list_query *query, struct window_page *page,
                                    struct error *error)
{
    struct window_page exact = {0};
    struct window_page after = {0};
    query->place = WINDOW_EXACT;
    enum error_code code = spec->fetch(context, query, &exact, error);
    query->place = exact.count > 0 ? WINDOW_BEFORE : WINDOW_FIRST;
    query->cursor = exact.count > 0 ? row_cursor(exact.rows[0]) : "";
    if (!code)
        code = spec->fetch(context, query, page, error);
    if (!code && exact.count > 0) {
        query->place = WINDOW_AFTER;
        code = spec->fetch(context, query, &after, error);
        page->more_after = after.more_after;
        window_page_move(page, &exact);
        window_page_move(page, &after);
    }
    window_page_release(&exact);
    window_page_release(&after);
    return code;
}

static enum error_code request_run(struct job_context *context, void *data, struct error *error)
{
    struct list_request *request = data;
    if (request->filter.refused)
        return error_set(error, ERROR_USAGE, "%s", request->filter.problem);
    struct list_query query = {.argument = request->argument,
                               .filter = &request->filter,
                               .place = request->place,
                               .cursor = request->cursor,
                               .order = order_of(request->spec, request->sort),
                               .limit = request->limit,
                               .now_ms = console_clock()};
    if (request->intent == LIST_AROUND)
        return fetch_around(request->spec, context, &query, &request->page, error);
    return request->spec->fetch(context, &query, &request->page, error);
}

static void drop_twins(struct grid *grid, size_t start, size_t count)
{
    if (grid->window.moving)
        window_drop_twins(&grid->window, start, count);
}

static void take_refresh(struct list *list, struct list_request *request)
{
    struct grid *grid = &list->grid;
    size_t start = request->start;
    size_t count = request->page.count;
    bool covers = window_refresh(&grid->window, start, &request->page);
    if (!covers) {
        /* More came in than one page holds: what lies between is fetched as if scrolled to. */
        grid->window.at_first = false;
        grid->window.before = -1;
        list->missed = true;
    } else if (start == 0) {
        grid->window.at_first = true;
        grid->window.before = 0;
    }
    if (covers)
        drop_twins(grid, start, count);
    grid_changed(grid, 0);
}

static void take_around(struct grid *grid, struct list_request *request)
{
    const char *key = grid->selected_key;
    size_t line = grid->selected - grid->top;
    window_replace(&grid->window, &request->page);
    bool found = key && window_find(&grid->window, key, 0) < grid->window.count;
    grid_changed(grid, 0);
    if (found)
        grid->top = grid->selected > line ? grid->selected - line : 0;
    grid_select(grid, found ? grid->selected : 0);
}

static void take_page(struct list *list, struct list_request *request)
{
    struct grid *grid = &list->grid;
    size_t count = request->page.count;
    long change = 0;
    memcpy(list->note, request->page.note, sizeof list->note);
    list->timed =
        filter_value(&request->filter, "since") || filter_value(&request->filter, "until");
    if (request->spec->ordered) {
        grid_sorted(grid, request->sort.column, request->sort.descending);
        grid->window.moving = request->sort.column >= 0;
    }
    switch (request->intent) {
    case LIST_REPLACE:
        window_replace(&grid->window, &request->page);
        grid_changed(grid, 0);
        break;
    case LIST_TO_FIRST:
        window_replace(&grid->window, &request->page);
        grid_changed(grid, 0);
        grid_select(grid, 0);
        break;
    case LIST_TO_LAST:
        window_replace(&grid->window, &request->page);
        grid_changed(grid, 0);
        grid_select(grid, count);
        break;
    case LIST_APPEND:
        change = -(long)window_append(&grid->window, &request->page);
        drop_twins(grid, grid_count(grid) - count, count);
        grid_changed(grid, change);
        break;
    case LIST_PREPEND:
        change = (long)window_prepend(&grid->window, &request->page);
        drop_twins(grid, 0, count);
        grid_changed(grid, change);
        list->missed = false;
        break;
    case LIST_REFRESH:
        take_refresh(list, request);
        break;
    case LIST_AROUND:
        take_around(grid, request);
        break;
    }
}

/* The end that was asked for is where it is now, not where it was when its rows were loaded. */
static void stay_at_end(struct screen *screen, enum list_end end)
{
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    list->end = LIST_NO_END;
    if (end == LIST_FIRST_END && grid->window.at_first)
        grid_select(grid, 0);
    else if (end == LIST_LAST_END && grid->window.at_last)
        grid_select(grid, grid_count(grid));
    else if (end == LIST_LAST_END)
        list_ask(screen, LIST_TO_LAST, WINDOW_LAST, "", LIST_END_ROWS, 0);
}

/* What was typed means nothing, or names what is not there. */
static bool filter_is_wrong(const struct list_request *request, const struct error *error)
{
    return request->filter.refused ||
           (request->filter.count > 0 &&
            (error->code == ERROR_USAGE || error->code == ERROR_NOT_FOUND));
}

static void show_nothing(struct screen *screen)
{
    struct list *list = list_of(screen);
    struct window_page none = {.count = 0};
    window_replace(&list->grid.window, &none);
    grid_changed(&list->grid, 0);
    list->note[0] = '\0';
    list->wrong = true;
    list->pending = list->typed_ms != 0;
    if (!list->pending)
        console_resume(screen);
}

static void request_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct list *list = list_of(screen);
    struct list_request *request = data;
    if (request && request->generation != list->generation)
        return;
    list->job = 0;
    list->sorting = false;
    list->freshness.doing = NULL;
    list->freshness.may_cancel = false;
    if (error->code == ERROR_CANCELLED) {
        freshness_dropped(&list->freshness);
        return;
    }
    freshness_answered(&list->freshness, console_now(), error);
    if (request && filter_is_wrong(request, error))
        show_nothing(screen);
    if (error->code || !request)
        return;
    list->took_ms = console_now() - request->asked_ms;
    list->wrong = false;
    if (request->place == WINDOW_AT && request->page.count == 0) {
        console_toast(screen->console, TONE_INFO, "no rows that far back: this is the last one");
        list_ask(screen, LIST_TO_LAST, WINDOW_LAST, "", LIST_END_ROWS, 0);
        return;
    }
    take_page(list, request);
    list->pending = list->typed_ms != 0;
    if (request->spec->arrived)
        request->spec->arrived(screen);
    stay_at_end(screen, list->end);
    if (!list->pending)
        console_resume(screen);
}

struct list_sort list_sorting(const struct list *list)
{
    if (list->sorting)
        return list->wanted;
    return (struct list_sort){list->grid.sort_column, list->grid.sort_descending};
}

/* Whatever runs for this list is given up in favour of this. */
void list_ask(struct screen *screen, enum list_intent intent, enum window_place place,
              const char *cursor, size_t limit, size_t start)
{
    struct list *list = list_of(screen);
    const struct list_spec *spec = screen->ops->spec;
    struct list_request *request = console_allocate(sizeof *request);
    struct job_spec job = {.title = screen->ops->title,
                           .lane = spec->lane,
                           .timeout_ms = job_wait_ms(spec->lane, spec->timeout_ms),
                           .run = request_run,
                           .done = request_done,
                           .release = request_free,
                           .data = request};
    if (list->job != 0)
        jobs_cancel(screen->console->jobs, list->job);
    if (list->sorting &&
        (intent == LIST_APPEND || intent == LIST_PREPEND || intent == LIST_REFRESH)) {
        /* What is loaded is in another order: nothing can be joined to it. */
        intent = LIST_TO_FIRST;
        place = WINDOW_FIRST;
        cursor = "";
    }
    if (intent != LIST_REFRESH)
        list->end = LIST_NO_END;
    request->spec = spec;
    request->argument = console_copy(screen->argument);
    request->cursor = console_copy(cursor);
    request->intent = intent;
    request->place = place;
    request->limit = limit;
    request->start = start;
    request->sort = list_sorting(list);
    request->asked_ms = console_now();
    request->generation = ++list->generation;
    filter_read(&request->filter, list->filter, spec->filter_keys, spec->filter_words,
                console_clock());
    freshness_asked(&list->freshness, console_now());
    list->job = console_start(screen, &job);
}
