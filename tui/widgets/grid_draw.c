#include <stdio.h>
#include <string.h>

#include "tui/base/zone.h"
#include "tui/widgets/grid.h"

#define GUTTER 2 /* the mark and a space */
#define TITLE_SIZE 96

/* What its cells and its title take. */
static int need(const struct grid *grid, size_t column)
{
    char shown[TITLE_SIZE];
    zone_title(grid->columns[column].title, shown, sizeof shown);
    int title = (int)strlen(shown);
    return grid->needs[column] > title ? grid->needs[column] : title;
}

/* The shown column that lacks the fewest columns of the screen; -1: none is cut. */
static int least_cut(const struct grid *grid, const int *widths)
{
    int least = -1, fewest = 0;
    for (size_t i = 0; i < grid->column_count; i++) {
        int lacks = need(grid, i) - widths[i];
        if (widths[i] > 0 && lacks > 0 && (least < 0 || lacks < fewest)) {
            least = (int)i;
            fewest = lacks;
        }
    }
    return least;
}

/* What its rows need, within the bounds of its table; all of it before rows came. */
static int wanted(const struct grid *grid, size_t column)
{
    const struct grid_column *spec = &grid->columns[column];
    int width = need(grid, column) > spec->least ? need(grid, column) : spec->least;
    return grid->window.count > 0 && width < spec->width ? width : spec->width;
}

static int used_by(const struct grid *grid, const int *widths)
{
    int used = GUTTER;
    for (size_t i = 0; i < grid->column_count; i++)
        used += widths[i] > 0 ? widths[i] + 1 : 0;
    return used;
}

/* Columns go where it is narrow, the highest drop first; then they shrink, from the left. */
static void make_fit(const struct grid *grid, int width, int *widths)
{
    int worst;
    do {
        worst = -1;
        for (size_t i = 0; i < grid->column_count; i++) {
            if (widths[i] > 0 && grid->columns[i].drop > 0 &&
                (worst < 0 || grid->columns[i].drop > grid->columns[worst].drop))
                worst = (int)i;
        }
        if (worst >= 0 && used_by(grid, widths) > width)
            widths[worst] = 0;
        else
            worst = -1;
    } while (worst >= 0);
    for (size_t i = 0; i < grid->column_count; i++) {
        int over = used_by(grid, widths) - width;
        int spare = widths[i] - grid->columns[i].least;
        if (widths[i] > 0 && over > 0 && spare > 0)
            widths[i] -= over < spare ? over : spare;
    }
}

/* What is left over: to those that are cut, so that as many as can be are whole; to those that are
 * narrower than their table has them; to those that grow. */
static void share_out(const struct grid *grid, int width, int *widths)
{
    int left = width - used_by(grid, widths), grow = 0, cut;
    while (left > 0 && grid->window.count > 0 && (cut = least_cut(grid, widths)) >= 0) {
        widths[cut]++;
        left--;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        int lacks = widths[i] > 0 ? grid->columns[i].width - widths[i] : 0;
        lacks = lacks < 0 ? 0 : lacks < left ? lacks : left;
        widths[i] += lacks;
        left -= lacks;
        grow += widths[i] > 0 ? grid->columns[i].grow : 0;
    }
    for (size_t i = 0; i < grid->column_count && left > 0 && grow > 0; i++) {
        if (widths[i] == 0 || grid->columns[i].grow == 0)
            continue;
        int share = left * grid->columns[i].grow / grow;
        grow -= grid->columns[i].grow;
        widths[i] += share;
        left -= share;
    }
}

/* Widths of the columns for `width`, 0 for those that do not show. */
static void fit(const struct grid *grid, int width, int *widths)
{
    memset(widths, 0, GRID_COLUMNS * sizeof *widths);
    for (size_t place = 0; place < grid->view_count; place++) {
        if (place == 0 || (int)place > grid->first_column)
            widths[grid->view[place]] = wanted(grid, grid->view[place]);
    }
    make_fit(grid, width, widths);
    share_out(grid, width, widths);
}

static void draw_head(const struct grid *grid, struct area area, const int *widths)
{
    int x = area.x + GUTTER;
    draw_fill(area.y, area.x, area.width, TONE_COLUMN);
    for (size_t place = 0; place < grid->view_count; place++) {
        size_t i = grid->view[place];
        char name[TITLE_SIZE], title[TITLE_SIZE + 2];
        int room = area.x + area.width - x;
        const char *arrow = grid->sort_descending ? "v" : "^";
        int left = widths[i] - 1; /* of the title beside its arrow */
        if (widths[i] == 0 || room <= 0)
            continue;
        zone_title(grid->columns[i].title, name, sizeof name);
        if ((int)i != grid->sort_column)
            snprintf(title, sizeof title, "%s", name);
        else if ((int)strlen(name) < left)
            snprintf(title, sizeof title, "%s %s", name, arrow);
        else
            snprintf(title, sizeof title, "%.*s%s", left, name, arrow);
        draw_cell(area.y, x, widths[i] < room ? widths[i] : room, grid->columns[i].align,
                  TONE_COLUMN, title);
        x += widths[i] + 1;
    }
}

/* The cell as it is shown: in the zone that the head of its column names. */
static const char *shown_cell(const struct grid *grid, const struct row *row, size_t column,
                              char time[ZONE_TIME_SIZE])
{
    const char *cell = row_cell(row, column);
    bool is_time = zone_is_local() && strstr(grid->columns[column].title, "(UTC)");
    return is_time && zone_time(cell, false, time) ? time : cell;
}

static void draw_row(const struct grid *grid, struct area area, int y, const int *widths,
                     const struct row *row, bool selected)
{
    char time[ZONE_TIME_SIZE];
    bool marked = mark_set_has(&grid->marks, row_key(row));
    enum theme_tone base = selected ? TONE_SELECTED : (enum theme_tone)row->tone;
    int x = area.x + GUTTER;
    draw_fill(y, area.x, area.width, selected ? TONE_SELECTED : TONE_NORMAL);
    draw_text(y, area.x, 1, selected ? TONE_SELECTED : TONE_MARKED,
              marked     ? "*"
              : selected ? ">"
                         : " ");
    for (size_t place = 0; place < grid->view_count; place++) {
        size_t i = grid->view[place];
        int room = area.x + area.width - x;
        enum theme_tone tone = base;
        if (widths[i] == 0 || room <= 0)
            continue;
        if (!selected && row->accent == i)
            tone = (enum theme_tone)row->accent_tone;
        if (!selected && row->second == i)
            tone = (enum theme_tone)row->second_tone;
        if (!selected && marked && place == 0)
            tone = TONE_MARKED;
        draw_cell(y, x, widths[i] < room ? widths[i] : room, grid->columns[i].align, tone,
                  shown_cell(grid, row, i, time));
        x += widths[i] + 1;
    }
}

void grid_draw(struct grid *grid, struct area area, const char *empty)
{
    int widths[GRID_COLUMNS];
    if (area.height < 2)
        return;
    grid->height = area.height - 1;
    grid_keep_in_view(grid);
    fit(grid, area.width, widths);
    draw_head(grid, area, widths);
    for (int line = 0; line < grid->height; line++) {
        size_t index = grid->top + (size_t)line;
        const struct row *row = grid_row(grid, index);
        if (!row)
            break;
        draw_row(grid, area, area.y + 1 + line, widths, row, index == grid->selected);
    }
    if (grid->window.count == 0 && empty)
        draw_paragraph(
            (struct area){area.y + 2, area.x + GUTTER, area.height - 2, area.width - GUTTER},
            TONE_DIM, empty);
}

long grid_hit(const struct grid *grid, struct area area, int y, int x)
{
    int widths[GRID_COLUMNS];
    int at = area.x + GUTTER;
    if (y > area.y) {
        size_t index = grid->top + (size_t)(y - area.y - 1);
        return (long)(index < grid->window.count ? index : grid->window.count);
    }
    fit(grid, area.width, widths);
    for (size_t place = 0; place < grid->view_count; place++) {
        size_t i = grid->view[place];
        if (widths[i] == 0)
            continue;
        if (x >= at && x <= at + widths[i])
            return -1 - (long)i;
        at += widths[i] + 1;
    }
    return (long)grid->window.count;
}
