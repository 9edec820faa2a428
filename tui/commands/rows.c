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
    if (!rows->output->json) {
        rows->shape->cells(&rows->listing, row);
        return;
    }
    json_element(out, &rows->first);
    buffer_char(out, '{');
    rows->shape->members(out, row);
    buffer_char(out, '}');
}

enum error_code rows_flush(struct row_printer *rows, struct error *error)
{
    return rows->output->json ? ERROR_NONE : listing_print(&rows->listing, rows->output, error);
}

void rows_end(struct row_printer *rows)
{
    if (rows->output->json)
        buffer_text(&rows->output->text, "]\n");
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
