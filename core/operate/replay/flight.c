#include <stdlib.h>
#include <string.h>

#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"

#define SLOTS_MAX 16
#define INTENTS_AT_A_TIME 80
#define TRIES_MAX 5
#define BACKOFF_BASE_MS 100
#define BACKOFF_CAP_MS 5000
#define REQUEST_TIMEOUT_MS 20000
#define BATCH_BYTES_MAX ((size_t)SQS_MESSAGE_MAX - 4096)
#define ENTRY_OVERHEAD 256
#define PACE_SLICE_MS 100

/* A slot takes a few messages through all of it: still hidden long enough? - the work - deletion.
 * What failed for a passing reason goes round again, alone. */
enum step { STEP_EXTEND, STEP_WORK, STEP_DELETE };

struct flight_slot {
    enum step step;
    struct replay_item *items[SQS_BATCH_ENTRIES];
    size_t count;
    struct replay_item *again[SQS_BATCH_ENTRIES]; /* after the deletion of the others */
    size_t again_count;
};

struct flight {
    struct replay_run *run;
    const struct replay_work *work;
    struct flight_slot slots[SLOTS_MAX];
    size_t at;       /* next message */
    size_t intended; /* messages whose intent is in the journal */
    int64_t due_ms;  /* by the rate, when the next may be begun; monotonic */
};

static struct journal *journal_of(const struct flight *flight)
{
    return flight->run->plan->state->journal;
}

/* ---- requests of the steps */

static void sqs_request(struct aws_slot *slot, const char *operation)
{
    slot->request = (struct aws_request){
        .service = AWS_SQS, .operation = operation, .timeout_ms = REQUEST_TIMEOUT_MS};
}

static void extend_fill(const struct flight *flight, const struct flight_slot *own,
                        struct aws_slot *slot)
{
    sqs_wire_batch_begin(&slot->body, flight->run->plan->queue.url);
    for (size_t i = 0; i < own->count; i++)
        sqs_wire_batch_visibility(&slot->body, i, own->items[i]->letter->receipt,
                                  (int)flight->work->extend_s);
    sqs_wire_batch_end(&slot->body);
    sqs_request(slot, "ChangeMessageVisibilityBatch");
    point_reached("before dead letters are hidden for longer");
}

static void delete_fill(const struct flight *flight, const struct flight_slot *own,
                        struct aws_slot *slot)
{
    sqs_wire_batch_begin(&slot->body, flight->run->plan->queue.url);
    for (size_t i = 0; i < own->count; i++)
        sqs_wire_batch_delete(&slot->body, i, own->items[i]->letter->receipt);
    sqs_wire_batch_end(&slot->body);
    sqs_request(slot, "DeleteMessageBatch");
    point_reached("before dead letters are deleted");
}

static bool hidden_long_enough(const struct flight *flight, const struct flight_slot *own)
{
    int64_t until = world_monotonic_ms(flight->run->pipeline->world) + flight->work->least_hold_ms;
    for (size_t i = 0; i < own->count; i++)
        if (own->items[i]->letter->receipt && own->items[i]->letter->hidden_until_ms < until)
            return false;
    return true;
}

static void work_begin(const struct flight *flight, struct flight_slot *own, struct aws_slot *slot)
{
    own->step = STEP_WORK;
    for (size_t i = 0; i < own->count; i++)
        own->items[i]->tried = true;
    buffer_clear(&slot->body);
    flight->work->fill(flight->run, flight->work, slot, own->items, own->count);
    point_reached("before dead letters are sent");
}

/* The first step that the messages need. */
static void slot_begin(const struct flight *flight, struct flight_slot *own, struct aws_slot *slot)
{
    if (!hidden_long_enough(flight, own)) {
        own->step = STEP_EXTEND;
        extend_fill(flight, own, slot);
    } else if (flight->work->fill) {
        work_begin(flight, own, slot);
    } else {
        own->step = STEP_DELETE;
        delete_fill(flight, own, slot);
    }
}

/* ---- taking messages */

/* The disk knows what may be sent from now on, before it is. */
static bool intents_write(struct flight *flight)
{
    struct replay_run *run = flight->run;
    struct error error = ERROR_INIT;
    if (!flight->work->sends || flight->at < flight->intended)
        return true;
    while (flight->intended < run->count && flight->intended < flight->at + INTENTS_AT_A_TIME)
        journal_note(journal_of(flight), JOURNAL_SENDING,
                     run->items[flight->intended++].letter->message_id);
    point_reached("before intents of a replay are noted");
    enum error_code code = journal_write(journal_of(flight), true, &error);
    point_reached("after intents of a replay are noted");
    if (!code)
        return true;
    replay_run_fail(run, &error);
    return false;
}

static size_t letter_size(const struct dead_letter *letter)
{
    return letter->body_length + ENTRY_OVERHEAD +
           (letter->attributes ? strlen(letter->attributes) : 0);
}

/* Waits until the rate lets the next ones begin; false where nothing more is to begin. Other
 * requests wait too: where there is a rate, one is in flight at a time. */
static bool pace(struct flight *flight)
{
    const struct world *world = flight->run->pipeline->world;
    int64_t wait;
    while ((wait = flight->due_ms - world_monotonic_ms(world)) > 0) {
        if (replay_run_over(flight->run))
            return false;
        world_sleep_ms(world, wait < PACE_SLICE_MS ? wait : PACE_SLICE_MS);
    }
    return !replay_run_over(flight->run);
}

static size_t entries_most(const struct flight *flight)
{
    int64_t rate = flight->run->plan->rate;
    size_t entries = flight->work->entries;
    return rate > 0 && (size_t)rate < entries ? (size_t)rate : entries;
}

static void pace_note(struct flight *flight, size_t count)
{
    int64_t rate = flight->run->plan->rate;
    if (rate > 0)
        flight->due_ms = world_monotonic_ms(flight->run->pipeline->world) +
                         ((int64_t)count * 1000 + rate - 1) / rate;
}

static bool flight_next(void *context, struct aws_slot *slot)
{
    struct flight *flight = context;
    struct replay_run *run = flight->run;
    struct flight_slot *own = &flight->slots[slot->number];
    size_t size = 0;
    own->count = own->again_count = 0;
    if (flight->at >= run->count || !pace(flight) || !intents_write(flight))
        return false;
    while (flight->at < run->count && own->count < entries_most(flight)) {
        struct replay_item *item = &run->items[flight->at];
        bool alone = flight->work->sends && replay_send_alone(run, item->letter);
        size += letter_size(item->letter);
        bool fits = own->count == 0 || (!alone && size <= BATCH_BYTES_MAX &&
                                        strcmp(item->url, own->items[0]->url) == 0);
        if (!fits || (flight->work->sends && flight->at >= flight->intended))
            break;
        own->items[own->count++] = item;
        flight->at++;
        if (alone)
            break;
    }
    pace_note(flight, own->count);
    slot_begin(flight, own, slot);
    return true;
}

/* ---- outcomes */

static bool concerns_all(enum error_code code)
{
    return code == ERROR_DENIED || error_code_is_authentication(code) || code == ERROR_NOT_FOUND ||
           code == ERROR_CONFIG;
}

static bool try_again(const struct flight *flight, struct replay_item *item,
                      const struct sqs_outcome *outcome)
{
    return !outcome->sender_fault && outcome->code != ERROR_CANCELLED &&
           item->tries++ < TRIES_MAX && !flight->run->stop &&
           !cancel_requested(flight->run->pipeline->cancel);
}

static void item_fail(struct flight *flight, struct replay_item *item,
                      const struct sqs_outcome *outcome)
{
    snprintf(item->detail, sizeof item->detail, "%s%.150s",
             item->duplicate ? "it may have been sent: " : "", outcome->detail);
    if (outcome->code == ERROR_CANCELLED)
        replay_item_settle(flight->run, item, REPLAY_KEPT,
                           "cancelled while it was running; it may have completed");
    else
        replay_item_settle(flight->run, item, REPLAY_FAILED, item->detail);
}

/* The destination has it for certain. One that was held nowhere (a file's) is done with that. */
static void item_sent(struct flight *flight, struct replay_item *item, const char *sent_as)
{
    item->sent = true;
    item->tries = 0;
    snprintf(item->sent_as, sizeof item->sent_as, "%s", sent_as);
    if (flight->work->sends)
        journal_note(journal_of(flight), item->letter->receipt ? JOURNAL_SENT : JOURNAL_DELETED,
                     item->letter->message_id);
    replay_run_record(flight->run, item);
    if (!item->letter->receipt)
        replay_item_settle(flight->run, item, REPLAY_MOVED, NULL);
}

static void extended(struct flight *flight, struct flight_slot *own,
                     const struct sqs_outcome *outcomes)
{
    int64_t until =
        world_monotonic_ms(flight->run->pipeline->world) + flight->work->extend_s * 1000;
    size_t left = 0;
    point_reached("after dead letters are hidden for longer");
    for (size_t i = 0; i < own->count; i++) {
        struct replay_item *item = own->items[i];
        if (!outcomes[i].code) {
            item->letter->hidden_until_ms = until;
            own->items[left++] = item;
        } else {
            snprintf(item->detail, sizeof item->detail,
                     "its receipt handle has expired (%.100s): plan again", outcomes[i].detail);
            replay_item_settle(flight->run, item, REPLAY_FAILED, item->detail);
        }
    }
    own->count = left;
}

static void worked(struct flight *flight, struct flight_slot *own,
                   const struct sqs_outcome *outcomes)
{
    size_t left = 0;
    struct error error = ERROR_INIT;
    own->again_count = 0;
    point_reached("after dead letters are sent");
    for (size_t i = 0; i < own->count; i++) {
        struct replay_item *item = own->items[i];
        if (outcomes[i].possibly_done && flight->work->sends)
            item->duplicate = true;
        if (!outcomes[i].code) {
            item_sent(flight, item, outcomes[i].message_id);
            if (!item->settled)
                own->items[left++] = item;
        } else if (try_again(flight, item, &outcomes[i])) {
            own->again[own->again_count++] = item;
        } else {
            if (flight->work->sends && !item->duplicate)
                journal_note(journal_of(flight), JOURNAL_HELD, item->letter->message_id);
            item_fail(flight, item, &outcomes[i]);
        }
    }
    own->count = left;
    if (flight->work->sends && journal_write(journal_of(flight), false, &error))
        replay_run_fail(flight->run, &error);
    point_reached("after sent letters are noted");
}

static void deleted(struct flight *flight, struct flight_slot *own,
                    const struct sqs_outcome *outcomes)
{
    enum replay_result result = flight->run->plan->discard ? REPLAY_DISCARDED : REPLAY_MOVED;
    size_t left = 0;
    point_reached("after dead letters are deleted");
    for (size_t i = 0; i < own->count; i++) {
        struct replay_item *item = own->items[i];
        if (!outcomes[i].code) {
            item->letter->returned = true;
            journal_note(journal_of(flight), JOURNAL_DELETED, item->letter->message_id);
            replay_item_settle(flight->run, item, result, NULL);
        } else if (try_again(flight, item, &outcomes[i])) {
            own->items[left++] = item;
        } else {
            item->letter->returned = item->sent; /* hidden for as long as can be */
            item->duplicate = item->sent && flight->work->sends;
            snprintf(item->detail, sizeof item->detail, "%snot deleted: %.120s",
                     item->sent ? "sent, but " : "", outcomes[i].detail);
            replay_item_settle(flight->run, item, REPLAY_FAILED, item->detail);
        }
    }
    own->count = left;
}

static void outcomes_read(struct flight *flight, struct flight_slot *own,
                          const struct aws_response *response, const struct error *error,
                          struct sqs_outcome outcomes[SQS_BATCH_ENTRIES])
{
    struct error problem = ERROR_INIT;
    if (own->step == STEP_WORK)
        flight->work->read(response, error, own->count, outcomes);
    else if (error->code)
        sqs_wire_batch_fail(error, own->count, outcomes);
    else if (sqs_wire_batch_read(response, own->count, outcomes, &problem))
        sqs_wire_batch_fail(&problem, own->count, outcomes);
    if (concerns_all(error->code))
        replay_run_fail(flight->run, error);
}

/* The step behind this one, or the messages that go round again; AWS_SLOT_DONE where none is
 * left. */
static int64_t slot_continue(struct flight *flight, struct flight_slot *own, struct aws_slot *slot)
{
    if (own->count > 0 && own->step == STEP_EXTEND) {
        slot_begin(flight, own, slot);
        return 0;
    }
    if (own->count > 0) {
        int64_t wait = own->step == STEP_DELETE
                           ? aws_backoff_ms(flight->run->pipeline->aws, own->items[0]->tries,
                                            BACKOFF_BASE_MS, BACKOFF_CAP_MS)
                           : 0;
        own->step = STEP_DELETE;
        delete_fill(flight, own, slot);
        return wait;
    }
    if (own->again_count == 0)
        return AWS_SLOT_DONE;
    memcpy(own->items, own->again, own->again_count * sizeof own->items[0]);
    own->count = own->again_count;
    own->again_count = 0;
    work_begin(flight, own, slot);
    return aws_backoff_ms(flight->run->pipeline->aws, own->items[0]->tries, BACKOFF_BASE_MS,
                          BACKOFF_CAP_MS);
}

static int64_t flight_done(void *context, struct aws_slot *slot,
                           const struct aws_response *response, const struct error *error,
                           bool *stop)
{
    struct flight *flight = context;
    struct flight_slot *own = &flight->slots[slot->number];
    struct sqs_outcome outcomes[SQS_BATCH_ENTRIES];
    outcomes_read(flight, own, response, error, outcomes);
    if (own->step == STEP_EXTEND)
        extended(flight, own, outcomes);
    else if (own->step == STEP_WORK)
        worked(flight, own, outcomes);
    else
        deleted(flight, own, outcomes);
    *stop = replay_run_over(flight->run);
    return slot_continue(flight, own, slot);
}

enum error_code replay_flight(struct replay_run *run, const struct replay_work *work,
                              struct error *error)
{
    struct flight *flight = memory_new(1, sizeof *flight);
    if (!flight)
        return error_set(error, ERROR_MEMORY, "out of memory for a replay");
    flight->run = run;
    flight->work = work;
    const struct aws_flight calls = {.context = flight,
                                     .max_in_flight = run->plan->rate > 0 ? 1 : work->slots,
                                     .cancel = work->cancellable ? run->pipeline->cancel : NULL,
                                     .next = flight_next,
                                     .done = flight_done};
    enum error_code code = aws_call_many(run->pipeline->aws, &calls, error);
    free(flight);
    if (run->failed && error)
        *error = *run->error;
    return run->failed ? run->failed : code;
}
