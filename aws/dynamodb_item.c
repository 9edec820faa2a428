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

const char *dynamodb_get_text(struct json_object *item, const char *name, size_t *length)
{
    return json_text(json_member(item, name), "S", length);
}
