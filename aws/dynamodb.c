#include "aws/dynamodb.h"

#include "aws/copy.h"
#include "aws/dynamodb_internal.h"
#include "core/base/json.h"

static void raw_member(struct buffer *body, const char *key, const char *json)
{
    if (!json)
        return;
    json_append_key(body, key);
    buffer_text(body, json);
}

static void text_member(struct buffer *body, const char *key, const char *text)
{
    if (text)
        json_append_member(body, key, text);
}

static void projected_names(struct buffer *body, const char *projection)
{
    size_t number = 0;
    for (const char *at = projection; *at != '\0'; number++) {
        char alias[24], name[256];
        at += strspn(at, ", ");
        size_t length = strcspn(at, ", ");
        snprintf(alias, sizeof alias, "#p%zu", number);
        snprintf(name, sizeof name, "%.*s", (int)length, at);
        json_append_member(body, alias, name);
        at += length;
        at += strspn(at, ", ");
    }
}

void dynamodb_append_projection(struct buffer *body, const char *projection, const char *names)
{
    size_t count = 0;
    if (projection) {
        json_append_key(body, "ProjectionExpression");
        buffer_char(body, '"');
        for (const char *at = projection + strspn(projection, ", "); *at != '\0'; count++) {
            buffer_format(body, "%s#p%zu", count > 0 ? "," : "", count);
            at += strcspn(at, ", ");
            at += strspn(at, ", ");
        }
        buffer_char(body, '"');
    }
    if (!projection && !names)
        return;
    json_append_key(body, "ExpressionAttributeNames");
    buffer_char(body, '{');
    if (projection)
        projected_names(body, projection);
    size_t length = names ? strlen(names) : 0;
    if (length > 2) {
        buffer_text(body, count > 0 ? "," : "");
        buffer_append(body, names + 1, length - 2);
    }
    buffer_char(body, '}');
}

static enum error_code query_page(struct aws_client *client, const struct dynamodb_query *query,
                                  int64_t page_size, struct json_object *start,
                                  struct json_object **page, struct error *error)
{
    struct buffer body;
    buffer_init(&body, DYNAMODB_BODY_MAX);
    buffer_char(&body, '{');
    text_member(&body, "TableName", query->table);
    text_member(&body, "IndexName", query->index);
    text_member(&body, "KeyConditionExpression", query->condition);
    text_member(&body, "FilterExpression", query->filter);
    dynamodb_append_projection(&body, query->projection, query->names);
    raw_member(&body, "ExpressionAttributeValues", query->values);
    if (query->consistent)
        json_append_member_bool(&body, "ConsistentRead", true);
    if (page_size > 0)
        json_append_member_integer(&body, "Limit", page_size);
    if (start)
        raw_member(&body, "ExclusiveStartKey",
                   json_object_to_json_string_ext(start, JSON_C_TO_STRING_PLAIN));
    buffer_char(&body, '}');
    enum error_code code = aws_call_json(client, AWS_DYNAMODB, "Query", &body, page, error);
    buffer_release(&body);
    return code;
}

enum error_code dynamodb_query(struct aws_client *client, const struct dynamodb_query *query,
                               dynamodb_item_fn *item, void *context, struct error *error)
{
    struct json_object *page = NULL, *start = NULL;
    int64_t left = query->limit > 0 ? query->limit : INT64_MAX;
    bool more = true;
    enum error_code code = ERROR_NONE;
    while (more && left > 0) {
        int64_t size = query->limit > 0 && !query->filter ? left : 0;
        struct json_object *next = NULL;
        code = query_page(client, query, size, start, &next, error);
        json_object_put(page);
        page = next;
        if (code)
            break;
        struct json_object *items = json_member(page, "Items");
        for (size_t i = 0; i < json_count(items) && more && left > 0; i++, left--)
            more = item(context, json_object_array_get_idx(items, i));
        start = json_member(page, "LastEvaluatedKey");
        more = more && start;
    }
    json_object_put(page);
    return code;
}

static void table_read(struct json_object *json, struct dynamodb_table *table)
{
    struct json_object *keys = json_member(json, "KeySchema");
    struct json_object *indexes = json_member(json, "GlobalSecondaryIndexes");
    AWS_COPY(table->status, json_text(json, "TableStatus", NULL));
    AWS_COPY(table->arn, json_text(json, "TableArn", NULL));
    AWS_COPY(table->billing_mode,
             json_text(json_member(json, "BillingModeSummary"), "BillingMode", NULL));
    AWS_COPY(table->stream_arn, json_text(json, "LatestStreamArn", NULL));
    AWS_COPY(table->stream_view,
             json_text(json_member(json, "StreamSpecification"), "StreamViewType", NULL));
    for (size_t i = 0; i < json_count(keys); i++) {
        struct json_object *key = json_object_array_get_idx(keys, i);
        const char *type = json_text(key, "KeyType", NULL);
        if (type && strcmp(type, "HASH") == 0)
            AWS_COPY(table->hash_key, json_text(key, "AttributeName", NULL));
        else
            AWS_COPY(table->range_key, json_text(key, "AttributeName", NULL));
    }
    for (size_t i = 0; i < json_count(indexes); i++) {
        const char *name = json_text(json_object_array_get_idx(indexes, i), "IndexName", NULL);
        size_t used = strlen(table->index_names);
        snprintf(table->index_names + used, sizeof table->index_names - used, "%s%s",
                 used > 0 ? "," : "", name ? name : "");
    }
}

static enum error_code describe(struct aws_client *client, const char *operation, const char *name,
                                struct json_object **answer, struct error *error)
{
    struct buffer body;
    buffer_init(&body, 4096);
    buffer_char(&body, '{');
    text_member(&body, "TableName", name);
    buffer_char(&body, '}');
    enum error_code code = aws_call_json(client, AWS_DYNAMODB, operation, &body, answer, error);
    buffer_release(&body);
    return code;
}

enum error_code dynamodb_describe_table(struct aws_client *client, const char *name,
                                        struct dynamodb_table *table, struct error *error)
{
    struct json_object *answer = NULL;
    memset(table, 0, sizeof *table);
    enum error_code code = describe(client, "DescribeTable", name, &answer, error);
    if (!code)
        table_read(json_member(answer, "Table"), table);
    json_object_put(answer);
    return code;
}

enum error_code dynamodb_describe_ttl(struct aws_client *client, const char *name,
                                      char attribute[64], bool *enabled, struct error *error)
{
    struct json_object *answer = NULL;
    attribute[0] = '\0';
    *enabled = false;
    enum error_code code = describe(client, "DescribeTimeToLive", name, &answer, error);
    struct json_object *ttl = json_member(answer, "TimeToLiveDescription");
    const char *text = json_text(ttl, "AttributeName", NULL);
    const char *status = json_text(ttl, "TimeToLiveStatus", NULL);
    if (text)
        snprintf(attribute, 64, "%s", text);
    *enabled = status && strncmp(status, "ENABL", 5) == 0;
    json_object_put(answer);
    return code;
}
