#include "aws/logs.h"

#include "core/base/json.h"

/* One page of a listing: the members in `body` (no braces), the token of the page before. */
static enum error_code page_get(struct aws_client *client, const char *operation,
                                const struct buffer *members, const char *token_member,
                                struct json_object **page, struct error *error)
{
    struct buffer body;
    const char *token = json_text(*page, token_member, NULL);
    struct json_object *next = NULL;
    buffer_init(&body, 65536);
    buffer_char(&body, '{');
    buffer_append(&body, members->data, members->len);
    if (token) {
        buffer_text(&body, members->len > 0 ? "," : "");
        buffer_text(&body, "\"nextToken\":");
        json_append_text(&body, token);
    }
    buffer_char(&body, '}');
    enum error_code code = aws_call_json(client, AWS_LOGS, operation, &body, &next, error);
    json_object_put(*page);
    *page = next;
    buffer_release(&body);
    return code;
}

typedef bool entry_fn(void *context, struct json_object *entry);

struct listing {
    const char *operation;
    const char *member; /* the array in the answer */
    struct buffer members;
    entry_fn *entry;
    void *context;
};

static enum error_code pages_walk(struct aws_client *client, struct listing *listing,
                                  struct error *error)
{
    struct json_object *page = NULL;
    bool more = true;
    enum error_code code = buffer_check(&listing->members, error);
    while (!code && more) {
        code = page_get(client, listing->operation, &listing->members, "nextToken", &page, error);
        struct json_object *list = json_member(page, listing->member);
        for (size_t i = 0; !code && i < json_count(list) && more; i++)
            more = listing->entry(listing->context, json_object_array_get_idx(list, i));
        more = more && json_text(page, "nextToken", NULL);
    }
    json_object_put(page);
    return code;
}

static int64_t integer_or_zero(struct json_object *json, const char *key)
{
    int64_t value;
    return json_integer(json, key, &value) ? value : 0;
}

static const char *text_or_empty(struct json_object *json, const char *key)
{
    const char *text = json_text(json, key, NULL);
    return text ? text : "";
}

struct events {
    logs_event_fn *give;
    void *context;
    int64_t left;
};

static bool event_give(void *context, struct json_object *json)
{
    struct events *events = context;
    struct logs_event event = {.event_id = text_or_empty(json, "eventId"),
                               .stream = text_or_empty(json, "logStreamName"),
                               .message = text_or_empty(json, "message"),
                               .timestamp_ms = integer_or_zero(json, "timestamp")};
    (void)json_text(json, "message", &event.message_length);
    return events->give(events->context, &event) && --events->left > 0;
}

enum error_code logs_filter_events(struct aws_client *client, const struct logs_filter *filter,
                                   logs_event_fn *event, void *context, struct error *error)
{
    struct events events = {
        .give = event, .context = context, .left = filter->limit > 0 ? filter->limit : INT64_MAX};
    struct listing listing = {.operation = "FilterLogEvents",
                              .member = "events",
                              .entry = event_give,
                              .context = &events};
    struct buffer object;
    buffer_init(&object, 16384);
    buffer_char(&object, '{');
    json_append_member(&object, "logGroupName", filter->group);
    if (filter->pattern && *filter->pattern != '\0')
        json_append_member(&object, "filterPattern", filter->pattern);
    if (filter->start_ms > 0)
        json_append_member_integer(&object, "startTime", filter->start_ms);
    if (filter->end_ms > 0)
        json_append_member_integer(&object, "endTime", filter->end_ms);
    if (filter->limit > 0 && filter->limit < 10000)
        json_append_member_integer(&object, "limit", filter->limit);
    buffer_init(&listing.members, 16384);
    buffer_append(&listing.members, object.data + 1, object.len - 1);
    enum error_code code = pages_walk(client, &listing, error);
    buffer_release(&listing.members);
    buffer_release(&object);
    return code;
}

struct groups {
    logs_group_fn *give;
    void *context;
};

static bool group_give(void *context, struct json_object *json)
{
    struct groups *groups = context;
    struct logs_group group = {.retention_days = integer_or_zero(json, "retentionInDays"),
                               .created_at_ms = integer_or_zero(json, "creationTime")};
    snprintf(group.name, sizeof group.name, "%s", text_or_empty(json, "logGroupName"));
    return groups->give(groups->context, &group);
}

enum error_code logs_describe_groups(struct aws_client *client, const char *prefix,
                                     logs_group_fn *group, void *context, struct error *error)
{
    struct groups groups = {.give = group, .context = context};
    struct listing listing = {.operation = "DescribeLogGroups",
                              .member = "logGroups",
                              .entry = group_give,
                              .context = &groups};
    buffer_init(&listing.members, 4096);
    if (prefix) {
        buffer_text(&listing.members, "\"logGroupNamePrefix\":");
        json_append_text(&listing.members, prefix);
    }
    enum error_code code = pages_walk(client, &listing, error);
    buffer_release(&listing.members);
    return code;
}
