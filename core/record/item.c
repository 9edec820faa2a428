#include "core/record/item.h"

#include "core/base/json.h"
#include "core/base/time_text.h"

#define OVERHEAD ((size_t)16 * 1024) /* names, ids, facts and earlier rows, generously */
#define SECONDS_A_DAY 86400
#define MARK_MAX 48

static void append_text(struct buffer *out, const char *name, const char *text, size_t len)
{
    json_append_key(out, name);
    buffer_text(out, "{\"S\":");
    json_append_string(out, text, len);
    buffer_char(out, '}');
}

static void append_number(struct buffer *out, const char *name, int64_t value)
{
    json_append_key(out, name);
    buffer_format(out, "{\"N\":\"%lld\"}", (long long)value);
}

static void append_flag(struct buffer *out, const char *name, bool value)
{
    json_append_key(out, name);
    buffer_text(out, value ? "{\"BOOL\":true}" : "{\"BOOL\":false}");
}

static bool is_cut(const struct record *record, int column, size_t kept)
{
    return record->fields[column].facts || kept < record->fields[column].len;
}

static void append_value(struct buffer *out, const struct record *record,
                         enum product_column column, size_t kept)
{
    const struct record_field *field = &record->fields[column];
    if (!is_cut(record, column, kept)) {
        append_text(out, column_table[column].name, field->text, kept);
        return;
    }
    struct buffer value;
    uint64_t whole = field->facts ? field->facts->bytes : field->len;
    buffer_init(&value, RECORD_VALUE_MAX + MARK_MAX);
    buffer_append(&value, field->text, kept);
    record_append_cut_mark(&value, whole - kept);
    if (value.failed)
        out->failed = value.failed;
    append_text(out, column_table[column].name, value.data, value.len);
    buffer_release(&value);
}

static void append_product_data(struct buffer *out, const struct record *record,
                                const size_t lengths[COLUMN_COUNT])
{
    json_append_key(out, "product_data");
    buffer_text(out, "{\"M\":{");
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (record->fields[i].text)
            append_value(out, record, i, lengths[i]);
    }
    buffer_text(out, "}}");
}

static void append_facts_of(struct buffer *out, const struct record *record,
                            enum product_column column, size_t kept)
{
    struct field_facts facts;
    record_field_facts(record, column, &facts);
    json_append_key(out, column_table[column].name);
    buffer_text(out, "{\"M\":{");
    append_number(out, "kept", (int64_t)kept);
    append_number(out, "bytes", (int64_t)facts.bytes);
    append_number(out, "characters", (int64_t)facts.characters);
    if (facts.control != RECORD_NO_CONTROL)
        append_number(out, "control", facts.control);
    if (facts.decimal.readable) {
        append_number(out, "hundredths", facts.decimal.hundredths);
        append_number(out, "decimals", facts.decimal.decimals);
        append_flag(out, "negative", facts.decimal.negative);
        append_flag(out, "positive", facts.decimal.positive);
    }
    buffer_text(out, "}}");
}

static void append_facts(struct buffer *out, const struct record *record,
                         const size_t lengths[COLUMN_COUNT])
{
    bool any = false;
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        if (!is_cut(record, (int)i, lengths[i]))
            continue;
        if (!any) {
            json_append_key(out, "facts");
            buffer_text(out, "{\"M\":{");
        }
        any = true;
        append_facts_of(out, record, i, lengths[i]);
    }
    if (any)
        buffer_text(out, "}}");
}

/* The record's own bytes take what the values leave. */
static void append_raw(struct buffer *out, const struct record *record,
                       const size_t lengths[COLUMN_COUNT])
{
    size_t room = ITEM_BYTES_MAX - OVERHEAD;
    for (int i = 0; i < COLUMN_COUNT; i++)
        room -= lengths[i] + (is_cut(record, i, lengths[i]) ? MARK_MAX : 0);
    if (!record->raw)
        return;
    size_t kept = record->raw_len;
    if (kept > room) {
        kept = room;
        while (kept && ((unsigned char)record->raw[kept] & 0xC0) == 0x80)
            kept--;
    }
    append_text(out, "raw", record->raw, kept);
    if (kept < record->raw_whole_len)
        append_number(out, "raw_bytes", (int64_t)record->raw_whole_len);
}

static void append_earlier_rows(struct buffer *out, const struct record *record)
{
    if (!record->earlier_count)
        return;
    json_append_key(out, "earlier_rows");
    buffer_text(out, "{\"L\":[");
    for (uint32_t i = 0; i < record->earlier_count; i++)
        buffer_format(out, "%s{\"N\":\"%u\"}", i ? "," : "", (unsigned)record->earlier_rows[i]);
    buffer_text(out, "]}");
}

void item_append(struct buffer *out, const struct item_head *head, const struct record *record)
{
    char record_id[RECORD_ID_SIZE], created[TIME_TEXT_SIZE];
    size_t lengths[COLUMN_COUNT];
    record_id_text(record->row_number, record_id);
    time_text_iso8601(head->created_at_ms, created);
    record_stored_lengths(record, lengths);
    buffer_char(out, '{');
    append_text(out, "upload_id", head->upload_id, strlen(head->upload_id));
    append_text(out, "record_id", record_id, strlen(record_id));
    append_text(out, "vendor_id", head->vendor_id, strlen(head->vendor_id));
    append_number(out, "row_number", record->row_number);
    append_number(out, "line_number", record->line_number);
    append_product_data(out, record, lengths);
    append_text(out, "status", ITEM_STATUS_PENDING, strlen(ITEM_STATUS_PENDING));
    append_text(out, "created_at", created, strlen(created));
    append_number(out, "ttl", head->created_at_ms / 1000 + (int64_t)ITEM_TTL_DAYS * SECONDS_A_DAY);
    append_number(out, "field_count", record->field_count);
    if (record->extra_fields)
        append_number(out, "extra_fields", record->extra_fields);
    if (record->short_of)
        append_number(out, "short_of", record->short_of);
    if (record->last_line)
        append_number(out, "last_line", record->last_line);
    if (record->open_quote_line)
        append_number(out, "open_quote_line", record->open_quote_line);
    append_raw(out, record, lengths);
    append_earlier_rows(out, record);
    append_facts(out, record, lengths);
    buffer_char(out, '}');
}
