#include "tui/commands/rows.h"

#include "tui/commands/upload_json.h"

void rows_begin(struct row_printer *rows, struct output *output, const struct row_shape *shape)
{
    *rows = (struct row_printer){.shape = shape, .output = output, .first = true};
    listing_init(&rows->listing, shape->columns);
    if (output->json)
        buffer_char(&output->text, '[');
}

void rows_add(struct row_printer *rows, const void *row)
{
    struct buffer *out = &rows->output->text;
    rows->count++;
    if (!rows->output->json) {
        rows->shape->cells(&rows->listing, row);
        return;
    }
    json_element(out, &rows->first);
    buffer_char(out, '{');
    rows->shape->members(out, row);
    buffer_char(out, '}');
}

static void say_how_far(const struct row_printer *rows)
{
    if (!rows->shape->what || rows->output->terminal)
        return;
    if (rows->total > rows->count)
        output_progress(rows->output, "%lld of %lld %s", (long long)rows->count,
                        (long long)rows->total, rows->shape->what);
    else
        output_progress(rows->output, "%lld %s", (long long)rows->count, rows->shape->what);
}

enum error_code rows_flush(struct row_printer *rows, struct error *error)
{
    say_how_far(rows);
    return rows->output->json ? ERROR_NONE : listing_print(&rows->listing, rows->output, error);
}

void rows_end(struct row_printer *rows)
{
    if (rows->output->json)
        buffer_text(&rows->output->text, "]\n");
    output_progress_end(rows->output);
    listing_release(&rows->listing);
}

enum error_code rows_print(struct output *output, const struct row_shape *shape, const void *list,
                           size_t count, struct error *error)
{
    struct row_printer rows;
    rows_begin(&rows, output, shape);
    for (size_t i = 0; i < count; i++) {
        rows_add(&rows, (const char *)list + i * shape->size);
        if (output->json && !output_flush_some(output))
            break;
    }
    enum error_code code = rows_flush(&rows, error);
    rows_end(&rows);
    return code;
}
