#include <string.h>

#include "core/base/json.h"
#include "core/operate/replay/replay_private.h"

#define SEND_TIMEOUT_MS 20000
#define INVOKE_TIMEOUT_MS 310000 /* a function may take 300 s */
#define PATH_SIZE 512

/* ---- send, then delete */

/* MiniStack loses the system attributes of a batch's entries; AWS keeps them. */
bool replay_send_alone(const struct replay_run *run, const struct dead_letter *letter)
{
    return letter->trace_header && aws_client_endpoint_is_custom(run->pipeline->aws, AWS_SQS);
}

static void send_fill(struct replay_run *run, const struct replay_work *work, struct aws_slot *slot,
                      struct replay_item *const *items, size_t count)
{
    const struct dead_letter *first = items[0]->letter;
    (void)work;
    slot->request = (struct aws_request){.service = AWS_SQS,
                                         .operation = "SendMessageBatch",
                                         .timeout_ms = SEND_TIMEOUT_MS,
                                         .once = true};
    if (replay_send_alone(run, first)) {
        slot->request.operation = "SendMessage";
        sqs_wire_send(&slot->body, items[0]->url, first->body, first->body_length,
                      first->attributes, first->trace_header);
        return;
    }
    sqs_wire_batch_begin(&slot->body, items[0]->url);
    for (size_t i = 0; i < count; i++) {
        const struct dead_letter *letter = items[i]->letter;
        sqs_wire_batch_send(&slot->body, i, letter->body, letter->body_length, letter->attributes,
                            letter->trace_header);
    }
    sqs_wire_batch_end(&slot->body);
}

static void send_read(const struct aws_response *response, const struct error *error, size_t count,
                      struct sqs_outcome *outcomes)
{
    struct error problem = ERROR_INIT;
    if (error->code)
        sqs_wire_batch_fail(error, count, outcomes);
    else if (sqs_wire_batch_read(response, count, outcomes, &problem))
        return; /* every outcome is "perhaps" */
}

const struct replay_work replay_work_send = {
    .entries = SQS_BATCH_ENTRIES,
    .slots = 8,
    .least_hold_ms = 15000,
    .extend_s = 120,
    .sends = true,
    .fill = send_fill,
    .read = send_read,
};

const struct replay_work replay_work_discard = {
    .entries = SQS_BATCH_ENTRIES,
    .slots = 8,
    .least_hold_ms = 15000,
    .extend_s = 120,
};

/* ---- the parser, called with the stored event. It takes every event as often as it comes (the
 * claim on the object's version), so nothing is kept of intents. */

static const struct aws_pair invoke_headers[] = {
    {"x-amz-invocation-type", "RequestResponse"},
};

static void payload_append(struct buffer *out, const struct dead_letter *letter)
{
    struct json_object *document = NULL;
    if (!json_parse(letter->body, letter->body_length, &document, NULL)) {
        struct json_object *event = json_member(document, "requestPayload");
        buffer_text(out, json_object_to_json_string_ext(event ? event : document,
                                                        JSON_C_TO_STRING_PLAIN |
                                                            JSON_C_TO_STRING_NOSLASHESCAPE));
    }
    json_object_put(document);
}

/* The path of all requests of a run is one text, kept with the plan. */
static void invoke_fill(struct replay_run *run, const struct replay_work *work,
                        struct aws_slot *slot, struct replay_item *const *items, size_t count)
{
    char path[PATH_SIZE];
    (void)work;
    (void)count;
    snprintf(path, sizeof path, "/2015-03-31/functions/%.200s/invocations",
             run->plan->queue.source);
    payload_append(&slot->body, items[0]->letter);
    slot->request = (struct aws_request){
        .service = AWS_LAMBDA,
        .operation = "Invoke",
        .path = arena_copy_text(&run->plan->memory, path, strlen(path)),
        .headers = invoke_headers,
        .header_count = sizeof invoke_headers / sizeof invoke_headers[0],
        .content_type = "application/json",
        .timeout_ms = INVOKE_TIMEOUT_MS,
        .once = true,
    };
}

static void invoke_read(const struct aws_response *response, const struct error *error,
                        size_t count, struct sqs_outcome *outcomes)
{
    char kind[64];
    struct json_object *answer = NULL;
    if (error->code) {
        sqs_wire_batch_fail(error, count, outcomes);
        outcomes->sender_fault |= error->code == ERROR_TIMEOUT;
        return;
    }
    *outcomes = (struct sqs_outcome){.code = ERROR_NONE};
    if (!aws_response_header(response, "x-amz-function-error", kind, sizeof kind))
        return;
    const char *message = NULL;
    if (!json_parse(response->body.data, response->body.len, &answer, NULL))
        message = json_text(answer, "errorMessage", NULL);
    outcomes->code = ERROR_SERVICE;
    outcomes->sender_fault = true;
    snprintf(outcomes->detail, sizeof outcomes->detail, "the function failed again: %.150s",
             message ? message : kind);
    json_object_put(answer);
}

const struct replay_work replay_work_invoke = {
    .entries = 1,
    .slots = 4,
    .least_hold_ms = INVOKE_TIMEOUT_MS + 30000,
    .extend_s = 900,
    .cancellable = true,
    .fill = invoke_fill,
    .read = invoke_read,
};
