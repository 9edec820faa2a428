#include "aws/dynamodb.h"
#include "core/base/json.h"

void dynamodb_item_begin(struct buffer *item)
{
    buffer_char(item, '{');
}

void dynamodb_item_end(struct buffer *item)
{
    buffer_char(item, '}');
}

static void value_begin(struct buffer *item, const char *name)
{
    if (name)
        json_append_key(item, name);
    else if (item->len > 0 && item->data[item->len - 1] != '[')
        buffer_char(item, ',');
}

void dynamodb_write_text(struct buffer *item, const char *name, const char *text, size_t length)
{
    if (!text)
        return;
    value_begin(item, name);
    buffer_text(item, "{\"S\":");
    json_append_string(item, text, length);
    buffer_char(item, '}');
}

void dynamodb_write_string(struct buffer *item, const char *name, const char *text)
{
    dynamodb_write_text(item, name, text, text ? strlen(text) : 0);
}

void dynamodb_write_number(struct buffer *item, const char *name, int64_t value)
{
    value_begin(item, name);
    buffer_format(item, "{\"N\":\"%lld\"}", (long long)value);
}

void dynamodb_write_bool(struct buffer *item, const char *name, bool value)
{
    value_begin(item, name);
    buffer_format(item, "{\"BOOL\":%s}", value ? "true" : "false");
}

void dynamodb_map_begin(struct buffer *item, const char *name)
{
    value_begin(item, name);
    buffer_text(item, "{\"M\":{");
}

void dynamodb_map_end(struct buffer *item)
{
    buffer_text(item, "}}");
}

void dynamodb_list_begin(struct buffer *item, const char *name)
{
    value_begin(item, name);
    buffer_text(item, "{\"L\":[");
}

void dynamodb_list_end(struct buffer *item)
{
    buffer_text(item, "]}");
}

const char *dynamodb_get_text(struct json_object *item, const char *name, size_t *length)
{
    return json_text(json_member(item, name), "S", length);
}

bool dynamodb_get_number(struct json_object *item, const char *name, int64_t *value)
{
    return json_integer(json_member(item, name), "N", value);
}

struct json_object *dynamodb_get_map(struct json_object *item, const char *name)
{
    return json_member(json_member(item, name), "M");
}

struct json_object *dynamodb_get_list(struct json_object *item, const char *name)
{
    return json_member(json_member(item, name), "L");
}
