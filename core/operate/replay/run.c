#include <stdlib.h>
#include <string.h>

#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"
#include "sql/db.h"

#define LOCK_CHECK_MS 5000
#define RECORDS_AT_A_TIME 1000
#define ARRAY_MAX ((size_t)64 << 20)

enum record_column {
    RECORD_MESSAGE,
    RECORD_SENT_AS,
    RECORD_SUBJECT,
    RECORD_UPLOAD,
    RECORD_COLUMNS
};

enum error_code replay_run_init(struct replay_run *run, struct error *error)
{
    const struct replay_plan *plan = run->plan;
    run->count = plan->message_count;
    run->stop_after = run->options->stop_after > 0 ? run->options->stop_after : REPLAY_STOP_AFTER;
    run->lock_checked_ms = world_monotonic_ms(run->pipeline->world);
    run->items = memory_new(run->count + 1, sizeof *run->items);
    run->records = memory_new(RECORD_COLUMNS, sizeof *run->records);
    if (!run->items || !run->records)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", run->count);
    for (int i = 0; i < RECORD_COLUMNS; i++)
        db_array_init(&run->records[i], ARRAY_MAX);
    db_array_init(&run->gone, ARRAY_MAX);
    for (size_t i = 0; i < run->count; i++) {
        const char *own = plan->state->destinations[i];
        run->items[i].letter = plan->messages[i];
        run->items[i].url = plan->to_url ? plan->to_url : own ? own : plan->queue.source_url;
    }
    return ERROR_NONE;
}

void replay_run_release(struct replay_run *run)
{
    for (int i = 0; i < RECORD_COLUMNS && run->records; i++)
        db_array_release(&run->records[i]);
    db_array_release(&run->gone);
    free(run->records);
    free(run->items);
    run->records = NULL;
    run->items = NULL;
}

void replay_run_tell(struct replay_run *run, const char *message_id, enum replay_result result,
                     bool duplicate, const char *detail)
{
    struct replay_report *report = run->report;
    const struct replay_outcome outcome = {message_id, result, duplicate, detail};
    int64_t *const counts[] = {
        [REPLAY_MOVED] = &report->moved,     [REPLAY_FINISHED] = &report->finished,
        [REPLAY_DISCARDED] = &report->moved, [REPLAY_FAILED] = &report->failed,
        [REPLAY_KEPT] = &report->kept,       [REPLAY_EXCLUDED] = &report->excluded,
    };
    ++*counts[result];
    if (result == REPLAY_MOVED || result == REPLAY_FINISHED || result == REPLAY_DISCARDED)
        db_array_add_string(&run->gone, message_id);
    if (duplicate) {
        report->possible_duplicates++;
        journal_note_told(run->plan->state->journal, message_id);
    }
    if (run->options->outcome)
        run->options->outcome(run->options->context, &outcome);
}

void replay_item_settle(struct replay_run *run, struct replay_item *item, enum replay_result result,
                        const char *detail)
{
    const struct replay_options *options = run->options;
    if (item->settled)
        return;
    item->settled = true;
    run->settled++;
    const struct journal_entry *entry =
        run->plan->discard ? NULL
                           : journal_find(run->plan->state->journal, item->letter->message_id);
    if (entry && entry->unknown && item->sent)
        item->duplicate = true;
    if (item->duplicate && !detail)
        detail = "possible duplicate";
    replay_run_tell(run, item->letter->message_id, result, item->duplicate, detail);
    if (result == REPLAY_FAILED && run->report->failed >= run->stop_after && !run->stop)
        run->stop = run->report->stopped = true;
    if (options->progress)
        options->progress(options->context, run->settled, run->plan->planned);
}

void replay_run_fail(struct replay_run *run, const struct error *error)
{
    run->stop = true;
    if (run->failed)
        return;
    run->failed = error->code;
    *run->error = *error;
}

bool replay_run_over(struct replay_run *run)
{
    struct error error = ERROR_INIT;
    int64_t now = world_monotonic_ms(run->pipeline->world);
    if (!run->stop && cancel_requested(run->pipeline->cancel)) {
        error_set(&error, ERROR_CANCELLED, "cancelled; messages in progress were finished");
        replay_run_fail(run, &error);
    }
    if (!run->stop && now - run->lock_checked_ms > LOCK_CHECK_MS) {
        run->lock_checked_ms = now;
        if (replay_lock_check(run->pipeline, run->plan, &error))
            replay_run_fail(run, &error);
    }
    return run->stop;
}

/* ---- what was replayed, for the next one who looks at it */

static void records_write(struct replay_run *run)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *lists[RECORD_COLUMNS];
    enum error_code code = ERROR_NONE;
    if (run->records[RECORD_MESSAGE].count == 0)
        return;
    point_reached("before replays are recorded");
    for (int i = 0; i < RECORD_COLUMNS && !code; i++) {
        code = db_array_literal(&run->records[i], &lists[i], &run->record_error);
        if (!code)
            db_param_text(&params, lists[i]);
    }
    db_param_text(&params, run->plan->queue.arn);
    db_param_text(&params, replay_engine_name(run->plan->engine));
    db_watch(run->pipeline->db, NULL); /* it has happened, whatever is wished now */
    if (!code)                         /* a failure stands in record_error */
        (void)!db_query(run->pipeline->db,
                        "INSERT INTO dead_letter_replays"
                        " (message_id, sent_as, subject, upload_id, queue, engine)"
                        " SELECT m, nullif(s, ''), nullif(b, ''), u, $5, $6"
                        " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[])"
                        "  AS t (m, s, b, u)",
                        &params, NULL, &run->record_error);
    point_reached("after replays are recorded");
    db_watch(run->pipeline->db, run->pipeline->cancel);
    for (int i = 0; i < RECORD_COLUMNS; i++)
        db_array_clear(&run->records[i]);
}

/* What left the queue needs no acknowledgement, which would stand for another message. */
static void acknowledgements_end(struct replay_run *run)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *list;
    if (run->gone.count == 0)
        return;
    db_watch(run->pipeline->db, NULL);
    point_reached("before acknowledgements of what left are ended");
    if (!db_array_literal(&run->gone, &list, &run->record_error)) {
        db_param_text(&params, list);
        (void)!db_query(run->pipeline->db,
                        "DELETE FROM acknowledgements WHERE message_id = ANY ($1::text[])", &params,
                        NULL, &run->record_error);
    }
    point_reached("after acknowledgements of what left are ended");
    db_watch(run->pipeline->db, run->pipeline->cancel);
    db_array_clear(&run->gone);
}

void replay_run_record(struct replay_run *run, const struct replay_item *item)
{
    struct buffer subject;
    buffer_init(&subject, 8192);
    replay_subject_append(&subject, &run->plan->queue, item->letter);
    db_array_add_string(&run->records[RECORD_MESSAGE], item->letter->message_id);
    db_array_add_string(&run->records[RECORD_SENT_AS], item->sent_as);
    db_array_add_string(&run->records[RECORD_SUBJECT], subject.data);
    db_array_add_string(&run->records[RECORD_UPLOAD], item->letter->upload_id);
    buffer_release(&subject);
    if (run->records[RECORD_MESSAGE].count >= RECORDS_AT_A_TIME)
        records_write(run);
}

void replay_run_finish(struct replay_run *run)
{
    struct journal *journal = run->plan->state->journal;
    const char *why = run->report->stopped             ? "not tried: too many failures"
                      : run->failed == ERROR_CANCELLED ? "not tried: cancelled"
                                                       : "not tried";
    for (size_t i = 0; i < run->count; i++) {
        struct replay_item *item = &run->items[i];
        if (item->settled)
            continue;
        const struct journal_entry *entry = journal_find(journal, item->letter->message_id);
        if (entry && entry->state == JOURNAL_SENDING && !item->tried)
            journal_note(journal, JOURNAL_HELD, item->letter->message_id);
        replay_item_settle(run, item, REPLAY_KEPT, why);
    }
    records_write(run);
    acknowledgements_end(run);
    if (run->record_error.code) {
        size_t used = strlen(run->report->reason);
        snprintf(run->report->reason + used, sizeof run->report->reason - used,
                 "; not recorded for later warnings: %.120s", run->record_error.message);
    }
    enum error_code untold = journal_write(journal, false, NULL);
    (void)untold; /* what is missing there is in doubt, no more */
}
