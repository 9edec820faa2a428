#include "core/operate/revalidate/revalidate.h"

#include "core/operate/audit.h"
#include "core/base/json.h"
#include "core/pipeline/ingest.h"
#include "core/pipeline/items_compare.h"
#include "core/pipeline/marks.h"
#include "core/pipeline/outbox.h"
#include "core/pipeline/report.h"
#include "core/pipeline/upload_end.h"
#include "core/operate/revalidate/revalidate_private.h"
#include "core/pipeline/upload_lock.h"
#include "core/pipeline/validate.h"

#define MARKS_PAGE 500

/* A run, after its plan. */
struct revalidation {
    struct pipeline *pipeline;
    const struct revalidate_request *request;
    const struct revalidate_plan *plan;
    struct revalidate_result *result;
    struct upload_state upload; /* as it is when the run begins */
    struct revalidate_source source;
    struct revalidate_judge judge;
    struct ledger_missing keys;
    struct lease lease;
};

static enum error_code complain(struct revalidation *run, const char *what,
                                const struct error *failure, struct error *error)
{
    struct revalidate_result *result = run->result;
    return revalidate_say(&result->memory, &result->complaints, &result->complaint_count,
                          &result->complaint_capacity, error,
                          "%s: %s; to continue: intake revalidate %s%s", what, failure->message,
                          run->plan->upload_id, run->plan->pending ? " --pending" : "");
}

static void tell_progress(const struct revalidation *run, size_t done, size_t count)
{
    if (run->request->progress)
        run->request->progress(run->request->progress_context, (int64_t)done, (int64_t)count);
}

/* ---- records that were rejected: those that the plan named, and no other */

static enum error_code write_batch(struct revalidation *run, const uint32_t *rows, size_t count,
                                   struct error *error)
{
    struct item_list items;
    size_t absent = 0;
    item_list_init(&items);
    enum error_code code = revalidate_keys(run->plan->upload_id, rows, count, &run->keys, error);
    if (!code)
        code = revalidate_items(&run->source, &run->keys, true, &items, &absent, error);
    if (!code)
        code = revalidate_judge_write(&run->judge, &items, error);
    if (!code) {
        run->result->changes.records += (int64_t)absent;
        run->result->changes.unchanged += (int64_t)absent;
        run->result->changes.not_judged += (int64_t)absent;
    }
    item_list_release(&items);
    return code;
}

static enum error_code write_rejected(struct revalidation *run, struct error *error)
{
    const struct revalidate_changes *planned = &run->plan->changes;
    uint32_t rows[REVALIDATE_BATCH];
    enum error_code code = ERROR_NONE;
    run->result->changes.records = planned->records - planned->changed;
    run->result->changes.unchanged = planned->unchanged;
    run->result->changes.not_judged = planned->not_judged;
    for (size_t at = 0; at < planned->count && !code;) {
        size_t count = 0;
        while (count < REVALIDATE_BATCH && at < planned->count)
            rows[count++] = planned->list[at++].row_number;
        code = pipeline_check(run->pipeline, error);
        if (!code)
            code = write_batch(run, rows, count, error);
        tell_progress(run, at, planned->count);
    }
    return code;
}

/* ---- records without an outcome */

static enum error_code forget_written(struct revalidation *run, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, run->upload.upload_id);
    lease_params(&params, &run->lease);
    return db_query(
        run->pipeline->db,
        "WITH " LEASE_HELD("$2", "$3") " UPDATE upload_history SET items_written_at = NULL"
                                       "  WHERE upload_id = $1 AND status = 'processing'"
                                       "    AND EXISTS (SELECT FROM held)",
        &params, NULL, error);
}

/* The parser's work done again, under its own claim: it writes what the table lacks. */
static enum error_code take_in_again(struct revalidation *run, struct error *error)
{
    const struct upload_state *upload = &run->upload;
    const struct ingest_object object = {
        .bucket = upload->bucket, .key = upload->key, .version_id = upload_state_version(upload)};
    struct ingest_outcome outcome;
    enum error_code code = upload->written ? forget_written(run, error) : ERROR_NONE;
    if (!code)
        code = ingest_object(run->pipeline, &object, &outcome, error);
    if (code)
        return error_wrap(error, "reading s3://%s/%s again", upload->bucket, upload->key);
    run->result->items_written = outcome.written;
    if (outcome.result == INGEST_IGNORED && !upload->admitted)
        return error_set(error, ERROR_NOT_FOUND,
                         "s3://%s/%s no longer exists in the version of %s: the vendor must "
                         "upload the file again",
                         upload->bucket, upload->key, upload->upload_id);
    return ERROR_NONE;
}

static enum error_code judge_pending(struct revalidation *run, struct error *error)
{
    struct item_list items;
    size_t absent = 0;
    item_list_init(&items);
    enum error_code code =
        revalidate_items(&run->source, &run->keys, false, &items, &absent, error);
    bool *failed = code ? NULL : memory_new(items.count + 1, sizeof *failed);
    struct validate_outcome outcome = {.failed = failed};
    if (!code && !failed)
        code = error_set(error, ERROR_MEMORY, "out of memory for a batch");
    if (!code && items.count)
        code = validate_items(run->pipeline, (const struct upload_item *const *)items.list,
                              items.count, &outcome, error);
    free(failed);
    item_list_release(&items);
    return code;
}

/* What a failed call had committed already is counted too. */
static enum error_code settle_batch(struct revalidation *run, struct error *error)
{
    struct error reading = ERROR_INIT;
    enum error_code code = judge_pending(run, error);
    enum error_code read = revalidate_judge_read(&run->judge, &run->keys, &reading);
    if (!code && read) {
        *error = reading;
        code = read;
    }
    return code;
}

static enum error_code settle_rows(struct revalidation *run, struct error *error)
{
    struct revalidate_selection selection = {.rows = NULL};
    enum error_code code =
        upload_state_read(run->pipeline, run->plan->upload_id, &run->upload, error);
    if (!code)
        code = revalidate_select(run->pipeline, run->upload.upload_id, run->upload.total,
                                 run->request, &selection, error);
    for (size_t at = 0; at < selection.count && !code; at += REVALIDATE_BATCH) {
        size_t left = selection.count - at;
        size_t some = left < REVALIDATE_BATCH ? left : REVALIDATE_BATCH;
        code = pipeline_check(run->pipeline, error);
        if (!code)
            code = lease_renew(run->pipeline, &run->lease, error);
        if (!code)
            code = revalidate_keys(run->upload.upload_id, selection.rows + at, some, &run->keys,
                                   error);
        if (!code)
            code = settle_batch(run, error);
        tell_progress(run, at + some, selection.count);
    }
    revalidate_selection_release(&selection);
    return code;
}

/* What has no outcome by now gets none. */
static enum error_code give_up(struct revalidation *run, struct error *error)
{
    struct refusal refusal;
    const struct upload_state *upload = &run->upload;
    bool ended = false;
    enum error_code code =
        upload_state_read(run->pipeline, run->plan->upload_id, &run->upload, error);
    if (code || !upload->processing)
        return code;
    if (!upload->vendor_status[0])
        refusal_set_unknown_vendor(&refusal, upload->vendor_id);
    else if (run->plan->object_gone)
        refusal_set_object_gone(&refusal);
    else
        refusal_set_records_lost(&refusal, upload->total - upload->valid - upload->invalid,
                                 upload->total);
    code = upload_end(run->pipeline, upload->upload_id, upload->vendor_id, &run->lease, &refusal,
                      &ended, error);
    if (!code && !ended)
        code =
            error_set(error, ERROR_CONFLICT,
                      "%s was finished in the meantime, or the lock was lost", upload->upload_id);
    return code;
}

/* What is in the table is judged before an object that is gone ends the upload. */
static enum error_code settle_pending(struct revalidation *run, struct error *error)
{
    bool again = run->plan->take_in_again && run->upload.processing;
    bool orphan = !run->upload.vendor_status[0];
    enum error_code code = ERROR_NONE;
    if (again && !run->plan->object_gone && !orphan)
        code = take_in_again(run, error);
    if (!code && !orphan)
        code = settle_rows(run, error);
    if (!code && again && run->plan->object_gone && !run->upload.written)
        code = take_in_again(run, error);
    if (!code && run->plan->ends)
        code = give_up(run, error);
    return code;
}

/* ---- what follows from the ledger, and what a dead one left of it */

static const char unmarked_sql[] = "SELECT r.row_number FROM unmarked_records r"
                                   " WHERE r.upload_id = $1 ORDER BY r.row_number LIMIT $2";

/* One page of marks; *more: there may be others. */
static enum error_code mark_page(struct revalidation *run, bool *more, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result found = DB_RESULT_INIT;
    struct ledger_row rows[MARKS_PAGE];
    enum error_code code = pipeline_check(run->pipeline, error);
    db_param_text(&params, run->plan->upload_id);
    db_param_int(&params, MARKS_PAGE);
    if (!code)
        code = lease_renew(run->pipeline, &run->lease, error);
    if (!code)
        code = db_query(run->pipeline->db, unmarked_sql, &params, &found, error);
    *more = found.count == MARKS_PAGE;
    for (int i = 0; i < found.count; i++)
        rows[i] = (struct ledger_row){run->plan->upload_id,
                                      (uint32_t)db_row_int(&found, i, "row_number")};
    if (!code)
        code = marks_write(run->pipeline, rows, (size_t)found.count, error);
    db_result_release(&found);
    return code;
}

static enum error_code mark_items(struct revalidation *run, struct error *error)
{
    int64_t count = 0;
    bool more = true;
    enum error_code code = run->plan->pending ? items_compare(run->pipeline, run->plan->upload_id,
                                                              &run->lease, &count, error)
                                              : ERROR_NONE;
    while (more && !code)
        code = mark_page(run, &more, error);
    return code;
}

static enum error_code rebuild_report(struct revalidation *run, const struct upload_state *now,
                                      struct error *error)
{
    struct report_file files[REPORT_KINDS];
    if (now->processing || (now->failure[0] && !now->invalid))
        return ERROR_NONE;
    enum error_code code =
        report_build(run->pipeline, run->plan->upload_id, REPORT_VERIFY, files, error);
    for (int kind = 0; kind < REPORT_KINDS && !code; kind++)
        run->result->report_rebuilt = run->result->report_rebuilt || files[kind].written;
    if (!code && now->invalid == 0 && run->upload.invalid > 0)
        run->result->report_rebuilt = true;
    return code;
}

static enum error_code send_notice(struct revalidation *run, const char *operator_reason,
                                   struct error *error)
{
    struct resend_plan plan;
    struct resend_result sent = {.outcome = RESEND_REFUSED};
    const struct resend_options options = {.cool_down_ms = run->request->cool_down_ms,
                                           .operator_reason =
                                               operator_reason ? operator_reason : "re-validated",
                                           .lease = &run->lease};
    enum error_code code =
        resend_plan_make(run->pipeline, run->plan->upload_id, options.cool_down_ms, &plan, error);
    if (!code)
        code = resend_apply(run->pipeline, &plan, &options, &sent, error);
    run->result->notified = sent.outcome == RESEND_ACCEPTED;
    snprintf(run->result->message_id, sizeof run->result->message_id, "%s", sent.message_id);
    resend_plan_release(&plan);
    return code;
}

/* The upload that this run finished gets its automatic notice from the pipeline. */
static bool wants_notice(const struct revalidation *run, const struct upload_state *now)
{
    return run->request->notify && run->result->changes.changed && !now->processing && now->notices;
}

static enum error_code send_messages(struct revalidation *run, struct error *error)
{
    int64_t offered = 0;
    enum error_code code = outbox_offer_again(run->pipeline, run->plan->upload_id, &offered, error);
    return code ? code : outbox_flush(run->pipeline, 0, &run->result->messages_sent, error);
}

/* Each step stands alone: one that fails is a complaint, the next is tried all the same. */
static enum error_code follow_up(struct revalidation *run, const char *operator_reason,
                                 struct error *error)
{
    struct upload_state now;
    struct error failure = ERROR_INIT;
    enum error_code code = ERROR_NONE;
    upload_state_init(&now);
    if (run->plan->pending && send_messages(run, &failure))
        code = complain(run, "messages are waiting to be sent", &failure, error);
    if (!code && mark_items(run, &failure))
        code = complain(run, "some items do not have their final status", &failure, error);
    if (!code)
        code = upload_state_read(run->pipeline, run->plan->upload_id, &now, error);
    if (!code && now.failure[0] && !run->plan->ends && strcmp(run->plan->status, "processing") == 0)
        code =
            revalidate_say(&run->result->memory, &run->result->complaints,
                           &run->result->complaint_count, &run->result->complaint_capacity, error,
                           "the file was refused, its vendor is notified: %s", now.failure);
    if (!code && rebuild_report(run, &now, &failure))
        code = complain(run, "the report was not rebuilt", &failure, error);
    if (!code && wants_notice(run, &now) && send_notice(run, operator_reason, &failure))
        code = complain(run, "no notice was sent", &failure, error);
    snprintf(run->result->status, sizeof run->result->status, "%s", now.status);
    upload_state_release(&now);
    return code;
}

/* ---- the audit log */

static const char *outcome_of(const struct revalidation *run, enum error_code code, bool locked)
{
    bool some = run->result->changes.changed > 0 || run->result->items_written > 0;
    if (code == ERROR_CANCELLED && !some)
        return AUDIT_CANCELLED;
    if (!locked)
        return code == ERROR_CONFLICT ? AUDIT_REFUSED : AUDIT_FAILED;
    if (code)
        return some ? AUDIT_PARTLY : AUDIT_FAILED;
    return run->result->complaint_count ? AUDIT_PARTLY : AUDIT_DONE;
}

static enum error_code write_audit(const struct revalidation *run, const char *operator_reason,
                                   const char *outcome, const char *why, struct error *error)
{
    const struct revalidate_result *result = run->result;
    struct buffer planned, detail;
    buffer_init(&planned, 1 << 20);
    buffer_init(&detail, 1 << 20);
    revalidate_plan_json(run->plan, &planned);
    buffer_char(&detail, '{');
    json_append_member_integer(&detail, "changed", result->changes.changed);
    json_append_member_integer(&detail, "now_valid", result->changes.now_valid);
    json_append_member_integer(&detail, "now_error", result->changes.now_error);
    json_append_member_integer(&detail, "items_written", result->items_written);
    json_append_member_integer(&detail, "messages_sent", result->messages_sent);
    json_append_member_bool(&detail, "report_rebuilt", result->report_rebuilt);
    json_append_member_bool(&detail, "notified", result->notified);
    json_append_member(&detail, "why", why);
    buffer_char(&detail, '}');
    const struct audit_note note = {.action = "revalidate",
                                    .target = run->plan->upload_id,
                                    .reason = operator_reason,
                                    .plan = planned.data,
                                    .outcome = outcome,
                                    .detail = detail.data};
    enum error_code code = buffer_check(&planned, error);
    if (!code)
        code = buffer_check(&detail, error);
    if (!code)
        code = audit_write_last(run->pipeline->db, run->pipeline->cancel, &note, error);
    buffer_release(&planned);
    buffer_release(&detail);
    return code;
}

static enum error_code tell_stop(const struct revalidation *run, struct error *error)
{
    return error_wrap(error, "%lld records of %s were already settled and stay so",
                      (long long)run->result->changes.changed, run->plan->upload_id);
}

static enum error_code run_locked(struct revalidation *run, const char *operator_reason,
                                  struct error *error)
{
    enum error_code code =
        upload_state_read(run->pipeline, run->plan->upload_id, &run->upload, error);
    if (!code)
        code = upload_state_has_records(&run->upload, "there is nothing left to validate", error);
    if (!code)
        code = run->plan->pending ? settle_pending(run, error) : write_rejected(run, error);
    if (code)
        return tell_stop(run, error);
    revalidate_changes_sort(&run->result->changes);
    return follow_up(run, operator_reason, error);
}

enum error_code revalidate_apply(struct pipeline *pipeline,
                                 const struct revalidate_request *request,
                                 const struct revalidate_plan *plan, const char *operator_reason,
                                 struct revalidate_result *result, struct error *error)
{
    struct error local = ERROR_INIT, unwritten = ERROR_INIT;
    struct revalidation run = {
        .pipeline = pipeline, .request = request, .plan = plan, .result = result};
    error = error ? error : &local;
    *result = (struct revalidate_result){.notified = false};
    upload_state_init(&run.upload);
    ledger_missing_init(&run.keys);
    revalidate_source_init(&run.source, pipeline, &run.upload);
    revalidate_judge_init(&run.judge, pipeline, &run.upload, &result->changes, &result->memory);
    run.judge.lease = &run.lease;
    enum error_code code = upload_lock_take(pipeline, plan->upload_id, &run.lease, error);
    bool locked = !code;
    if (!code)
        code = run_locked(&run, operator_reason, error);
    enum error_code noted = write_audit(&run, operator_reason, outcome_of(&run, code, locked),
                                        code ? error->message : NULL, &unwritten);
    if (locked)
        lease_drop(pipeline, &run.lease);
    if (!code && noted) {
        *error = unwritten;
        code = error_wrap(error, "%lld records were settled", (long long)result->changes.changed);
    }
    revalidate_judge_release(&run.judge);
    revalidate_source_release(&run.source);
    ledger_missing_release(&run.keys);
    upload_state_release(&run.upload);
    return code;
}

void revalidate_result_release(struct revalidate_result *result)
{
    revalidate_changes_release(&result->changes);
    free(result->complaints);
    arena_release(&result->memory);
    *result = (struct revalidate_result){.notified = false};
}
