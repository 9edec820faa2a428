#include "core/record/event_stream.h"

#include "core/base/json.h"
#include "core/record/event_records.h"

static void copy_member(struct json_object *object, const char *name, char *out, size_t size)
{
    const char *text = json_text(object, name, NULL);
    snprintf(out, size, "%s", text ? text : "");
}

static enum error_code decode_record(void *event, struct json_object *source, void *place,
                                     struct error *error)
{
    struct stream_record *record = place;
    (void)event;
    struct error problem = ERROR_INIT;
    struct json_object *change = json_member(source, "dynamodb");
    const char *name = json_text(source, "eventName", NULL);
    upload_item_init(&record->item);
    copy_member(source, "eventID", record->event_id, sizeof record->event_id);
    copy_member(change, "SequenceNumber", record->sequence_number, sizeof record->sequence_number);
    record->insert = name && !strcmp(name, "INSERT");
    if (!record->insert)
        return ERROR_NONE;
    enum error_code code = item_decode(json_member(change, "NewImage"), &record->item, &problem);
    if (code == ERROR_MEMORY)
        return error_set(error, code, "%s", problem.message);
    record->poison = code != ERROR_NONE;
    if (record->poison)
        snprintf(record->problem, sizeof record->problem, "%.255s", problem.message);
    return ERROR_NONE;
}

enum error_code stream_event_decode(const char *text, size_t len, struct stream_event *event,
                                    struct error *error)
{
    static const struct event_kind kind = {"a stream event", sizeof(struct stream_record),
                                           decode_record, NULL};
    void *list = NULL;
    *event = (struct stream_event){.list = NULL};
    enum error_code code = event_decode(text, len, &kind, event, &list, &event->count, error);
    event->list = list;
    return code;
}

void stream_event_release(struct stream_event *event)
{
    for (size_t i = 0; i < event->count; i++)
        upload_item_release(&event->list[i].item);
    free(event->list);
    *event = (struct stream_event){.list = NULL};
}
