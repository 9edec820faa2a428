#include <stdio.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "core/record/report_text.h"
#include "tui/base/memory.h"
#include "tui/widgets/grid.h"

#define TEXT_MAX (64u << 20)

static void append_row(const struct grid *grid, const struct row *row, struct buffer *out)
{
    for (size_t place = 0; place < grid->view_count; place++) {
        const char *cell = row_cell(row, grid->view[place]);
        if (place > 0)
            buffer_char(out, '\t');
        buffer_text(out, report_cell_guard(cell, strlen(cell)));
        text_append_visible(out, cell, strlen(cell));
    }
    buffer_char(out, '\n');
}

char *grid_text(const struct grid *grid)
{
    struct buffer out;
    buffer_init(&out, TEXT_MAX);
    for (size_t place = 0; place < grid->view_count; place++)
        buffer_format(&out, "%s%s", place > 0 ? "\t" : "", grid->columns[grid->view[place]].name);
    buffer_char(&out, '\n');
    for (size_t i = 0; i < grid->window.count; i++) {
        const struct row *row = grid_row(grid, i);
        if (grid->marks.count == 0 || mark_set_has(&grid->marks, row_key(row)))
            append_row(grid, row, &out);
    }
    char *text = buffer_take(&out);
    return text ? text : console_copy("");
}

#define NUMBER_SIZE 32

/* 1,234,567 */
static const char *grouped(long number, char out[NUMBER_SIZE])
{
    char digits[NUMBER_SIZE];
    int count = snprintf(digits, sizeof digits, "%ld", number);
    int used = 0;
    for (int i = 0; i < count; i++) {
        if (i > 0 && (count - i) % 3 == 0)
            out[used++] = ',';
        out[used++] = digits[i];
    }
    out[used] = '\0';
    return out;
}

void grid_place(const struct grid *grid, char *out, size_t size)
{
    const struct window *window = &grid->window;
    long count = (long)window->count;
    long at = (long)grid->selected + 1;
    char row[NUMBER_SIZE];
    char all[NUMBER_SIZE];
    int used = 0;
    out[0] = '\0';
    if (count > 0 && window->before >= 0)
        used =
            snprintf(out, size, "row %s of %s%s", grouped(window->before + at, row),
                     grouped(window->before + count + (window->after > 0 ? window->after : 0), all),
                     window->after >= 0 ? "" : "+");
    else if (count > 0 && window->after >= 0)
        used = snprintf(out, size, "row %s from the end",
                        grouped(count - at + 1 + window->after, row));
    if (grid->marks.count > 0)
        snprintf(out + used, size - (size_t)used, "%s%s marked", used > 0 ? ", " : "",
                 grouped((long)grid->marks.count, all));
}
