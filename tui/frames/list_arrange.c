/* How a list is arranged: by which column its rows are sorted, and which columns show. */
#include <stdio.h>
#include <string.h>

#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/frames/list_private.h"
#include "tui/widgets/complete.h"

bool list_is_dated(const struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list_sort sort = list_sorting(list_of(screen));
    return spec->dated > 0 && (sort.column < 0 || spec->columns[sort.column].order == spec->dated);
}

bool list_sort_by(struct screen *screen, struct list_sort sort)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    const struct row *row = grid_selected(grid);
    if (!spec->ordered) {
        grid_sort(grid, sort.column, sort.descending);
        return true;
    }
    if (sort.column >= 0 && spec->columns[sort.column].order == 0)
        return false;
    if (!grid->window.loaded) {
        grid_sorted(grid, sort.column, sort.descending);
        return true;
    }
    list->wanted = sort;
    list->sorting = true;
    if (!row || (grid->selected == 0 && grid->window.at_first))
        list_ask(screen, LIST_TO_FIRST, WINDOW_FIRST, "", list_first_limit(list), 0);
    else
        list_ask(screen, LIST_AROUND, WINDOW_EXACT, row_cursor(row), list_first_limit(list), 0);
    list->freshness.doing = "sorting";
    list->freshness.may_cancel = true;
    return true;
}

bool list_cancel(struct screen *screen)
{
    struct list *list = list_of(screen);
    if (!list->sorting || list->job == 0)
        return false;
    jobs_cancel(screen->console->jobs, list->job);
    return true;
}

void list_layout(const struct screen *screen, struct screen_layout *layout)
{
    const struct list *list = list_of(screen);
    struct list_sort sort = list_sorting(list);
    grid_shown(&list->grid, layout->columns, sizeof layout->columns);
    layout->sort[0] = '\0';
    if (sort.column >= 0)
        snprintf(layout->sort, sizeof layout->sort, "%s%s", sort.descending ? "-" : "",
                 list->grid.columns[sort.column].name);
}

void list_arrange(struct screen *screen, const struct screen_layout *layout)
{
    struct grid *grid = list_grid(screen);
    struct list_sort sort = {.descending = layout->sort[0] == '-'};
    const char *name = layout->sort + sort.descending;
    char unknown[64];
    if (layout->columns[0] != '\0')
        grid_show(grid, layout->columns, unknown, sizeof unknown);
    sort.column = grid_find_column(grid, name, strlen(name));
    list_sort_by(screen, sort);
}

void list_arrange_as_before(struct screen *screen)
{
    const struct console *console = screen->console;
    const struct state_layout *before = state_find_layout(&console->state, screen->ops->name);
    struct screen_layout layout;
    if (!before)
        return;
    snprintf(layout.columns, sizeof layout.columns, "%s", before->columns);
    snprintf(layout.sort, sizeof layout.sort, "%s", console->depth > 1 ? before->sort : "");
    list_arrange(screen, &layout);
}

static void remember(const struct screen *screen)
{
    struct screen_layout layout;
    list_layout(screen, &layout);
    state_set_layout(&screen->console->state, screen->ops->name, layout.columns, layout.sort);
}

static struct effect sort_and_say(struct screen *screen, struct list_sort sort)
{
    const struct grid *grid = list_grid(screen);
    if (!list_sort_by(screen, sort))
        return effect_toast(TONE_WARN, "cannot sort by %s", grid->columns[sort.column].name);
    remember(screen);
    if (sort.column < 0)
        return effect_toast(TONE_INFO, "default order");
    return effect_toast(TONE_INFO, "by %s, %s", grid->columns[sort.column].name,
                        sort.descending ? "highest first" : "lowest first");
}

struct effect list_sort(struct screen *screen, int column)
{
    struct list_sort sort = list_sorting(list_of(screen));
    if (sort.column != column)
        sort = (struct list_sort){column, false};
    else if (!sort.descending)
        sort.descending = true;
    else
        sort = (struct list_sort){-1, false};
    return sort_and_say(screen, sort);
}

/* The column that shows behind that one, the first for -1; -1 behind the last. */
static int next_column(const struct screen *screen, int column)
{
    const struct grid *grid = &list_of(screen)->grid;
    const struct list_spec *spec = screen->ops->spec;
    size_t place = 0;
    while (column >= 0 && place < grid->view_count && grid->view[place++] != column)
        ;
    while (spec->ordered && place < grid->view_count && spec->columns[grid->view[place]].order == 0)
        place++;
    return place < grid->view_count ? grid->view[place] : -1;
}

struct effect list_sort_run(struct console *console, struct screen *screen)
{
    struct list_sort sort = {.column = next_column(screen, list_sorting(list_of(screen)).column)};
    (void)console;
    return sort_and_say(screen, sort);
}

struct effect list_reverse_run(struct console *console, struct screen *screen)
{
    struct list_sort sort = list_sorting(list_of(screen));
    (void)console;
    if (sort.column < 0)
        return effect_toast(TONE_DIM, "press s to sort by a column first");
    sort.descending = !sort.descending;
    return sort_and_say(screen, sort);
}

static struct effect columns_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    char unknown[64];
    if (!kept)
        return effect_redraw();
    if (!grid_show(list_grid(screen), text, unknown, sizeof unknown))
        return effect_toast(TONE_WARN, "unknown columns");
    remember(screen);
    if (unknown[0] != '\0')
        return effect_toast(TONE_WARN, "unknown column %s", unknown);
    return effect_redraw();
}

static const char *column_at(const void *context, size_t index)
{
    const struct grid *grid = context;
    return index < grid->column_count ? grid->columns[index].name : NULL;
}

static void columns_complete(struct console *console, struct edit *edit, char *others, size_t size)
{
    complete_word(edit, column_at, list_grid(console_top(console)), " ", others, size);
}

struct effect list_columns_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {.label = "columns: ",
                                            .hint = "names, separated by spaces; tab completes",
                                            .complete = columns_complete,
                                            .entered = columns_entered};
    char text[LAYOUT_SIZE];
    grid_shown(list_grid(screen), text, sizeof text);
    prompt_open(console, &spec, text);
    return effect_redraw();
}
