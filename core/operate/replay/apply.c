#include <stdlib.h>
#include <string.h>

#include "aws/sqs.h"
#include "core/base/json.h"
#include "core/base/point.h"
#include "core/operate/audit.h"
#include "core/operate/replay/replay_private.h"
#include "sql/db.h"

#define AUDIT_MAX ((size_t)1 << 20)

const char *replay_result_name(enum replay_result result)
{
    static const char *const names[] = {
        [REPLAY_MOVED] = "moved",         [REPLAY_FINISHED] = "finished",
        [REPLAY_DISCARDED] = "discarded", [REPLAY_FAILED] = "failed",
        [REPLAY_KEPT] = "kept",           [REPLAY_EXCLUDED] = "excluded",
    };
    return names[result];
}

static enum error_code engine_run(struct replay_run *run, struct error *error)
{
    if (run->plan->discard)
        return replay_flight(run, &replay_work_discard, error);
    switch (run->plan->engine) {
    case REPLAY_INVOKE:
        return replay_flight(run, &replay_work_invoke, error);
    case REPLAY_REVALIDATE:
        return replay_revalidate(run, error);
    default:
        return replay_flight(run, &replay_work_send, error);
    }
}

/* What an interrupted replay had sent is deleted, by the receipts of this one. */
static enum error_code finish_delete(struct replay_run *run, struct error *error)
{
    struct replay_state *state = run->plan->state;
    size_t count = state->finish_count;
    enum error_code code = ERROR_NONE;
    if (count == 0)
        return ERROR_NONE;
    const char **receipts = memory_new(count, sizeof *receipts);
    struct sqs_outcome *outcomes = memory_new(count, sizeof *outcomes);
    if (!receipts || !outcomes)
        code = error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    for (size_t i = 0; i < count && !code; i++)
        receipts[i] = state->finish[i]->receipt;
    if (!code)
        code = sqs_delete_message_batch(run->pipeline->aws, run->plan->queue.url, receipts, count,
                                        0, outcomes, error);
    for (size_t i = 0; i < count && outcomes && receipts; i++) {
        struct dead_letter *letter = state->finish[i];
        if (outcomes[i].code)
            continue;
        letter->returned = true;
        journal_note(state->journal, JOURNAL_DELETED, letter->message_id);
        replay_run_tell(run, letter->message_id, REPLAY_FINISHED, false,
                        "already sent by an interrupted replay");
    }
    free(receipts);
    free(outcomes);
    return code;
}

/* Entries of earlier runs that this one settles: what was deleted by the journal's receipts, and,
 * where the whole queue was taken, what is there no more. */
static void earlier_tell(struct replay_run *run)
{
    struct replay_state *state = run->plan->state;
    struct journal *journal = state->journal;
    bool whole = state->whole && !run->stop && !run->failed;
    for (size_t i = 0; i < state->resumed_count; i++) {
        const struct journal_entry *entry = journal_find(journal, state->resumed[i]);
        replay_run_tell(run, state->resumed[i], REPLAY_FINISHED, entry && entry->unknown,
                        "already sent by an interrupted replay");
    }
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct journal_entry *entry = journal_entry(journal, i);
        bool gone = entry->state == JOURNAL_DELETED || whole;
        if (entry->met || !gone)
            continue;
        if (entry->unknown && !entry->told)
            replay_run_tell(run, entry->message_id, REPLAY_FINISHED, true,
                            "sent by an interrupted replay, possibly twice");
        if (entry->state != JOURNAL_DELETED)
            journal_note(journal, JOURNAL_DELETED, entry->message_id);
    }
}

static void exclusions_tell(struct replay_run *run)
{
    const struct replay_plan *plan = run->plan;
    for (size_t i = 0; i < plan->excluded_count; i++) {
        const struct journal_entry *entry =
            journal_find(plan->state->journal, plan->excluded[i].message_id);
        if (!entry || entry->state != JOURNAL_DELETED)
            replay_run_tell(run, plan->excluded[i].message_id, REPLAY_EXCLUDED, false,
                            plan->excluded[i].reason);
    }
}

/* The messages in hand: all of the plan, or a window of it. */
static enum error_code window_apply(struct replay_run *run, struct error *error)
{
    enum error_code code = replay_run_init(run, error);
    if (!code && run->plan->discard && run->count > 0) {
        point_reached("before discarded letters are filed");
        code = replay_file_write(run->pipeline, run->plan, run->options->file, run->report->file,
                                 sizeof run->report->file, error);
        point_reached("after discarded letters are filed");
    }
    if (!code)
        code = finish_delete(run, error);
    if (!code)
        code = engine_run(run, error);
    if (run->items)
        replay_run_finish(run);
    exclusions_tell(run);
    replay_run_release(run);
    return code;
}

static enum error_code messages_apply(struct replay_run *run, struct error *error)
{
    struct replay_plan *plan = run->plan;
    enum error_code code = window_apply(run, error);
    while (!code && plan->windowed && plan->letters.count > 0 && !run->stop) {
        code = replay_window_next(run->pipeline, plan, error);
        if (!code && plan->letters.count > 0)
            code = window_apply(run, error);
    }
    if (plan->windowed)
        run->report->planned = plan->state->taken;
    earlier_tell(run);
    return code;
}

static void detail_append(struct buffer *out, const struct replay_report *report,
                          const struct error *error)
{
    buffer_char(out, '{');
    json_append_member(out, "engine", replay_engine_name(report->engine));
    json_append_member_integer(out, "planned", report->planned);
    json_append_member_integer(out, "moved", report->moved);
    json_append_member_integer(out, "failed", report->failed);
    json_append_member_integer(out, "kept", report->kept);
    json_append_member_integer(out, "excluded", report->excluded);
    json_append_member_integer(out, "possible_duplicates", report->possible_duplicates);
    if (report->task_handle[0] != '\0')
        json_append_member(out, "task_status", report->task_status);
    if (report->file[0] != '\0')
        json_append_member(out, "file", report->file);
    if (error->code)
        json_append_member(out, "error", error->message);
    buffer_char(out, '}');
}

static enum error_code audit(struct pipeline *pipeline, const struct replay_plan *plan,
                             const char *planned, const char *reason, const char *outcome,
                             const char *detail, struct error *error)
{
    const struct audit_note note = {.action = plan->discard ? "dlq discard" : "dlq replay",
                                    .target = plan->queue.name,
                                    .reason = reason,
                                    .plan = planned,
                                    .outcome = outcome,
                                    .detail = detail};
    db_watch(pipeline->db, NULL); /* also after Ctrl-C */
    enum error_code code = audit_write(pipeline->db, &note, error);
    db_watch(pipeline->db, pipeline->cancel);
    return code;
}

static const char *outcome_of(const struct replay_report *report, enum error_code code)
{
    if (!code && report->failed == 0 && report->kept == 0)
        return AUDIT_DONE;
    if (report->moved + report->finished > 0)
        return AUDIT_PARTLY;
    return code == ERROR_CANCELLED && report->failed == 0 ? AUDIT_CANCELLED : AUDIT_FAILED;
}

enum error_code replay_apply(struct pipeline *pipeline, struct replay_plan *plan,
                             const struct replay_options *options, struct replay_report *report,
                             struct error *error)
{
    struct error own = ERROR_INIT;
    struct buffer detail, planned;
    struct replay_run run = {
        .pipeline = pipeline, .plan = plan, .options = options, .report = report, .error = &own};
    memset(report, 0, sizeof *report);
    report->engine = plan->engine;
    report->planned = plan->planned;
    snprintf(report->reason, sizeof report->reason, "%s", plan->reason);
    if (plan->dry_run)
        return error_set(error, ERROR_INTERNAL, "a dry run changes nothing");
    buffer_init(&planned, AUDIT_MAX);
    replay_plan_json(plan, &planned);
    enum error_code code = ERROR_NONE;
    if (plan->state->locked)
        code = replay_lock_check(pipeline, plan, &own);
    else
        code = replay_lock_take(pipeline, plan, &own);
    /* Validation may be cut off anywhere; all else finishes what it began. */
    const struct cancel *watched = aws_client_watch(
        pipeline->aws, plan->engine == REPLAY_REVALIDATE ? pipeline->cancel : NULL);
    if (!code && plan->engine == REPLAY_MOVE_TASK && !plan->discard)
        code = replay_move(pipeline, plan, options, report, &own);
    else if (!code)
        code = messages_apply(&run, &own);
    aws_client_watch(pipeline->aws, watched);
    report->cancelled = code == ERROR_CANCELLED;
    buffer_init(&detail, 8192);
    detail_append(&detail, report, &own);
    struct error untold = ERROR_INIT;
    enum error_code audited = audit(pipeline, plan, planned.data, options->operator_reason,
                                    outcome_of(report, code), detail.data, &untold);
    buffer_release(&detail);
    buffer_release(&planned);
    if (!code && audited) {
        own = untold;
        code = audited;
    }
    if (code && error)
        *error = own;
    return code;
}

void replay_audit_unplanned(struct pipeline *pipeline, const struct replay_request *request,
                            const struct replay_plan *plan, const struct error *failure)
{
    struct buffer detail;
    if (!pipeline->db)
        return;
    const char *outcome = failure->code == ERROR_CANCELLED ? AUDIT_CANCELLED : AUDIT_FAILED;
    buffer_init(&detail, 8192);
    buffer_char(&detail, '{');
    json_append_member(&detail, "error", failure->message);
    buffer_char(&detail, '}');
    enum error_code untold =
        audit(pipeline, plan, NULL, request->operator_reason, outcome, detail.data, NULL);
    (void)untold; /* the failure itself is what is told */
    buffer_release(&detail);
}
