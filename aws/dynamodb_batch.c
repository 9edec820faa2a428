#include "aws/dynamodb_internal.h"
#include "aws/service_code.h"
#include "core/base/json.h"
#include "core/base/memory.h"

#define BATCH_KEYS 100
#define BATCH_STATEMENTS 25
#define IN_FLIGHT 8
#define TRIES_MAX 40
#define BACKOFF_BASE_MS 25
#define BACKOFF_CAP_MS 5000
/* BatchGetItem answers with 16 MB of items at most, as JSON up to six times as long. */
#define ITEMS_ANSWER_MAX ((size_t)6 * 16 << 20)

void dynamodb_many_fail(struct dynamodb_many *many, const struct error *error, bool *stop)
{
    if (!many->first.code)
        many->first = *error;
    *stop = true;
}

int64_t dynamodb_many_again(struct dynamodb_many *many, const struct aws_slot *slot)
{
    if (slot->tries >= TRIES_MAX)
        return AWS_SLOT_DONE;
    return aws_backoff_ms(many->client, slot->tries, BACKOFF_BASE_MS, BACKOFF_CAP_MS);
}

enum error_code dynamodb_many_end(const struct dynamodb_many *many, enum error_code code,
                                  struct error *error)
{
    if (!many->first.code)
        return code;
    if (error)
        *error = many->first;
    return many->first.code;
}

void dynamodb_request_fill(struct aws_slot *slot, const char *operation)
{
    slot->request.service = AWS_DYNAMODB;
    slot->request.operation = operation;
}

/* A throttled call, or one whose rest came back, goes out again; anything else is the end. */
int64_t dynamodb_refused(struct dynamodb_many *many, const struct aws_slot *slot,
                         const struct error *error, bool *stop)
{
    int64_t again =
        error->code == ERROR_THROTTLED ? dynamodb_many_again(many, slot) : AWS_SLOT_DONE;
    if (again == AWS_SLOT_DONE)
        dynamodb_many_fail(many, error, stop);
    return again;
}

int64_t dynamodb_rest_again(struct dynamodb_many *many, struct aws_slot *slot,
                            struct json_object *rest, bool *stop)
{
    struct error failure = ERROR_INIT;
    int64_t again = dynamodb_many_again(many, slot);
    buffer_clear(&slot->body);
    buffer_format(&slot->body, "{\"RequestItems\":%s}",
                  json_object_to_json_string_ext(rest, JSON_C_TO_STRING_PLAIN));
    if (again == AWS_SLOT_DONE)
        error_set(&failure, ERROR_THROTTLED,
                  "DynamoDB %s: table %s is throttled: try again later, or check its capacity",
                  slot->request.operation, many->table);
    else if (buffer_check(&slot->body, &failure))
        again = AWS_SLOT_DONE;
    if (again == AWS_SLOT_DONE)
        dynamodb_many_fail(many, &failure, stop);
    return again;
}

struct json_object *dynamodb_answer_parse(struct dynamodb_many *many,
                                          const struct aws_response *response,
                                          const struct aws_slot *slot, bool *stop)
{
    struct json_object *json = NULL;
    struct error failure = ERROR_INIT;
    if (json_parse(response->body.data, response->body.len, &json, &failure)) {
        error_wrap(&failure, "DynamoDB %s: the response is not JSON", slot->request.operation);
        dynamodb_many_fail(many, &failure, stop);
    }
    return json;
}

static bool is_empty(struct json_object *object)
{
    return !object || json_object_object_length(object) == 0;
}

/* ---- BatchGetItem */

struct getting {
    struct dynamodb_many many;
    const char *const *keys;
    size_t key_count;
    size_t at;
    bool consistent;
    const char *projection;
    dynamodb_item_fn *item;
    void *context;
    bool ended;
};

static bool get_next(void *context, struct aws_slot *slot)
{
    struct getting *getting = context;
    struct buffer *body = &slot->body;
    if (getting->at >= getting->key_count || getting->ended)
        return false;
    buffer_text(body, "{\"RequestItems\":{");
    json_append_key(body, getting->many.table);
    buffer_text(body, "{\"Keys\":[");
    for (size_t i = 0; i < BATCH_KEYS && getting->at < getting->key_count; i++) {
        buffer_text(body, i > 0 ? "," : "");
        buffer_text(body, getting->keys[getting->at++]);
    }
    buffer_char(body, ']');
    json_append_member_bool(body, "ConsistentRead", getting->consistent);
    dynamodb_append_projection(body, getting->projection, NULL);
    buffer_text(body, "}}}");
    dynamodb_request_fill(slot, "BatchGetItem");
    slot->request.max_response = ITEMS_ANSWER_MAX;
    return true;
}

static int64_t get_done(void *context, struct aws_slot *slot, const struct aws_response *response,
                        const struct error *error, bool *stop)
{
    struct getting *getting = context;
    int64_t again = AWS_SLOT_DONE;
    if (error->code)
        return dynamodb_refused(&getting->many, slot, error, stop);
    struct json_object *json = dynamodb_answer_parse(&getting->many, response, slot, stop);
    struct json_object *items = json_path(json, "Responses", getting->many.table, NULL);
    struct json_object *rest = json_member(json, "UnprocessedKeys");
    for (size_t i = 0; i < json_count(items) && !getting->ended; i++)
        getting->ended = !getting->item(getting->context, json_object_array_get_idx(items, i));
    if (getting->ended)
        *stop = true;
    else if (!is_empty(rest))
        again = dynamodb_rest_again(&getting->many, slot, rest, stop);
    json_object_put(json);
    return again;
}

enum error_code dynamodb_batch_get(struct aws_client *client, const char *table,
                                   const char *const *keys, size_t key_count, bool consistent,
                                   const char *projection, dynamodb_item_fn *item, void *context,
                                   struct error *error)
{
    struct getting getting = {.many = {.client = client, .table = table},
                              .keys = keys,
                              .key_count = key_count,
                              .consistent = consistent,
                              .projection = projection,
                              .item = item,
                              .context = context};
    size_t calls = (key_count + BATCH_KEYS - 1) / BATCH_KEYS;
    struct aws_flight flight = {.context = &getting,
                                .max_in_flight = calls < IN_FLIGHT ? calls : IN_FLIGHT,
                                .next = get_next,
                                .done = get_done};
    if (key_count == 0)
        return ERROR_NONE;
    return dynamodb_many_end(&getting.many, aws_call_many(client, &flight, error), error);
}

/* ---- BatchExecuteStatement */

struct executing {
    struct dynamodb_many many;
    const struct dynamodb_statement *statements;
    struct dynamodb_outcome *outcomes;
    size_t count;
    size_t at;
    size_t (*indexes)[BATCH_STATEMENTS]; /* of each slot's statements */
    size_t *counts;
};

static void statements_write(const struct executing *executing, struct aws_slot *slot)
{
    struct buffer *body = &slot->body;
    const size_t *indexes = executing->indexes[slot->number];
    buffer_clear(body);
    buffer_text(body, "{\"Statements\":[");
    for (size_t i = 0; i < executing->counts[slot->number]; i++) {
        const struct dynamodb_statement *statement = &executing->statements[indexes[i]];
        buffer_text(body, i > 0 ? ",{" : "{");
        json_append_member(body, "Statement", statement->statement);
        if (statement->parameters) {
            json_append_key(body, "Parameters");
            buffer_text(body, statement->parameters);
        }
        buffer_char(body, '}');
    }
    buffer_text(body, "]}");
}

static bool execute_next(void *context, struct aws_slot *slot)
{
    struct executing *executing = context;
    size_t count = 0;
    while (count < BATCH_STATEMENTS && executing->at < executing->count)
        executing->indexes[slot->number][count++] = executing->at++;
    executing->counts[slot->number] = count;
    statements_write(executing, slot);
    dynamodb_request_fill(slot, "BatchExecuteStatement");
    return count > 0;
}

static int64_t execute_done(void *context, struct aws_slot *slot,
                            const struct aws_response *response, const struct error *error,
                            bool *stop)
{
    struct executing *executing = context;
    size_t *indexes = executing->indexes[slot->number];
    size_t count = executing->counts[slot->number], again = 0;
    if (error->code) {
        int64_t wait = dynamodb_refused(&executing->many, slot, error, stop);
        for (size_t i = 0; i < count && wait == AWS_SLOT_DONE; i++)
            executing->outcomes[indexes[i]].code =
                error->code == ERROR_CONFLICT ? ERROR_SERVICE : error->code;
        return wait;
    }
    struct json_object *json = dynamodb_answer_parse(&executing->many, response, slot, stop);
    struct json_object *list = json_member(json, "Responses");
    for (size_t i = 0; i < count; i++) {
        struct dynamodb_outcome *outcome = &executing->outcomes[indexes[i]];
        struct json_object *entry =
            i < json_count(list) ? json_object_array_get_idx(list, i) : NULL;
        struct json_object *refusal = json_member(entry, "Error");
        const char *code = json_text(refusal, "Code", NULL);
        service_code_copy(outcome->service_code, sizeof outcome->service_code, code ? code : "");
        outcome->code = !entry     ? ERROR_SERVICE
                        : !refusal ? ERROR_NONE
                                   : service_code_classify(outcome->service_code, 0);
        if (outcome->code == ERROR_THROTTLED || outcome->code == ERROR_UNAVAILABLE)
            indexes[again++] = indexes[i];
    }
    json_object_put(json);
    executing->counts[slot->number] = again;
    statements_write(executing, slot);
    return again > 0 ? dynamodb_many_again(&executing->many, slot) : AWS_SLOT_DONE;
}

enum error_code dynamodb_batch_execute(struct aws_client *client,
                                       const struct dynamodb_statement *statements, size_t count,
                                       struct dynamodb_outcome *outcomes, struct error *error)
{
    struct executing executing = {.many = {.client = client, .table = ""},
                                  .statements = statements,
                                  .outcomes = outcomes,
                                  .count = count};
    size_t calls = (count + BATCH_STATEMENTS - 1) / BATCH_STATEMENTS;
    struct aws_flight flight = {.context = &executing,
                                .max_in_flight = calls < IN_FLIGHT ? calls : IN_FLIGHT,
                                .next = execute_next,
                                .done = execute_done};
    enum error_code code;
    if (count == 0)
        return ERROR_NONE;
    for (size_t i = 0; i < count; i++)
        outcomes[i] = (struct dynamodb_outcome){.code = ERROR_CANCELLED};
    executing.indexes = memory_new(flight.max_in_flight, sizeof *executing.indexes);
    executing.counts = memory_new(flight.max_in_flight, sizeof *executing.counts);
    if (executing.indexes && executing.counts)
        code = aws_call_many(client, &flight, error);
    else
        code = error_set(error, ERROR_MEMORY, "DynamoDB: out of memory");
    free(executing.indexes);
    free(executing.counts);
    return dynamodb_many_end(&executing.many, code, error);
}
