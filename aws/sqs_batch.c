#include "aws/sqs_internal.h"
#include "core/base/json.h"
#include "core/base/memory.h"

#define BATCH_ENTRIES 10
#define IN_FLIGHT 4
#define BODY_MAX ((size_t)4 << 20)
#define TRIES_MAX 6
#define BACKOFF_BASE_MS 50
#define BACKOFF_CAP_MS 5000

enum batch_kind { BATCH_SEND, BATCH_DELETE, BATCH_VISIBILITY };

static const char *const operations[] = {
    [BATCH_SEND] = "SendMessageBatch",
    [BATCH_DELETE] = "DeleteMessageBatch",
    [BATCH_VISIBILITY] = "ChangeMessageVisibilityBatch",
};

struct batch {
    struct aws_client *client;
    enum batch_kind kind;
    const char *queue_url;
    const struct sqs_send *sends;
    const char *const *handles;
    int timeout_s;
    size_t count;
    size_t at;
    struct sqs_outcome *outcomes;
    size_t (*indexes)[BATCH_ENTRIES]; /* of each slot's entries */
    size_t *counts;
    struct error first;
};

static size_t send_size(const struct sqs_send *send)
{
    size_t size = send->body_length;
    for (size_t i = 0; i < send->attribute_count; i++)
        size += strlen(send->attributes[i].name) + strlen("String") +
                (send->attributes[i].value != NULL ? strlen(send->attributes[i].value) : 0);
    return size;
}

static void attributes_write(struct buffer *body, const struct sqs_send *send)
{
    if (send->attribute_count == 0)
        return;
    json_append_key(body, "MessageAttributes");
    buffer_char(body, '{');
    for (size_t i = 0; i < send->attribute_count; i++) {
        const char *value = send->attributes[i].value;
        if (value == NULL || *value == '\0')
            continue;
        json_append_key(body, send->attributes[i].name);
        buffer_text(body, "{\"DataType\":\"String\",\"StringValue\":");
        json_append_text(body, value);
        buffer_char(body, '}');
    }
    buffer_char(body, '}');
}

static void entry_write(const struct batch *batch, struct buffer *body, size_t index)
{
    char id[24];
    snprintf(id, sizeof id, "%zu", index);
    buffer_char(body, '{');
    json_append_member(body, "Id", id);
    if (batch->kind == BATCH_SEND) {
        const struct sqs_send *send = &batch->sends[index];
        json_append_key(body, "MessageBody");
        json_append_string(body, send->body, send->body_length);
        attributes_write(body, send);
        if (send->delay_s > 0)
            json_append_member_integer(body, "DelaySeconds", send->delay_s);
    } else {
        json_append_member(body, "ReceiptHandle", batch->handles[index]);
        if (batch->kind == BATCH_VISIBILITY)
            json_append_member_integer(body, "VisibilityTimeout", batch->timeout_s);
    }
    buffer_char(body, '}');
}

static void body_write(const struct batch *batch, struct aws_slot *slot)
{
    struct buffer *body = &slot->body;
    sqs_body_begin(body, batch->queue_url);
    json_append_key(body, "Entries");
    buffer_char(body, '[');
    for (size_t i = 0; i < batch->counts[slot->number]; i++) {
        buffer_text(body, i > 0 ? "," : "");
        entry_write(batch, body, batch->indexes[slot->number][i]);
    }
    buffer_text(body, "]}");
}

static bool batch_next(void *context, struct aws_slot *slot)
{
    struct batch *batch = context;
    size_t count = 0, size = 0;
    while (batch->at < batch->count && count < BATCH_ENTRIES) {
        size_t own = batch->kind == BATCH_SEND ? send_size(&batch->sends[batch->at]) : 0;
        if (count > 0 && size + own > SQS_MESSAGE_MAX)
            break;
        size += own;
        batch->indexes[slot->number][count++] = batch->at++;
    }
    batch->counts[slot->number] = count;
    body_write(batch, slot);
    slot->request.service = AWS_SQS;
    slot->request.operation = operations[batch->kind];
    return count > 0;
}

static void call_failed(struct batch *batch, const struct aws_slot *slot, const struct error *error)
{
    if (batch->first.code == ERROR_NONE)
        batch->first = *error;
    for (size_t i = 0; i < batch->counts[slot->number]; i++) {
        struct sqs_outcome *outcome = &batch->outcomes[batch->indexes[slot->number][i]];
        outcome->code = error->code;
        outcome->possibly_done = error->possibly_done;
        snprintf(outcome->service_code, sizeof outcome->service_code, "%.63s", error->service_code);
        snprintf(outcome->detail, sizeof outcome->detail, "%.191s", error->message);
    }
}

static struct sqs_outcome *outcome_find(struct batch *batch, struct json_object *entry)
{
    const char *id = json_text(entry, "Id", NULL);
    size_t index = id != NULL ? strtoull(id, NULL, 10) : batch->count;
    return index < batch->count ? &batch->outcomes[index] : NULL;
}

static void entry_failed(struct json_object *entry, struct sqs_outcome *outcome)
{
    const char *code = json_text(entry, "Code", NULL), *text = json_text(entry, "Message", NULL);
    outcome->sender_fault = json_object_get_boolean(json_member(entry, "SenderFault")) != 0;
    outcome->code = outcome->sender_fault ? ERROR_INVALID : ERROR_UNAVAILABLE;
    if (code != NULL && strstr(code, "Throttl") != NULL)
        outcome->code = ERROR_THROTTLED;
    snprintf(outcome->service_code, sizeof outcome->service_code, "%s", code != NULL ? code : "");
    snprintf(outcome->detail, sizeof outcome->detail, "%s", text != NULL ? text : "");
}

/* Entries that the service failed by its own fault are sent again. */
static int64_t failed_again(struct batch *batch, struct aws_slot *slot)
{
    size_t *indexes = batch->indexes[slot->number];
    size_t again = 0;
    for (size_t i = 0; i < batch->counts[slot->number]; i++)
        if (batch->outcomes[indexes[i]].code == ERROR_UNAVAILABLE ||
            batch->outcomes[indexes[i]].code == ERROR_THROTTLED)
            indexes[again++] = indexes[i];
    if (again == 0 || slot->tries >= TRIES_MAX)
        return AWS_SLOT_DONE;
    batch->counts[slot->number] = again;
    body_write(batch, slot);
    return aws_backoff_ms(batch->client, slot->tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
}

static int64_t batch_done(void *context, struct aws_slot *slot, const struct aws_response *response,
                          const struct error *error, bool *stop)
{
    struct batch *batch = context;
    struct json_object *json = NULL;
    struct error failure = ERROR_INIT;
    *stop = error->code == ERROR_CANCELLED;
    if (error->code == ERROR_NONE &&
        json_parse(response->body.data, response->body.len, &json, &failure) != ERROR_NONE)
        error = &failure;
    if (error->code != ERROR_NONE) {
        call_failed(batch, slot, error);
        return AWS_SLOT_DONE;
    }
    struct json_object *good = json_member(json, "Successful"), *bad = json_member(json, "Failed");
    for (size_t i = 0; i < json_count(good); i++) {
        struct json_object *entry = json_object_array_get_idx(good, i);
        struct sqs_outcome *outcome = outcome_find(batch, entry);
        const char *id = json_text(entry, "MessageId", NULL);
        if (outcome == NULL)
            continue;
        *outcome = (struct sqs_outcome){.code = ERROR_NONE};
        snprintf(outcome->message_id, sizeof outcome->message_id, "%s", id != NULL ? id : "");
    }
    for (size_t i = 0; i < json_count(bad); i++) {
        struct json_object *entry = json_object_array_get_idx(bad, i);
        struct sqs_outcome *outcome = outcome_find(batch, entry);
        if (outcome != NULL)
            entry_failed(entry, outcome);
    }
    json_object_put(json);
    return failed_again(batch, slot);
}

static enum error_code batch_run(struct batch *batch, size_t max_in_flight, struct error *error)
{
    size_t calls = (batch->count + BATCH_ENTRIES - 1) / BATCH_ENTRIES;
    size_t in_flight = max_in_flight > 0 ? max_in_flight : IN_FLIGHT;
    struct aws_flight flight = {.context = batch,
                                .max_in_flight = calls < in_flight ? calls : in_flight,
                                .next = batch_next,
                                .done = batch_done};
    enum error_code code;
    if (batch->count == 0)
        return ERROR_NONE;
    for (size_t i = 0; i < batch->count; i++)
        batch->outcomes[i] = (struct sqs_outcome){.code = ERROR_CANCELLED};
    batch->indexes = memory_new(flight.max_in_flight, sizeof *batch->indexes);
    batch->counts = memory_new(flight.max_in_flight, sizeof *batch->counts);
    if (batch->indexes != NULL && batch->counts != NULL)
        code = aws_call_many(batch->client, &flight, error);
    else
        code = error_set(error, ERROR_MEMORY, "SQS: out of memory");
    free(batch->indexes);
    free(batch->counts);
    if (code == ERROR_NONE && batch->first.code != ERROR_NONE) {
        code = batch->first.code;
        if (error != NULL)
            *error = batch->first;
    }
    return code;
}

enum error_code sqs_send_message_batch(struct aws_client *client, const char *queue_url,
                                       const struct sqs_send *messages, size_t count,
                                       size_t max_in_flight, struct sqs_outcome *outcomes,
                                       struct error *error)
{
    struct batch batch = {.client = client,
                          .kind = BATCH_SEND,
                          .queue_url = queue_url,
                          .sends = messages,
                          .count = count,
                          .outcomes = outcomes};
    return batch_run(&batch, max_in_flight, error);
}

enum error_code sqs_delete_message_batch(struct aws_client *client, const char *queue_url,
                                         const char *const *receipt_handles, size_t count,
                                         size_t max_in_flight, struct sqs_outcome *outcomes,
                                         struct error *error)
{
    struct batch batch = {.client = client,
                          .kind = BATCH_DELETE,
                          .queue_url = queue_url,
                          .handles = receipt_handles,
                          .count = count,
                          .outcomes = outcomes};
    return batch_run(&batch, max_in_flight, error);
}

enum error_code sqs_change_visibility_batch(struct aws_client *client, const char *queue_url,
                                            const char *const *receipt_handles, size_t count,
                                            int timeout_s, size_t max_in_flight,
                                            struct sqs_outcome *outcomes, struct error *error)
{
    struct batch batch = {.client = client,
                          .kind = BATCH_VISIBILITY,
                          .queue_url = queue_url,
                          .handles = receipt_handles,
                          .timeout_s = timeout_s,
                          .count = count,
                          .outcomes = outcomes};
    return batch_run(&batch, max_in_flight, error);
}

enum error_code sqs_send_message(struct aws_client *client, const char *queue_url,
                                 const struct sqs_send *message, struct sqs_outcome *outcome,
                                 struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    struct error own = ERROR_INIT;
    struct sqs_outcome result = {.code = ERROR_NONE};
    buffer_init(&body, BODY_MAX);
    sqs_body_begin(&body, queue_url);
    json_append_key(&body, "MessageBody");
    json_append_string(&body, message->body, message->body_length);
    attributes_write(&body, message);
    if (message->delay_s > 0)
        json_append_member_integer(&body, "DelaySeconds", message->delay_s);
    result.code = sqs_call(client, "SendMessage", &body, &answer, &own);
    const char *id = json_text(answer, "MessageId", NULL);
    snprintf(result.message_id, sizeof result.message_id, "%s", id != NULL ? id : "");
    if (result.code != ERROR_NONE) {
        result.possibly_done = own.possibly_done;
        snprintf(result.service_code, sizeof result.service_code, "%.63s", own.service_code);
        snprintf(result.detail, sizeof result.detail, "%.191s", own.message);
        if (error != NULL)
            *error = own;
    }
    if (outcome != NULL)
        *outcome = result;
    json_object_put(answer);
    buffer_release(&body);
    return result.code;
}
