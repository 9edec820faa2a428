#include "core/record/report_text.h"

#include <csv.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/record/csv_quotes.h"
#include "core/record/money.h"
#include "core/record/record.h"

#define BOM "\xEF\xBB\xBF"
#define ERRORS_COLUMN "errors"
#define OWN_ERRORS_COLUMN "intake_errors" /* where the vendor has a column `errors` */
#define DESCRIPTION_CHARACTERS 100

/* Whether a reader of CSV needs quotes around it. Blanks at the ends would be trimmed. */
static bool needs_quotes(const char *text, size_t len, char delimiter)
{
    if (!len)
        return false;
    if (strchr(" \t", text[0]) || strchr(" \t", text[len - 1]))
        return true;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == delimiter || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
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

static void append_guarded(struct buffer *out, const char *guard, const char *text, size_t len,
                           char delimiter)
{
    if (needs_quotes(text, len, delimiter)) {
        append_quoted(out, guard, text, len);
        return;
    }
    buffer_text(out, guard);
    buffer_append(out, text, len);
}

void report_append_cell(struct buffer *out, const char *text, size_t len, char delimiter)
{
    if (!text || !len)
        return;
    append_guarded(out, report_cell_guard(text, len), text, len, delimiter);
}

void report_append_value(struct buffer *out, const char *text, size_t len, char delimiter)
{
    append_guarded(out, "", text, len, delimiter);
}

void report_begin(struct buffer *out, char delimiter)
{
    static const char *const names[] = {"Row Number",
                                        "Vendor Product ID",
                                        "SKU",
                                        "Product Name",
                                        "Category",
                                        "Error Type",
                                        "Error Message",
                                        "Price",
                                        "Stock Quantity",
                                        "Brand",
                                        "Description",
                                        "Line"};
    buffer_text(out, BOM);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (i)
            buffer_char(out, delimiter);
        buffer_text(out, names[i]);
    }
    buffer_text(out, "\r\n");
}

static void append_slice(struct buffer *out, struct text_slice slice, char delimiter)
{
    buffer_char(out, delimiter);
    report_append_cell(out, slice.text, slice.len, delimiter);
}

static void append_description(struct buffer *out, struct text_slice description, char delimiter)
{
    size_t kept = description.text
                      ? utf8_prefix(description.text, description.len, DESCRIPTION_CHARACTERS)
                      : 0;
    if (kept == description.len) {
        append_slice(out, description, delimiter);
        return;
    }
    struct buffer cut;
    buffer_init(&cut, 4 * DESCRIPTION_CHARACTERS + 4);
    buffer_append(&cut, description.text, kept);
    buffer_text(&cut, "...");
    if (cut.failed)
        out->failed = cut.failed;
    append_slice(out, (struct text_slice){cut.data, cut.len}, delimiter);
    buffer_release(&cut);
}

void report_append(struct buffer *out, const struct report_row *row)
{
    const char delimiter = row->delimiter;
    const struct text_slice type = {row->error_type, strlen(row->error_type)};
    const struct text_slice message = {row->error_message, strlen(row->error_message)};
    buffer_format(out, "%u", (unsigned)row->row_number);
    append_slice(out, row->vendor_product_id, delimiter);
    append_slice(out, row->sku, delimiter);
    append_slice(out, row->product_name, delimiter);
    append_slice(out, row->category, delimiter);
    append_slice(out, type, delimiter);
    append_slice(out, message, delimiter);
    append_slice(out, row->price, delimiter);
    append_slice(out, row->stock_quantity, delimiter);
    append_slice(out, row->brand, delimiter);
    append_description(out, row->description, delimiter);
    buffer_char(out, delimiter);
    if (row->line_number)
        buffer_format(out, "%u", (unsigned)row->line_number);
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

void report_append_original(struct buffer *out, struct report_row *row,
                            struct json_object *original)
{
    row->vendor_product_id = slice_of(original, COLUMN_VENDOR_PRODUCT_ID);
    row->sku = slice_of(original, COLUMN_SKU);
    row->product_name = slice_of(original, COLUMN_PRODUCT_NAME);
    row->category = slice_of(original, COLUMN_CATEGORY);
    row->price = slice_of(original, COLUMN_PRICE);
    row->stock_quantity = slice_of(original, COLUMN_STOCK_QUANTITY);
    row->brand = slice_of(original, COLUMN_BRAND);
    row->description = slice_of(original, COLUMN_DESCRIPTION);
    report_append(out, row);
}

void report_append_cut_mark(struct buffer *out, char delimiter, int64_t violations, int64_t records)
{
    enum { BEFORE = 6, BEHIND = 5 }; /* cells, of which the message is one */
    for (int i = 0; i < BEFORE; i++)
        buffer_char(out, delimiter);
    buffer_format(out, "[cut: %lld more violations of %lld records]", (long long)violations,
                  (long long)records);
    for (int i = 0; i < BEHIND; i++)
        buffer_char(out, delimiter);
    buffer_text(out, "\r\n");
}

/* What a walk over the cells of a row finds. */
struct cells {
    uint32_t count, errors; /* cells so far; which one is named `errors`, from 1; 0: none */
    bool last_ours;         /* the last is named `intake_errors` */
    bool last_empty;
};

static void cell_look(void *text, size_t len, void *context)
{
    struct cells *cells = context;
    const char *value = text;
    cells->count++;
    cells->last_ours = column_name_is(value, len, OWN_ERRORS_COLUMN);
    if (!cells->errors && column_name_is(value, len, ERRORS_COLUMN))
        cells->errors = cells->count;
    value_trim(&value, &len);
    cells->last_empty = !len;
}

/* The length of a row without its last cell and the delimiter before it; 0 where it has one. */
static size_t last_cell_drop(const char *row, size_t len, char delimiter, struct cells *cells)
{
    struct csv_parser parser;
    size_t last = 0;
    *cells = (struct cells){.count = 0};
    csv_init(&parser, 0);
    csv_set_delim(&parser, (unsigned char)delimiter);
    for (size_t i = 0; i < len; i++) {
        uint32_t before = cells->count;
        csv_parse(&parser, row + i, 1, cell_look, NULL, cells);
        if (cells->count != before)
            last = i;
    }
    csv_fini(&parser, cell_look, NULL, cells);
    csv_free(&parser);
    return last;
}

void rejected_begin(struct buffer *out, struct rejected_format *format)
{
    struct cells cells;
    size_t without = last_cell_drop(format->header, format->header_len, format->delimiter, &cells);
    bool errors_last = cells.errors && cells.errors == cells.count;
    bool errors_ours = errors_last && !format->errors_own;
    format->mended = without && (cells.last_ours || errors_ours);
    if (format->mended) {
        format->header_len = without;
        format->field_count--;
    }
    buffer_text(out, BOM);
    buffer_append(out, format->header, format->header_len);
    buffer_char(out, format->delimiter);
    buffer_text(out, cells.errors && !errors_ours ? OWN_ERRORS_COLUMN : ERRORS_COLUMN);
    buffer_text(out, format->line_end);
}

static void append_errors(struct buffer *out, const struct rejected_format *format,
                          const char *errors, size_t errors_len)
{
    buffer_char(out, format->delimiter);
    append_quoted(out, "", errors, errors_len);
    buffer_text(out, format->line_end);
}

/* The record's bytes; a field that stands open is closed, so that what follows is not in it. */
static void append_raw(struct buffer *out, const struct rejected_format *format, const char *raw,
                       size_t raw_len)
{
    const char *open = csv_quotes_find_open(format->delimiter, raw, raw_len);
    if (!open) {
        buffer_append(out, raw, raw_len);
        return;
    }
    size_t before = (size_t)(open - raw);
    buffer_append(out, raw, before);
    append_quoted(out, "", open + 1, raw_len - before - 1);
}

void rejected_append(struct buffer *out, const struct rejected_format *format, const char *raw,
                     size_t raw_len, uint32_t field_count, const char *errors, size_t errors_len)
{
    struct cells cells;
    if (format->mended && field_count == format->field_count + 1) {
        raw_len = last_cell_drop(raw, raw_len, format->delimiter, &cells);
        field_count--;
    }
    while (field_count > format->field_count) {
        size_t without = last_cell_drop(raw, raw_len, format->delimiter, &cells);
        if (!without || !cells.last_empty)
            break;
        raw_len = without;
        field_count--;
    }
    append_raw(out, format, raw, raw_len);
    for (; field_count < format->field_count; field_count++)
        buffer_char(out, format->delimiter);
    append_errors(out, format, errors, errors_len);
}

struct composing {
    struct buffer *out;
    struct json_object *original;
    char delimiter;
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
        buffer_char(composing->out, composing->delimiter);
    composing->first = false;
    if (value.text)
        append_quoted(composing->out, "", value.text, value.len);
}

enum error_code rejected_append_original(struct buffer *out, const struct rejected_format *format,
                                         struct json_object *original, const char *errors,
                                         size_t errors_len, struct error *error)
{
    struct csv_parser parser;
    struct composing composing = {
        .out = out, .original = original, .delimiter = format->delimiter, .first = true};
    enum error_code code = ERROR_NONE;
    csv_init(&parser, 0);
    csv_set_delim(&parser, (unsigned char)format->delimiter);
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
