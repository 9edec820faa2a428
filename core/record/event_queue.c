#include "core/record/event_queue.h"

#include "core/base/json.h"
#include "core/record/rules.h"
#include "core/record/event_records.h"

static const char *copy_member(struct arena *memory, struct json_object *object, const char *name)
{
    size_t len;
    const char *text = json_text(object, name, &len);
    return text && !memchr(text, '\0', len) ? arena_copy_text(memory, text, len) : NULL;
}

static void read_upload_finished(struct queue_message *message)
{
    if (!message->upload_id || !message->status)
        message->problem = "an upload_finished message lacks upload_id or status";
    else
        message->kind = QUEUE_MESSAGE_UPLOAD_FINISHED;
}

static void read_record_error(struct queue_message *message)
{
    if (!message->upload_id || !message->vendor_id || !message->record_id || !message->error_type)
        message->problem = "the message lacks upload_id, vendor_id, record_id or error_type";
    else if (rule_find(message->error_type, strlen(message->error_type)) == RULE_COUNT)
        message->problem = "the message's error_type is of no rule";
    else
        message->kind = QUEUE_MESSAGE_RECORD_ERROR;
}

enum error_code queue_body_decode(const char *body, size_t len, struct queue_message *message,
                                  struct arena *memory, struct error *error)
{
    struct json_object *document = NULL;
    struct error problem = ERROR_INIT;
    message->kind = QUEUE_MESSAGE_POISON;
    enum error_code code = json_parse(body, len, &document, &problem);
    if (code == ERROR_MEMORY)
        return error_set(error, code, "%s", problem.message);
    const char *type = json_text(document, "type", NULL);
    message->upload_id = copy_member(memory, document, "upload_id");
    message->vendor_id = copy_member(memory, document, "vendor_id");
    message->record_id = copy_member(memory, document, "record_id");
    message->error_type = copy_member(memory, document, "error_type");
    message->status = copy_member(memory, document, "status");
    if (code)
        message->problem = "the message is not JSON";
    else if (!document || !json_object_is_type(document, json_type_object))
        message->problem = "the message is no JSON object";
    else if (type && !strcmp(type, "upload_finished"))
        read_upload_finished(message);
    else
        read_record_error(message);
    json_object_put(document);
    return ERROR_NONE;
}

static enum error_code decode_record(void *context, struct json_object *source, void *record,
                                     struct error *error)
{
    struct queue_event *event = context;
    struct queue_message *message = record;
    size_t len = 0;
    const char *body = json_text(source, "body", &len);
    message->message_id = copy_member(&event->memory, source, "messageId");
    message->body = arena_copy_text(&event->memory, body ? body : "", len);
    message->body_len = len;
    if (!message->message_id)
        message->message_id = "";
    if (!message->body)
        return error_set(error, ERROR_MEMORY, "out of memory for a queue event");
    json_integer(json_member(source, "attributes"), "ApproximateReceiveCount",
                 &message->receive_count);
    return queue_body_decode(message->body, len, message, &event->memory, error);
}

/* The rule's own input, in place of EventBridge's event. */
static bool is_prune(struct json_object *document, int64_t *days)
{
    const char *intake = json_text(document, "intake", NULL);
    return intake && !strcmp(intake, "prune") && json_integer(document, "older_than_days", days);
}

/* EventBridge has none: "aws.events" of a rule, "aws.scheduler" of a schedule. */
static struct json_object *find_records(void *context, struct json_object *document, bool *none)
{
    struct queue_event *event = context;
    struct json_object *records = json_member(document, "Records");
    const char *source = json_text(document, "source", NULL);
    *none =
        !records && source && (!strcmp(source, "aws.events") || !strcmp(source, "aws.scheduler"));
    event->scheduled = *none;
    event->prune = !records && !*none && is_prune(document, &event->prune_days);
    *none = *none || event->prune;
    return records;
}

enum error_code queue_event_decode(const char *text, size_t len, struct queue_event *event,
                                   struct error *error)
{
    static const struct event_kind kind = {"a queue event", sizeof(struct queue_message),
                                           decode_record, find_records};
    void *list = NULL;
    *event = (struct queue_event){.list = NULL};
    enum error_code code = event_decode(text, len, &kind, event, &list, &event->count, error);
    event->list = list;
    return code;
}

void queue_event_release(struct queue_event *event)
{
    free(event->list);
    arena_release(&event->memory);
    *event = (struct queue_event){.list = NULL};
}
