#include "core/record/report_text.h"

#include <csv.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/record/money.h"
#include "core/record/record.h"

#define BOM "\xEF\xBB\xBF"
#define ERRORS_COLUMN "errors"
#define DESCRIPTION_CHARACTERS 100

/* Whether a reader of CSV needs quotes around it. Blanks at the ends would be trimmed. */
static bool needs_quotes(const char *text, size_t len)
{
    if (!len)
        return false;
    if (strchr(" \t", text[0]) || strchr(" \t", text[len - 1]))
        return true;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == ',' || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return true;
    }
    return false;
}

static void append_quoted(struct buffer *out, const char *guard, const char *text, size_t len)
{
    const char *end = text + len;
    buffer_char(out, '"');
    buffer_text(out, guard);
    for (const char *quote; text < end && (quote = memchr(text, '"', (size_t)(end - text)));
         text = quote + 1) {
        buffer_append(out, text, (size_t)(quote - text));
        buffer_text(out, "\"\"");
    }
    buffer_append(out, text, (size_t)(end - text));
    buffer_char(out, '"');
}

/* The signs as they are, full-width and small: ASCII input methods write the second. */
static bool begins_formula(uint32_t c)
{
    static const uint32_t signs[] = {'=',    '+',    '-',    '@',    0xFF1D, 0xFF0B,
                                     0xFF0D, 0xFF20, 0xFE66, 0xFE62, 0xFE63, 0xFE6B};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (signs[i] == c)
            return true;
    }
    return false;
}

const char *report_cell_guard(const char *text, size_t len)
{
    struct decimal number;
    const char *at = text, *end = text + len, *from;
    uint32_t c = 0;
    if (len && text[0] && strchr("\t\r\n", text[0]))
        return "'";
    do {
        from = at;
        if (!utf8_decode(&at, end, &c))
            return "";
    } while (text_is_white_space(c) || text_is_control(c) || text_is_invisible(c));
    return begins_formula(c) && !decimal_parse(from, (size_t)(end - from), &number) ? "'" : "";
}

void report_append_cell(struct buffer *out, const char *text, size_t len)
{
    if (!text || !len)
        return;
    const char *guard = report_cell_guard(text, len);
    if (needs_quotes(text, len)) {
        append_quoted(out, guard, text, len);
        return;
    }
    buffer_text(out, guard);
    buffer_append(out, text, len);
}

void report_begin(struct buffer *out)
{
    buffer_text(out, BOM "Row Number,Vendor Product ID,SKU,Product Name,Category,Error Type,"
                         "Error Message,Price,Stock Quantity,Brand,Description\r\n");
}

static void append_slice(struct buffer *out, struct text_slice slice)
{
    buffer_char(out, ',');
    report_append_cell(out, slice.text, slice.len);
}

static void append_description(struct buffer *out, struct text_slice description)
{
    size_t kept = description.text
                      ? utf8_prefix(description.text, description.len, DESCRIPTION_CHARACTERS)
                      : 0;
    buffer_char(out, ',');
    if (kept == description.len) {
        report_append_cell(out, description.text, description.len);
        return;
    }
    struct buffer cut;
    buffer_init(&cut, 4 * DESCRIPTION_CHARACTERS + 4);
    buffer_append(&cut, description.text, kept);
    buffer_text(&cut, "...");
    if (cut.failed)
        out->failed = cut.failed;
    report_append_cell(out, cut.data, cut.len);
    buffer_release(&cut);
}

void report_append(struct buffer *out, const struct report_row *row)
{
    buffer_format(out, "%u", (unsigned)row->row_number);
    append_slice(out, row->vendor_product_id);
    append_slice(out, row->sku);
    append_slice(out, row->product_name);
    append_slice(out, row->category);
    append_slice(out, (struct text_slice){row->error_type, strlen(row->error_type)});
    append_slice(out, (struct text_slice){row->error_message, strlen(row->error_message)});
    append_slice(out, row->price);
    append_slice(out, row->stock_quantity);
    append_slice(out, row->brand);
    append_description(out, row->description);
    buffer_text(out, "\r\n");
}

enum error_code original_parse(const char *text, size_t len, struct json_object **out,
                               struct error *error)
{
    *out = NULL;
    if (!text || !len)
        return ERROR_NONE;
    enum error_code code = json_parse(text, len, out, error);
    if (code || json_object_is_type(*out, json_type_object))
        return code;
    json_object_put(*out);
    *out = NULL;
    return error_set(error, ERROR_INVALID, "original data is no JSON object");
}

static struct text_slice slice_of(struct json_object *original, enum product_column column)
{
    struct text_slice slice = {NULL, 0};
    slice.text = json_text(original, column_table[column].name, &slice.len);
    return slice;
}

void report_append_original(struct buffer *out, uint32_t row_number, const char *error_type,
                            const char *error_message, struct json_object *original)
{
    const struct report_row row = {
        .row_number = row_number,
        .error_type = error_type,
        .error_message = error_message,
        .vendor_product_id = slice_of(original, COLUMN_VENDOR_PRODUCT_ID),
        .sku = slice_of(original, COLUMN_SKU),
        .product_name = slice_of(original, COLUMN_PRODUCT_NAME),
        .category = slice_of(original, COLUMN_CATEGORY),
        .price = slice_of(original, COLUMN_PRICE),
        .stock_quantity = slice_of(original, COLUMN_STOCK_QUANTITY),
        .brand = slice_of(original, COLUMN_BRAND),
        .description = slice_of(original, COLUMN_DESCRIPTION),
    };
    report_append(out, &row);
}

void report_append_cut_mark(struct buffer *out, int64_t violations, int64_t records)
{
    buffer_format(out, ",,,,,,[cut: %lld more violations of %lld records],,,,\r\n",
                  (long long)violations, (long long)records);
}

struct last_cell {
    uint32_t cells;
    bool is_errors;
};

static void last_cell_look(void *text, size_t len, void *context)
{
    struct last_cell *last = context;
    last->cells++;
    last->is_errors = len == strlen(ERRORS_COLUMN) && !memcmp(text, ERRORS_COLUMN, len);
}

/* The length of a row without its last cell and the comma before it; 0 where it has one cell. */
static size_t last_cell_drop(const char *row, size_t len, struct last_cell *last)
{
    struct csv_parser parser;
    size_t comma = 0;
    *last = (struct last_cell){.cells = 0};
    csv_init(&parser, 0);
    for (size_t i = 0; i < len; i++) {
        uint32_t before = last->cells;
        csv_parse(&parser, row + i, 1, last_cell_look, NULL, last);
        if (last->cells != before)
            comma = i;
    }
    csv_fini(&parser, last_cell_look, NULL, last);
    csv_free(&parser);
    return comma;
}

void rejected_begin(struct buffer *out, struct rejected_format *format)
{
    struct last_cell last;
    size_t without = last_cell_drop(format->header, format->header_len, &last);
    format->mended = without && last.is_errors;
    if (format->mended) {
        format->header_len = without;
        format->field_count--;
    }
    if (format->bom)
        buffer_text(out, BOM);
    buffer_append(out, format->header, format->header_len);
    buffer_text(out, "," ERRORS_COLUMN);
    buffer_text(out, format->line_end);
}

static void append_errors(struct buffer *out, const struct rejected_format *format,
                          const char *errors, size_t errors_len)
{
    buffer_char(out, ',');
    append_quoted(out, "", errors, errors_len);
    buffer_text(out, format->line_end);
}

void rejected_append(struct buffer *out, const struct rejected_format *format, const char *raw,
                     size_t raw_len, uint32_t field_count, const char *errors, size_t errors_len)
{
    struct last_cell last;
    if (format->mended && field_count == format->field_count + 1)
        raw_len = last_cell_drop(raw, raw_len, &last);
    buffer_append(out, raw, raw_len);
    for (; field_count < format->field_count; field_count++)
        buffer_char(out, ',');
    append_errors(out, format, errors, errors_len);
}

struct composing {
    struct buffer *out;
    struct json_object *original;
    bool first;
};

static void compose_cell(void *name, size_t len, void *context)
{
    struct composing *composing = context;
    struct text_slice value = {NULL, 0};
    enum product_column column = column_find(name, len);
    if (column != COLUMN_NONE)
        value = slice_of(composing->original, column);
    if (!composing->first)
        buffer_char(composing->out, ',');
    composing->first = false;
    if (value.text)
        append_quoted(composing->out, "", value.text, value.len);
}

enum error_code rejected_append_original(struct buffer *out, const struct rejected_format *format,
                                         struct json_object *original, const char *errors,
                                         size_t errors_len, struct error *error)
{
    struct csv_parser parser;
    struct composing composing = {.out = out, .original = original, .first = true};
    enum error_code code = ERROR_NONE;
    csv_init(&parser, 0);
    if (csv_parse(&parser, format->header, format->header_len, compose_cell, NULL, &composing) !=
            format->header_len ||
        csv_fini(&parser, compose_cell, NULL, &composing) != 0)
        code = error_set(error, ERROR_MEMORY, "out of memory for a rejected record");
    csv_free(&parser);
    append_errors(out, format, errors, errors_len);
    return code;
}

void rejected_append_cut_mark(struct buffer *out, const struct rejected_format *format,
                              int64_t records)
{
    buffer_cut(out, out->len - strlen(format->line_end) - 1);
    buffer_format(out, "; [cut: %lld more records]\"", (long long)records);
    buffer_text(out, format->line_end);
}

void rejected_errors_append(struct buffer *errors, const char *error_type,
                            const char *error_message)
{
    if (errors->len)
        buffer_text(errors, "; ");
    buffer_format(errors, "%s: %s", error_type, error_message);
}
