#include <string.h>

#include "core/base/json.h"
#include "core/operate/shift/shift_private.h"

static const char before_sql[] =
    "SELECT session_user::text AS me, a.assignee, a.at::text AS at, a.by,"
    "       to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS since"
    "  FROM (SELECT 1) one LEFT JOIN upload_assignments a ON a.upload_id = $1";

static enum error_code taken(const struct db_result *row, const char *upload_id,
                             struct error *error)
{
    const char *by = db_row_text(row, 0, "by"), *who = db_row_text(row, 0, "assignee");
    bool own = strcmp(by, who) == 0;
    return error_set(error, ERROR_CONFLICT,
                     "%s is assigned to %s since %s UTC%s%s; --force takes it over", upload_id, who,
                     db_row_text(row, 0, "since"), own ? "" : ", by ", own ? "" : by);
}

static enum error_code decide(const struct assign_request *request, const struct db_result *row,
                              struct assign_plan *plan, struct error *error)
{
    const char *me = db_row_text(row, 0, "me");
    const char *wanted =
        request->assignee && strcmp(request->assignee, "me") != 0 ? request->assignee : me;
    enum error_code code = ERROR_NONE;
    if (!plan->undo)
        code = plan_name_check("the assignee", wanted, SHIFT_ASSIGNEE_MAX, error);
    if (!code && !plan->undo)
        code = plan_keep(&plan->memory, wanted, &plan->assignee, error);
    if (!code)
        code = shift_keep(&plan->memory, row, "assignee", &plan->before, error);
    if (!code)
        code = shift_keep(&plan->memory, row, "at", &plan->before_at, error);
    if (code)
        return code;
    bool same = plan->before && plan->assignee && strcmp(plan->before, plan->assignee) == 0;
    plan->changes = plan->undo ? plan->before != NULL : !same;
    plan->others = plan->before && !same && strcmp(plan->before, me) != 0;
    if (plan->others && !request->force)
        return taken(row, request->upload_id, error);
    return plan->others
               ? plan_note(&plan->notes, &plan->memory, error, "it is taken from %s", plan->before)
               : ERROR_NONE;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct assign_request *request = asked;
    struct assign_plan *plan = made;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    *plan = (struct assign_plan){.undo = request->undo};
    db_param_text(&params, request->upload_id);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = shift_upload_check(pipeline, request->upload_id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->upload_id, &plan->upload_id, error);
    if (!code)
        code = db_query(pipeline->db, before_sql, &params, &row, error);
    if (!code)
        code = decide(request, &row, plan, error);
    db_result_release(&row);
    return code;
}

static bool changes(const void *made)
{
    const struct assign_plan *plan = made;
    return plan->changes;
}

static void append_text(const void *made, struct buffer *out)
{
    const struct assign_plan *plan = made;
    plan_append_visible(out, plan->upload_id);
    buffer_text(out, ": ");
    plan_append_visible(out, plan->before ? plan->before : "no one");
    if (plan->changes) {
        buffer_text(out, " -> ");
        plan_append_visible(out, plan->assignee ? plan->assignee : "no one");
    } else {
        buffer_text(out, " has it already: nothing to do");
    }
    buffer_char(out, '\n');
    plan_notes_text(&plan->notes, out);
}

/* Only where it is still with whom the plan showed. */
static enum error_code change(struct pipeline *pipeline, const struct assign_plan *plan,
                              struct shift_result *result, struct error *error)
{
    static const char assign_sql[] =
        "INSERT INTO upload_assignments AS a (upload_id, assignee)"
        " SELECT h.upload_id, $3 FROM upload_history h WHERE h.upload_id = $1"
        " ON CONFLICT (upload_id) DO UPDATE SET assignee = excluded.assignee"
        "   WHERE a.at IS NOT DISTINCT FROM $2::timestamptz RETURNING a.at, a.by";
    static const char undo_sql[] = "DELETE FROM upload_assignments WHERE upload_id = $1"
                                   " AND at IS NOT DISTINCT FROM $2::timestamptz"
                                   " RETURNING clock_timestamp() AS at, session_user::text AS by";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, plan->upload_id);
    db_param_text(&params, plan->before_at);
    if (!plan->undo)
        db_param_text(&params, plan->assignee);
    enum error_code code =
        shift_write(pipeline, plan->undo ? undo_sql : assign_sql, &params,
                    "the upload was deleted or released in the meantime", result, error);
    if (code != ERROR_CONFLICT)
        return code;
    db_params_clear(&params);
    db_param_text(&params, plan->upload_id);
    struct error unread = ERROR_INIT;
    if (!db_query(pipeline->db, before_sql, &params, &row, &unread) &&
        !db_row_is_null(&row, 0, "assignee"))
        code = taken(&row, plan->upload_id, error);
    db_result_release(&row);
    return code;
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *told, struct error *error)
{
    const struct assign_plan *plan = made;
    struct shift_result *result = told;
    struct buffer planned;
    *result = (struct shift_result){.changed = false};
    buffer_init(&planned, 1 << 20);
    enum error_code code = plan->changes ? change(pipeline, plan, result, error) : ERROR_NONE;
    buffer_char(&planned, '{');
    json_append_member(&planned, "upload_id", plan->upload_id);
    json_append_member(&planned, "assignee", plan->assignee);
    json_append_member(&planned, "previous", plan->before);
    buffer_char(&planned, '}');
    return shift_conclude(pipeline, "assign", plan->upload_id, operator_reason, code, &planned,
                          result, error);
}

static void release(void *made)
{
    struct assign_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct assign_plan){.undo = false};
}

const struct operation assign_operation = {
    .database_only = true,
    .plan_size = sizeof(struct assign_plan),
    .result_size = sizeof(struct shift_result),
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
