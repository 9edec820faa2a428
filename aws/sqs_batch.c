#include "aws/service_code.h"
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

/* Entries under way in a slot: the first `width` are in the call, the others follow. */
struct slot_entries {
    size_t indexes[BATCH_ENTRIES];
    size_t count;
    size_t width;
    size_t tries;
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
    struct slot_entries *slots;
    struct error first;
};

static size_t send_size(const struct sqs_send *send)
{
    size_t size = send->body_length;
    for (size_t i = 0; i < send->attribute_count; i++)
        size += strlen(send->attributes[i].name) + strlen("String") +
                (send->attributes[i].value ? strlen(send->attributes[i].value) : 0);
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
        if (!value || *value == '\0')
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
    } else {
        json_append_member(body, "ReceiptHandle", batch->handles[index]);
        if (batch->kind == BATCH_VISIBILITY)
            json_append_member_integer(body, "VisibilityTimeout", batch->timeout_s);
    }
    buffer_char(body, '}');
}

static void body_write(const struct batch *batch, struct aws_slot *slot)
{
    const struct slot_entries *own = &batch->slots[slot->number];
    struct buffer *body = &slot->body;
    sqs_body_begin(body, batch->queue_url);
    json_append_key(body, "Entries");
    buffer_char(body, '[');
    for (size_t i = 0; i < own->width; i++) {
        buffer_text(body, i > 0 ? "," : "");
        entry_write(batch, body, own->indexes[i]);
    }
    buffer_text(body, "]}");
}

static bool batch_next(void *context, struct aws_slot *slot)
{
    struct batch *batch = context;
    struct slot_entries *own = &batch->slots[slot->number];
    size_t count = 0, size = 0;
    while (batch->at < batch->count && count < BATCH_ENTRIES) {
        size_t more = batch->kind == BATCH_SEND ? send_size(&batch->sends[batch->at]) : 0;
        if (count > 0 && size + more > SQS_MESSAGE_MAX)
            break;
        size += more;
        own->indexes[count++] = batch->at++;
    }
    own->count = own->width = count;
    own->tries = 0;
    body_write(batch, slot);
    slot->request.service = AWS_SQS;
    slot->request.operation = operations[batch->kind];
    return count > 0;
}

static void outcome_set(struct sqs_outcome *outcome, const struct error *error)
{
    *outcome = (struct sqs_outcome){.code = error->code, .possibly_done = error->possibly_done};
    snprintf(outcome->service_code, sizeof outcome->service_code, "%.63s", error->service_code);
    snprintf(outcome->detail, sizeof outcome->detail, "%.191s", error->message);
}

static struct sqs_outcome *outcome_find(struct batch *batch, struct json_object *entry)
{
    const char *id = json_text(entry, "Id", NULL);
    size_t index = id ? strtoull(id, NULL, 10) : batch->count;
    return index < batch->count ? &batch->outcomes[index] : NULL;
}

/* What is left of the slot goes out: after a wait where some of it failed by the service's doing.
 */
static int64_t send_rest(struct batch *batch, struct aws_slot *slot)
{
    struct slot_entries *own = &batch->slots[slot->number];
    size_t left = 0, again = 0;
    for (size_t i = 0; i < own->count; i++) {
        enum error_code code = batch->outcomes[own->indexes[i]].code;
        bool failed = code == ERROR_UNAVAILABLE || code == ERROR_THROTTLED;
        if (i < own->width && (!failed || own->tries >= TRIES_MAX))
            continue;
        again += i < own->width;
        own->indexes[left++] = own->indexes[i];
    }
    own->count = left;
    own->width = own->width < left ? own->width : left;
    if (left == 0)
        return AWS_SLOT_DONE;
    body_write(batch, slot);
    return again > 0 ? aws_backoff_ms(batch->client, own->tries++, BACKOFF_BASE_MS, BACKOFF_CAP_MS)
                     : 0;
}

/* A call that was refused for what one of its entries holds is cut until that one stands alone. */
static int64_t call_failed(struct batch *batch, struct aws_slot *slot, const struct error *error)
{
    struct slot_entries *own = &batch->slots[slot->number];
    bool final = service_code_is_final(error->service_code);
    if (final && own->width > 1) {
        own->width /= 2;
        body_write(batch, slot);
        return 0;
    }
    if (final) {
        outcome_set(&batch->outcomes[own->indexes[0]], error);
        batch->outcomes[own->indexes[0]].sender_fault = true;
        return send_rest(batch, slot);
    }
    if (!batch->first.code)
        batch->first = *error;
    for (size_t i = 0; i < own->count; i++)
        outcome_set(&batch->outcomes[own->indexes[i]], error);
    return AWS_SLOT_DONE;
}

static int64_t batch_done(void *context, struct aws_slot *slot, const struct aws_response *response,
                          const struct error *error, bool *stop)
{
    struct batch *batch = context;
    struct json_object *json = NULL;
    struct error failure = ERROR_INIT;
    *stop = error->code == ERROR_CANCELLED;
    if (!error->code && json_parse(response->body.data, response->body.len, &json, &failure))
        error = &failure;
    if (error->code)
        return call_failed(batch, slot, error);
    struct json_object *good = json_member(json, "Successful"), *bad = json_member(json, "Failed");
    for (size_t i = 0; i < json_count(good); i++) {
        struct json_object *entry = json_object_array_get_idx(good, i);
        struct sqs_outcome *outcome = outcome_find(batch, entry);
        const char *id = json_text(entry, "MessageId", NULL);
        if (!outcome)
            continue;
        *outcome = (struct sqs_outcome){.code = ERROR_NONE};
        snprintf(outcome->message_id, sizeof outcome->message_id, "%s", id ? id : "");
    }
    for (size_t i = 0; i < json_count(bad); i++) {
        struct json_object *entry = json_object_array_get_idx(bad, i);
        struct sqs_outcome *outcome = outcome_find(batch, entry);
        if (outcome)
            sqs_outcome_fail(entry, outcome);
    }
    json_object_put(json);
    return send_rest(batch, slot);
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
    batch->slots = memory_new(flight.max_in_flight, sizeof *batch->slots);
    if (batch->slots)
        code = aws_call_many(batch->client, &flight, error);
    else
        code = error_set(error, ERROR_MEMORY, "SQS: out of memory");
    free(batch->slots);
    if (!code && batch->first.code) {
        code = batch->first.code;
        if (error)
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
