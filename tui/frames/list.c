#include "tui/frames/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/frames/list_private.h"

#define ROWS_MOST 10000
#define NOTE_ROOM 4 /* lines, below which the rows need every one */

struct list *list_of(const struct screen *screen)
{
    return screen->state;
}

void list_open(struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = console_allocate(sizeof *list);
    screen->state = list;
    grid_init(&list->grid, spec->columns, spec->column_count, ROWS_MOST);
    list->pending = true;
    list_arrange_as_before(screen);
}

void list_close(struct screen *screen)
{
    struct list *list = list_of(screen);
    grid_release(&list->grid);
    list_detail_release(&list->detail);
    free(list);
}

/* None at all, none that the filter lets through, or none that is so old or so young. */
static const char *why_empty(const struct list *list, const struct list_spec *spec)
{
    if (list->filter[0] == '\0')
        return list->note[0] ? "" : spec->empty;
    return list->timed ? "nothing matches the filter in that time; press esc to clear it"
                       : "nothing matches the filter; press esc to clear it";
}

void list_draw(struct screen *screen, struct area area)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    const char *empty = "";
    bool loaded = list->freshness.loaded && !list->pending;
    if (list->wrong || (list->freshness.failed && !loaded))
        empty = list->freshness.message;
    else if (loaded)
        empty = why_empty(list, spec);
    else if (list->freshness.asked_ms != 0 && console_now() - list->freshness.asked_ms > 300)
        empty = "loading ...";
    if (list->note[0] != '\0' && !list->pending && area.height > NOTE_ROOM) {
        draw_cell(area.y, area.x, area.width, DRAW_LEFT, TONE_WARN, list->note);
        area.y++;
        area.height--;
    }
    area = list_detail_draw(screen, area);
    list->area = area;
    grid_draw(&list->grid, area, empty);
}

void list_unmark(struct console *console, uint64_t list_id, const char *const *keys, size_t count)
{
    struct screen *screen = list_id != 0 ? console_find_owner(console, list_id) : NULL;
    struct mark_set *marks;
    if (!screen)
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
    filter_read(&parsed, text, spec->filter_keys, spec->filter_words, console_clock());
    if (strcmp(list->filter, text) != 0) {
        snprintf(list->filter, sizeof list->filter, "%s", text);
        list->typed_ms = final ? 1 : console_now();
        list->pending = true;
    }
    if (parsed.problem[0] != '\0' && (final || parsed.refused))
        return effect_toast(TONE_WARN, "%s", parsed.problem);
    return effect_redraw();
}

struct effect list_click(struct screen *screen, int y, int x, bool open)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    if (list->detail.shown && x >= list->area.x + list->area.width)
        return list->pending || !list_selected(screen) ? effect_none()
                                                       : spec->open(screen, list_selected(screen));
    long hit = grid_hit(&list->grid, list->area, y, x);
    if (hit < 0)
        return list_sort(screen, (int)(-1 - hit));
    if (list->pending || (size_t)hit >= grid_count(&list->grid))
        return effect_none();
    bool again = (size_t)hit == list->grid.selected;
    list->end = LIST_NO_END;
    grid_select(&list->grid, (size_t)hit);
    if ((open || again) && spec->open)
        return spec->open(screen, grid_selected(&list->grid));
    return effect_redraw();
}

const struct freshness *list_freshness(const struct screen *screen)
{
    return &list_of(screen)->freshness;
}

bool list_awaits(const struct screen *screen)
{
    return list_of(screen)->pending;
}

const char *list_filter_text(const struct screen *screen)
{
    return list_of(screen)->filter;
}

const char *list_filter_keys(const struct screen *screen)
{
    return ((const struct list_spec *)screen->ops->spec)->filter_keys;
}

const struct filter_words *list_filter_words(const struct screen *screen)
{
    return ((const struct list_spec *)screen->ops->spec)->filter_words;
}

void list_where(const struct screen *screen, char *out, size_t size)
{
    grid_place(&list_of(screen)->grid, out, size);
}

const struct row *list_selected(const struct screen *screen)
{
    return grid_selected(&list_of(screen)->grid);
}

struct grid *list_grid(struct screen *screen)
{
    return &list_of(screen)->grid;
}

size_t list_marks_hidden(struct screen *screen)
{
    const struct grid *grid = list_grid(screen);
    size_t hidden = 0;
    for (size_t i = 0; i < grid->marks.count; i++)
        hidden += window_find(&grid->window, grid->marks.keys[i], 0) == grid->window.count;
    return hidden;
}

const char *list_subject(const struct screen *screen)
{
    const struct row *row = list_selected(screen);
    return row ? row_cell(row, 0) : NULL;
}

char *list_text(const struct screen *screen)
{
    return grid_text(&list_of(screen)->grid);
}

char *list_command(const struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    const char *text = list_filter_text(screen);
    struct filter filter;
    if (spec->filtered_command) {
        filter_read(&filter, text, spec->filter_keys, spec->filter_words, console_clock());
        if (filter.refused)
            return NULL;
        return (*spec->filtered_command)(screen, &filter);
    }
    return spec->command && text[strspn(text, " ")] == '\0'
               ? shell_line_filled(spec->command, screen->argument)
               : NULL;
}
