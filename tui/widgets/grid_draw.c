#include <stdio.h>
#include <string.h>

#include "tui/widgets/grid.h"

#define GUTTER 2 /* the mark and a space */

/* Widths of the columns for `width`, 0 for those that do not show. */
static void fit(const struct grid *grid, int width, int *widths)
{
    int used = GUTTER;
    int grow = 0;
    memset(widths, 0, GRID_COLUMNS * sizeof *widths);
    for (size_t place = 0; place < grid->view_count; place++) {
        if (place > 0 && (int)place <= grid->first_column)
            continue;
        widths[grid->view[place]] = grid->columns[grid->view[place]].width;
        used += widths[grid->view[place]] + 1;
    }
    while (used > width) {
        int worst = -1;
        for (size_t i = 0; i < grid->column_count; i++) {
            if (widths[i] > 0 && grid->columns[i].drop > 0 &&
                (worst < 0 || grid->columns[i].drop > grid->columns[worst].drop))
                worst = (int)i;
        }
        if (worst < 0)
            break;
        used -= widths[worst] + 1;
        widths[worst] = 0;
    }
    for (size_t i = 0; i < grid->column_count && used > width; i++) {
        int over = used - width;
        int spare = widths[i] - grid->columns[i].least;
        if (widths[i] == 0 || spare <= 0)
            continue;
        widths[i] -= over < spare ? over : spare;
        used -= over < spare ? over : spare;
    }
    for (size_t i = 0; i < grid->column_count; i++)
        grow += widths[i] > 0 ? grid->columns[i].grow : 0;
    for (size_t i = 0; i < grid->column_count && used < width && grow > 0; i++) {
        if (widths[i] == 0 || grid->columns[i].grow == 0)
            continue;
        int share = (width - used) * grid->columns[i].grow / grow;
        grow -= grid->columns[i].grow;
        widths[i] += share;
        used += share;
    }
}

static void draw_head(const struct grid *grid, struct area area, const int *widths)
{
    int x = area.x + GUTTER;
    draw_fill(area.y, area.x, area.width, TONE_COLUMN);
    for (size_t place = 0; place < grid->view_count; place++) {
        size_t i = grid->view[place];
        char title[80];
        int room = area.x + area.width - x;
        const char *arrow = grid->sort_descending ? "v" : "^";
        int left = widths[i] - 1; /* of the title beside its arrow */
        if (widths[i] == 0 || room <= 0)
            continue;
        if ((int)i != grid->sort_column)
            snprintf(title, sizeof title, "%s", grid->columns[i].title);
        else if ((int)strlen(grid->columns[i].title) < left)
            snprintf(title, sizeof title, "%s %s", grid->columns[i].title, arrow);
        else
            snprintf(title, sizeof title, "%.*s%s", left, grid->columns[i].title, arrow);
        draw_cell(area.y, x, widths[i] < room ? widths[i] : room, grid->columns[i].align,
                  TONE_COLUMN, title);
        x += widths[i] + 1;
    }
}

static void draw_row(const struct grid *grid, struct area area, int y, const int *widths,
                     const struct row *row, bool selected)
{
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
        if (!selected && marked && place == 0)
            tone = TONE_MARKED;
        draw_cell(y, x, widths[i] < room ? widths[i] : room, grid->columns[i].align, tone,
                  row_cell(row, i));
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
