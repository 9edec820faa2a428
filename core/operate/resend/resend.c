#include "core/operate/resend/resend.h"

#include "core/base/json.h"
#include "core/base/point.h"
#include "core/history/upload_state.h"
#include "core/operate/audit.h"
#include "core/operate/resend/resend_private.h"
#include "core/pipeline/upload_lock.h"

static const char past_sql[] =
    "SELECT (SELECT v.email FROM vendors v WHERE v.vendor_id = h.vendor_id) AS email,"
    "       n.claimed_at, n.operator, clock_timestamp() AS now"
    "  FROM upload_history h"
    "  LEFT JOIN LATERAL (SELECT * FROM notifications r WHERE r.upload_id = h.upload_id"
    "                        AND r.kind = 'resend' AND r.outcome <> 'failed'"
    "                      ORDER BY r.claimed_at DESC LIMIT 1) n ON true"
    " WHERE h.upload_id = $1";

static enum error_code read_past(struct pipeline *pipeline, int64_t cool_down_ms,
                                 struct resend_plan *plan, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, plan->draft.upload_id);
    enum error_code code = db_query(pipeline->db, past_sql, &params, &row, error);
    if (!code && row.count == 1) {
        const char *email = db_row_text(&row, 0, "email"), *by = db_row_text(&row, 0, "operator");
        plan->vendor_email = email ? arena_copy_text(&plan->memory, email, strlen(email)) : NULL;
        plan->last_resend_by = by ? arena_copy_text(&plan->memory, by, strlen(by)) : NULL;
        if (!db_row_is_null(&row, 0, "claimed_at"))
            plan->last_resend_at = db_row_time(&row, 0, "claimed_at");
        int64_t until = plan->last_resend_at + (cool_down_ms ? cool_down_ms : RESEND_COOL_DOWN_MS);
        if (plan->last_resend_at && until > db_row_time(&row, 0, "now"))
            plan->cool_down_until = until;
    }
    db_result_release(&row);
    return code;
}

/* Of a file with errors that has just been finished: its report is there a moment later. */
static const char making_sql[] =
    "SELECT status <> 'processing' AND error_records > 0 AND failure_code IS NULL"
    "       AND error_file_s3_key IS NULL"
    "       AND processing_completed_at > clock_timestamp() - interval '2 minutes'"
    "  FROM upload_history WHERE upload_id = $1";

static enum error_code report_is_making(struct pipeline *pipeline, const char *upload_id,
                                        bool *making, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, upload_id);
    enum error_code code = db_query(pipeline->db, making_sql, &params, &row, error);
    *making = !code && row.count == 1 && db_result_bool(&row, 0, 0);
    db_result_release(&row);
    return code;
}

/* A notice without its links would be worth little: they are waited for. */
static enum error_code report_await(struct pipeline *pipeline, const char *upload_id, bool *making,
                                    struct error *error)
{
    int64_t until = world_monotonic_ms(pipeline->world) + RESEND_REPORT_WAIT_MS;
    enum error_code code = report_is_making(pipeline, upload_id, making, error);
    while (!code && *making && world_monotonic_ms(pipeline->world) < until &&
           !cancel_requested(pipeline->cancel)) {
        world_sleep_ms(pipeline->world, 200);
        code = report_is_making(pipeline, upload_id, making, error);
    }
    return code;
}

enum error_code resend_plan_make(struct pipeline *pipeline, const char *upload_id,
                                 int64_t cool_down_ms, struct resend_plan *plan,
                                 struct error *error)
{
    struct error local = ERROR_INIT;
    struct upload_state upload;
    error = error ? error : &local;
    *plan = (struct resend_plan){.topic_arn = NULL};
    notice_draft_init(&plan->draft);
    upload_state_init(&upload);
    enum error_code code = upload_state_read(pipeline, upload_id, &upload, error);
    if (!code)
        code = upload_state_has_records(
            &upload, "the text of its notice was deleted with them, so nothing is resent", error);
    if (!code)
        code = upload_state_is_here(pipeline, &upload, error);
    if (!code && upload.processing)
        code = error_set(error, ERROR_CONFLICT,
                         "%s is still processing: there is no notice yet; see intake upload %s",
                         upload_id, upload_id);
    if (!code)
        code = report_await(pipeline, upload_id, &plan->report_making, error);
    if (!code)
        code = notice_compose(pipeline, upload_id, &plan->draft, error);
    if (!code)
        code = read_past(pipeline, cool_down_ms, plan, error);
    if (!code)
        code = resend_find_recipients(pipeline, plan, error);
    upload_state_release(&upload);
    return code;
}

void resend_plan_release(struct resend_plan *plan)
{
    notice_draft_release(&plan->draft);
    arena_release(&plan->memory);
    free(plan->warnings);
    *plan = (struct resend_plan){.topic_arn = NULL};
}

/* One statement: between the look and the claim nobody can come. */
static const char claim_sql[] = "WITH " LEASE_HELD(
    "$8",
    "$9") " INSERT INTO notifications (upload_id, kind, subject, body, operator, reason, link_expires_at)"
          " SELECT $1, 'resend', $2, $3, session_user, $4, $5"
          "  WHERE EXISTS (SELECT FROM held) AND ($6 OR NOT EXISTS (SELECT FROM notifications n WHERE n.upload_id = $1"
          "     AND n.kind = 'resend' AND n.outcome <> 'failed'"
          "     AND n.claimed_at > clock_timestamp() - $7 * interval '1 millisecond'))"
          " RETURNING id";

static enum error_code claim(struct pipeline *pipeline, const struct resend_plan *plan,
                             const struct resend_options *options, const struct lease *lease,
                             int64_t *id, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    int64_t cool_down = options->cool_down_ms ? options->cool_down_ms : RESEND_COOL_DOWN_MS;
    db_param_text(&params, plan->draft.upload_id);
    db_param_text(&params, plan->draft.subject);
    db_param_text(&params, plan->draft.body.data);
    db_param_text(&params, options->operator_reason);
    if (plan->draft.link_expires_at_ms)
        db_param_time(&params, plan->draft.link_expires_at_ms);
    else
        db_param_null(&params);
    db_param_bool(&params, options->force);
    db_param_int(&params, cool_down);
    lease_params(&params, lease);
    point_reached("before a resend is claimed");
    enum error_code code = db_query(pipeline->db, claim_sql, &params, &row, error);
    point_reached("after a resend is claimed");
    *id = !code && row.count == 1 ? db_result_int(&row, 0, 0) : 0;
    db_result_release(&row);
    if (!code && !*id)
        code = error_set(error, ERROR_CONFLICT,
                         "the notice of %s was resent less than %lld minutes ago: nothing was "
                         "sent; wait, or use --force",
                         plan->draft.upload_id, (long long)((cool_down + 59999) / 60000));
    return code;
}

static enum error_code send_claimed(struct pipeline *pipeline, const struct resend_plan *plan,
                                    struct resend_result *result, struct error *error)
{
    struct error failure = ERROR_INIT;
    enum error_code sending = notice_publish(pipeline, &plan->draft, result->message_id, &failure);
    enum error_code code = notice_mark(pipeline, result->notification_id,
                                       sending ? NULL : result->message_id, &failure, error);
    if (!sending) {
        result->outcome = RESEND_ACCEPTED;
        return code
                   ? error_wrap(error, "the notice was accepted as %s, which could not be recorded",
                                result->message_id)
                   : ERROR_NONE;
    }
    result->outcome = failure.possibly_done ? RESEND_UNKNOWN : RESEND_FAILED;
    result->message_id[0] = '\0';
    *error = failure;
    if (failure.possibly_done)
        return error_wrap(error, "it is not known whether the notice was sent; it is recorded as "
                                 "unknown, --force resends it");
    return error_wrap(error, "nothing was sent, and the notice is recorded as failed");
}

static const char *const outcome_names[] = {"accepted", "unknown", "failed", "refused", "busy"};
static const char *const audit_outcomes[] = {AUDIT_DONE, AUDIT_PARTLY, AUDIT_FAILED, AUDIT_REFUSED,
                                             AUDIT_REFUSED};

static enum error_code write_audit(struct pipeline *pipeline, const struct resend_plan *plan,
                                   const struct resend_options *options,
                                   const struct resend_result *result, const char *why,
                                   struct error *error)
{
    struct buffer planned, detail;
    buffer_init(&planned, 1 << 16);
    buffer_init(&detail, 1 << 16);
    buffer_char(&planned, '{');
    json_append_member(&planned, "subject", plan->draft.subject);
    json_append_member_integer(&planned, "reached", (int64_t)plan->reached);
    json_append_member_integer(&planned, "pending", (int64_t)plan->pending);
    json_append_member_bool(&planned, "to_operators", plan->to_operators);
    json_append_member_bool(&planned, "force", options->force);
    buffer_char(&planned, '}');
    buffer_char(&detail, '{');
    json_append_member(&detail, "outcome", outcome_names[result->outcome]);
    json_append_member(&detail, "message_id", result->message_id[0] ? result->message_id : NULL);
    json_append_member(&detail, "why", why);
    buffer_char(&detail, '}');
    const struct audit_note note = {.action = "notify",
                                    .target = plan->draft.upload_id,
                                    .reason = options->operator_reason,
                                    .plan = planned.data,
                                    .outcome = audit_outcomes[result->outcome],
                                    .detail = detail.data};
    enum error_code code = buffer_check(&planned, error);
    if (!code)
        code = buffer_check(&detail, error);
    if (!code)
        code = audit_write_last(pipeline->db, pipeline->cancel, &note, error);
    buffer_release(&planned);
    buffer_release(&detail);
    return code;
}

enum error_code resend_apply(struct pipeline *pipeline, const struct resend_plan *plan,
                             const struct resend_options *options, struct resend_result *result,
                             struct error *error)
{
    struct error local = ERROR_INIT, unwritten = ERROR_INIT;
    struct lease own = {0}, *lease = options->lease ? options->lease : &own;
    error = error ? error : &local;
    *result = (struct resend_result){.outcome = RESEND_REFUSED};
    enum error_code code = options->lease
                               ? lease_renew(pipeline, lease, error)
                               : upload_lock_take(pipeline, plan->draft.upload_id, lease, error);
    bool locked = !code;
    if (!code)
        code = claim(pipeline, plan, options, lease, &result->notification_id, error);
    if (code)
        result->outcome = code != ERROR_CONFLICT ? RESEND_FAILED
                          : locked               ? RESEND_REFUSED
                                                 : RESEND_BUSY;
    else
        code = send_claimed(pipeline, plan, result, error);
    enum error_code noted =
        write_audit(pipeline, plan, options, result, code ? error->message : NULL, &unwritten);
    if (locked && !options->lease)
        lease_drop(pipeline, lease);
    if (!code && noted) {
        *error = unwritten;
        code = error_wrap(error, "the notice was accepted as %s", result->message_id);
    }
    return code;
}
