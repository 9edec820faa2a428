#include <stdio.h>
#include <string.h>

#include "tui/base/typed.h"
#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/console/views.h"
#include "tui/frames/list_private.h"

/* The grid of a list whose selection is about to be moved by hand. */
static struct grid *moved_grid(struct screen *screen)
{
    list_of(screen)->end = LIST_NO_END;
    return list_grid(screen);
}

static bool is_whole(const struct screen *screen)
{
    return !((const struct list_spec *)screen->ops->spec)->ordered;
}

/* To the end of what is loaded at once, and where that is an end of the result, to what came
 * meanwhile. */
static void go_to_end(struct screen *screen, enum list_end end, bool loaded)
{
    struct list *list = list_of(screen);
    bool first = end == LIST_FIRST_END;
    if (is_whole(screen) || loaded)
        grid_select(&list->grid, first ? 0 : grid_count(&list->grid));
    if (is_whole(screen))
        return;
    if (!loaded) {
        list_ask(screen, first ? LIST_TO_FIRST : LIST_TO_LAST, first ? WINDOW_FIRST : WINDOW_LAST,
                 "", LIST_END_ROWS, 0);
    } else if (!list->sorting) {
        list_reload(screen);
        list->end = end;
    }
}

void list_move(struct screen *screen, enum movement movement)
{
    static const int halves[] = {
        [MOVE_PAGE_UP] = -2, [MOVE_PAGE_DOWN] = 2, [MOVE_HALF_UP] = -1, [MOVE_HALF_DOWN] = 1};
    const struct window *window = &list_grid(screen)->window;
    if (movement == MOVE_FIRST)
        go_to_end(screen, LIST_FIRST_END, window->at_first);
    else if (movement == MOVE_LAST)
        go_to_end(screen, LIST_LAST_END, window->at_last);
    else if (movement == MOVE_UP || movement == MOVE_DOWN)
        grid_move(moved_grid(screen), movement == MOVE_UP ? -1 : 1);
    else
        grid_scroll(moved_grid(screen), halves[movement]);
}

static struct effect open_run(struct console *console, struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    const struct row *row = list_selected(screen);
    (void)console;
    if (!row || !spec->open)
        return effect_none();
    return spec->open(screen, row);
}

static struct effect left_run(struct console *console, struct screen *screen)
{
    struct grid *grid = list_grid(screen);
    (void)console;
    grid->first_column -= grid->first_column > 0;
    return effect_redraw();
}

static struct effect right_run(struct console *console, struct screen *screen)
{
    struct grid *grid = list_grid(screen);
    (void)console;
    grid->first_column += grid->first_column + 2 < (int)grid->view_count;
    return effect_redraw();
}

static struct effect mark_run(struct console *console, struct screen *screen)
{
    const struct row *row = list_selected(screen);
    (void)console;
    if (!row)
        return effect_none();
    mark_set_toggle(&list_grid(screen)->marks, row_key(row));
    list_move(screen, MOVE_DOWN);
    return effect_redraw();
}

static struct effect mark_all_run(struct console *console, struct screen *screen)
{
    struct grid *grid = list_grid(screen);
    const struct window *window = &grid->window;
    bool all = is_whole(screen) || (window->at_first && window->at_last);
    (void)console;
    mark_set_add_rows(&grid->marks, window);
    return effect_toast(TONE_INFO, "%zu marked: %s", window->count,
                        all ? "all matching rows" : "all loaded rows; more match");
}

static struct effect unmark_run(struct console *console, struct screen *screen)
{
    size_t count = list_grid(screen)->marks.count;
    (void)console;
    mark_set_clear(&list_grid(screen)->marks);
    return effect_toast(TONE_INFO, "%zu rows unmarked", count);
}

static struct effect view_entered(struct console *console, const char *text, bool kept)
{
    if (!kept || text[0] == '\0')
        return effect_redraw();
    if (strchr(text, ' ') || strcmp(text, STATE_LAST) == 0)
        return effect_toast(TONE_WARN, "the name of a view must be one word other than `%s`",
                            STATE_LAST);
    if (!console_save_view(console, console_top(console), text))
        return effect_toast(TONE_WARN, "too many views; delete one in the palette");
    return effect_toast(TONE_INFO, "saved: open it with `:%s`", text);
}

static struct effect view_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {
        .label = "save this view as: ", .hint = "one word", .entered = view_entered};
    (void)screen;
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect date_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    char cursor[32];
    int64_t ms;
    if (!kept || text[0] == '\0')
        return effect_redraw();
    if (!typed_time(text, console_clock(), &ms))
        return effect_toast(TONE_WARN, "%s is not a time: " TYPED_TIME_HELP, text);
    snprintf(cursor, sizeof cursor, "%lld", (long long)ms);
    list_ask(screen, LIST_TO_FIRST, WINDOW_AT, cursor, LIST_END_ROWS, 0);
    return effect_redraw();
}

static struct effect date_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {
        .label = "go to time: ", .hint = TYPED_TIME_HELP, .entered = date_entered};
    if (!list_is_dated(screen))
        return effect_toast(TONE_DIM, "these rows are not sorted by time");
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect refresh_run(struct console *console, struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    (void)console;
    if (spec->again)
        spec->again();
    list_of(screen)->detail.asked_for = 0;
    list_reload(screen);
    return effect_redraw();
}

static const struct action rows[] = {
    {"open", "enter", "open the selected row", ROLE_VIEWER, ACTION_HINT | ACTION_OF_ROW, open_run},
    {"left", "left h", "scroll columns left", ROLE_VIEWER, ACTION_MOVES, left_run},
    {"right", "right l", "scroll columns right", ROLE_VIEWER, ACTION_MOVES, right_run},
    {"mark", "space", "mark or unmark the row", ROLE_VIEWER, ACTION_OF_ROW, mark_run},
    {"mark-all", "+", "mark all loaded rows that match", ROLE_VIEWER, ACTION_OF_ROW, mark_all_run},
    {"unmark-all", "*", "unmark all rows", ROLE_VIEWER, 0, unmark_run},
    {"sort", "s", "sort by the next column", ROLE_VIEWER, ACTION_HINT, list_sort_run},
    {"reverse", "r", "reverse the sort order", ROLE_VIEWER, 0, list_reverse_run},
    {"columns", "o", "choose columns", ROLE_VIEWER, 0, list_columns_run},
    {"save-view", "v", "save screen, filter, columns and sort order as a view", ROLE_VIEWER, 0,
     view_run},
    {"go-to-date", "@", "go to a time", ROLE_VIEWER, 0, date_run},
    {"details", "i", "show or hide the details beside the rows (from 160 columns on)", ROLE_VIEWER,
     0, list_detail_run},
    {"refresh", "f5 ctrl-r", "refresh", ROLE_VIEWER, 0, refresh_run},
};

/* With marks: what can be done with the marked rows, and to be rid of them. */
bool list_offers(const struct screen *screen, const struct action *action, bool usual)
{
    static const char *const marked[] = {"unmark-all", "write"};
    static const char *const others[] = {"sort", "open", "jump"};
    if (list_of(screen)->grid.marks.count == 0)
        return usual;
    for (size_t i = 0; i < sizeof marked / sizeof marked[0]; i++) {
        if (strcmp(action->name, marked[i]) == 0)
            return true;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(action->name, others[i]) == 0)
            return false;
    }
    return usual;
}

const struct action_table list_actions = ACTION_TABLE(rows);
