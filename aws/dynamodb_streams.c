#include "aws/dynamodb.h"
#include "core/base/json.h"
#include "core/base/memory.h"

#define EMPTY_PAGES_MAX 100

static enum error_code text_take(struct json_object *answer, const char *key, char **out,
                                 struct error *error)
{
    size_t length;
    const char *text = json_text(answer, key, &length);
    *out = text ? memory_copy_text(text, length) : NULL;
    if (text && !*out)
        return error_set(error, ERROR_MEMORY, "DynamoDBStreams: out of memory");
    return ERROR_NONE;
}

enum error_code dynamodb_get_shard_iterator(struct aws_client *client, const char *stream_arn,
                                            const char *shard_id, const char *type,
                                            const char *sequence, char **iterator,
                                            struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    *iterator = NULL;
    buffer_init(&body, 8192);
    buffer_char(&body, '{');
    json_append_member(&body, "StreamArn", stream_arn);
    json_append_member(&body, "ShardId", shard_id);
    json_append_member(&body, "ShardIteratorType", type);
    if (sequence)
        json_append_member(&body, "SequenceNumber", sequence);
    buffer_char(&body, '}');
    enum error_code code =
        aws_call_json(client, AWS_DYNAMODB_STREAMS, "GetShardIterator", &body, &answer, error);
    if (!code)
        code = text_take(answer, "ShardIterator", iterator, error);
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

enum error_code dynamodb_get_records(struct aws_client *client, const char *iterator,
                                     struct json_object **records, char **next, struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    *records = NULL;
    *next = NULL;
    buffer_init(&body, 8192);
    buffer_char(&body, '{');
    json_append_member(&body, "ShardIterator", iterator);
    buffer_char(&body, '}');
    enum error_code code =
        aws_call_json(client, AWS_DYNAMODB_STREAMS, "GetRecords", &body, &answer, error);
    if (!code)
        code = text_take(answer, "NextShardIterator", next, error);
    if (!code)
        *records = json_object_get(json_member(answer, "Records"));
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

/* Sequence numbers are decimal numbers of up to 40 digits. */
static int sequence_compare(const char *a, const char *b)
{
    a += strspn(a, "0");
    b += strspn(b, "0");
    size_t a_length = strlen(a), b_length = strlen(b);
    if (a_length != b_length)
        return a_length < b_length ? -1 : 1;
    return strcmp(a, b);
}

struct reading {
    const struct dynamodb_stream_range *range;
    dynamodb_record_fn *record;
    void *context;
    int64_t left;
    bool ended;
};

static void page_read(struct reading *reading, struct json_object *records)
{
    for (size_t i = 0; i < json_count(records) && !reading->ended; i++) {
        struct json_object *record = json_object_array_get_idx(records, i);
        const char *sequence = json_text(json_member(record, "dynamodb"), "SequenceNumber", NULL);
        int order = sequence && reading->range->end_sequence
                        ? sequence_compare(sequence, reading->range->end_sequence)
                        : -1;
        if (order <= 0)
            reading->ended = !reading->record(reading->context, record) || --reading->left == 0;
        if (order >= 0)
            reading->ended = true;
    }
}

enum error_code dynamodb_stream_read(struct aws_client *client,
                                     const struct dynamodb_stream_range *range,
                                     dynamodb_record_fn *record, void *context, struct error *error)
{
    char *iterator = NULL;
    int empty = 0;
    struct reading reading = {.range = range,
                              .record = record,
                              .context = context,
                              .left = range->limit > 0 ? range->limit : INT64_MAX};
    enum error_code code =
        dynamodb_get_shard_iterator(client, range->stream_arn, range->shard_id,
                                    range->start_sequence ? "AT_SEQUENCE_NUMBER" : "TRIM_HORIZON",
                                    range->start_sequence, &iterator, error);
    while (!code && iterator && !reading.ended && empty < EMPTY_PAGES_MAX) {
        struct json_object *records = NULL;
        char *next = NULL;
        code = dynamodb_get_records(client, iterator, &records, &next, error);
        if (!code)
            page_read(&reading, records);
        empty = json_count(records) > 0 ? 0 : empty + 1;
        json_object_put(records);
        free(iterator);
        iterator = next;
    }
    free(iterator);
    return code;
}
