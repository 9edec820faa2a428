/* One cell of a draft replaced: that value is read there, and no other cell and no other record has
 * changed. At most 500 bytes: the row, the column, the value up to a NUL, then the records.
 * Files: core/operate/cell.c core/record/csv.c core/record/csv_row.c core/record/record.c */
#include "core/operate/cell.h"
#include "core/record/csv.h"
#include "tests/fuzz/fuzz.h"

#define HEADERS 3

static const char *const headers[HEADERS] = {
    "sku,price,product_name\n", "vendor_product_id;product_name;category;sku;price;brand\r\n", ""};

static uint32_t records_in(const struct buffer *draft)
{
    struct csv_reader *reader = NULL;
    struct record record;
    uint32_t count = 0;
    bool more;
    FUZZ_HOLDS(!csv_reader_open(&reader, draft->data, draft->len, NULL));
    while (!csv_reader_next(reader, &record, &more, NULL) && more)
        count++;
    csv_reader_free(reader);
    return count;
}

static bool same(const struct record_field *a, const char *text, size_t len)
{
    return len ? a->text && a->len == len && !memcmp(a->text, text, len) : !a->text;
}

static void compare(const struct buffer *before, const struct buffer *after, uint32_t row,
                    enum product_column column, const char *value)
{
    struct cell_record old, new;
    size_t len = strlen(value);
    value_trim(&value, &len);
    cell_record_init(&old);
    cell_record_init(&new);
    FUZZ_HOLDS(!cell_record_read(before, row, &old, NULL));
    FUZZ_HOLDS(!cell_record_read(after, row, &new, NULL));
    FUZZ_HOLDS(old.record.line_number == new.record.line_number);
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        const struct record_field *field = &old.record.fields[i];
        if (i == column)
            FUZZ_HOLDS(same(&new.record.fields[i], value, len));
        else
            FUZZ_HOLDS(same(&new.record.fields[i], field->text, field->text ? field->len : 0));
    }
    cell_record_release(&old);
    cell_record_release(&new);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct buffer draft, out;
    if (len < 2)
        return 0;
    uint32_t row = data[0] % 8 + 1U;
    enum product_column column = data[1] % COLUMN_COUNT;
    const char *header = headers[data[0] / 8 % HEADERS];
    data += 2;
    len -= 2;
    char *value = fuzz_piece(&data, &len);
    buffer_init(&draft, 1 << 20);
    buffer_init(&out, 1 << 20);
    buffer_text(&draft, header);
    buffer_append(&draft, data, len);
    if (fuzz_is_plain(value, strlen(value)) &&
        !cell_replace(&draft, row, column, value, &out, NULL)) {
        uint32_t before = records_in(&draft), after = records_in(&out);
        bool emptied = after + 1 == before; /* all of its fields are empty now: it is blank */
        FUZZ_HOLDS(before == after || emptied);
        if (!emptied)
            compare(&draft, &out, row, column, value);
    }
    buffer_release(&draft);
    buffer_release(&out);
    free(value);
    return 0;
}
