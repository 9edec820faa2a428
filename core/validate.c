#include "core/validate.h"

#include "core/base/log.h"
#include "core/item_fetch.h"
#include "core/ledger.h"
#include "core/marks.h"
#include "core/outbox.h"

#define RACES_MAX 50
#define EARLIER_WAIT_MS 2000 /* for an earlier row that the parser is writing just now */
#define EARLIER_PAUSE_MS 50

/* Brings the missing rows into the batch, waiting a little for one that is being written. */
static enum error_code bring(struct pipeline *pipeline, struct batch *batch,
                             const struct ledger_missing *missing, struct item_list *fetched,
                             struct error *error)
{
    enum error_code code = ERROR_NONE;
    size_t before = fetched->count;
    int64_t until = world_monotonic_ms(pipeline->world) + EARLIER_WAIT_MS;
    while (!(code = items_fetch(pipeline, missing, fetched, NULL, error)) &&
           fetched->count == before && world_monotonic_ms(pipeline->world) < until &&
           !(code = pipeline_check(pipeline, error)))
        world_sleep_ms(pipeline->world, EARLIER_PAUSE_MS);
    if (code)
        return error_wrap(error, "reading earlier rows");
    if (!code && fetched->count == before)
        code = error_set(error, ERROR_UNAVAILABLE,
                         "row %u of %s is not in the table yet, and a later row waits for it",
                         (unsigned)missing->list[0].row_number, missing->list[0].upload_id);
    for (size_t i = before; i < fetched->count && !code; i++)
        code = batch_add(batch, fetched->list[i], BATCH_NO_EVENT, error);
    if (!code)
        batch_sort(batch);
    return code;
}

/* Begins the batch's transaction, with every row that must be judged before another one in it. */
static enum error_code open_batch(struct pipeline *pipeline, struct batch *batch,
                                  struct item_list *fetched, struct error *error)
{
    struct ledger_missing missing;
    ledger_missing_init(&missing);
    batch_restart(batch);
    enum error_code code = pipeline_check(pipeline, error);
    if (!code)
        code = ledger_open(pipeline, batch, &missing, error);
    while (!code && missing.count) {
        code = bring(pipeline, batch, &missing, fetched, error);
        if (code) {
            ledger_abandon(pipeline);
            break;
        }
        batch_restart(batch);
        code = ledger_read_again(pipeline, batch, &missing, error);
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

static void tell_failed(const struct batch_entry *entry)
{
    char row[24];
    log_line(LOG_ERROR, "a record of no upload in progress: unknown id, vendor or row", "upload_id",
             entry->item->upload_id, "vendor_id", entry->item->vendor_id, "row_number",
             log_number(entry->item->record.row_number, row), NULL);
}

static void report_outcome(const struct batch *batch, struct validate_outcome *outcome)
{
    const struct batch_entry *first = NULL; /* of entries that are the same record */
    for (size_t i = 0; i < batch->count; i++) {
        const struct batch_entry *entry = &batch->entries[i];
        if (!entry->superseded)
            first = entry;
        if (entry->event_index != BATCH_NO_EVENT)
            outcome->failed[entry->event_index] = !first->upload;
        if (entry->superseded)
            continue;
        if (!entry->upload)
            tell_failed(entry);
        else if (entry->settled_before)
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
    enum error_code code = marks_write(pipeline, rows, count, MARK_PENDING, error);
    free(rows);
    return code;
}

enum error_code validate_items(struct pipeline *pipeline, const struct upload_item *const *items,
                               size_t count, struct validate_outcome *outcome, struct error *error)
{
    struct error local = ERROR_INIT;
    struct batch batch;
    struct item_list fetched;
    enum error_code code = ERROR_NONE;
    int races = 0;
    bool again = count > 0;
    if (!error)
        error = &local;
    batch_init(&batch);
    item_list_init(&fetched);
    for (size_t i = 0; i < count && !code; i++)
        code = batch_add(&batch, items[i], i, error);
    batch_sort(&batch);
    while (again && !code)
        code = attempt(pipeline, &batch, &fetched, &again, &races, error);
    if (!code) {
        report_outcome(&batch, outcome);
        code = outbox_flush(pipeline, NULL, error);
    }
    if (!code)
        code = mark_batch(pipeline, &batch, error);
    batch_release(&batch);
    item_list_release(&fetched);
    return code;
}
