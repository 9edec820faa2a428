#include "core/operate/cell.h"

#include <stdio.h>
#include <string.h>

#include "core/operate/guide/guide.h"
#include "core/record/csv.h"
#include "core/record/report_text.h"

enum error_code cell_key_read(struct db *db, const char *upload_id, uint32_t row_number,
                              struct cell_key *key, struct error *error)
{
    static const char sql[] =
        "SELECT coalesce(r.vendor_product_id, '') AS product_id, coalesce(r.sku, '') AS sku,"
        " (SELECT count(*) FROM upload_records e WHERE e.upload_id = r.upload_id"
        "   AND e.outcome = 'error' AND e.row_number <= r.row_number) AS ordinal,"
        " (SELECT count(*) FROM upload_records e WHERE e.upload_id = r.upload_id"
        "   AND e.outcome = 'error') AS rejected"
        " FROM upload_records r WHERE r.upload_id = $1 AND r.row_number = $2"
        " AND r.outcome = 'error'";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    memset(key, 0, sizeof *key);
    db_param_text(&params, upload_id);
    db_param_int(&params, row_number);
    enum error_code code = db_query(db, sql, &params, &result, error);
    if (!code && result.count == 0)
        code = error_set(error, ERROR_NOT_FOUND, "row %u of %.100s was not rejected", row_number,
                         upload_id);
    if (!code) {
        key->ordinal = (uint32_t)db_row_int(&result, 0, "ordinal");
        key->rejected = (uint32_t)db_row_int(&result, 0, "rejected");
        snprintf(key->product_id, sizeof key->product_id, "%s",
                 db_row_text(&result, 0, "product_id"));
        snprintf(key->sku, sizeof key->sku, "%s", db_row_text(&result, 0, "sku"));
    }
    db_result_release(&result);
    return code;
}

static bool field_is(const struct record *record, enum product_column column, const char *text)
{
    const struct record_field *field = &record->fields[column];
    return text[0] != '\0' && field->text && field->len == strlen(text) &&
           memcmp(field->text, text, field->len) == 0;
}

enum error_code cell_find(const struct buffer *draft, const struct cell_key *key, uint32_t *row,
                          struct error *error)
{
    struct csv_reader *reader = NULL;
    struct record record;
    bool more = true;
    uint32_t at = 0, same = 0, same_at = 0, own = 0;
    enum error_code code = csv_reader_open(&reader, draft->data, draft->len, error);
    while (!code && !(code = csv_reader_next(reader, &record, &more, error)) && more) {
        at++;
        if (!field_is(&record, COLUMN_VENDOR_PRODUCT_ID, key->product_id) &&
            !field_is(&record, COLUMN_SKU, key->sku))
            continue;
        same++;
        same_at = at;
        own = at == key->ordinal ? at : own;
    }
    csv_reader_free(reader);
    *row = own ? own : same == 1 ? same_at : same == 0 && at == key->rejected ? key->ordinal : 0;
    if (!code && *row == 0)
        code = error_set(error, ERROR_NOT_FOUND,
                         "this record is no longer in the draft, or is in it twice: open the "
                         "draft in the editor");
    return code;
}

void cell_record_init(struct cell_record *record)
{
    memset(record, 0, sizeof *record);
    for (enum product_column column = 0; column < COLUMN_COUNT; column++)
        buffer_init(&record->values[column], RECORD_VALUE_MAX + 1);
}

void cell_record_release(struct cell_record *record)
{
    for (enum product_column column = 0; column < COLUMN_COUNT; column++)
        buffer_release(&record->values[column]);
}

enum error_code cell_record_set(struct cell_record *record, enum product_column column,
                                const char *value, struct error *error)
{
    char *to = NULL;
    struct buffer *kept = &record->values[column];
    size_t len = strlen(value);
    buffer_clear(kept);
    buffer_append(kept, value, len);
    if (buffer_check(kept, error))
        return error->code;
    to = kept->data;
    record_field_set(&record->record.fields[column], column, value, len, to,
                     &record->facts[column]);
    return ERROR_NONE;
}

/* Reads up to that record; it lives as long as the reader. */
static enum error_code record_at(struct csv_reader **reader, const struct buffer *draft,
                                 uint32_t row, struct record *record, struct error *error)
{
    bool more = true;
    enum error_code code = csv_reader_open(reader, draft->data, draft->len, error);
    for (uint32_t at = 0; !code && more && at < row; at++)
        code = csv_reader_next(*reader, record, &more, error);
    if (!code && !more)
        code = error_set(error, ERROR_NOT_FOUND, "the draft has no record %u", row);
    return code;
}

enum error_code cell_record_read(const struct buffer *draft, uint32_t row,
                                 struct cell_record *record, struct error *error)
{
    struct csv_reader *reader = NULL;
    struct record found;
    enum error_code code = record_at(&reader, draft, row, &found, error);
    for (enum product_column column = 0; !code && column < COLUMN_COUNT; column++) {
        const struct record_field *field = &found.fields[column];
        struct buffer *value = &record->values[column];
        if (!field->text)
            continue;
        buffer_append(value, field->text, field->len);
        code = buffer_check(value, error);
        record->facts[column] = field->facts ? *field->facts : record->facts[column];
        record->record.fields[column] =
            (struct record_field){.text = value->data,
                                  .len = field->len,
                                  .facts = field->facts ? &record->facts[column] : NULL};
    }
    if (!code) {
        record->record.row_number = found.row_number;
        record->record.line_number = found.line_number;
        record->record.field_count = found.field_count;
        record->record.extra_fields = found.extra_fields;
        record->record.short_of = found.short_of;
    }
    csv_reader_free(reader);
    return code;
}

/* The place of the field within the record's bytes: [*from, *to). */
static bool field_place(const char *raw, size_t len, char delimiter, uint32_t index, size_t *from,
                        size_t *to)
{
    bool quoted = false;
    uint32_t field = 0;
    *from = 0;
    for (size_t i = 0; i < len; i++) {
        if (raw[i] == '"')
            quoted = !quoted;
        if (quoted || raw[i] != delimiter)
            continue;
        if (field++ == index) {
            *to = i;
            return true;
        }
        *from = i + 1;
    }
    *to = len;
    return field == index && !quoted;
}

static int index_of(const struct csv_header *header, enum product_column column)
{
    for (uint32_t i = 0; i < header->known_count; i++) {
        if (header->known[i].column == column)
            return (int)header->known[i].index;
    }
    return -1;
}

enum error_code cell_replace(const struct buffer *draft, uint32_t row, enum product_column column,
                             const char *value, struct buffer *out, struct error *error)
{
    struct csv_reader *reader = NULL;
    struct record record = {.raw = NULL};
    size_t from = 0, to = 0;
    enum error_code code = record_at(&reader, draft, row, &record, error);
    if (code)
        goto done;
    const struct csv_header *header = csv_reader_header(reader);
    int index = index_of(header, column);
    bool inside = record.raw && record.raw >= draft->data &&
                  record.raw + record.raw_whole_len <= draft->data + draft->len;
    if (index < 0 || !inside || record.open_quote_line > 0 ||
        !field_place(record.raw, record.raw_whole_len, header->delimiter, (uint32_t)index, &from,
                     &to)) {
        code = error_set(error, ERROR_INVALID,
                         "cannot set %s in this record: open the draft in the editor",
                         column_name(column));
        goto done;
    }
    size_t begin = (size_t)(record.raw - draft->data) + from;
    size_t end = (size_t)(record.raw - draft->data) + to;
    buffer_append(out, draft->data, begin);
    report_append_value(out, value, strlen(value), header->delimiter);
    buffer_append(out, draft->data + end, draft->len - end);
    code = buffer_check(out, error);
done:
    csv_reader_free(reader);
    return code;
}

void cell_rule_text(enum product_column column, char *out, size_t size)
{
    const struct column_info *info = &column_table[column];
    const char *needed = info->required ? "required" : "optional";
    for (size_t i = 0; i < GUIDE_NUMBERS; i++) {
        const struct guide_number *number = &guide_numbers[i];
        if (number->column != column)
            continue;
        if (number->decimals > 0)
            snprintf(out, size, "%s, %s to %s, at most %d decimals", needed, number->least,
                     number->most, number->decimals);
        else
            snprintf(out, size, "%s, a whole number from %s to %s", needed, number->least,
                     number->most);
        return;
    }
    if (column == COLUMN_CATEGORY)
        snprintf(out, size, "%s, one of the active categories", needed);
    else if (info->limit > 0)
        snprintf(out, size, "%s, at most %u characters", needed, info->limit);
    else
        snprintf(out, size, "%s", needed);
}
