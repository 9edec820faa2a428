#include "tui/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/time_text.h"

enum { GAP = 2, CELL_MAX = 1024 * 1024 };

void table_init(struct table *table, const struct table_column *columns)
{
    memset(table, 0, sizeof *table);
    table->columns = columns;
    while (table->column_count < TABLE_COLUMNS_MAX && columns[table->column_count].title != NULL) {
        const char *title = columns[table->column_count].title;
        table->widths[table->column_count++] = text_width(title, strlen(title));
    }
}

void table_release(struct table *table)
{
    arena_release(&table->arena);
    free(table->cells);
    table->cells = NULL;
    table->cell_count = table->capacity = 0;
}

void table_cell_styled(struct table *table, enum output_style style, const char *text)
{
    struct buffer shown;
    void *cells = table->cells;
    if (memory_reserve(&cells, &table->capacity, table->cell_count + 1, sizeof *table->cells,
                       NULL) != ERROR_NONE) {
        table->failed = ERROR_MEMORY;
        return;
    }
    table->cells = cells;
    buffer_init(&shown, CELL_MAX);
    if (text == NULL)
        buffer_text(&shown, "-");
    else
        text_append_visible(&shown, text, strlen(text));
    struct table_cell *cell = &table->cells[table->cell_count];
    cell->text = arena_copy_text(&table->arena, shown.data, shown.len);
    cell->style = style;
    cell->width = text_width(shown.data, shown.len);
    int *width = &table->widths[table->cell_count % table->column_count];
    if (cell->width > *width)
        *width = cell->width;
    if (cell->text == NULL)
        table->failed = ERROR_MEMORY;
    else
        table->cell_count++;
    buffer_release(&shown);
}

void table_cell(struct table *table, const char *text)
{
    table_cell_styled(table, STYLE_PLAIN, text);
}

void table_cell_status(struct table *table, const char *status)
{
    table_cell_styled(table, output_status_style(status), status);
}

void table_cell_number(struct table *table, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    table_cell(table, text);
}

void table_cell_time(struct table *table, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    if (ms == INT64_MIN) {
        table_cell(table, NULL);
        return;
    }
    time_text_iso8601(ms, text);
    table_cell(table, text);
}

static void widths_fit(const struct table *table, int bound, int widths[TABLE_COLUMNS_MAX])
{
    int total = 0;
    memcpy(widths, table->widths, sizeof table->widths);
    for (size_t i = 0; i < table->column_count; i++)
        total += widths[i] + (i > 0 ? GAP : 0);
    while (bound > 0 && total > bound) {
        size_t widest = table->column_count;
        for (size_t i = 0; i < table->column_count; i++) {
            const struct table_column *column = &table->columns[i];
            if (column->flexible && widths[i] > column->least &&
                (widest == table->column_count || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == table->column_count)
            return;
        widths[widest]--;
        total--;
    }
}

static void cell_print(const struct table *table, struct output *output, size_t column, int width,
                       const struct table_cell *cell)
{
    bool last = column + 1 == table->column_count;
    int shown = cell->width > width ? width : cell->width;
    int pad = width - shown;
    if (table->columns[column].right)
        output_format(output, "%*s", pad, "");
    output_style_begin(output, cell->style);
    if (cell->width > width)
        text_append_visible_cut(&output->text, cell->text, strlen(cell->text), width);
    else
        buffer_text(&output->text, cell->text);
    output_style_end(output, cell->style);
    if (!last)
        output_format(output, "%*s", (table->columns[column].right ? 0 : pad) + GAP, "");
}

static void titles_print(struct table *table, struct output *output, const int *widths)
{
    for (size_t i = 0; i < table->column_count; i++) {
        const char *title = table->columns[i].title;
        struct table_cell cell = {title, STYLE_HEAD, text_width(title, strlen(title))};
        cell_print(table, output, i, widths[i], &cell);
    }
    buffer_char(&output->text, '\n');
    table->title_printed = true;
}

enum error_code table_print(struct table *table, struct output *output, struct error *error)
{
    int widths[TABLE_COLUMNS_MAX];
    if (table->failed != ERROR_NONE)
        return error_set(error, table->failed, "no memory for a table");
    widths_fit(table, output->width, widths);
    if (!table->title_printed)
        titles_print(table, output, widths);
    for (size_t i = 0; i < table->cell_count; i++) {
        size_t column = i % table->column_count;
        cell_print(table, output, column, widths[column], &table->cells[i]);
        if (column + 1 == table->column_count)
            buffer_char(&output->text, '\n');
    }
    arena_release(&table->arena);
    table->cell_count = 0;
    output_flush_some(output);
    return ERROR_NONE;
}
