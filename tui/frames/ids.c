/* What the two kinds of screen know of the thing under their cursor. */
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/registry.h"
#include "tui/frames/list.h"
#include "tui/frames/page.h"

void list_ids(const struct screen *screen, struct id_set *set)
{
    const struct list_spec *spec = screen->ops->spec;
    const struct row *row = list_selected(screen);
    for (size_t i = 0; row && i < spec->column_count; i++)
        id_set_add(set, (enum id_kind)spec->columns[i].id, row_cell(row, i));
    id_set_add_argument(set, screen->ops->argument, screen->argument);
}

void list_select(struct screen *screen, const char *key)
{
    struct grid *grid = list_grid(screen);
    free(grid->selected_key);
    grid->selected_key = console_copy(key);
}

static void add_line(struct id_set *set, const struct document_line *line)
{
    const struct screen_ops *ops = line && line->screen ? screen_find(line->screen) : NULL;
    if (!ops)
        return;
    id_set_add_argument(set, ops->argument, line->argument);
    if (line->filter)
        id_set_add_filter(set, line->filter);
}

void page_ids(const struct screen *screen, struct id_set *set)
{
    const struct document *document = page_document(screen);
    add_line(set, document_selected(document));
    id_set_add_argument(set, screen->ops->argument, screen->argument);
    for (int kind = ID_NONE; kind < ID_ANY; kind++)
        id_set_add(set, (enum id_kind)kind, document->about.values[kind]);
}
