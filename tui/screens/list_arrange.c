/* How a list is arranged: by which column its rows are sorted, and which columns show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_memory.h"
#include "tui/loop.h"
#include "tui/screens/list_private.h"
#include "tui/widgets/prompt.h"

bool list_is_dated(const struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list_sort sort = list_sorting(list_of(screen));

    return spec->dated > 0 && (sort.column < 0 || spec->orders[sort.column] == spec->dated);
}

bool list_sort_by(struct screen *screen, struct list_sort sort)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    struct grid *grid = &list->grid;
    const struct row *row = grid_selected(grid);

    if (spec->orders == NULL) {
        grid_sort(grid, sort.column, sort.descending);
        return true;
    }
    if (sort.column >= 0 && spec->orders[sort.column] == 0)
        return false;
    if (!grid->window.loaded) {
        grid_sorted(grid, sort.column, sort.descending);
        return true;
    }
    list->wanted = sort;
    list->sorting = true;
    if (row == NULL || (grid->selected == 0 && grid->window.at_first))
        list_ask(screen, LIST_TO_FIRST, WINDOW_FIRST, "", list_first_limit(list), 0);
    else
        list_ask(screen, LIST_AROUND, WINDOW_EXACT, row_cursor(row), list_first_limit(list), 0);
    list->freshness.doing = "sorting";
    return true;
}

static struct effect sort_and_say(struct screen *screen, struct list_sort sort)
{
    const struct grid *grid = list_grid(screen);

    if (!list_sort_by(screen, sort))
        return effect_toast(TONE_WARN, "the source has no order by %s: the rows stay as they are",
                            grid->columns[sort.column].name);
    if (sort.column < 0)
        return effect_toast(TONE_INFO, "in the order of the source");
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
    while (spec->orders != NULL && place < grid->view_count && spec->orders[grid->view[place]] == 0)
        place++;
    return place < grid->view_count ? grid->view[place] : -1;
}

struct effect list_sort_run(struct console *console, struct screen *screen)
{
    struct list_sort sort = {
        .column = next_column(screen, list_sorting(list_of(screen)).column)};

    (void)console;
    return sort_and_say(screen, sort);
}

struct effect list_reverse_run(struct console *console, struct screen *screen)
{
    struct list_sort sort = list_sorting(list_of(screen));

    (void)console;
    if (sort.column < 0)
        return effect_toast(TONE_DIM, "s sorts by a column first");
    sort.descending = !sort.descending;
    return sort_and_say(screen, sort);
}

static struct effect columns_entered(struct console *console, const char *text, bool kept)
{
    struct grid *grid = list_grid(console_top(console));
    char unknown[64];

    if (!kept)
        return effect_redraw();
    if (!grid_show(grid, text, unknown, sizeof(unknown)))
        return effect_toast(TONE_WARN, "none of these is a column here");
    if (unknown[0] != '\0')
        return effect_toast(TONE_WARN, "there is no column %s here", unknown);
    return effect_redraw();
}

struct effect list_columns_run(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {
        .label = "columns: ", .hint = "names, separated by spaces", .entered = columns_entered};
    char text[FILTER_SIZE];

    grid_shown(list_grid(screen), text, sizeof(text));
    prompt_open(console, &spec, text);
    return effect_redraw();
}
