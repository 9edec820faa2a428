#include "tui/widgets/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"

void grid_init(struct grid *grid, const struct grid_column *columns, size_t count, size_t most_rows)
{
    memset(grid, 0, sizeof *grid);
    grid->columns = columns;
    grid->column_count = count < GRID_COLUMNS ? count : GRID_COLUMNS;
    grid->sort_column = -1;
    grid->height = 1;
    for (size_t i = 0; i < grid->column_count; i++) {
        if (!columns[i].hidden)
            grid->view[grid->view_count++] = (uint8_t)i;
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
    return grid->order ? grid->order[index] : index;
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

void grid_keep_in_view(struct grid *grid)
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
    if (row && grid->selected_key && strcmp(grid->selected_key, row_key(row)) == 0)
        return;
    free(grid->selected_key);
    grid->selected_key = row ? console_copy(row_key(row)) : NULL;
}

void grid_select(struct grid *grid, size_t index)
{
    if (grid->window.count == 0)
        index = 0;
    else if (index >= grid->window.count)
        index = grid->window.count - 1;
    grid->selected = index;
    grid_keep_in_view(grid);
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

void grid_scroll(struct grid *grid, int halves)
{
    bool whole = halves % 2 == 0;
    int fits = grid->height > 1 ? grid->height : 2;
    long rows = whole ? (long)halves / 2 * (fits - 1) : (long)halves * (fits / 2);
    size_t height = grid->height > 0 ? (size_t)grid->height : 1;
    size_t most = grid->window.count > height ? grid->window.count - height : 0;
    grid->top = moved(grid->top, rows, most + 1);
    grid_move(grid, rows);
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
    if (grid->sort_column < 0 || grid->sorted_by_source || grid->window.count == 0)
        return;
    grid->order = console_grow(NULL, grid->window.count, sizeof *grid->order);
    for (size_t i = 0; i < grid->window.count; i++)
        grid->order[i] = i;
    sorting = grid;
    qsort(grid->order, grid->window.count, sizeof *grid->order, compare);
}

enum { NEED_MOST = 240 };

static int cell_width(const char *cell)
{
    int width = 0;
    while (cell[width] >= 0x20 && cell[width] < 0x7f && width < NEED_MOST)
        width++;
    if (cell[width] == '\0' || width == NEED_MOST)
        return width;
    width = draw_width(cell);
    return width < NEED_MOST ? width : NEED_MOST;
}

/* Of all that is loaded, so that columns do not move while one scrolls through it. */
static void measure(struct grid *grid)
{
    memset(grid->needs, 0, sizeof grid->needs);
    for (size_t i = 0; i < grid->window.count; i++) {
        for (size_t column = 0; column < grid->column_count; column++) {
            int width = cell_width(row_cell(grid->window.rows[i], column));
            if (width > grid->needs[column])
                grid->needs[column] = (uint16_t)width;
        }
    }
}

void grid_changed(struct grid *grid, long inserted)
{
    long line = (long)grid->selected - (long)grid->top;
    size_t hint = inserted < 0 ? moved(grid->selected, inserted, grid->window.count)
                               : grid->selected + (size_t)inserted;
    bool at_top = grid->top == 0 && inserted <= 0;
    size_t found = grid->window.count;
    measure(grid);
    reorder(grid);
    if (grid->selected_key && !grid->order) {
        found = window_find(&grid->window, grid->selected_key, hint);
    } else if (grid->selected_key) {
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
    grid_keep_in_view(grid);
    remember(grid);
}

void grid_sort(struct grid *grid, int column, bool descending)
{
    grid->sort_column = column < (int)grid->column_count ? column : -1;
    grid->sort_descending = descending;
    grid->sorted_by_source = false;
    grid_changed(grid, 0);
}

void grid_sorted(struct grid *grid, int column, bool descending)
{
    grid->sort_column = column < (int)grid->column_count ? column : -1;
    grid->sort_descending = descending;
    grid->sorted_by_source = true;
}

int grid_find_column(const struct grid *grid, const char *name, size_t length)
{
    for (size_t i = 0; i < grid->column_count; i++) {
        if (strlen(grid->columns[i].name) == length &&
            strncmp(grid->columns[i].name, name, length) == 0)
            return (int)i;
    }
    return -1;
}

bool grid_show(struct grid *grid, const char *names, char *unknown, size_t size)
{
    static const char between[] = " ,\t";
    uint8_t view[GRID_COLUMNS];
    size_t count = 0;
    unknown[0] = '\0';
    for (names += strspn(names, between); *names != '\0'; names += strspn(names, between)) {
        size_t length = strcspn(names, between);
        int column = grid_find_column(grid, names, length);
        bool known = column >= 0;
        if (!known && unknown[0] == '\0')
            snprintf(unknown, size, "%.*s", (int)length, names);
        for (size_t i = 0; i < count; i++)
            known = known && view[i] != column;
        if (known)
            view[count++] = (uint8_t)column;
        names += length;
    }
    if (count == 0)
        return false;
    memcpy(grid->view, view, count);
    grid->view_count = count;
    grid->first_column = 0;
    return true;
}

void grid_shown(const struct grid *grid, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < grid->view_count && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i > 0 ? " " : "",
                                 grid->columns[grid->view[i]].name);
}
