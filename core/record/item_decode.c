#include "core/record/item.h"

#include "core/base/json.h"
#include "core/base/time_text.h"

void upload_item_init(struct upload_item *item)
{
    memset(item, 0, sizeof *item);
}

void upload_item_release(struct upload_item *item)
{
    arena_release(&item->memory);
    upload_item_init(item);
}

static enum error_code refuse(struct error *error, const char *name, const char *why)
{
    return error_set(error, ERROR_INVALID, "the item's attribute %s %s", name, why);
}

static const char *get_text(struct json_object *attributes, const char *name, size_t *len)
{
    return json_text(json_member(attributes, name), "S", len);
}

/* False where it is absent or no whole number of 0 to max. */
static bool get_number(struct json_object *attributes, const char *name, int64_t max,
                       int64_t *value)
{
    return json_integer(json_member(attributes, name), "N", value) && *value >= 0 && *value <= max;
}

static uint32_t get_count(struct json_object *attributes, const char *name)
{
    int64_t value;
    return get_number(attributes, name, UINT32_MAX, &value) ? (uint32_t)value : 0;
}

static enum error_code copy_id(struct json_object *attributes, const char *name, char *out,
                               size_t size, struct error *error)
{
    size_t len;
    const char *text = get_text(attributes, name, &len);
    if (!text)
        return refuse(error, name, "is missing or no text");
    if (!len || len >= size || memchr(text, '\0', len))
        return refuse(error, name, "has no usable length");
    memcpy(out, text, len);
    out[len] = '\0';
    return ERROR_NONE;
}

static enum error_code decode_head(struct json_object *attributes, struct upload_item *item,
                                   struct error *error)
{
    int64_t row;
    uint32_t row_of_id;
    enum error_code code =
        copy_id(attributes, "upload_id", item->upload_id, sizeof item->upload_id, error);
    if (!code)
        code = copy_id(attributes, "record_id", item->record_id, sizeof item->record_id, error);
    if (!code)
        code = copy_id(attributes, "vendor_id", item->vendor_id, sizeof item->vendor_id, error);
    if (!code)
        code = copy_id(attributes, "status", item->status, sizeof item->status, error);
    if (code)
        return code;
    if (!vendor_id_valid(item->vendor_id, strlen(item->vendor_id)))
        return refuse(error, "vendor_id", "is no vendor's id");
    if (!get_number(attributes, "row_number", UINT32_MAX, &row) || !row)
        return refuse(error, "row_number", "is missing or no row's number");
    if (!record_id_parse(item->record_id, strlen(item->record_id), &row_of_id) || row_of_id != row)
        return refuse(error, "record_id", "is not that of the row");
    size_t len;
    const char *created = get_text(attributes, "created_at", &len);
    if (!created || !time_text_parse_iso8601(created, len, &item->created_at_ms))
        item->created_at_ms = 0;
    item->record.row_number = (uint32_t)row;
    item->record.line_number = get_count(attributes, "line_number");
    item->record.field_count = get_count(attributes, "field_count");
    item->record.extra_fields = get_count(attributes, "extra_fields");
    item->record.short_of = get_count(attributes, "short_of");
    item->record.last_line = get_count(attributes, "last_line");
    item->record.open_quote_line = get_count(attributes, "open_quote_line");
    item->record.wave = 1;
    return ERROR_NONE;
}

static bool get_flag(struct json_object *members, const char *name)
{
    struct json_object *flag = json_path(members, name, "BOOL", NULL);
    return flag && json_object_get_boolean(flag);
}

static bool decode_facts(struct json_object *members, size_t stored_len, size_t *kept,
                         struct field_facts *facts)
{
    int64_t number;
    if (!get_number(members, "kept", (int64_t)stored_len, &number))
        return false;
    *kept = (size_t)number;
    if (!get_number(members, "bytes", INT64_MAX, &number) || (uint64_t)number < *kept)
        return false;
    facts->bytes = (uint64_t)number;
    if (!get_number(members, "characters", INT64_MAX, &number))
        return false;
    facts->characters = (uint64_t)number;
    facts->control =
        get_number(members, "control", 0x10FFFF, &number) ? (uint32_t)number : RECORD_NO_CONTROL;
    facts->decimal.readable =
        json_integer(json_member(members, "hundredths"), "N", &facts->decimal.hundredths);
    facts->decimal.decimals = get_count(members, "decimals");
    facts->decimal.negative = get_flag(members, "negative");
    facts->decimal.positive = get_flag(members, "positive");
    return true;
}

static enum error_code decode_value(struct upload_item *item, enum product_column column,
                                    struct json_object *value, struct json_object *members,
                                    struct error *error)
{
    const char *name = column_table[column].name;
    struct record_field *field = &item->record.fields[column];
    size_t len = 0;
    const char *text = json_text(value, "S", &len);
    if (!text)
        text = json_text(value, "N", &len);
    if (!text)
        return json_member(value, "NULL") ? ERROR_NONE : refuse(error, name, "is no text");
    struct field_facts *facts = arena_new(&item->memory, 1, sizeof *facts);
    char *copy = arena_new(&item->memory, 1, len < RECORD_VALUE_MAX ? len + 1 : RECORD_VALUE_MAX);
    if (!facts || !copy)
        return error_set(error, ERROR_MEMORY, "out of memory for an item");
    if (!members) {
        record_field_set(field, column, text, len, copy, facts);
        return ERROR_NONE;
    }
    if (!decode_facts(members, len, &len, facts) || len > RECORD_VALUE_MAX)
        return refuse(error, "facts", "is not as it was written");
    memcpy(copy, text, len);
    *field = (struct record_field){.text = copy, .len = (uint32_t)len, .facts = facts};
    return ERROR_NONE;
}

static enum error_code decode_product_data(struct json_object *attributes, struct upload_item *item,
                                           struct error *error)
{
    struct json_object *values = json_path(attributes, "product_data", "M", NULL);
    struct json_object *facts = json_path(attributes, "facts", "M", NULL);
    enum error_code code = ERROR_NONE;
    if (!values || !json_object_is_type(values, json_type_object))
        return refuse(error, "product_data", "is missing or no map");
    for (enum product_column i = 0; !code && i < COLUMN_COUNT; i++) {
        struct json_object *value = json_member(values, column_table[i].name);
        if (value)
            code = decode_value(item, i, value, json_path(facts, column_table[i].name, "M", NULL),
                                error);
    }
    return code;
}

static enum error_code decode_raw(struct json_object *attributes, struct upload_item *item,
                                  struct error *error)
{
    size_t len;
    int64_t whole;
    const char *text = get_text(attributes, "raw", &len);
    if (!text)
        return ERROR_NONE;
    char *copy = arena_copy_text(&item->memory, text, len);
    if (!copy)
        return error_set(error, ERROR_MEMORY, "out of memory for an item");
    item->record.raw = copy;
    item->record.raw_len = len;
    item->record.raw_whole_len =
        get_number(attributes, "raw_bytes", INT64_MAX, &whole) && (uint64_t)whole > len
            ? (size_t)whole
            : len;
    return ERROR_NONE;
}

static enum error_code decode_earlier_rows(struct json_object *attributes, struct upload_item *item,
                                           struct error *error)
{
    struct json_object *list = json_path(attributes, "earlier_rows", "L", NULL);
    size_t count = json_count(list);
    if (!count)
        return ERROR_NONE;
    if (count > RECORD_EARLIER_MAX)
        return refuse(error, "earlier_rows", "is too long");
    uint32_t *rows = arena_new(&item->memory, count, sizeof *rows);
    if (!rows)
        return error_set(error, ERROR_MEMORY, "out of memory for an item");
    for (size_t i = 0; i < count; i++) {
        int64_t row;
        if (!json_integer(json_object_array_get_idx(list, i), "N", &row) || row < 1 ||
            row >= item->record.row_number)
            return refuse(error, "earlier_rows", "names no earlier row");
        rows[i] = (uint32_t)row;
    }
    item->record.earlier_rows = rows;
    item->record.earlier_count = (uint32_t)count;
    return ERROR_NONE;
}

enum error_code item_decode(struct json_object *attributes, struct upload_item *item,
                            struct error *error)
{
    upload_item_release(item);
    enum error_code code = decode_head(attributes, item, error);
    if (!code)
        code = decode_product_data(attributes, item, error);
    if (!code)
        code = decode_raw(attributes, item, error);
    if (!code)
        code = decode_earlier_rows(attributes, item, error);
    return code;
}
