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
#define PLAIN_WAIT_MAX_MS 500
#define THROTTLED_MAX 40 /* of one insert */
#define BACKOFF_BASE_MS 25
#define BACKOFF_CAP_MS 5000

/* One batch on its way. */
struct batch_put {
    size_t count;              /* not acknowledged yet */
    struct json_object *items; /* an array: what is inserted, one by one */
    size_t at, throttled;
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

/* The next item of a batch alone, if there is none of its key. */
static void insert_write(const struct writing *writing, struct aws_slot *slot)
{
    struct batch_put *batch = &writing->batches[slot->number];
    struct json_object *item = json_object_array_get_idx(batch->items, batch->at);
    struct buffer *body = &slot->body;
    json_object_object_foreach(item, key, unused)
    {
        (void)unused;
        buffer_clear(body);
        buffer_char(body, '{');
        json_append_member(body, "TableName", writing->many.table);
        json_append_member(body, "ConditionExpression", "attribute_not_exists(#k)");
        json_append_key(body, "ExpressionAttributeNames");
        buffer_char(body, '{');
        json_append_member(body, "#k", key);
        buffer_char(body, '}');
        break;
    }
    json_append_key(body, "Item");
    buffer_text(body, json_object_to_json_string_ext(item, JSON_C_TO_STRING_PLAIN));
    buffer_char(body, '}');
    dynamodb_request_fill(slot, "PutItem");
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
        json_object_array_add(items, json_object_get(json_path(json_object_array_get_idx(list, i),
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
    batch->items = code ? NULL : items_of(json_member(body, "RequestItems"), writing->many.table);
    json_object_put(body);
    if (code)
        return code;
    batch->at = batch->throttled = 0;
    insert_write(writing, slot);
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
    struct error failure = *error;
    if (error->code != ERROR_CANCELLED && is_unknown(error) &&
        !inserts_begin(writing, slot, &failure)) {
        if (writing->puts->repeated)
            ++*writing->puts->repeated;
        return dynamodb_many_again(&writing->many, slot);
    }
    int64_t again = dynamodb_refused(&writing->many, slot, &failure, stop);
    if (again == AWS_SLOT_DONE || stays_plain(writing, again) ||
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

/* One that met its item has done its work before. */
static int64_t insert_done(struct writing *writing, struct aws_slot *slot,
                           const struct error *error, bool *stop)
{
    struct batch_put *batch = &writing->batches[slot->number];
    if (error->code == ERROR_THROTTLED && batch->throttled < THROTTLED_MAX)
        return aws_backoff_ms(writing->many.client, batch->throttled++, BACKOFF_BASE_MS,
                              BACKOFF_CAP_MS);
    if (error->code && error->code != ERROR_CONFLICT) {
        dynamodb_many_fail(&writing->many, error, stop);
        return AWS_SLOT_DONE;
    }
    batch->throttled = 0;
    acknowledge(writing, batch, batch->count - 1);
    if (++batch->at >= json_count(batch->items))
        return AWS_SLOT_DONE;
    insert_write(writing, slot);
    return 0;
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
    if (writing->batches[slot->number].inserting)
        return insert_done(writing, slot, error, stop);
    if (error->code)
        return write_failed(writing, slot, error, stop);
    struct json_object *json = dynamodb_answer_parse(&writing->many, response, slot, stop);
    if (json)
        again = puts_done(writing, slot, json, stop);
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
    enum error_code code = writing.batches
                               ? aws_call_many(client, &flight, error)
                               : error_set(error, ERROR_MEMORY, "DynamoDB: out of memory");
    for (size_t i = 0; i < flight.max_in_flight && writing.batches; i++)
        json_object_put(writing.batches[i].items);
    if (written)
        *written = writing.written;
    buffer_release(&writing.item);
    free(writing.batches);
    return dynamodb_many_end(&writing.many, code, error);
}
