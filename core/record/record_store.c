#include "core/record/record.h"

#include "core/base/json.h"

#define MARK_MAX 48

void record_append_cut_mark(struct buffer *out, uint64_t missing_bytes)
{
    buffer_format(out, " [cut: %llu more bytes]", (unsigned long long)missing_bytes);
}

static size_t total_within(const struct record *record, size_t cap)
{
    size_t total = 0;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        size_t len = record->fields[i].len;
        bool cut = len > cap || record->fields[i].facts;
        total += (len < cap ? len : cap) + (cut ? MARK_MAX : 0);
    }
    return total;
}

static size_t kept_within(const struct record_field *field, size_t cap)
{
    size_t len = field->len < cap ? field->len : cap;
    while (len && len < field->len && ((unsigned char)field->text[len] & 0xC0) == 0x80)
        len--;
    return len;
}

void record_stored_lengths(const struct record *record, size_t lengths[COLUMN_COUNT])
{
    size_t low = 0, high = RECORD_VALUE_MAX;
    if (total_within(record, high) <= RECORD_TOTAL_MAX)
        low = high;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (total_within(record, middle) <= RECORD_TOTAL_MAX)
            low = middle;
        else
            high = middle;
    }
    for (int i = 0; i < COLUMN_COUNT; i++)
        lengths[i] = kept_within(&record->fields[i], low);
}

/* U+0000 as U+2400, and the mark of a cut. */
static void append_value(struct buffer *out, const struct record_field *field, size_t kept,
                         struct buffer *scratch)
{
    uint64_t whole = field->facts ? field->facts->bytes : field->len;
    if (kept == whole && !memchr(field->text, '\0', kept)) {
        json_append_string(out, field->text, kept);
        return;
    }
    buffer_clear(scratch);
    const char *at = field->text, *end = field->text + kept;
    for (const char *nul; (nul = memchr(at, '\0', (size_t)(end - at))); at = nul + 1) {
        buffer_append(scratch, at, (size_t)(nul - at));
        buffer_append(scratch, "\xE2\x90\x80", 3);
    }
    buffer_append(scratch, at, (size_t)(end - at));
    if (kept < whole)
        record_append_cut_mark(scratch, whole - kept);
    if (scratch->failed)
        out->failed = scratch->failed;
    json_append_string(out, scratch->data, scratch->len);
}

static void append_object(struct buffer *out, const struct record *record, bool with_absent,
                          const size_t lengths[COLUMN_COUNT], struct buffer *scratch)
{
    bool first = true;
    buffer_char(out, '{');
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct record_field *field = &record->fields[i];
        if (!field->text && !with_absent)
            continue;
        buffer_format(out, "%s\"%s\":", first ? "" : ",", column_table[i].name);
        first = false;
        if (field->text)
            append_value(out, field, lengths[i], scratch);
        else
            buffer_text(out, "null");
    }
    buffer_char(out, '}');
}

/* Bytes of JSON beside those of the values: names, quotes, nulls. */
static size_t frame_bytes(void)
{
    size_t bytes = strlen("{}");
    for (int i = 0; i < COLUMN_COUNT; i++)
        bytes += strlen(",\"\":null") + column_table[i].name_len;
    return bytes;
}

static size_t json_within(const size_t sizes[COLUMN_COUNT], const bool cut[COLUMN_COUNT],
                          size_t cap)
{
    size_t total = frame_bytes();
    for (int i = 0; i < COLUMN_COUNT; i++)
        total += sizes[i] > cap ? cap + MARK_MAX : sizes[i] + (cut[i] ? MARK_MAX : 0);
    return total;
}

/* Cuts the lengths, the longest first, until the values fit as JSON. Counted is what the text
   becomes there, not what it is: a control character takes six bytes. */
static void lengths_fit(const struct record *record, size_t lengths[COLUMN_COUNT], size_t max_bytes)
{
    size_t sizes[COLUMN_COUNT], low = 0, high = max_bytes;
    bool cut[COLUMN_COUNT];
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct record_field *field = &record->fields[i];
        cut[i] = field->facts || lengths[i] < field->len;
        sizes[i] = 0;
        if (field->text)
            json_string_prefix(field->text, lengths[i], SIZE_MAX, &sizes[i]);
    }
    if (json_within(sizes, cut, max_bytes) <= max_bytes)
        return;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (json_within(sizes, cut, middle) <= max_bytes)
            low = middle;
        else
            high = middle;
    }
    for (int i = 0; i < COLUMN_COUNT; i++)
        if (record->fields[i].text)
            lengths[i] = json_string_prefix(record->fields[i].text, lengths[i], low, &sizes[i]);
}

void record_append_json(struct buffer *out, const struct record *record, bool with_absent,
                        size_t max_bytes)
{
    size_t lengths[COLUMN_COUNT];
    struct buffer scratch;
    buffer_init(&scratch, 4 * RECORD_VALUE_MAX);
    record_stored_lengths(record, lengths);
    if (max_bytes)
        lengths_fit(record, lengths, max_bytes);
    append_object(out, record, with_absent, lengths, &scratch);
    buffer_release(&scratch);
}

static bool append_number(struct buffer *out, const struct record_field *field, bool whole)
{
    struct decimal decimal;
    char text[MONEY_TEXT_SIZE];
    if (!field->text || !decimal_parse(field->text, field->len, &decimal))
        return false;
    if (whole)
        buffer_format(out, "%lld", (long long)(decimal.hundredths / 100));
    else
        buffer_text(out, money_text(decimal.hundredths, text));
    return true;
}

bool record_append_product_value(struct buffer *out, const struct record *record,
                                 enum product_column column)
{
    const struct record_field *field = &record->fields[column];
    switch (column_table[column].kind) {
    case COLUMN_KIND_MONEY:
        return append_number(out, field, false);
    case COLUMN_KIND_WHOLE:
        return append_number(out, field, true);
    case COLUMN_KIND_TEXT:
    case COLUMN_KIND_URL:
        break;
    }
    if (field->text)
        buffer_append(out, field->text, field->len);
    else if (column == COLUMN_UNIT)
        buffer_text(out, "piece");
    return field->text || column == COLUMN_UNIT;
}
