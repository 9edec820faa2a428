#include "tui/screens/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_memory.h"
#include "tui/loop.h"
#include "tui/screens/list_private.h"

#define PAGE_ROWS 500
#define FIRST_ROWS 100
#define ROWS_MOST 10000
#define TYPING_MS 60 /* a filter being typed is asked for when the keys rest this long */

struct list *list_of(const struct screen *screen)
{
    return screen->state;
}

static void request_free(void *data)
{
    struct list_request *request = data;

    window_page_release(&request->page);
    free(request->argument);
    free(request->cursor);
    free(request);
}

static enum error_code request_run(struct job_context *context, void *data, struct error *error)
{
    struct list_request *request = data;
    struct list_query query = {.argument = request->argument,
                               .filter = &request->filter,
                               .place = request->place,
                               .cursor = request->cursor,
                               .limit = request->limit,
                               .now_ms = console_clock()};

    return request->spec->fetch(context, &query, &request->page, error);
}

static void take_refresh(struct list *list, struct list_request *request)
{
    struct grid *grid = &list->grid;
    size_t start = request->start;
    bool covers = window_refresh(&grid->window, start, &request->page);

    if (!covers) {
        /* More came in than one page holds: what lies between is fetched as if scrolled to. */
        grid->window.at_first = false;
        list->missed = true;
    } else if (start == 0) {
        grid->window.at_first = true;
    }
    grid_changed(grid, 0);
}

static void take_page(struct list *list, struct list_request *request)
{
    struct grid *grid = &list->grid;
    size_t count = request->page.count;
    long change = 0;

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
        grid_changed(grid, change);
        break;
    case LIST_PREPEND:
        change = (long)window_prepend(&grid->window, &request->page);
        grid_changed(grid, change);
        list->missed = false;
        break;
    case LIST_REFRESH:
        take_refresh(list, request);
        break;
    }
}

static void request_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct list *list = list_of(screen);
    struct list_request *request = data;

    if (request != NULL && request->generation != list->generation)
        return;
    list->job = 0;
    if (error->code == ERROR_CANCELLED) {
        freshness_dropped(&list->freshness);
        return;
    }
    freshness_answered(&list->freshness, console_now(), error);
    if (error->code != ERROR_NONE || request == NULL)
        return;
    take_page(list, request);
    list->pending = false;
    if (request->spec->arrived != NULL)
        request->spec->arrived(screen);
}

/* Whatever runs for this list is given up in favour of this. */
void list_ask(struct screen *screen, enum list_intent intent, enum window_place place,
              const char *cursor, size_t limit, size_t start)
{
    struct list *list = list_of(screen);
    const struct list_spec *spec = screen->ops->spec;
    struct list_request *request = console_allocate(sizeof(*request));
    struct job_spec job = {.title = screen->ops->title,
                           .lane = spec->lane,
                           .timeout_ms = spec->timeout_ms,
                           .run = request_run,
                           .done = request_done,
                           .release = request_free,
                           .data = request};

    if (list->job != 0)
        jobs_cancel(screen->console->jobs, list->job);
    request->spec = spec;
    request->argument = console_copy(screen->argument);
    request->cursor = console_copy(cursor);
    request->intent = intent;
    request->place = place;
    request->limit = limit;
    request->start = start;
    request->generation = ++list->generation;
    filter_parse(&request->filter, list->filter, spec->filter_keys);
    freshness_asked(&list->freshness, console_now());
    list->job = console_start(screen, &job);
}

void list_open(struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = console_allocate(sizeof(*list));

    screen->state = list;
    grid_init(&list->grid, spec->columns, spec->column_count, ROWS_MOST);
    list->pending = true;
}

void list_close(struct screen *screen)
{
    struct list *list = list_of(screen);

    grid_release(&list->grid);
    free(list);
}

void list_draw(struct screen *screen, struct area area)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    const char *empty = "";

    if (list->freshness.loaded && !list->pending)
        empty = list->filter[0] != '\0' ? "nothing matches the filter" : spec->empty;
    else if (list->freshness.failed)
        empty = list->freshness.message;
    else if (list->freshness.asked_ms != 0 && console_now() - list->freshness.asked_ms > 300)
        empty = "loading ...";
    list->area = area;
    grid_draw(&list->grid, area, empty);
}

static size_t first_limit(const struct list *list)
{
    size_t wanted = (size_t)list->grid.height * 2;

    return wanted > FIRST_ROWS ? wanted : FIRST_ROWS;
}

static void refresh(struct screen *screen)
{
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    size_t height = (size_t)grid->height;
    size_t anchor;

    if (grid_count(grid) == 0 || (grid->order == NULL && grid->top == 0 && grid->window.at_first)) {
        list_ask(screen, LIST_REFRESH, WINDOW_FIRST, "", first_limit(list), 0);
    } else if (grid->order != NULL) {
        if (grid->window.at_first)
            list_ask(screen, LIST_REFRESH, WINDOW_FIRST, "", grid_count(grid) + FIRST_ROWS, 0);
    } else {
        anchor = grid->top > 0 ? grid->top - 1 : 0;
        list_ask(screen, LIST_REFRESH, WINDOW_AFTER,
                 row_cursor(grid->window.rows[anchor]), height * 2, anchor + 1);
    }
}

/* Pages ahead of the eye: true when one was asked for. */
static bool page_ahead(struct screen *screen)
{
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    struct window *window = &grid->window;
    size_t margin = (size_t)grid->height * 2;

    if (window->count == 0 || grid->order != NULL)
        return false;
    if (!window->at_last && grid->top + (size_t)grid->height + margin > window->count) {
        list_ask(screen, LIST_APPEND, WINDOW_AFTER, row_cursor(window->rows[window->count - 1]),
                 PAGE_ROWS, 0);
        return true;
    }
    if (!window->at_first && (grid->top < margin || list->missed)) {
        list_ask(screen, LIST_PREPEND, WINDOW_BEFORE, row_cursor(window->rows[0]), PAGE_ROWS, 0);
        return true;
    }
    return false;
}

int64_t list_tick(struct screen *screen, int64_t now_ms)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    int64_t due;

    if (list->typed_ms != 0) {
        if (now_ms - list->typed_ms < TYPING_MS)
            return TYPING_MS - (now_ms - list->typed_ms);
        list->typed_ms = 0;
        list_ask(screen, LIST_TO_FIRST, WINDOW_FIRST, "", first_limit(list), 0);
        return -1;
    }
    if (list->job != 0)
        return -1;
    if (list->freshness.failed || list->freshness.loaded) {
        due = freshness_due_in(&list->freshness, now_ms, spec->refresh_ms);
        if (list->freshness.failed && due > 0)
            return due;
    } else {
        due = 0;
    }
    if (list->pending) {
        list_ask(screen, LIST_REPLACE, WINDOW_FIRST, "", first_limit(list), 0);
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

void list_reload(struct screen *screen)
{
    refresh(screen);
}

void list_unmark(struct console *console, uint64_t list_id, const char *const *keys, size_t count)
{
    struct screen *screen = list_id != 0 ? console_find_owner(console, list_id) : NULL;
    struct mark_set *marks;

    if (screen == NULL)
        return;
    marks = &list_grid(screen)->marks;
    for (size_t i = 0; i < count; i++) {
        if (mark_set_has(marks, keys[i]))
            mark_set_toggle(marks, keys[i]);
    }
    list_reload(screen);
}

struct effect list_filter(struct screen *screen, const char *text, bool final)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    struct filter parsed;

    filter_parse(&parsed, text, spec->filter_keys);
    if (strcmp(list->filter, text) != 0) {
        snprintf(list->filter, sizeof(list->filter), "%s", text);
        list->typed_ms = final ? 1 : console_now();
    }
    if (final && parsed.problem[0] != '\0')
        return effect_toast(TONE_WARN, "%s", parsed.problem);
    return effect_redraw();
}

struct effect list_click(struct screen *screen, int y, int x, bool open)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    long hit = grid_hit(&list->grid, list->area, y, x);
    bool again;

    if (hit < 0)
        return list_sort(screen, (int)(-1 - hit));
    if ((size_t)hit >= grid_count(&list->grid))
        return effect_none();
    again = (size_t)hit == list->grid.selected;
    grid_select(&list->grid, (size_t)hit);
    if ((open || again) && spec->open != NULL)
        return spec->open(screen, grid_selected(&list->grid));
    return effect_redraw();
}

const struct freshness *list_freshness(const struct screen *screen)
{
    return &list_of(screen)->freshness;
}

const char *list_filter_text(const struct screen *screen)
{
    return list_of(screen)->filter;
}

const struct row *list_selected(const struct screen *screen)
{
    return grid_selected(&list_of(screen)->grid);
}

struct grid *list_grid(struct screen *screen)
{
    return &list_of(screen)->grid;
}

const char *list_subject(const struct screen *screen)
{
    const struct row *row = list_selected(screen);

    return row != NULL ? row_cell(row, 0) : NULL;
}

char *list_text(const struct screen *screen)
{
    return grid_text(&list_of(screen)->grid);
}

char *list_command(const struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;

    return spec->command != NULL ? spec->command(screen) : NULL;
}
