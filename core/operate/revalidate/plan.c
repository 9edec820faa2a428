#include "core/operate/revalidate/revalidate_private.h"
#include "core/pipeline/items_compare.h"
#include "core/pipeline/ledger_columns.h"

#define MOVING_MS (2 * 60 * 1000)

/* A plan in the making. */
struct planning {
    struct pipeline *pipeline;
    const struct revalidate_request *request;
    struct revalidate_plan *plan;
    struct upload_state upload;
    struct revalidate_source source;
    struct revalidate_judge judge;
    struct revalidate_selection selection;
    struct ledger_missing keys, absent;
    struct refusal refusal; /* of a file that was never admitted */
    bool file_gone;
};

static enum error_code warn(struct planning *planning, struct error *error, const char *text)
{
    struct revalidate_plan *plan = planning->plan;
    return revalidate_say(&plan->memory, &plan->warnings, &plan->warning_count,
                          &plan->warning_capacity, error, "%s", text);
}

static enum error_code check_upload(const struct planning *planning, struct error *error)
{
    const struct upload_state *upload = &planning->upload;
    bool messages = upload->outbox_waiting || upload->outbox_refused;
    if (upload->pruned[0])
        return upload_state_has_records(upload, "there is nothing left to validate", error);
    if (planning->request->pending && !upload->processing && messages)
        return upload_state_is_here(planning->pipeline, upload, error);
    if (upload->failure[0])
        return error_set(error, ERROR_CONFLICT,
                         "the file of %s was refused (%s): it has no records; the vendor must "
                         "fix it and upload it again",
                         upload->upload_id, upload->failure);
    if (!upload->vendor_status[0] && !(planning->request->end && upload->processing))
        return error_set(error, ERROR_CONFLICT,
                         "vendor %s of %s no longer exists: its records cannot be accepted%s%s%s",
                         upload->vendor_id, upload->upload_id,
                         upload->processing ? "; to end it: intake revalidate " : "",
                         upload->processing ? upload->upload_id : "",
                         upload->processing ? " --pending --end" : "");
    if (!upload->admitted && !planning->request->pending)
        return error_set(error, ERROR_CONFLICT,
                         "%s has no records yet: its file was not read; run intake revalidate "
                         "%s --pending",
                         upload->upload_id, upload->upload_id);
    return upload_state_is_here(planning->pipeline, upload, error);
}

/* What the table lacks is read from the object, if it is still there. */
static enum error_code open_file(struct planning *planning, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (planning->source.file || planning->file_gone || !planning->upload.processing)
        return ERROR_NONE;
    code = revalidate_file_open(&planning->source, &planning->refusal, error);
    if (code != ERROR_NOT_FOUND)
        return code;
    planning->file_gone = planning->plan->object_gone = true;
    error_clear(error);
    return warn(planning, error,
                "the uploaded object version no longer exists: records that are not in the "
                "table are lost, and the vendor must upload the file again; --end ends the "
                "upload as failed");
}

static enum error_code choose_rows(struct planning *planning, struct error *error)
{
    struct revalidate_plan *plan = planning->plan;
    int64_t total = planning->upload.total;
    enum error_code code = ERROR_NONE;
    if (planning->request->pending && planning->upload.processing && !planning->upload.written) {
        plan->take_in_again = true;
        code = open_file(planning, error);
        if (!planning->upload.admitted && !planning->refusal.code)
            total = (int64_t)revalidate_file_count(&planning->source);
    }
    plan->total = total;
    plan->without_outcome = total - planning->upload.valid - planning->upload.invalid;
    if (!code)
        code = revalidate_select(planning->pipeline, planning->upload.upload_id, total,
                                 planning->request, &planning->selection, error);
    planning->judge.judged = code ? NULL : memory_new((size_t)total + 1, sizeof(bool));
    if (!code && !planning->judge.judged)
        code = error_set(error, ERROR_MEMORY, "out of memory for rows");
    return code;
}

static enum error_code look_at_batch(struct planning *planning, size_t at, size_t count,
                                     struct error *error)
{
    struct item_list items;
    size_t absent = 0;
    bool settled = !planning->request->pending;
    item_list_init(&items);
    enum error_code code = revalidate_keys(
        planning->upload.upload_id, planning->selection.rows + at, count, &planning->keys, error);
    if (!code)
        code =
            revalidate_items(&planning->source, &planning->keys, settled, &items, &absent, error);
    if (!code && absent && !settled) {
        planning->plan->not_written += (int64_t)absent;
        planning->plan->take_in_again = planning->upload.processing;
        code = open_file(planning, error);
        if (!code && planning->source.file)
            code = revalidate_absent(&planning->keys, &items, &planning->absent, error);
        if (!code && planning->source.file)
            code = revalidate_file_items(&planning->source, &planning->absent, &items, error);
    }
    if (!code) {
        int64_t lost = (int64_t)(count - items.count);
        planning->plan->changes.records += lost;
        planning->plan->changes.unchanged += lost;
        planning->plan->changes.not_judged += lost;
    }
    if (!code && items.count)
        code = revalidate_judge_look(&planning->judge, &planning->source, &items, error);
    item_list_release(&items);
    return code;
}

static enum error_code look_at_all(struct planning *planning, struct error *error)
{
    const struct revalidate_request *request = planning->request;
    size_t count = planning->selection.count;
    enum error_code code = ERROR_NONE;
    for (size_t at = 0; at < count && !code; at += REVALIDATE_BATCH) {
        size_t some = count - at < REVALIDATE_BATCH ? count - at : REVALIDATE_BATCH;
        code = pipeline_check(planning->pipeline, error);
        if (!code)
            code = look_at_batch(planning, at, some, error);
        if (request->progress)
            request->progress(request->progress_context, (int64_t)(at + some), (int64_t)count);
    }
    return code;
}

static void foresee(struct planning *planning)
{
    struct revalidate_plan *plan = planning->plan;
    plan->valid_after = plan->valid;
    plan->invalid_after = plan->invalid;
    for (size_t i = 0; i < plan->changes.count; i++) {
        const struct revalidate_change *change = &plan->changes.list[i];
        plan->valid_after += change->after == REVALIDATE_VALID;
        plan->invalid_after += change->after == REVALIDATE_ERROR;
        plan->invalid_after -= change->before == REVALIDATE_ERROR;
    }
    snprintf(
        plan->status_after, sizeof plan->status_after, "%s",
        planning->refusal.code || plan->ends
            ? "failed"
            : ledger_status(plan->total ? plan->total : 1, plan->valid_after, plan->invalid_after));
}

/* Marks that were noted, and that the items do not bear. */
static enum error_code compare_items(struct planning *planning, struct error *error)
{
    int64_t count = 0;
    enum error_code code =
        items_compare(planning->pipeline, planning->upload.upload_id, NULL, &count, error);
    planning->plan->items_unmarked += count;
    return code;
}

static enum error_code warn_of_rows(struct planning *planning, struct error *error)
{
    char text[512];
    const struct revalidate_selection *selection = &planning->selection;
    const struct revalidate_changes *changes = &planning->plan->changes;
    enum error_code code = ERROR_NONE;
    if (selection->accepted) {
        snprintf(text, sizeof text,
                 "%lld of the selected rows are already accepted: their products are not changed",
                 (long long)selection->accepted);
        code = warn(planning, error, text);
    }
    if (!code && selection->pending) {
        snprintf(text, sizeof text, "%lld records have no outcome yet; use --pending for them",
                 (long long)selection->pending);
        code = warn(planning, error, text);
    }
    if (!code && changes->not_judged) {
        snprintf(text, sizeof text,
                 "%lld records cannot be validated: they are not in the table, and their data "
                 "is not stored completely",
                 (long long)changes->not_judged);
        code = warn(planning, error, text);
    }
    return code;
}

static enum error_code warn_of_upload(struct planning *planning, struct error *error)
{
    char text[700];
    const struct upload_state *upload = &planning->upload;
    int64_t still = world_now_ms(planning->pipeline->world) - upload->last_moved_at;
    enum error_code code = ERROR_NONE;
    if (upload->processing && still < MOVING_MS) {
        snprintf(text, sizeof text,
                 "last progress %lld s ago: the pipeline may still be working on it and will "
                 "skip the records settled here",
                 (long long)(still < 0 ? 0 : still / 1000));
        code = warn(planning, error, text);
    }
    if (!code && planning->plan->ends) {
        snprintf(text, sizeof text,
                 "records without an outcome at the end are dropped: the upload ends as failed, "
                 "and its vendor is notified");
        code = warn(planning, error, text);
    }
    if (!code && planning->refusal.code) {
        snprintf(text, sizeof text, "the file will be refused: %s: %s",
                 refusal_name(planning->refusal.code), planning->refusal.message);
        code = warn(planning, error, text);
    }
    if (!code && !upload->admitted && strcmp(upload->vendor_status, "active") != 0) {
        snprintf(text, sizeof text, "the vendor is %s: the file will be refused",
                 upload->vendor_status);
        code = warn(planning, error, text);
    }
    if (!code && upload->outbox_refused) {
        snprintf(text, sizeof text,
                 "%lld messages were refused by the error queue because of their content%s",
                 (long long)upload->outbox_refused,
                 planning->request->pending ? "" : "; use --pending to resend them");
        code = warn(planning, error, text);
    }
    return code;
}

static void describe(struct planning *planning)
{
    struct revalidate_plan *plan = planning->plan;
    const struct upload_state *upload = &planning->upload;
    snprintf(plan->upload_id, sizeof plan->upload_id, "%s", upload->upload_id);
    snprintf(plan->vendor_id, sizeof plan->vendor_id, "%s", upload->vendor_id);
    snprintf(plan->status, sizeof plan->status, "%s", upload->status);
    plan->valid = upload->valid;
    plan->invalid = upload->invalid;
    plan->pending = planning->request->pending;
    plan->notify = planning->request->notify;
    plan->ends = planning->request->end && upload->processing;
    plan->items_unmarked = upload->items_unmarked;
    plan->outbox_waiting = upload->outbox_waiting;
    plan->outbox_refused = upload->outbox_refused;
}

enum error_code revalidate_plan_make(struct pipeline *pipeline,
                                     const struct revalidate_request *request,
                                     struct revalidate_plan *plan, struct error *error)
{
    struct error local = ERROR_INIT;
    struct planning planning = {.pipeline = pipeline, .request = request, .plan = plan};
    error = error ? error : &local;
    *plan = (struct revalidate_plan){.pending = request->pending};
    upload_state_init(&planning.upload);
    ledger_missing_init(&planning.keys);
    ledger_missing_init(&planning.absent);
    revalidate_source_init(&planning.source, pipeline, &planning.upload);
    revalidate_judge_init(&planning.judge, pipeline, &planning.upload, &plan->changes,
                          &plan->memory);
    enum error_code code = upload_state_read(pipeline, request->upload_id, &planning.upload, error);
    if (!code) {
        describe(&planning);
        code = check_upload(&planning, error);
    }
    bool judged = !code && planning.upload.vendor_status[0];
    if (judged)
        code = choose_rows(&planning, error);
    if (!code && judged)
        code = look_at_all(&planning, error);
    if (!code && judged && request->pending)
        code = compare_items(&planning, error);
    if (!code) {
        revalidate_changes_sort(&plan->changes);
        foresee(&planning);
        code = warn_of_rows(&planning, error);
    }
    if (!code)
        code = warn_of_upload(&planning, error);
    revalidate_selection_release(&planning.selection);
    revalidate_judge_release(&planning.judge);
    revalidate_source_release(&planning.source);
    ledger_missing_release(&planning.keys);
    ledger_missing_release(&planning.absent);
    upload_state_release(&planning.upload);
    return code;
}

void revalidate_plan_release(struct revalidate_plan *plan)
{
    revalidate_changes_release(&plan->changes);
    free(plan->warnings);
    arena_release(&plan->memory);
    *plan = (struct revalidate_plan){.pending = false};
}

size_t revalidate_plan_size(const struct revalidate_plan *plan)
{
    bool messages = plan->outbox_waiting || plan->outbox_refused;
    bool left = plan->items_unmarked || (plan->pending && messages);
    size_t changed = (size_t)plan->changes.changed;
    return changed + left + plan->ends + (plan->take_in_again && !changed) +
           (plan->notify && changed);
}
