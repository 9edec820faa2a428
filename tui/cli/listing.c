#include "tui/cli/listing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/time_text.h"

enum { GAP = 2, CELL_MAX = 1024 * 1024 };

void listing_init(struct listing *listing, const struct listing_column *columns)
{
    memset(listing, 0, sizeof *listing);
    listing->columns = columns;
    while (listing->column_count < LISTING_COLUMNS_MAX && columns[listing->column_count].title) {
        const char *title = columns[listing->column_count].title;
        listing->widths[listing->column_count++] = text_width(title, strlen(title));
    }
}

void listing_release(struct listing *listing)
{
    arena_release(&listing->arena);
    free(listing->cells);
    listing->cells = NULL;
    listing->cell_count = listing->capacity = 0;
}

void listing_cell_styled(struct listing *listing, enum output_style style, const char *text)
{
    struct buffer shown;
    void *cells = listing->cells;
    if (memory_reserve(&cells, &listing->capacity, listing->cell_count + 1, sizeof *listing->cells,
                       NULL)) {
        listing->failed = ERROR_MEMORY;
        return;
    }
    listing->cells = cells;
    buffer_init(&shown, CELL_MAX);
    if (!text)
        buffer_text(&shown, "-");
    else
        text_append_visible(&shown, text, strlen(text));
    struct listing_cell *cell = &listing->cells[listing->cell_count];
    cell->text = arena_copy_text(&listing->arena, shown.data, shown.len);
    cell->style = style;
    cell->width = text_width(shown.data, shown.len);
    int *width = &listing->widths[listing->cell_count % listing->column_count];
    if (cell->width > *width)
        *width = cell->width;
    if (!cell->text)
        listing->failed = ERROR_MEMORY;
    else
        listing->cell_count++;
    buffer_release(&shown);
}

void listing_cell(struct listing *listing, const char *text)
{
    listing_cell_styled(listing, STYLE_PLAIN, text);
}

void listing_cell_status(struct listing *listing, const char *status)
{
    listing_cell_styled(listing, output_status_style(status), status);
}

void listing_cell_number(struct listing *listing, int64_t number)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, number);
    listing_cell(listing, text);
}

void listing_cell_time(struct listing *listing, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    if (ms == INT64_MIN) {
        listing_cell(listing, NULL);
        return;
    }
    time_text_iso8601(ms, text);
    listing_cell(listing, text);
}

static void widths_fit(const struct listing *listing, int bound, int widths[LISTING_COLUMNS_MAX])
{
    int total = 0;
    memcpy(widths, listing->widths, sizeof listing->widths);
    for (size_t i = 0; i < listing->column_count; i++)
        total += widths[i] + (i > 0 ? GAP : 0);
    while (bound > 0 && total > bound) {
        size_t widest = listing->column_count;
        for (size_t i = 0; i < listing->column_count; i++) {
            const struct listing_column *column = &listing->columns[i];
            if (column->flexible && widths[i] > column->least &&
                (widest == listing->column_count || widths[i] > widths[widest]))
                widest = i;
        }
        if (widest == listing->column_count)
            return;
        widths[widest]--;
        total--;
    }
}

static void cell_print(const struct listing *listing, struct output *output, size_t column,
                       int width, const struct listing_cell *cell)
{
    bool last = column + 1 == listing->column_count;
    int shown = cell->width > width ? width : cell->width;
    int pad = width - shown;
    if (listing->columns[column].right)
        output_format(output, "%*s", pad, "");
    output_style_begin(output, cell->style);
    if (cell->width > width)
        text_append_visible_cut(&output->text, cell->text, strlen(cell->text), width);
    else
        buffer_text(&output->text, cell->text);
    output_style_end(output, cell->style);
    if (!last)
        output_format(output, "%*s", (listing->columns[column].right ? 0 : pad) + GAP, "");
}

static void titles_print(struct listing *listing, struct output *output, const int *widths)
{
    for (size_t i = 0; i < listing->column_count; i++) {
        const char *title = listing->columns[i].title;
        struct listing_cell cell = {title, STYLE_HEAD, text_width(title, strlen(title))};
        cell_print(listing, output, i, widths[i], &cell);
    }
    buffer_char(&output->text, '\n');
    listing->title_printed = true;
}

enum error_code listing_print(struct listing *listing, struct output *output, struct error *error)
{
    int widths[LISTING_COLUMNS_MAX];
    if (listing->failed)
        return error_set(error, listing->failed, "out of memory for a table");
    widths_fit(listing, output->width, widths);
    if (!listing->title_printed)
        titles_print(listing, output, widths);
    for (size_t i = 0; i < listing->cell_count; i++) {
        size_t column = i % listing->column_count;
        cell_print(listing, output, column, widths[column], &listing->cells[i]);
        if (column + 1 == listing->column_count)
            buffer_char(&output->text, '\n');
    }
    arena_release(&listing->arena);
    listing->cell_count = 0;
    output_flush_some(output);
    return ERROR_NONE;
}
