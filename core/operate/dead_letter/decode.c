#include <string.h>

#include "aws/dynamodb.h"
#include "core/base/json.h"
#include "core/operate/dead_letter/hold.h"
#include "core/record/event_queue.h"
#include "core/record/event_s3.h"
#include "core/record/names.h"
#include "sql/db.h"

#define SUMMARY_MAX 1024
#define STREAM_LETTERS_MAX 200 /* whose records are looked for in the stream */

static const char *keep(struct arena *memory, const char *text)
{
    return text ? arena_copy_text(memory, text, strlen(text)) : NULL;
}

static const char *keep_buffer(struct arena *memory, const struct buffer *text)
{
    return arena_copy_text(memory, text->data, text->len);
}

static void summary_set(struct dead_letter *letter, struct arena *memory, const char *format, ...)
    PRINTF_LIKE(3, 4);

static void summary_set(struct dead_letter *letter, struct arena *memory, const char *format, ...)
{
    char text[SUMMARY_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    letter->summary = keep(memory, text);
}

/* ---- the error queue's own messages */

static void redrive_decode(struct dead_letter *letter, struct arena *memory)
{
    struct queue_message message = {.message_id = letter->message_id};
    struct json_object *document = NULL;
    int64_t row = 0;
    if (queue_body_decode(letter->body, letter->body_length, &message, memory, NULL)) {
        letter->summary = "out of memory";
        return;
    }
    letter->upload_id = message.upload_id;
    letter->vendor_id = message.vendor_id;
    letter->record_id = message.record_id;
    letter->error_type = message.error_type;
    letter->decoded = message.kind != QUEUE_MESSAGE_POISON;
    if (message.kind == QUEUE_MESSAGE_POISON) {
        letter->summary = message.problem;
    } else if (message.kind == QUEUE_MESSAGE_UPLOAD_FINISHED) {
        summary_set(letter, memory, "upload finished: %s", message.status);
    } else if (!json_parse(letter->body, letter->body_length, &document, NULL)) {
        const char *text = json_text(document, "error_message", NULL);
        if (json_integer(document, "row_number", &row))
            summary_set(letter, memory, "row %lld: %.900s", (long long)row, text ? text : "");
        else
            summary_set(letter, memory, "%.900s", text ? text : "");
    }
    json_object_put(document);
}

/* ---- records of failed calls */

static void function_cause(struct dead_letter *letter, struct json_object *document,
                           struct buffer *text, struct arena *memory)
{
    struct json_object *context = json_member(document, "requestContext");
    struct json_object *answer = json_member(document, "responsePayload");
    const char *condition = json_text(context, "condition", NULL);
    const char *message = json_text(answer, "errorMessage", NULL);
    const char *type = json_text(answer, "errorType", NULL);
    int64_t tries = 0;
    letter->error_type = keep(memory, type ? type : condition);
    if (condition)
        buffer_format(text, ": %.60s", condition);
    if (json_integer(context, "approximateInvokeCount", &tries))
        buffer_format(text, " after %lld attempts", (long long)tries);
    if (message)
        buffer_format(text, ": %.600s", message);
}

static void function_decode(struct dead_letter *letter, struct arena *memory)
{
    struct s3_event event;
    struct error problem = ERROR_INIT;
    struct json_object *document = NULL;
    struct buffer text;
    enum error_code code = s3_event_decode(letter->body, letter->body_length, &event, &problem);
    buffer_init(&text, 8192);
    if (!code && event.count > 0) {
        struct upload_name name;
        struct refusal refusal = {.code = REFUSAL_NONE};
        const struct s3_event_record *record = &event.list[0];
        letter->decoded = true;
        letter->object_key = keep(memory, record->key);
        letter->object_version = keep(memory, record->version);
        upload_key_parse(record->key, strlen(record->key), &name, &refusal);
        if (name.vendor_id[0] != '\0')
            letter->vendor_id = keep(memory, name.vendor_id);
        buffer_text(&text, record->key);
        if (event.count > 1)
            buffer_format(&text, " and %zu more", event.count - 1);
        if (!json_parse(letter->body, letter->body_length, &document, NULL))
            function_cause(letter, document, &text, memory);
        letter->summary = keep_buffer(memory, &text);
    } else {
        summary_set(letter, memory, "%.500s", code ? problem.message : "an event without records");
    }
    json_object_put(document);
    buffer_release(&text);
    s3_event_release(&event);
}

/* ---- batches of the stream that were given up */

static void stream_decode(struct dead_letter *letter, struct arena *memory)
{
    struct json_object *document = NULL;
    enum error_code code = json_parse(letter->body, letter->body_length, &document, NULL);
    struct json_object *batch = json_member(document, "DDBStreamBatchInfo");
    const char *shard = json_text(batch, "shardId", NULL);
    const char *first = json_text(batch, "startSequenceNumber", NULL);
    const char *last = json_text(batch, "endSequenceNumber", NULL);
    const char *condition = json_text(json_member(document, "requestContext"), "condition", NULL);
    const char *at = json_text(batch, "approximateArrivalOfFirstRecord", NULL);
    letter->record_count = -1;
    if (code || !shard || !first || !last) {
        summary_set(letter, memory, "%s",
                    code ? "the message is not JSON"
                         : "the message names no shard and sequence numbers");
    } else {
        letter->decoded = true;
        letter->error_type = keep(memory, condition);
        (void)json_integer(batch, "batchSize", &letter->record_count);
        summary_set(letter, memory, "%lld records of %.80s, %.48s to %.48s%s%.40s%s%.80s",
                    (long long)letter->record_count, shard, first, last, at ? ", of " : "",
                    at ? at : "", condition ? ": " : "", condition ? condition : "");
    }
    json_object_put(document);
}

void dead_letter_decode(enum dead_letter_kind kind, struct dead_letter *letter,
                        struct arena *memory)
{
    if (kind == DEAD_LETTER_REDRIVE)
        redrive_decode(letter, memory);
    else if (kind == DEAD_LETTER_FUNCTION)
        function_decode(letter, memory);
    else
        stream_decode(letter, memory);
    if (!letter->summary)
        letter->summary = "";
}

/* ---- which uploads they are about */

static enum error_code function_uploads(struct pipeline *pipeline, struct dead_letters *letters,
                                        struct error *error)
{
    struct db_array keys, versions;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    const char *key_list = NULL, *version_list = NULL;
    db_array_init(&keys, 64 << 20);
    db_array_init(&versions, 64 << 20);
    for (size_t i = 0; i < letters->count; i++) {
        db_array_add_string(&keys, letters->list[i].object_key);
        db_array_add_string(&versions, letters->list[i].object_version);
    }
    enum error_code code = db_array_literal(&keys, &key_list, error);
    if (!code)
        code = db_array_literal(&versions, &version_list, error);
    if (!code) {
        db_param_text(&params, key_list);
        db_param_text(&params, version_list);
        code = db_query(pipeline->db,
                        "SELECT l.place - 1 AS place, h.upload_id"
                        " FROM unnest($1::text[], $2::text[]) WITH ORDINALITY"
                        "   AS l (key, version, place)"
                        " JOIN upload_history h ON h.s3_key = l.key"
                        "  AND h.object_version = l.version",
                        &params, &result, error);
    }
    for (int row = 0; !code && row < result.count; row++) {
        int64_t place = db_row_int(&result, row, "place");
        letters->list[place].upload_id =
            keep(&letters->memory, db_row_text(&result, row, "upload_id"));
    }
    db_result_release(&result);
    db_array_release(&keys);
    db_array_release(&versions);
    return code;
}

struct stream_names {
    struct dead_letter *letter;
    struct arena *memory;
    const char *uploads[64];
    const char *vendor;
    size_t count;
    int64_t records;
};

static bool stream_record_name(void *context, struct json_object *record)
{
    struct stream_names *names = context;
    struct json_object *image = json_path(record, "dynamodb", "NewImage", NULL);
    size_t len = 0;
    const char *upload = dynamodb_get_text(image, "upload_id", &len);
    names->records++;
    if (!upload)
        return true;
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->uploads[i], upload) == 0)
            return true;
    if (names->count < sizeof names->uploads / sizeof names->uploads[0])
        names->uploads[names->count++] = keep(names->memory, upload);
    if (names->count == 1)
        names->vendor = keep(names->memory, dynamodb_get_text(image, "vendor_id", &len));
    return true;
}

static void stream_names_apply(struct stream_names *names)
{
    struct dead_letter *letter = names->letter;
    struct buffer text;
    if (names->count == 0)
        return;
    const char **list = arena_new(names->memory, names->count, sizeof *list);
    if (!list)
        return;
    memcpy(list, names->uploads, names->count * sizeof *list);
    letter->uploads = list;
    letter->upload_count = names->count;
    letter->upload_id = list[0];
    letter->vendor_id = names->vendor;
    buffer_init(&text, 16384);
    buffer_format(&text, "%s, of %s", letter->summary, list[0]);
    for (size_t i = 1; i < names->count; i++)
        buffer_format(&text, ", %s", list[i]);
    letter->summary = keep_buffer(names->memory, &text);
    buffer_release(&text);
}

/* The range of a stream's letter; texts belong to the document, which the caller puts. */
static struct json_object *range_read(const struct dead_letter *letter,
                                      struct dynamodb_stream_range *range)
{
    struct json_object *document = NULL;
    if (!letter->decoded || json_parse(letter->body, letter->body_length, &document, NULL))
        return NULL;
    struct json_object *batch = json_member(document, "DDBStreamBatchInfo");
    *range = (struct dynamodb_stream_range){
        .stream_arn = json_text(batch, "streamArn", NULL),
        .shard_id = json_text(batch, "shardId", NULL),
        .start_sequence = json_text(batch, "startSequenceNumber", NULL),
        .end_sequence = json_text(batch, "endSequenceNumber", NULL),
    };
    return document;
}

static enum error_code stream_uploads(struct pipeline *pipeline, struct dead_letters *letters,
                                      struct error *error)
{
    size_t count = letters->count < STREAM_LETTERS_MAX ? letters->count : STREAM_LETTERS_MAX;
    for (size_t i = 0; i < count; i++) {
        struct dynamodb_stream_range range;
        struct stream_names names = {.letter = &letters->list[i], .memory = &letters->memory};
        struct json_object *document = range_read(&letters->list[i], &range);
        enum error_code code = pipeline_check(pipeline, error);
        if (!code && document && range.stream_arn) {
            code = dynamodb_stream_read(pipeline->aws, &range, stream_record_name, &names, error);
            letters->list[i].trimmed = code == ERROR_NOT_FOUND || names.records == 0;
            if (code != ERROR_CANCELLED)
                code = ERROR_NONE; /* a name is a courtesy */
            stream_names_apply(&names);
        }
        json_object_put(document);
        if (code)
            return code;
    }
    return ERROR_NONE;
}

enum error_code dead_letters_name_uploads(struct pipeline *pipeline,
                                          const struct dead_letter_queue *queue,
                                          struct dead_letters *letters, struct error *error)
{
    if (letters->count == 0 || queue->kind == DEAD_LETTER_REDRIVE)
        return ERROR_NONE;
    if (queue->kind == DEAD_LETTER_STREAM)
        return stream_uploads(pipeline, letters, error);
    return pipeline->db ? function_uploads(pipeline, letters, error) : ERROR_NONE;
}
