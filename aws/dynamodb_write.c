#include "aws/dynamodb_internal.h"
#include "core/base/json.h"
#include "core/base/memory.h"

#define BATCH_PUTS 25
#define IN_FLIGHT 8
/* An item of 400 KB, each of its bytes escaped as six. */
#define ITEM_MAX ((size_t)6 * 400 * 1024 + 65536)
/* A request ends behind so many bytes of JSON: the service takes 16 MB, and as many requests as are
   in flight are held in memory. An item that is larger goes alone. */
#define BATCH_BYTES ((size_t)2 << 20)
#define UNKNOWN_MAX 4     /* tries of a batch whose outcome stays unknown */
#define PLAIN_WAIT_MAX_MS 500

/* One batch on its way. */
struct batch_put {
    struct json_object *items; /* an array; what is not acknowledged yet */
    size_t count;
    size_t unknown;
    bool inserting;
};

struct writing {
    struct dynamodb_many many;
    const struct dynamodb_puts *puts;
    size_t batch_size;
    struct batch_put *batches; /* by slot */
    size_t written;
    struct buffer item;
    bool pending; /* `item` is the first of the next request */
    bool no_more;
};

/* An INSERT fails on an item that is there already ("PartiQL insert statements"). Names of
 * attributes are our own. */
static void insert_append(struct buffer *body, const char *table, struct json_object *item)
{
    struct buffer statement;
    bool first = true;
    buffer_init(&statement, 8192);
    buffer_format(&statement, "INSERT INTO \"%s\" VALUE {", table);
    json_object_object_foreach(item, name, unused)
    {
        (void)unused;
        buffer_format(&statement, "%s'%s':?", first ? "" : ",", name);
        first = false;
    }
    buffer_char(&statement, '}');
    if (statement.failed)
        body->failed = statement.failed;
    buffer_char(body, '{');
    json_append_member(body, "Statement", statement.data);
    json_append_key(body, "Parameters");
    first = true;
    json_object_object_foreach(item, key, value)
    {
        (void)key;
        buffer_text(body, first ? "[" : ",");
        buffer_text(body, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
        first = false;
    }
    buffer_text(body, "]}");
    buffer_release(&statement);
}

static void inserts_write(const struct writing *writing, struct aws_slot *slot)
{
    struct batch_put *batch = &writing->batches[slot->number];
    buffer_clear(&slot->body);
    buffer_text(&slot->body, "{\"Statements\":[");
    for (size_t i = 0; i < json_count(batch->items); i++) {
        buffer_text(&slot->body, i > 0 ? "," : "");
        insert_append(&slot->body, writing->many.table,
                      json_object_array_get_idx(batch->items, i));
    }
    buffer_text(&slot->body, "]}");
    dynamodb_request_fill(slot, "BatchExecuteStatement");
    slot->request.max_attempts = 0;
    slot->request.once = false;
    batch->inserting = true;
}

/* The items of a BatchWriteItem's body, or of what it left. */
static struct json_object *items_of(struct json_object *requests, const char *table)
{
    struct json_object *list = json_member(requests, table);
    struct json_object *items = json_object_new_array();
    for (size_t i = 0; i < json_count(list); i++)
        json_object_array_add(items,
                              json_object_get(json_path(json_object_array_get_idx(list, i),
                                                        "PutRequest", "Item", NULL)));
    return items;
}

static enum error_code inserts_begin(struct writing *writing, struct aws_slot *slot,
                                     struct error *error)
{
    struct batch_put *batch = &writing->batches[slot->number];
    struct json_object *body = NULL;
    enum error_code code = json_parse(slot->body.data, slot->body.len, &body, error);
    json_object_put(batch->items);
    batch->items =
        code ? NULL : items_of(json_member(body, "RequestItems"), writing->many.table);
    json_object_put(body);
    if (code)
        return code;
    inserts_write(writing, slot);
    return buffer_check(&slot->body, error);
}

/* The next item is in `item`; false: no more, or it belongs into the next request. */
static bool item_take(struct writing *writing, const struct buffer *body, size_t count)
{
    if (!writing->pending && !writing->no_more && count < writing->batch_size) {
        buffer_clear(&writing->item);
        writing->pending = writing->puts->next(writing->puts->context, &writing->item);
        writing->no_more = !writing->pending;
    }
    if (!writing->pending || count == writing->batch_size ||
        (count > 0 && body->len + writing->item.len > BATCH_BYTES))
        return false;
    writing->pending = false;
    return true;
}

static void puts_write(struct writing *writing, struct aws_slot *slot, size_t *count)
{
    *count = 0;
    buffer_text(&slot->body, "{\"RequestItems\":{");
    json_append_key(&slot->body, writing->many.table);
    buffer_char(&slot->body, '[');
    while (item_take(writing, &slot->body, *count)) {
        if (writing->item.failed)
            slot->body.failed = writing->item.failed;
        buffer_format(&slot->body, "%s{\"PutRequest\":{\"Item\":", *count > 0 ? "," : "");
        buffer_append(&slot->body, writing->item.data, writing->item.len);
        buffer_text(&slot->body, "}}");
        ++*count;
    }
    buffer_text(&slot->body, "]}}");
}

static bool write_next(void *context, struct aws_slot *slot)
{
    struct writing *writing = context;
    struct batch_put *batch = &writing->batches[slot->number];
    struct error failure = ERROR_INIT;
    size_t count = 0;
    bool stop;
    puts_write(writing, slot, &count);
    batch->count = count;
    batch->unknown = 0;
    batch->inserting = false;
    dynamodb_request_fill(slot, "BatchWriteItem");
    slot->request.max_attempts = 1; /* a repeat is ours to write, */
    slot->request.once = true;      /* not the transport's either */
    if (count && !slot->body.failed && writing->puts->absent_only &&
        inserts_begin(writing, slot, &failure)) {
        dynamodb_many_fail(&writing->many, &failure, &stop);
        return false;
    }
    return count > 0;
}

/* Whether a put that failed like this may have been done, or be done yet. */
static bool is_unknown(const struct error *error)
{
    return error->possibly_done || error->code == ERROR_NETWORK || error->code == ERROR_TIMEOUT ||
           error->code == ERROR_UNAVAILABLE;
}

/* Whether what was surely not written may be put again after such a wait. */
static bool stays_plain(const struct writing *writing, int64_t wait_ms)
{
    const struct dynamodb_puts *puts = writing->puts;
    return !puts->sole || (wait_ms <= PLAIN_WAIT_MAX_MS && puts->sole(puts->context));
}

static int64_t write_failed(struct writing *writing, struct aws_slot *slot,
                            const struct error *error, bool *stop)
{
    struct batch_put *batch = &writing->batches[slot->number];
    struct error failure = *error;
    if (error->code != ERROR_CANCELLED && is_unknown(error) && !batch->inserting &&
        batch->unknown++ < UNKNOWN_MAX && !inserts_begin(writing, slot, &failure))
        return dynamodb_many_again(&writing->many, slot);
    int64_t again = dynamodb_refused(&writing->many, slot, &failure, stop);
    if (again == AWS_SLOT_DONE || batch->inserting || stays_plain(writing, again) ||
        !inserts_begin(writing, slot, &failure))
        return again;
    dynamodb_many_fail(&writing->many, &failure, stop);
    return AWS_SLOT_DONE;
}

static void acknowledge(struct writing *writing, struct batch_put *batch, size_t left)
{
    if (left > batch->count)
        return;
    writing->written += batch->count - left;
    batch->count = left;
}

/* Statements that were refused for now stay; one that met its item has done its work before. */
static int64_t inserts_done(struct writing *writing, struct aws_slot *slot,
                            struct json_object *json, bool *stop)
{
    struct batch_put *batch = &writing->batches[slot->number];
    struct json_object *answers = json_member(json, "Responses"), *left = json_object_new_array();
    struct error failure = ERROR_INIT;
    for (size_t i = 0; i < json_count(batch->items); i++) {
        struct json_object *entry =
            i < json_count(answers) ? json_object_array_get_idx(answers, i) : NULL;
        const char *said = json_text(json_member(entry, "Error"), "Code", NULL);
        enum error_code code = !entry ? ERROR_UNAVAILABLE : !said ? ERROR_NONE
                                                                  : dynamodb_outcome_code(said);
        if (code == ERROR_NONE || code == ERROR_CONFLICT)
            continue;
        json_object_array_add(left, json_object_get(json_object_array_get_idx(batch->items, i)));
        if (code != ERROR_THROTTLED && code != ERROR_UNAVAILABLE && !failure.code)
            error_set(&failure, code, "DynamoDB BatchExecuteStatement: table %s, an insert: %.100s",
                      writing->many.table, said ? said : "no answer");
    }
    json_object_put(batch->items);
    batch->items = left;
    acknowledge(writing, batch, json_count(left));
    if (!json_count(left))
        return AWS_SLOT_DONE;
    int64_t again = failure.code ? AWS_SLOT_DONE : dynamodb_many_again(&writing->many, slot);
    if (again == AWS_SLOT_DONE) {
        if (!failure.code)
            error_set(&failure, ERROR_THROTTLED,
                      "DynamoDB BatchExecuteStatement: table %s takes no more items for now: try "
                      "again later, or look at its capacity",
                      writing->many.table);
        dynamodb_many_fail(&writing->many, &failure, stop);
        return again;
    }
    inserts_write(writing, slot);
    return again;
}

static int64_t puts_done(struct writing *writing, struct aws_slot *slot, struct json_object *json,
                         bool *stop)
{
    struct batch_put *batch = &writing->batches[slot->number];
    struct json_object *rest = json_member(json, "UnprocessedItems");
    struct error failure = ERROR_INIT;
    size_t left = json_count(json_member(rest, writing->many.table));
    acknowledge(writing, batch, left);
    if (!left)
        return AWS_SLOT_DONE;
    int64_t again = dynamodb_rest_again(&writing->many, slot, rest, stop);
    if (again != AWS_SLOT_DONE && !stays_plain(writing, again) &&
        inserts_begin(writing, slot, &failure)) {
        dynamodb_many_fail(&writing->many, &failure, stop);
        return AWS_SLOT_DONE;
    }
    return again;
}

static int64_t write_done(void *context, struct aws_slot *slot, const struct aws_response *response,
                          const struct error *error, bool *stop)
{
    struct writing *writing = context;
    int64_t again = AWS_SLOT_DONE;
    if (error->code != ERROR_NONE)
        return write_failed(writing, slot, error, stop);
    struct json_object *json = dynamodb_answer_parse(&writing->many, response, slot, stop);
    if (json != NULL)
        again = writing->batches[slot->number].inserting ? inserts_done(writing, slot, json, stop)
                                                         : puts_done(writing, slot, json, stop);
    json_object_put(json);
    return again;
}

enum error_code dynamodb_batch_write(struct aws_client *client, const char *table,
                                     const struct dynamodb_puts *puts, size_t *written,
                                     struct error *error)
{
    struct writing writing = {
        .many = {.client = client, .table = table}, .puts = puts, .batch_size = puts->batch_size};
    struct aws_flight flight = {.context = &writing,
                                .max_in_flight =
                                    puts->max_in_flight > 0 ? puts->max_in_flight : IN_FLIGHT,
                                .next = write_next,
                                .done = write_done};
    if (writing.batch_size == 0 || writing.batch_size > BATCH_PUTS)
        writing.batch_size = BATCH_PUTS;
    buffer_init(&writing.item, ITEM_MAX);
    writing.batches = memory_new(flight.max_in_flight, sizeof *writing.batches);
    enum error_code code = writing.batches != NULL
                               ? aws_call_many(client, &flight, error)
                               : error_set(error, ERROR_MEMORY, "DynamoDB: out of memory");
    for (size_t i = 0; i < flight.max_in_flight && writing.batches != NULL; i++)
        json_object_put(writing.batches[i].items);
    if (written != NULL)
        *written = writing.written;
    buffer_release(&writing.item);
    free(writing.batches);
    return dynamodb_many_end(&writing.many, code, error);
}
