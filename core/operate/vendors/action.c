#include "core/operate/vendors/action.h"

#include "core/operate/vendors/action_private.h"
#include "core/pipeline/upload_lock.h"

#define UPLOADS_MAX 100

static const char *const names[] = {"vendors subscribe", "vendors suspend", "vendors activate"};

const char *vendor_action_name(enum vendor_action action)
{
    return names[action];
}

static bool copy_vendor(struct arena *memory, const struct vendor *from, struct vendor *to)
{
    *to = *from;
    to->vendor_id = arena_copy_text(memory, from->vendor_id, strlen(from->vendor_id));
    to->vendor_name = arena_copy_text(memory, from->vendor_name, strlen(from->vendor_name));
    to->status = arena_copy_text(memory, from->status, strlen(from->status));
    if (from->email)
        to->email = arena_copy_text(memory, from->email, strlen(from->email));
    return to->vendor_id && to->vendor_name && to->status && (!from->email || to->email);
}

static enum error_code find_vendor(struct pipeline *pipeline, const char *vendor_id,
                                   struct vendor_action_plan *plan, struct error *error)
{
    struct vendor_list list = {.count = 0};
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = vendors_list(pipeline->db, vendor_id, &list, error);
    if (!code && !copy_vendor(&plan->memory, &list.rows[0], &plan->vendor))
        code = error_set(error, ERROR_MEMORY, "out of memory for a vendor");
    vendor_list_release(&list);
    return code;
}

/* ---- status */

static const char in_flight_sql[] =
    "SELECT upload_id, total_records, valid_records + error_records AS settled"
    "  FROM upload_history WHERE vendor_id = $1 AND status = 'processing'"
    " ORDER BY upload_timestamp DESC, upload_id DESC LIMIT $2";

static enum error_code find_uploads(struct pipeline *pipeline, struct vendor_action_plan *plan,
                                    struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, plan->vendor.vendor_id);
    db_param_int(&params, UPLOADS_MAX);
    enum error_code code = db_query(pipeline->db, in_flight_sql, &params, &rows, error);
    if (!code)
        plan->uploads = arena_new(&plan->memory, (size_t)rows.count + 1, sizeof *plan->uploads);
    for (int i = 0; i < rows.count && !code && plan->uploads; i++) {
        struct vendor_upload *upload = &plan->uploads[plan->upload_count++];
        upload->upload_id = arena_copy_text(&plan->memory, db_row_text(&rows, i, "upload_id"),
                                            db_row_length(&rows, i, "upload_id"));
        upload->total_records = db_row_int(&rows, i, "total_records");
        upload->settled_records = db_row_int(&rows, i, "settled");
        upload->admitted = upload->total_records > 0;
    }
    db_result_release(&rows);
    return code;
}

static enum error_code say_uploads(struct vendor_action_plan *plan, struct error *error)
{
    size_t admitted = 0;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < plan->upload_count; i++)
        admitted += plan->uploads[i].admitted;
    if (admitted)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "%zu uploads in flight were already accepted: they are processed to "
                         "the end, and their products are accepted",
                         admitted);
    if (!code && plan->upload_count > admitted)
        code = plan_note(
            &plan->notes, &plan->memory, error, "%zu uploads arrived but are not accepted yet: %s",
            plan->upload_count - admitted,
            plan->action == VENDOR_SUSPEND ? "they will be refused with VENDOR_NOT_ACTIVE"
                                           : "they will be processed");
    if (!code && plan->action == VENDOR_SUSPEND && plan->step)
        code = plan_note(&plan->notes, &plan->memory, error,
                         "files that arrive from now on are refused with VENDOR_NOT_ACTIVE; "
                         "existing products are not changed");
    return code;
}

static enum error_code plan_status(struct pipeline *pipeline, struct vendor_action_plan *plan,
                                   struct error *error)
{
    plan->status_after = plan->action == VENDOR_SUSPEND ? "suspended" : "active";
    plan->step = strcmp(plan->vendor.status, plan->status_after) == 0 ? VENDOR_STEP_NONE
                                                                      : VENDOR_STEP_STATUS;
    enum error_code code = find_uploads(pipeline, plan, error);
    if (!code && plan->step == VENDOR_STEP_NONE)
        code = plan_note(&plan->notes, &plan->memory, error, "already %s", plan->status_after);
    return code ? code : say_uploads(plan, error);
}

static enum error_code apply_status(struct pipeline *pipeline,
                                    const struct vendor_action_plan *plan,
                                    const struct lease *lease, struct vendor_action_result *result,
                                    struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result updated = DB_RESULT_INIT;
    db_param_text(&params, plan->vendor.vendor_id);
    db_param_text(&params, plan->vendor.status);
    db_param_text(&params, plan->status_after);
    lease_params(&params, lease);
    enum error_code code = db_query(
        pipeline->db,
        "WITH " LEASE_HELD(
            "$4", "$5") " UPDATE vendors SET status = $3 WHERE vendor_id = $1 AND status = $2"
                        "    AND EXISTS (SELECT FROM held)",
        &params, &updated, error);
    result->changed = !code && updated.affected == 1;
    db_result_release(&updated);
    if (!code && !result->changed)
        code = error_set(error, ERROR_CONFLICT,
                         "%s is no longer %s: another user changed it in the meantime; nothing "
                         "was changed",
                         plan->vendor.vendor_id, plan->vendor.status);
    if (result->changed)
        snprintf(result->status, sizeof result->status, "%s", plan->status_after);
    return code;
}

/* ---- all three */

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct vendor_action_request *request = asked;
    struct vendor_action_plan *plan = made;
    *plan = (struct vendor_action_plan){.action = request->action};
    enum error_code code = find_vendor(pipeline, request->vendor_id, plan, error);
    if (code)
        return code;
    plan->status_after = plan->vendor.status;
    return plan->action == VENDOR_SUBSCRIBE
               ? vendor_subscription_plan(pipeline, request->remind, plan, error)
               : plan_status(pipeline, plan, error);
}

static void release(void *made)
{
    struct vendor_action_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct vendor_action_plan){.action = plan->action};
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *did, struct error *error)
{
    const struct vendor_action_plan *plan = made;
    struct vendor_action_result *result = did;
    struct lease lease;
    struct buffer planned;
    *result = (struct vendor_action_result){.state = plan->state};
    snprintf(result->status, sizeof result->status, "%s", plan->vendor.status);
    enum error_code code = upload_lock_take(pipeline, plan->vendor.vendor_id, &lease, error);
    bool locked = !code;
    if (!code && plan->step == VENDOR_STEP_STATUS)
        code = apply_status(pipeline, plan, &lease, result, error);
    else if (!code && plan->step)
        code = vendor_subscription_apply(pipeline, plan, result, error);
    buffer_init(&planned, 1 << 20);
    vendor_action_plan_json(plan, &planned);
    const struct plan_outcome outcome = {.action = names[plan->action],
                                         .target = plan->vendor.vendor_id,
                                         .reason = operator_reason,
                                         .changed = result->changed,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    code = plan_conclude(pipeline, &outcome, &planned, locked ? &lease : NULL, error);
    buffer_release(&planned);
    return code;
}

static bool changes(const void *made)
{
    const struct vendor_action_plan *plan = made;
    return plan->step != VENDOR_STEP_NONE;
}

const struct operation vendor_action_operation = {
    .plan_size = sizeof(struct vendor_action_plan),
    .result_size = sizeof(struct vendor_action_result),
    .make = make,
    .changes = changes,
    .text = vendor_action_plan_text,
    .apply = apply,
    .release = release,
};
