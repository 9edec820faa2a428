#include "core/pipeline/validate.h"

#include "core/base/log.h"
#include "core/pipeline/item_fetch.h"
#include "core/pipeline/ledger.h"
#include "core/pipeline/marks.h"
#include "core/pipeline/outbox.h"
#include "core/pipeline/upload_end.h"

#define RACES_MAX 50
#define EARLIER_TRIES 5 /* for an earlier row that the parser is writing just now */
#define EARLIER_PAUSE_MS 50

/* Items on their way to an outcome, and which of them did not get one. */
struct validation {
    struct pipeline *pipeline;
    const struct upload_item *const *items;
    struct validate_outcome *outcome;
    bool *waiting; /* of each item: an earlier row is not in the table */
};

/* Brings those of the missing rows that are in the table into the batch; *any: there were some. */
static enum error_code bring(struct pipeline *pipeline, struct batch *batch,
                             const struct ledger_missing *missing, struct item_list *fetched,
                             bool *any, struct error *error)
{
    size_t before = fetched->count;
    enum error_code code = items_fetch(pipeline, missing, fetched, NULL, error);
    if (code)
        return error_wrap(error, "reading earlier rows");
    *any = fetched->count > before;
    for (size_t i = before; i < fetched->count && !code; i++)
        code = batch_add(batch, fetched->list[i], BATCH_NO_EVENT, error);
    if (!code)
        batch_sort(batch);
    return code;
}

static bool is_missing(const struct ledger_missing *missing, const char *upload_id,
                       uint32_t row_number)
{
    for (size_t i = 0; i < missing->count; i++)
        if (missing->list[i].row_number == row_number &&
            strcmp(missing->list[i].upload_id, upload_id) == 0)
            return true;
    return false;
}

static bool must_wait(const struct batch *batch, const struct upload_item *item,
                      const struct ledger_missing *missing)
{
    for (uint32_t i = 0; i < item->record.earlier_count; i++) {
        uint32_t row = item->record.earlier_rows[i];
        const struct batch_entry *earlier = batch_find(batch, item->upload_id, row);
        if (earlier ? earlier->waiting : is_missing(missing, item->upload_id, row))
            return true;
    }
    return false;
}

/* Records that wait for what is nowhere to be had step aside, and those that wait for them in turn;
 * earlier rows stand before them in the batch. */
static void step_aside(struct batch *batch, const struct ledger_missing *missing)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        entry->waiting =
            entry->upload && !entry->settled_before && must_wait(batch, entry->item, missing);
    }
}

/* No record of a vendor that is gone can be accepted: such an upload is given up. */
static enum error_code end_orphans(struct pipeline *pipeline, const struct batch *batch, bool *any,
                                   struct error *error)
{
    enum error_code code = ERROR_NONE;
    *any = false;
    for (size_t i = 0; i < batch->upload_count && !code; i++) {
        const struct batch_upload *upload = &batch->uploads[i];
        struct refusal refusal;
        bool ended = false;
        if (!upload->orphan)
            continue;
        if (!*any)
            ledger_abandon(pipeline);
        *any = true;
        refusal_set_unknown_vendor(&refusal, upload->vendor_id);
        code = upload_end(pipeline, upload->upload_id, upload->vendor_id, NULL, &refusal, &ended,
                          error);
    }
    return code;
}

/* Begins the batch's transaction, with every row that must be judged before another one in it. */
static enum error_code open_batch(struct pipeline *pipeline, struct batch *batch,
                                  struct item_list *fetched, struct error *error)
{
    struct ledger_missing missing;
    bool any = true;
    ledger_missing_init(&missing);
    enum error_code code = pipeline_check(pipeline, error);
    bool orphans = true;
    while (!code && orphans) {
        batch_restart(batch);
        code = ledger_open(pipeline, batch, &missing, error);
        if (!code)
            code = end_orphans(pipeline, batch, &orphans, error);
    }
    while (!code && missing.count && any) {
        code = bring(pipeline, batch, &missing, fetched, &any, error);
        if (code) {
            ledger_abandon(pipeline);
        } else if (any) {
            batch_restart(batch);
            code = ledger_read_again(pipeline, batch, &missing, error);
        } else {
            step_aside(batch, &missing);
        }
    }
    ledger_missing_release(&missing);
    return code;
}

/* One attempt at the transaction. *again: it lost a race and wants another one. */
static enum error_code attempt(struct pipeline *pipeline, struct batch *batch,
                               struct item_list *fetched, bool *again, int *races,
                               struct error *error)
{
    bool raced = false;
    enum error_code code = open_batch(pipeline, batch, fetched, error);
    if (!code && (code = batch_judge(batch, world_now_ms(pipeline->world), error)))
        ledger_abandon(pipeline);
    if (!code)
        code = ledger_settle(pipeline, batch, &raced, error);
    if (code && ledger_is_busy(error) && batch->locks == BATCH_LOCKS_BOUNDED) {
        batch->locks = BATCH_LOCKS_SKIP;
        code = ERROR_NONE;
        raced = true;
    }
    if (code && ledger_lost_race(error)) {
        code = ERROR_NONE;
        raced = true;
    }
    if (raced && ++*races >= RACES_MAX)
        code = error_set(error, ERROR_UNAVAILABLE, "the batch met concurrent uploads %d times",
                         *races);
    else if (raced)
        world_sleep_ms(pipeline->world,
                       (int64_t)world_random_below(pipeline->world, 5U << (*races % 6)));
    *again = raced && !code;
    return code;
}

static void tell_failed(const struct batch *batch, const struct batch_entry *entry)
{
    char row[24];
    const char *why = entry->waiting
                          ? "a record waits for an earlier row that is not in the table yet"
                      : batch->locks == BATCH_LOCKS_SKIP
                          ? "a record's upload is unknown, or it is being processed elsewhere"
                          : "a record of no upload in progress: unknown id, vendor or row";
    log_line(entry->waiting ? LOG_WARN : LOG_ERROR, why, "upload_id", entry->item->upload_id,
             "vendor_id", entry->item->vendor_id, "row_number",
             log_number(entry->item->record.row_number, row), NULL);
}

static void report_outcome(struct validation *run, const struct batch *batch)
{
    struct validate_outcome *outcome = run->outcome;
    const struct batch_entry *first = NULL; /* of entries that are the same record */
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!entry->superseded)
            first = entry;
        if (entry->event_index != BATCH_NO_EVENT) {
            outcome->failed[entry->event_index] = !first->upload || first->waiting;
            run->waiting[entry->event_index] = first->waiting;
        }
        if (entry->superseded)
            continue;
        if (!entry->upload || entry->waiting)
            tell_failed(batch, entry);
        else if (entry->settled_before || entry->upload->ended)
            outcome->settled_before++;
        else if (entry->finding_count)
            outcome->invalid++;
        else
            outcome->valid++;
    }
}

static enum error_code mark_batch(struct pipeline *pipeline, const struct batch *batch,
                                  struct error *error)
{
    struct ledger_row *rows = memory_new(batch->count, sizeof *rows);
    size_t count = 0;
    if (!rows)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu marks", batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (entry->upload && !entry->superseded && !entry->marked)
            rows[count++] =
                (struct ledger_row){entry->item->upload_id, entry->item->record.row_number};
    }
    enum error_code code = marks_write(pipeline, rows, count, error);
    free(rows);
    return code;
}

/* The uploads that the batch is of, each once; the texts are the batch's. */
static enum error_code own_uploads(const struct batch *batch, const char ***ids, int64_t **left,
                                   size_t *count, struct error *error)
{
    *ids = memory_new(batch->count, sizeof **ids);
    *left = memory_new(batch->count, sizeof **left);
    if (!*ids || !*left)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu uploads", batch->count);
    for (size_t i = 0; i < batch->count; i++) {
        const char *id = batch->entries[i].item->upload_id;
        bool known = !batch->entries[i].upload;
        for (size_t k = 0; k < *count && !known; k++)
            known = strcmp((*ids)[k], id) == 0;
        if (!known)
            (*ids)[(*count)++] = id;
    }
    return ERROR_NONE;
}

/* Items of an upload whose messages somebody holds are to come again; the others are done. */
static void fail_items(const struct batch *batch, const char *upload_id, int64_t left,
                       struct validate_outcome *outcome)
{
    char messages[24];
    log_line(LOG_WARN, "messages of the upload are not with the error queue yet", "upload_id",
             upload_id, "messages", log_number(left, messages), NULL);
    for (size_t i = 0; i < batch->count; i++)
        if (batch->entries[i].event_index != BATCH_NO_EVENT &&
            strcmp(batch->entries[i].item->upload_id, upload_id) == 0)
            outcome->failed[batch->entries[i].event_index] = true;
}

static enum error_code send_batch(struct pipeline *pipeline, const struct batch *batch,
                                  struct validate_outcome *outcome, struct error *error)
{
    const char **ids = NULL;
    int64_t *left = NULL;
    size_t count = 0;
    enum error_code code = own_uploads(batch, &ids, &left, &count, error);
    if (!code)
        code = outbox_flush_own(pipeline, ids, count, left, error);
    for (size_t i = 0; i < count && !code; i++)
        if (left[i])
            fail_items(batch, ids[i], left[i], outcome);
    free(ids);
    free(left);
    return code;
}

/* Both are tried whatever becomes of the other. */
static enum error_code follow_up(struct pipeline *pipeline, const struct batch *batch,
                                 struct validate_outcome *outcome, struct error *error)
{
    struct error marking = ERROR_INIT;
    enum error_code code = send_batch(pipeline, batch, outcome, error);
    enum error_code marked = mark_batch(pipeline, batch, &marking);
    if (!code && marked)
        *error = marking;
    return code ? code : marked;
}

/* *judged: the records have their outcome, whatever failed behind that. */
static enum error_code settle(struct validation *run, const size_t *indexes, size_t count,
                              bool *judged, struct error *error)
{
    struct batch batch;
    struct item_list fetched;
    enum error_code code = ERROR_NONE;
    int races = 0;
    bool again = count > 0;
    batch_init(&batch);
    batch.locks = BATCH_LOCKS_BOUNDED;
    item_list_init(&fetched);
    for (size_t i = 0; i < count && !code; i++)
        code = batch_add(&batch, run->items[indexes[i]], indexes[i], error);
    batch_sort(&batch);
    while (again && !code)
        code = attempt(run->pipeline, &batch, &fetched, &again, &races, error);
    *judged = !code;
    if (!code) {
        report_outcome(run, &batch);
        code = follow_up(run->pipeline, &batch, run->outcome, error);
    }
    batch_release(&batch);
    item_list_release(&fetched);
    return code;
}

/* Not an outage, which would be the same for every record: data that the database refuses, texts
 * beyond a limit, an earlier row that cannot be read. */
static bool is_of_a_record(const struct error *error)
{
    if (error->retryable)
        return false;
    return error->code == ERROR_TOO_LARGE || error->code == ERROR_INVALID ||
           error->code == ERROR_CONFLICT ||
           (error->code == ERROR_DATABASE && strncmp(error->service_code, "22", 2) == 0);
}

/* What one record does to a batch, it shall do to none but itself. */
static enum error_code settle_apart(struct validation *run, const size_t *indexes, size_t count,
                                    struct error *error)
{
    bool judged = false;
    enum error_code code = settle(run, indexes, count, &judged, error);
    if (!code || judged || !is_of_a_record(error))
        return code;
    if (count > 1) {
        error_clear(error);
        code = settle_apart(run, indexes, count / 2, error);
        return code ? code : settle_apart(run, indexes + count / 2, count - count / 2, error);
    }
    const struct upload_item *item = run->items[*indexes];
    char row[24];
    log_line(LOG_ERROR, "a record cannot be given an outcome", "detail", error->message,
             "upload_id", item->upload_id, "vendor_id", item->vendor_id, "row_number",
             log_number(item->record.row_number, row), NULL);
    run->outcome->failed[*indexes] = true;
    run->waiting[*indexes] = false;
    error_clear(error);
    return ERROR_NONE;
}

/* The earlier row may be on its way. The others of the batch have their outcome by now. */
static enum error_code settle_waiting(struct validation *run, size_t *indexes, size_t count,
                                      struct error *error)
{
    enum error_code code = ERROR_NONE;
    int64_t pause = EARLIER_PAUSE_MS;
    for (int tries = 0; tries < EARLIER_TRIES && !code; tries++, pause *= 2) {
        size_t left = 0;
        for (size_t i = 0; i < count; i++)
            if (run->waiting[i])
                indexes[left++] = i;
        if (!left)
            break;
        world_sleep_ms(run->pipeline->world, pause);
        code = settle_apart(run, indexes, left, error);
    }
    return code;
}

enum error_code validate_items(struct pipeline *pipeline, const struct upload_item *const *items,
                               size_t count, struct validate_outcome *outcome, struct error *error)
{
    struct error local = ERROR_INIT;
    struct validation run = {.pipeline = pipeline, .items = items, .outcome = outcome};
    size_t *indexes = memory_new(count + 1, sizeof *indexes);
    enum error_code code = ERROR_NONE;
    if (!error)
        error = &local;
    run.waiting = memory_new(count + 1, sizeof *run.waiting);
    if (!indexes || !run.waiting)
        code = error_set(error, ERROR_MEMORY, "out of memory for a batch of %zu records", count);
    for (size_t i = 0; i < count && indexes; i++)
        indexes[i] = i;
    if (!code)
        code = settle_apart(&run, indexes, count, error);
    if (!code)
        code = settle_waiting(&run, indexes, count, error);
    free(indexes);
    free(run.waiting);
    return code;
}
