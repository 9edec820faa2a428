#include "tui/widgets/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "tui/console_memory.h"

#define GUTTER 2 /* the mark and a space */
#define TEXT_MAX (64u << 20)

void grid_init(struct grid *grid, const struct grid_column *columns, size_t count,
                size_t most_rows)
{
    memset(grid, 0, sizeof(*grid));
    grid->columns = columns;
    grid->column_count = count < GRID_COLUMNS ? count : GRID_COLUMNS;
    grid->sort_column = -1;
    grid->height = 1;
    for (size_t i = 0; i < grid->column_count; i++) {
        if (!columns[i].hidden)
            grid->shown |= 1u << i;
    }
    window_init(&grid->window, most_rows);
}

void grid_release(struct grid *grid)
{
    window_release(&grid->window);
    mark_set_clear(&grid->marks);
    free(grid->order);
    free(grid->selected_key);
    grid->order = NULL;
    grid->selected_key = NULL;
}

size_t grid_count(const struct grid *grid)
{
    return grid->window.count;
}

size_t grid_window_index(const struct grid *grid, size_t index)
{
    return grid->order != NULL ? grid->order[index] : index;
}

struct row *grid_row(const struct grid *grid, size_t index)
{
    if (index >= grid->window.count)
        return NULL;
    return grid->window.rows[grid_window_index(grid, index)];
}

struct row *grid_selected(const struct grid *grid)
{
    return grid_row(grid, grid->selected);
}

static void keep_in_view(struct grid *grid)
{
    size_t height = grid->height > 0 ? (size_t)grid->height : 1;

    if (grid->selected < grid->top)
        grid->top = grid->selected;
    if (grid->selected >= grid->top + height)
        grid->top = grid->selected - height + 1;
    if (grid->top + height > grid->window.count)
        grid->top = grid->window.count > height ? grid->window.count - height : 0;
}

static void remember(struct grid *grid)
{
    const struct row *row = grid_selected(grid);

    if (row != NULL && grid->selected_key != NULL &&
        strcmp(grid->selected_key, row_key(row)) == 0)
        return;
    free(grid->selected_key);
    grid->selected_key = row != NULL ? console_copy(row_key(row)) : NULL;
}

void grid_select(struct grid *grid, size_t index)
{
    if (grid->window.count == 0)
        index = 0;
    else if (index >= grid->window.count)
        index = grid->window.count - 1;
    grid->selected = index;
    keep_in_view(grid);
    remember(grid);
}

static size_t moved(size_t from, long by, size_t count)
{
    if (by < 0)
        return (size_t)-by > from ? 0 : from - (size_t)-by;
    if (count == 0)
        return 0;
    return from + (size_t)by >= count ? count - 1 : from + (size_t)by;
}

void grid_move(struct grid *grid, long rows)
{
    grid_select(grid, moved(grid->selected, rows, grid->window.count));
}

void grid_page(struct grid *grid, int pages)
{
    long rows = (long)pages * (grid->height > 1 ? grid->height - 1 : 1);
    size_t height = grid->height > 0 ? (size_t)grid->height : 1;
    size_t most = grid->window.count > height ? grid->window.count - height : 0;

    grid->top = moved(grid->top, rows, most + 1);
    grid_move(grid, rows);
}

bool grid_select_key(struct grid *grid, const char *key)
{
    for (size_t i = 0; i < grid->window.count; i++) {
        if (strcmp(row_key(grid_row(grid, i)), key) == 0) {
            grid_select(grid, i);
            return true;
        }
    }
    return false;
}

static const struct grid *sorting; /* qsort has no context; the screen's thread alone sorts */

static int compare(const void *a, const void *b)
{
    size_t left_index = *(const size_t *)a;
    size_t right_index = *(const size_t *)b;
    size_t column = (size_t)sorting->sort_column;
    const char *left = row_cell(sorting->window.rows[left_index], column);
    const char *right = row_cell(sorting->window.rows[right_index], column);
    int order = 0;

    if (sorting->columns[column].number) {
        double left_value = strtod(left, NULL);
        double right_value = strtod(right, NULL);

        order = (left_value > right_value) - (left_value < right_value);
    }
    if (order == 0)
        order = strcmp(left, right);
    if (sorting->sort_descending)
        order = -order;
    return order != 0 ? order : (left_index > right_index) - (left_index < right_index);
}

static void reorder(struct grid *grid)
{
    free(grid->order);
    grid->order = NULL;
    if (grid->sort_column < 0 || grid->window.count == 0)
        return;
    grid->order = console_grow(NULL, grid->window.count, sizeof(*grid->order));
    for (size_t i = 0; i < grid->window.count; i++)
        grid->order[i] = i;
    sorting = grid;
    qsort(grid->order, grid->window.count, sizeof(*grid->order), compare);
}

void grid_changed(struct grid *grid, long inserted)
{
    long line = (long)grid->selected - (long)grid->top;
    size_t hint = inserted < 0 ? moved(grid->selected, inserted, grid->window.count)
                               : grid->selected + (size_t)inserted;
    bool at_top = grid->top == 0 && inserted <= 0;
    size_t found = grid->window.count;

    reorder(grid);
    if (grid->selected_key != NULL && grid->order == NULL) {
        found = window_find(&grid->window, grid->selected_key, hint);
    } else if (grid->selected_key != NULL) {
        for (found = 0; found < grid->window.count; found++) {
            if (strcmp(row_key(grid_row(grid, found)), grid->selected_key) == 0)
                break;
        }
    }
    if (found < grid->window.count) {
        grid->selected = found;
        grid->top = at_top || (long)found < line ? 0 : found - (size_t)line;
    } else if (grid->selected >= grid->window.count) {
        grid->selected = grid->window.count > 0 ? grid->window.count - 1 : 0;
    }
    keep_in_view(grid);
    remember(grid);
}

void grid_sort(struct grid *grid, int column, bool descending)
{
    grid->sort_column = column < (int)grid->column_count ? column : -1;
    grid->sort_descending = descending;
    grid_changed(grid, 0);
}

/* Widths of the columns for `width`, 0 for those that do not show. */
static void fit(const struct grid *grid, int width, int *widths)
{
    int used = GUTTER;
    int grow = 0;

    for (size_t i = 0; i < grid->column_count; i++) {
        bool moved_out = (int)i > 0 && (int)i <= grid->first_column;

        widths[i] = (grid->shown & (1u << i)) != 0 && !moved_out ? grid->columns[i].width : 0;
        used += widths[i] > 0 ? widths[i] + 1 : 0;
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
        int share;

        if (widths[i] == 0 || grid->columns[i].grow == 0)
            continue;
        share = (width - used) * grid->columns[i].grow / grow;
        grow -= grid->columns[i].grow;
        widths[i] += share;
        used += share;
    }
}

static void draw_head(const struct grid *grid, struct area area, const int *widths)
{
    int x = area.x + GUTTER;

    draw_fill(area.y, area.x, area.width, TONE_COLUMN);
    for (size_t i = 0; i < grid->column_count; i++) {
        char title[80];
        int room = area.x + area.width - x;
        const char *arrow = "";

        if (widths[i] == 0 || room <= 0)
            continue;
        if ((int)i == grid->sort_column)
            arrow = grid->sort_descending ? " v" : " ^";
        snprintf(title, sizeof(title), "%s%s", grid->columns[i].title, arrow);
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
    for (size_t i = 0; i < grid->column_count; i++) {
        int room = area.x + area.width - x;
        enum theme_tone tone = base;

        if (widths[i] == 0 || room <= 0)
            continue;
        if (!selected && row->accent == i)
            tone = (enum theme_tone)row->accent_tone;
        if (!selected && marked && i == 0)
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
    keep_in_view(grid);
    fit(grid, area.width, widths);
    draw_head(grid, area, widths);
    for (int line = 0; line < grid->height; line++) {
        size_t index = grid->top + (size_t)line;
        const struct row *row = grid_row(grid, index);

        if (row == NULL)
            break;
        draw_row(grid, area, area.y + 1 + line, widths, row, index == grid->selected);
    }
    if (grid->window.count == 0 && empty != NULL)
        draw_text(area.y + 2, area.x + GUTTER, area.width - GUTTER, TONE_DIM, empty);
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
    for (size_t i = 0; i < grid->column_count; i++) {
        if (widths[i] == 0)
            continue;
        if (x >= at && x <= at + widths[i])
            return -1 - (long)i;
        at += widths[i] + 1;
    }
    return (long)grid->window.count;
}

char *grid_text(const struct grid *grid)
{
    struct buffer out;
    char *text;

    buffer_init(&out, TEXT_MAX);
    for (size_t i = 0; i < grid->column_count; i++)
        buffer_format(&out, "%s%s", i > 0 ? "\t" : "", grid->columns[i].name);
    buffer_char(&out, '\n');
    for (size_t i = 0; i < grid->window.count; i++) {
        const struct row *row = grid_row(grid, i);

        if (grid->marks.count > 0 && !mark_set_has(&grid->marks, row_key(row)))
            continue;
        for (size_t column = 0; column < grid->column_count; column++) {
            const char *cell = row_cell(row, column);

            if (column > 0)
                buffer_char(&out, '\t');
            text_append_visible(&out, cell, strlen(cell));
        }
        buffer_char(&out, '\n');
    }
    text = buffer_take(&out);
    return text != NULL ? text : console_copy("");
}
