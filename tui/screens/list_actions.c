#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_memory.h"
#include "tui/loop.h"
#include "tui/screens/list_private.h"
#include "tui/widgets/prompt.h"

#define LAST_ROWS 200

static struct effect move_by(struct screen *screen, long rows)
{
    grid_move(list_grid(screen), rows);
    return effect_redraw();
}

static struct effect up_run(struct console *console, struct screen *screen)
{
    (void)console;
    return move_by(screen, -1);
}

static struct effect down_run(struct console *console, struct screen *screen)
{
    (void)console;
    return move_by(screen, 1);
}

static struct effect page_up_run(struct console *console, struct screen *screen)
{
    (void)console;
    grid_page(list_grid(screen), -1);
    return effect_redraw();
}

static struct effect page_down_run(struct console *console, struct screen *screen)
{
    (void)console;
    grid_page(list_grid(screen), 1);
    return effect_redraw();
}

static struct effect first_run(struct console *console, struct screen *screen)
{
    struct list *list = list_of(screen);

    (void)console;
    if (list->grid.window.at_first || list->grid.order != NULL) {
        grid_select(&list->grid, 0);
        return effect_redraw();
    }
    list_ask(screen, LIST_TO_FIRST, WINDOW_FIRST, "", LAST_ROWS, 0);
    return effect_redraw();
}

static struct effect last_run(struct console *console, struct screen *screen)
{
    struct list *list = list_of(screen);

    (void)console;
    if (list->grid.window.at_last || list->grid.order != NULL) {
        grid_select(&list->grid, grid_count(&list->grid));
        return effect_redraw();
    }
    list_ask(screen, LIST_TO_LAST, WINDOW_LAST, "", LAST_ROWS, 0);
    return effect_redraw();
}

static struct effect open_run(struct console *console, struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    const struct row *row = list_selected(screen);

    (void)console;
    if (row == NULL || spec->open == NULL)
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
    grid->first_column += grid->first_column + 2 < (int)grid->column_count;
    return effect_redraw();
}

static struct effect mark_run(struct console *console, struct screen *screen)
{
    const struct row *row = list_selected(screen);

    (void)console;
    if (row == NULL)
        return effect_none();
    mark_set_toggle(&list_grid(screen)->marks, row_key(row));
    return move_by(screen, 1);
}

static struct effect unmark_run(struct console *console, struct screen *screen)
{
    size_t count = list_grid(screen)->marks.count;

    (void)console;
    mark_set_clear(&list_grid(screen)->marks);
    return effect_toast(TONE_INFO, "%zu marks taken off", count);
}

struct effect list_sort(struct screen *screen, int column)
{
    struct grid *grid = list_grid(screen);

    if (grid->sort_column != column)
        grid_sort(grid, column, false);
    else if (!grid->sort_descending)
        grid_sort(grid, column, true);
    else
        grid_sort(grid, -1, false);
    if (grid->sort_column < 0)
        return effect_toast(TONE_INFO, "in the order of the source");
    return effect_toast(TONE_INFO, "by %s, %s%s", grid->columns[grid->sort_column].name,
                        grid->sort_descending ? "highest first" : "lowest first",
                        grid->window.at_first && grid->window.at_last
                            ? ""
                            : ": of the rows that are loaded");
}

static struct effect sort_run(struct console *console, struct screen *screen)
{
    struct grid *grid = list_grid(screen);
    int column = grid->sort_column;

    (void)console;
    do {
        column++;
    } while (column < (int)grid->column_count && (grid->shown & (1u << column)) == 0);
    if (column >= (int)grid->column_count)
        column = -1;
    grid_sort(grid, column, false);
    if (column < 0)
        return effect_toast(TONE_INFO, "in the order of the source");
    grid->sort_column = -2; /* so that list_sort starts with this one */
    return list_sort(screen, column);
}

static struct effect reverse_run(struct console *console, struct screen *screen)
{
    struct grid *grid = list_grid(screen);

    (void)console;
    if (grid->sort_column < 0)
        return effect_toast(TONE_DIM, "s sorts by a column first");
    grid_sort(grid, grid->sort_column, !grid->sort_descending);
    return effect_redraw();
}

static struct effect columns_entered(struct console *console, const char *text, bool kept)
{
    struct grid *grid = list_grid(console_top(console));
    struct filter words;
    uint32_t shown = 0;

    if (!kept)
        return effect_redraw();
    filter_parse(&words, text, "");
    for (size_t i = 0; i < grid->column_count; i++) {
        char padded[FILTER_SIZE + 2];
        char name[64];

        snprintf(padded, sizeof(padded), " %s ", words.search);
        snprintf(name, sizeof(name), " %s ", grid->columns[i].name);
        if (strstr(padded, name) != NULL)
            shown |= 1u << i;
    }
    if (shown == 0)
        return effect_toast(TONE_WARN, "none of these is a column here");
    grid->shown = shown;
    return effect_redraw();
}

static struct effect columns_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {
        .label = "columns: ", .hint = "names, separated by spaces", .entered = columns_entered};
    const struct grid *grid = list_grid(screen);
    char text[FILTER_SIZE] = "";

    for (size_t i = 0; i < grid->column_count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof(text) - used, "%s%s", used > 0 ? " " : "",
                 grid->columns[i].name);
    }
    prompt_open(console, &spec, text);
    return effect_redraw();
}

static struct effect view_entered(struct console *console, const char *text, bool kept)
{
    const struct screen *screen = console_top(console);

    if (!kept || text[0] == '\0')
        return effect_redraw();
    state_save_view(&console->state, text, screen->ops->name, screen->argument,
                    list_filter_text(screen));
    return effect_toast(TONE_INFO, "saved: `:%s` comes back here", text);
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
    if (!filter_time(text, console_clock(), &ms))
        return effect_toast(TONE_WARN, "%s is no time: 2d, yesterday, 2026-01-02, 2026-01-02T03:04",
                            text);
    snprintf(cursor, sizeof(cursor), "%lld", (long long)ms);
    list_ask(screen, LIST_TO_FIRST, WINDOW_AT, cursor, LAST_ROWS, 0);
    return effect_redraw();
}

static struct effect date_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {.label = "go to the time: ",
                                            .hint = "2d, yesterday, 2026-01-02, 2026-01-02T03:04",
                                            .entered = date_entered};

    if (!((const struct list_spec *)screen->ops->spec)->dated)
        return effect_toast(TONE_DIM, "these rows are not in the order of time");
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect refresh_run(struct console *console, struct screen *screen)
{
    (void)console;
    list_reload(screen);
    return effect_redraw();
}

static const struct action rows[] = {
    {"open", "enter", "open what is under the cursor", ROLE_VIEWER, ACTION_HINT, open_run},
    {"up", "up k", "one row up", ROLE_VIEWER, ACTION_MOVES, up_run},
    {"down", "down j", "one row down", ROLE_VIEWER, ACTION_MOVES, down_run},
    {"page-up", "pgup ctrl-b", "one screen up", ROLE_VIEWER, ACTION_MOVES, page_up_run},
    {"page-down", "pgdn ctrl-f", "one screen down", ROLE_VIEWER, ACTION_MOVES, page_down_run},
    {"first", "home g", "the first row of the whole result", ROLE_VIEWER, ACTION_MOVES, first_run},
    {"last", "end G", "the last row of the whole result", ROLE_VIEWER, ACTION_MOVES, last_run},
    {"left", "left h", "columns further left", ROLE_VIEWER, ACTION_MOVES, left_run},
    {"right", "right l", "columns further right", ROLE_VIEWER, ACTION_MOVES, right_run},
    {"mark", "space", "mark or unmark the row; marks follow it", ROLE_VIEWER, 0, mark_run},
    {"unmark-all", "*", "take all marks off", ROLE_VIEWER, 0, unmark_run},
    {"sort", "s", "sort by the next column", ROLE_VIEWER, ACTION_HINT, sort_run},
    {"reverse", "r", "sort the other way round", ROLE_VIEWER, 0, reverse_run},
    {"columns", "o", "choose the columns", ROLE_VIEWER, 0, columns_run},
    {"save-view", "v", "save this screen and filter under a name", ROLE_VIEWER, 0, view_run},
    {"go-to-date", "@", "go to a moment of the history", ROLE_VIEWER, 0, date_run},
    {"refresh", "f5 ctrl-r", "ask again now", ROLE_VIEWER, 0, refresh_run},
};

const struct action_table list_actions = {rows, sizeof(rows) / sizeof(rows[0])};
