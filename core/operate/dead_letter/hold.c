#include "core/operate/dead_letter/hold.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/sqs_wire.h"
#include "core/base/json.h"
#include "core/record/key_map.h"

#define RECEIVES_IN_FLIGHT 8
#define RECEIVE_WAIT_S 1
#define RECEIVE_TIMEOUT_MS 20000
#define RECEIVE_ANSWER_MAX ((size_t)80 << 20)
#define EMPTY_ANSWERS_MAX 3 /* a queue answers from some of its servers alone */

void dead_letters_init(struct dead_letters *letters)
{
    memset(letters, 0, sizeof *letters);
}

void dead_letters_release(struct dead_letters *letters)
{
    free(letters->list);
    free(letters->by_id);
    free(letters->others);
    arena_release(&letters->memory);
    dead_letters_init(letters);
}

bool dead_letter_filter_is_empty(const struct dead_letter_filter *filter)
{
    return !filter->upload && !filter->vendor && !filter->type && filter->id_count == 0;
}

/* "a,b" is one of both, "-a" all but it; whatever the case. */
static bool is_negated(const char *wanted)
{
    return wanted[0] == '-' && wanted[1] != '\0';
}

static bool named(const char *wanted, const char *value)
{
    for (wanted += is_negated(wanted); value && *wanted != '\0';) {
        size_t len = strcspn(wanted, ",");
        if (len == strlen(value) && strncasecmp(wanted, value, len) == 0)
            return true;
        wanted += len + (wanted[len] == ',');
    }
    return false;
}

static bool same(const char *wanted, const char *value)
{
    return !wanted || named(wanted, value) != is_negated(wanted);
}

static bool upload_matches(const struct dead_letter *letter, const char *upload)
{
    if (!upload)
        return true;
    bool found = named(upload, letter->upload_id);
    for (size_t i = 0; i < letter->upload_count && !found; i++)
        found = named(upload, letter->uploads[i]);
    return found != is_negated(upload);
}

static bool id_matches(const struct dead_letter_filter *filter, const char *message_id)
{
    for (size_t i = 0; i < filter->id_count; i++)
        if (strcmp(filter->ids[i], message_id) == 0)
            return true;
    return filter->id_count == 0;
}

bool dead_letter_matches(const struct dead_letter *letter, const struct dead_letter_filter *filter)
{
    return id_matches(filter, letter->message_id) && upload_matches(letter, filter->upload) &&
           same(filter->vendor, letter->vendor_id) && same(filter->type, letter->error_type);
}

static int by_message_id(const void *a, const void *b)
{
    return strcmp((*(struct dead_letter *const *)a)->message_id,
                  (*(struct dead_letter *const *)b)->message_id);
}

struct dead_letter *dead_letter_by_id(const struct dead_letters *letters, const char *message_id)
{
    struct dead_letter key = {.message_id = message_id};
    struct dead_letter *wanted = &key;
    struct dead_letter **found = !letters->by_id ? NULL
                                                 : bsearch(&wanted, letters->by_id, letters->count,
                                                           sizeof *letters->by_id, by_message_id);
    return found ? *found : NULL;
}

enum error_code dead_letters_index(struct dead_letters *letters, struct error *error)
{
    free(letters->by_id);
    letters->by_id = memory_new(letters->count + 1, sizeof *letters->by_id);
    if (!letters->by_id)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", letters->count);
    for (size_t i = 0; i < letters->count; i++)
        letters->by_id[i] = &letters->list[i];
    qsort(letters->by_id, letters->count, sizeof *letters->by_id, by_message_id);
    return ERROR_NONE;
}

/* ---- receiving */

struct taking {
    struct pipeline *pipeline;
    const struct dead_letter_take *take;
    struct dead_letters *letters;
    struct key_map seen;                /* message id to place + 1 in list; OTHER: left out */
    bool early;                         /* the filter can be judged from the message alone */
    int64_t target;                     /* messages to receive at most */
    int64_t asked;                      /* by requests in flight, */
    int64_t wanted[RECEIVES_IN_FLIGHT]; /* each slot's own part of it */
    int empties;
    bool stop;
    enum error_code failed;
    struct error *error;
    struct arena scratch;
};

#define OTHER UINT32_MAX

static bool taking_over(struct taking *taking)
{
    const struct dead_letter_take *take = taking->take;
    if (cancel_requested(taking->pipeline->cancel) && !taking->failed)
        taking->failed = error_set(taking->error, ERROR_CANCELLED, "receiving from %s: cancelled",
                                   take->queue->name);
    return taking->stop || taking->failed || taking->empties >= EMPTY_ANSWERS_MAX ||
           (int64_t)taking->letters->received + taking->asked >= taking->target ||
           (taking->early && take->limit > 0 && (int64_t)taking->letters->count >= take->limit);
}

static bool receive_fill(struct taking *taking, struct aws_slot *slot)
{
    if (taking_over(taking))
        return false;
    int64_t wanted = taking->target - (int64_t)taking->letters->received - taking->asked;
    if (wanted > SQS_BATCH_ENTRIES)
        wanted = SQS_BATCH_ENTRIES;
    taking->asked += wanted;
    taking->wanted[slot->number] = wanted;
    sqs_wire_receive(&slot->body, taking->take->queue->url, (int)wanted, (int)taking->take->hold_s,
                     RECEIVE_WAIT_S);
    slot->request = (struct aws_request){.service = AWS_SQS,
                                         .operation = "ReceiveMessage",
                                         .max_response = RECEIVE_ANSWER_MAX,
                                         .timeout_ms = RECEIVE_TIMEOUT_MS};
    return true;
}

static bool receive_next(void *context, struct aws_slot *slot)
{
    return receive_fill(context, slot);
}

static enum error_code other_add(struct taking *taking, const struct sqs_wire_message *message)
{
    struct dead_letters *letters = taking->letters;
    void *list = letters->others;
    enum error_code code = memory_reserve(&list, &letters->other_capacity, letters->other_count + 1,
                                          sizeof *letters->others, taking->error);
    letters->others = list;
    if (!code)
        letters->others[letters->other_count++] = (struct dead_letter_other){
            arena_copy_text(&letters->memory, message->message_id, strlen(message->message_id)),
            arena_copy_text(&letters->memory, message->receipt_handle,
                            strlen(message->receipt_handle))};
    return code;
}

static const char *kept(struct arena *memory, const char *text)
{
    return text ? arena_copy_text(memory, text, strlen(text)) : NULL;
}

static bool letter_fill(struct taking *taking, const struct sqs_wire_message *message,
                        struct dead_letter *letter)
{
    struct arena *memory = &taking->letters->memory;
    *letter = (struct dead_letter){
        .message_id = kept(memory, message->message_id),
        .body = arena_copy_text(memory, message->body, message->body_length),
        .body_length = message->body_length,
        .receipt = kept(memory, message->receipt_handle),
        .trace_header = kept(memory, message->trace_header),
        .source_arn = kept(memory, message->source_queue_arn),
        .group_id = kept(memory, message->group_id),
        .receive_count = message->receive_count,
        .sent_at_ms = message->sent_at_ms,
        .hidden_until_ms =
            world_monotonic_ms(taking->pipeline->world) + taking->take->hold_s * 1000,
    };
    if (message->attributes)
        letter->attributes =
            kept(memory,
                 json_object_to_json_string_ext(
                     message->attributes, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    dead_letter_decode(taking->take->queue->kind, letter, memory);
    return letter->message_id && letter->body && letter->receipt;
}

static void value_see(struct dead_letters *letters, struct dead_letter_seen *seen,
                      const char *wanted, const char *value)
{
    seen->met = seen->met || same(wanted, value);
    if (!value || seen->count == DEAD_LETTER_SEEN)
        return;
    for (size_t i = 0; i < seen->count; i++)
        if (strcmp(seen->values[i], value) == 0)
            return;
    const char *copy = kept(&letters->memory, value);
    if (copy)
        seen->values[seen->count++] = copy;
}

static void letter_see(struct taking *taking, const struct dead_letter *letter)
{
    struct dead_letters *letters = taking->letters;
    const struct dead_letter_filter *filter = &taking->take->filter;
    value_see(letters, &letters->vendors, filter->vendor, letter->vendor_id);
    value_see(letters, &letters->types, filter->type, letter->error_type);
    value_see(letters, &letters->uploads, filter->upload, letter->upload_id);
    for (size_t i = 0; i < letter->upload_count; i++)
        value_see(letters, &letters->uploads, filter->upload, letter->uploads[i]);
}

/* Whether the filter takes it, before anything is copied for good. */
static bool letter_wanted(struct taking *taking, const struct sqs_wire_message *message)
{
    const struct dead_letter_filter *filter = &taking->take->filter;
    struct dead_letter probe = {.message_id = message->message_id,
                                .body = message->body,
                                .body_length = message->body_length};
    if (!taking->early || dead_letter_filter_is_empty(filter))
        return true;
    if (!id_matches(filter, message->message_id))
        return false;
    dead_letter_decode(taking->take->queue->kind, &probe, &taking->scratch);
    letter_see(taking, &probe);
    bool wanted = dead_letter_matches(&probe, filter);
    if (taking->scratch.total > (size_t)4 << 20)
        arena_release(&taking->scratch);
    return wanted;
}

/* Received a second time in one go: the newer receipt counts. */
static void letter_again(struct taking *taking, uint32_t place,
                         const struct sqs_wire_message *message)
{
    struct dead_letters *letters = taking->letters;
    if (place == OTHER) {
        for (size_t i = 0; i < letters->other_count; i++)
            if (strcmp(letters->others[i].message_id, message->message_id) == 0)
                letters->others[i].receipt = kept(&letters->memory, message->receipt_handle);
    } else {
        letters->list[place - 1].receipt = kept(&letters->memory, message->receipt_handle);
        letters->list[place - 1].receive_count = message->receive_count;
    }
}

static enum error_code letter_take(struct taking *taking, struct json_object *json)
{
    struct dead_letters *letters = taking->letters;
    struct sqs_wire_message message;
    if (!sqs_wire_message_read(json, &message))
        return error_set(taking->error, ERROR_SERVICE,
                         "SQS ReceiveMessage: a message has no id, handle or body");
    size_t len = strlen(message.message_id);
    uint32_t place = key_map_find(&taking->seen, message.message_id, len);
    if (place != 0) {
        letter_again(taking, place, &message);
        return ERROR_NONE;
    }
    if (taking->take->held)
        taking->take->held(taking->take->held_context, message.message_id, message.receipt_handle);
    letters->received++;
    bool full =
        taking->early && taking->take->limit > 0 && (int64_t)letters->count >= taking->take->limit;
    if (full || !letter_wanted(taking, &message)) {
        enum error_code code = other_add(taking, &message);
        return code ? code
                    : key_map_put(&taking->seen, message.message_id, len, OTHER, taking->error);
    }
    void *list = letters->list;
    enum error_code code = memory_reserve(&list, &letters->capacity, letters->count + 1,
                                          sizeof *letters->list, taking->error);
    letters->list = list;
    if (!code && !letter_fill(taking, &message, &letters->list[letters->count]))
        code = error_set(taking->error, ERROR_MEMORY, "out of memory for a message");
    if (code)
        return code;
    letters->count++;
    letters->bytes = letters->memory.total;
    return key_map_put(&taking->seen, message.message_id, len, (uint32_t)letters->count,
                       taking->error);
}

static void receive_failed(struct taking *taking, const struct error *error)
{
    if (strstr(error->service_code, "OverLimit")) {
        taking->letters->cut_short = true;
        taking->stop = true;
    } else if (!taking->failed) {
        taking->failed = error->code;
        if (taking->error)
            *taking->error = *error;
    }
}

static int64_t receive_done(void *context, struct aws_slot *slot,
                            const struct aws_response *response, const struct error *error,
                            bool *stop)
{
    struct taking *taking = context;
    const struct dead_letter_take *take = taking->take;
    struct error own = ERROR_INIT;
    struct json_object *answer = NULL;
    enum error_code code = ERROR_NONE;
    taking->asked -= taking->wanted[slot->number];
    if (!error->code && response->body.len > 0 &&
        json_parse(response->body.data, response->body.len, &answer, &own))
        error = &own;
    if (error->code)
        receive_failed(taking, error);
    struct json_object *list = json_member(answer, "Messages");
    taking->empties = json_count(list) == 0 ? taking->empties + 1 : 0;
    for (size_t i = 0; i < json_count(list) && !code; i++)
        code = letter_take(taking, json_object_array_get_idx(list, i));
    if (code && !taking->failed)
        taking->failed = code;
    json_object_put(answer);
    if (taking->letters->bytes > DEAD_LETTER_BYTES_MAX)
        taking->letters->cut_short = taking->stop = true;
    if (take->progress)
        take->progress(take->progress_context, (int64_t)taking->letters->received, taking->target);
    *stop = taking->failed != ERROR_NONE;
    return receive_fill(taking, slot) ? 0 : AWS_SLOT_DONE;
}

/* Those that the filter wants only now that their uploads are known. */
static enum error_code filter_late(struct taking *taking)
{
    struct dead_letters *letters = taking->letters;
    const struct dead_letter_take *take = taking->take;
    size_t count = 0;
    for (size_t i = 0; i < letters->count; i++) {
        struct dead_letter letter = letters->list[i];
        bool full = take->limit > 0 && (int64_t)count >= take->limit;
        letter_see(taking, &letter);
        if (!full && dead_letter_matches(&letter, &take->filter)) {
            letters->list[count++] = letter;
            continue;
        }
        struct sqs_wire_message message = {.message_id = letter.message_id,
                                           .receipt_handle = letter.receipt};
        enum error_code code = other_add(taking, &message);
        if (code)
            return code;
    }
    letters->count = count;
    return ERROR_NONE;
}

static enum error_code depth_read(struct taking *taking)
{
    struct sqs_queue queue;
    const struct dead_letter_take *take = taking->take;
    enum error_code code =
        sqs_get_queue_attributes(taking->pipeline->aws, take->queue->url, &queue, taking->error);
    if (code)
        return code;
    taking->target = queue.messages > 0 ? queue.messages : SQS_BATCH_ENTRIES;
    if (taking->early && dead_letter_filter_is_empty(&take->filter) && take->limit > 0 &&
        take->limit < taking->target)
        taking->target = take->limit;
    return ERROR_NONE;
}

static enum error_code receive_all(struct taking *taking)
{
    const struct aws_flight flight = {.context = taking,
                                      .max_in_flight = RECEIVES_IN_FLIGHT,
                                      .next = receive_next,
                                      .done = receive_done};
    enum error_code code = aws_call_many(taking->pipeline->aws, &flight, taking->error);
    return code ? code : taking->failed;
}

enum error_code dead_letters_take(struct pipeline *pipeline, const struct dead_letter_take *take,
                                  struct dead_letters *letters, struct error *error)
{
    char danger[512];
    struct error own = ERROR_INIT;
    const struct dead_letter_filter *filter = &take->filter;
    struct taking taking = {.pipeline = pipeline,
                            .take = take,
                            .letters = letters,
                            .error = error ? error : &own,
                            .early = take->queue->kind == DEAD_LETTER_REDRIVE ||
                                     (!filter->upload && !filter->vendor)};
    if (dead_letter_queue_danger(take->queue, danger, sizeof danger))
        return error_set(error, ERROR_DENIED, "%s", danger);
    const struct cancel *watched = aws_client_watch(pipeline->aws, NULL);
    key_map_init(&taking.seen);
    enum error_code code = depth_read(&taking);
    if (!code)
        code = receive_all(&taking);
    if (!code && !taking.early)
        code = dead_letters_name_uploads(pipeline, take->queue, letters, taking.error);
    if (!code && !taking.early)
        code = filter_late(&taking);
    enum error_code returned =
        dead_letters_return_others(pipeline, take->queue, letters, !code ? taking.error : NULL);
    enum error_code indexed = dead_letters_index(letters, !code ? taking.error : NULL);
    aws_client_watch(pipeline->aws, watched);
    key_map_release(&taking.seen);
    arena_release(&taking.scratch);
    if (code)
        return code;
    return returned ? returned : indexed;
}
