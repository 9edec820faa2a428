/*
 * Holds the reader of core/record/csv.h against libcsv itself, which is given the same bytes in one
 * piece: every cell, the number of fields, unterminated quotes; and what libcsv does not tell
 * against the bytes: each record's line and its own bytes, which read alone must give the same
 * cells again. */
#ifndef INTAKE_TESTS_FUZZ_CSV_COMPARE_H
#define INTAKE_TESTS_FUZZ_CSV_COMPARE_H

#include <csv.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record/csv.h"

#define COMPARE_HEADER                                                                 \
    "vendor_product_id,product_name,category,subcategory,description,sku,brand,price," \
    "compare_at_price,stock_quantity,unit,weight_kg,dimensions_cm,image_url\n"

/* All rows of a text as libcsv reads it. */
struct compare_rows {
    struct buffer texts;
    struct compare_cell {
        size_t at, len;
        bool last; /* of its row */
    } cells[1 << 16];
    size_t count;
    bool malformed;
};

static void compare_on_cell(void *text, size_t len, void *context)
{
    struct compare_rows *rows = context;
    if (rows->count == sizeof(rows->cells) / sizeof(*rows->cells))
        abort();
    rows->cells[rows->count++] = (struct compare_cell){rows->texts.len, len, false};
    buffer_append(&rows->texts, text, len);
}

static void compare_on_row(int c, void *context)
{
    struct compare_rows *rows = context;
    (void)c;
    rows->cells[rows->count - 1].last = true;
}

static void compare_read(struct compare_rows *rows, const char *data, size_t len)
{
    struct csv_parser parser;
    buffer_clear(&rows->texts);
    rows->count = 0;
    csv_init(&parser, 0);
    if (csv_parse(&parser, data, len, compare_on_cell, compare_on_row, rows) != len)
        abort();
    csv_set_opts(&parser, CSV_STRICT | CSV_STRICT_FINI);
    rows->malformed = csv_fini(&parser, compare_on_cell, compare_on_row, rows) != 0;
    csv_free(&parser);
}

/* The cell, trimmed, is the field; an empty one is absent. */
static bool compare_cell(const struct compare_rows *rows, size_t cell,
                         const struct record_field *field)
{
    const char *text = rows->texts.data + rows->cells[cell].at;
    size_t len = rows->cells[cell].len;
    value_trim(&text, &len);
    if (!len)
        return !field->text;
    return field->text && field->len == len && !memcmp(field->text, text, len);
}

/* Behind rows all of whose cells are empty: they are blank to us. */
static void compare_skip_blank(const struct compare_rows *rows, size_t *cell)
{
    for (size_t at = *cell; at < rows->count; at++) {
        const char *text = rows->texts.data + rows->cells[at].at;
        size_t len = rows->cells[at].len;
        value_trim(&text, &len);
        if (len)
            return;
        if (rows->cells[at].last)
            *cell = at + 1;
    }
}

/* The row that begins at *cell; moves behind it. */
static bool compare_row(const struct compare_rows *rows, size_t *cell, const struct record *record)
{
    uint32_t fields = 0;
    compare_skip_blank(rows, cell);
    for (bool last = false; !last; fields++) {
        if (*cell == rows->count)
            return false;
        last = rows->cells[*cell].last;
        if (fields < COLUMN_COUNT && !compare_cell(rows, *cell, &record->fields[fields]))
            return false;
        ++*cell;
    }
    for (uint32_t i = fields; i < COLUMN_COUNT; i++) {
        if (record->fields[i].text)
            return false;
    }
    return record->field_count == fields &&
           record->extra_fields == (fields > COLUMN_COUNT ? fields - COLUMN_COUNT : 0);
}

static uint32_t compare_line(const char *data, const char *at)
{
    uint32_t line = 1;
    for (; data < at; data++) {
        if (*data == '\n' || (*data == '\r' && data[1] != '\n'))
            line++;
    }
    return line;
}

static bool compare_place(struct compare_rows *alone, const char *data, const struct record *record)
{
    size_t cell = 0;
    compare_read(alone, record->raw, record->raw_len);
    return record->line_number == compare_line(data, record->raw) &&
           compare_row(alone, &cell, record) && cell == alone->count;
}

/*
 * As far as libcsv reads it: behind a field that was never closed we go on with the next line, and
 * it does not.
 *
 * body follows COMPARE_HEADER; it must be valid UTF-8 and hold no white space but blanks, tabs and
 * line ends (a line of other white space alone is blank to us and a row to libcsv).
 */
static bool csv_compare(const char *body, size_t len)
{
    static struct compare_rows whole, alone;
    static struct csv_reader *reader;
    struct record record;
    struct refusal refusal;
    struct buffer file;
    bool more = true, same = true, unclosed = false;
    size_t cell = COLUMN_COUNT;
    buffer_init(&file, CSV_FILE_MAX);
    if (!whole.texts.data)
        buffer_init(&whole.texts, CSV_FILE_MAX);
    if (!alone.texts.data)
        buffer_init(&alone.texts, CSV_FILE_MAX);
    buffer_text(&file, COMPARE_HEADER);
    buffer_append(&file, body, len);
    compare_read(&whole, file.data, file.len);
    if (csv_reader_open(&reader, file.data, file.len, NULL))
        abort();
    while (same) {
        if (csv_reader_next(reader, &record, &more, NULL))
            abort();
        if (!more)
            break;
        unclosed = record.open_quote_line != 0;
        if (unclosed)
            break;
        same = compare_row(&whole, &cell, &record) && compare_place(&alone, file.data, &record);
    }
    csv_reader_finish(reader, &refusal);
    bool unterminated =
        refusal.code == REFUSAL_MALFORMED_CSV && !strncmp(refusal.message, "a quote", 7);
    compare_skip_blank(&whole, &cell);
    if (!unclosed && unterminated != whole.malformed)
        same = false;
    if (!unclosed && !whole.malformed && refusal.code == REFUSAL_NONE && cell != whole.count)
        same = false;
    buffer_release(&file);
    return same;
}

#endif
