#include "core/record/event_s3.h"

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/record/event_records.h"

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

size_t s3_key_decode(const char *encoded, size_t len, char *out)
{
    size_t written = 0;
    for (size_t i = 0; i < len; i++) {
        int high = i + 2 < len ? hex_value(encoded[i + 1]) : -1;
        int low = i + 2 < len ? hex_value(encoded[i + 2]) : -1;
        if (encoded[i] == '%' && high >= 0 && low >= 0) {
            out[written++] = (char)(high * 16 + low);
            i += 2;
        } else {
            out[written++] = encoded[i] == '+' ? ' ' : encoded[i];
        }
    }
    out[written] = '\0';
    return written;
}

void s3_key_encode(struct buffer *out, const char *key, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char c = key[i];
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            (c && strchr("-_.*/", c)))
            buffer_char(out, c);
        else if (c == ' ')
            buffer_char(out, '+');
        else
            buffer_format(out, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static const char *copy_member(struct s3_event *event, struct json_object *object, const char *name)
{
    size_t len;
    const char *text = json_text(object, name, &len);
    return text ? arena_copy_text(&event->memory, text, len) : NULL;
}

static enum error_code decode_key(struct s3_event *event, struct json_object *object,
                                  struct s3_event_record *record, struct error *error)
{
    size_t len;
    const char *encoded = json_text(object, "key", &len);
    if (!encoded || !len)
        return error_set(error, ERROR_INVALID, "an S3 event record names no object key");
    char *key = arena_new(&event->memory, len + 1, 1);
    if (!key)
        return error_set(error, ERROR_MEMORY, "out of memory for an S3 event");
    len = s3_key_decode(encoded, len, key);
    if (strlen(key) != len)
        return error_set(error, ERROR_INVALID, "an S3 event record's key contains U+0000");
    record->key = key;
    return ERROR_NONE;
}

static enum error_code decode_record(void *context, struct json_object *source, void *place,
                                     struct error *error)
{
    struct s3_event *event = context;
    struct s3_event_record *record = place;
    struct json_object *object = json_path(source, "s3", "object", NULL);
    const char *name = json_text(source, "eventName", NULL);
    size_t len;
    const char *time = json_text(source, "eventTime", &len);
    record->bucket = copy_member(event, json_path(source, "s3", "bucket", NULL), "name");
    if (!name || !record->bucket || !record->bucket[0])
        return error_set(error, ERROR_INVALID, "an S3 event record names no event or no bucket");
    record->created = !strncmp(name, "ObjectCreated:", strlen("ObjectCreated:")) ||
                      !strncmp(name, "s3:ObjectCreated:", strlen("s3:ObjectCreated:"));
    record->version = copy_member(event, object, "versionId");
    record->sequencer = copy_member(event, object, "sequencer");
    record->etag = copy_member(event, object, "eTag");
    if (!json_integer(object, "size", &record->size))
        record->size = -1;
    if (!time || !time_text_parse_iso8601(time, len, &record->event_time_ms))
        record->event_time_ms = 0;
    return decode_key(event, object, record, error);
}

/* A test event has none; a failed invocation's record bears the event as its payload. */
static struct json_object *find_records(void *event, struct json_object *document, bool *none)
{
    (void)event;
    const char *test = json_text(document, "Event", NULL);
    struct json_object *failed = json_member(document, "requestPayload");
    *none = test && !strcmp(test, "s3:TestEvent");
    return json_member(failed ? failed : document, "Records");
}

enum error_code s3_event_decode(const char *text, size_t len, struct s3_event *event,
                                struct error *error)
{
    static const struct event_kind kind = {"an S3 event", sizeof(struct s3_event_record),
                                           decode_record, find_records};
    void *list = NULL;
    *event = (struct s3_event){.list = NULL};
    enum error_code code = event_decode(text, len, &kind, event, &list, &event->count, error);
    event->list = list;
    return code;
}

void s3_event_release(struct s3_event *event)
{
    free(event->list);
    arena_release(&event->memory);
    *event = (struct s3_event){.list = NULL};
}
