#include "aws/sqs_wire.h"

#include "aws/service_code.h"
#include "aws/sqs_internal.h"
#include "core/base/json.h"

void sqs_wire_receive(struct buffer *body, const char *queue_url, int max_messages,
                      int visibility_timeout_s, int wait_s)
{
    buffer_clear(body);
    buffer_char(body, '{');
    json_append_member(body, "QueueUrl", queue_url);
    json_append_member_integer(body, "MaxNumberOfMessages", max_messages);
    json_append_member_integer(body, "VisibilityTimeout", visibility_timeout_s);
    json_append_member_integer(body, "WaitTimeSeconds", wait_s);
    buffer_text(body, ",\"AttributeNames\":[\"All\"],\"MessageSystemAttributeNames\":[\"All\"],"
                      "\"MessageAttributeNames\":[\"All\"]}");
}

bool sqs_wire_message_read(struct json_object *json, struct sqs_wire_message *message)
{
    struct json_object *system = json_member(json, "Attributes");
    *message = (struct sqs_wire_message){
        .message_id = json_text(json, "MessageId", NULL),
        .receipt_handle = json_text(json, "ReceiptHandle", NULL),
        .body = json_text(json, "Body", NULL),
        .trace_header = json_text(system, "AWSTraceHeader", NULL),
        .source_queue_arn = json_text(system, "DeadLetterQueueSourceArn", NULL),
        .group_id = json_text(system, "MessageGroupId", NULL),
        .attributes = json_member(json, "MessageAttributes"),
    };
    (void)json_text(json, "Body", &message->body_length);
    (void)json_integer(system, "ApproximateReceiveCount", &message->receive_count);
    (void)json_integer(system, "SentTimestamp", &message->sent_at_ms);
    if (message->attributes && json_object_object_length(message->attributes) == 0)
        message->attributes = NULL;
    return message->message_id && message->receipt_handle && message->body;
}

void sqs_wire_batch_begin(struct buffer *body, const char *queue_url)
{
    buffer_clear(body);
    buffer_char(body, '{');
    json_append_member(body, "QueueUrl", queue_url);
    json_append_key(body, "Entries");
    buffer_char(body, '[');
}

static void entry_begin(struct buffer *body, size_t place)
{
    if (body->len > 0 && body->data[body->len - 1] != '[')
        buffer_char(body, ',');
    buffer_format(body, "{\"Id\":\"%zu\"", place);
}

static void message_write(struct buffer *body, const char *text, size_t length,
                          const char *attributes, const char *trace_header)
{
    json_append_key(body, "MessageBody");
    json_append_string(body, text, length);
    if (attributes) {
        json_append_key(body, "MessageAttributes");
        buffer_text(body, attributes);
    }
    if (trace_header) {
        buffer_text(body, ",\"MessageSystemAttributes\":{\"AWSTraceHeader\":"
                          "{\"DataType\":\"String\",\"StringValue\":");
        json_append_text(body, trace_header);
        buffer_text(body, "}}");
    }
    buffer_char(body, '}');
}

void sqs_wire_batch_send(struct buffer *body, size_t place, const char *text, size_t length,
                         const char *attributes, const char *trace_header)
{
    entry_begin(body, place);
    message_write(body, text, length, attributes, trace_header);
}

void sqs_wire_send(struct buffer *body, const char *queue_url, const char *text, size_t length,
                   const char *attributes, const char *trace_header)
{
    buffer_clear(body);
    buffer_char(body, '{');
    json_append_member(body, "QueueUrl", queue_url);
    message_write(body, text, length, attributes, trace_header);
}

void sqs_wire_batch_delete(struct buffer *body, size_t place, const char *receipt_handle)
{
    entry_begin(body, place);
    json_append_member(body, "ReceiptHandle", receipt_handle);
    buffer_char(body, '}');
}

void sqs_wire_batch_visibility(struct buffer *body, size_t place, const char *receipt_handle,
                               int timeout_s)
{
    entry_begin(body, place);
    json_append_member(body, "ReceiptHandle", receipt_handle);
    json_append_member_integer(body, "VisibilityTimeout", timeout_s);
    buffer_char(body, '}');
}

void sqs_wire_batch_end(struct buffer *body)
{
    buffer_text(body, "]}");
}

static struct sqs_outcome *outcome_find(struct json_object *entry, size_t count,
                                        struct sqs_outcome *outcomes)
{
    const char *id = json_text(entry, "Id", NULL);
    char *end = NULL;
    unsigned long long place = id ? strtoull(id, &end, 10) : 0;
    if (!id || end == id || *end != '\0' || place >= count)
        return NULL;
    return &outcomes[place];
}

void sqs_outcome_fail(struct json_object *entry, struct sqs_outcome *outcome)
{
    const char *told = json_text(entry, "Code", NULL), *text = json_text(entry, "Message", NULL);
    bool sender = json_object_get_boolean(json_member(entry, "SenderFault")) != 0;
    char code[sizeof outcome->service_code];
    service_code_copy(code, sizeof code, told ? told : "");
    *outcome = (struct sqs_outcome){.code = service_code_classify(code, sender ? 0 : 500),
                                    .sender_fault = service_code_is_final(code)};
    memcpy(outcome->service_code, code, sizeof code);
    snprintf(outcome->detail, sizeof outcome->detail, "%.191s", text ? text : code);
}

void sqs_wire_batch_fail(const struct error *error, size_t count, struct sqs_outcome *outcomes)
{
    for (size_t i = 0; i < count; i++) {
        struct sqs_outcome *outcome = &outcomes[i];
        *outcome = (struct sqs_outcome){.code = error->code,
                                        .sender_fault = !error->retryable,
                                        .possibly_done = error->possibly_done};
        snprintf(outcome->service_code, sizeof outcome->service_code, "%.63s", error->service_code);
        snprintf(outcome->detail, sizeof outcome->detail, "%.191s", error->message);
    }
}

enum error_code sqs_wire_batch_read(const struct aws_response *response, size_t count,
                                    struct sqs_outcome *outcomes, struct error *error)
{
    struct json_object *json = NULL;
    struct error missing = ERROR_INIT;
    error_set(&missing, ERROR_SERVICE, "the response does not contain this message");
    missing.possibly_done = true;
    missing.retryable = true;
    sqs_wire_batch_fail(&missing, count, outcomes);
    enum error_code code = json_parse(response->body.data, response->body.len, &json, error);
    struct json_object *good = json_member(json, "Successful");
    struct json_object *bad = json_member(json, "Failed");
    const char *single = json_text(json, "MessageId", NULL);
    if (single && count == 1) {
        *outcomes = (struct sqs_outcome){.code = ERROR_NONE};
        snprintf(outcomes->message_id, sizeof outcomes->message_id, "%.63s", single);
    }
    for (size_t i = 0; i < json_count(good); i++) {
        struct json_object *entry = json_object_array_get_idx(good, i);
        struct sqs_outcome *outcome = outcome_find(entry, count, outcomes);
        const char *id = json_text(entry, "MessageId", NULL);
        if (!outcome)
            continue;
        *outcome = (struct sqs_outcome){.code = ERROR_NONE};
        snprintf(outcome->message_id, sizeof outcome->message_id, "%.63s", id ? id : "");
    }
    for (size_t i = 0; i < json_count(bad); i++) {
        struct json_object *entry = json_object_array_get_idx(bad, i);
        struct sqs_outcome *outcome = outcome_find(entry, count, outcomes);
        if (outcome)
            sqs_outcome_fail(entry, outcome);
    }
    json_object_put(json);
    return code;
}
