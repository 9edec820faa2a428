#include "core/pipeline/notice.h"

#include "aws/s3.h"
#include "aws/sns.h"
#include "core/base/log.h"
#include "core/base/point.h"
#include "core/record/advice.h"
#include "core/record/rules.h"

void notice_draft_init(struct notice_draft *draft)
{
    *draft = (struct notice_draft){.vendor_known = false};
    buffer_init(&draft->body, NOTICE_BODY_MAX);
}

void notice_draft_release(struct notice_draft *draft)
{
    buffer_release(&draft->body);
}

static const char upload_sql[] =
    "SELECT h.upload_id, h.vendor_id, h.file_name, h.status, h.total_records, h.valid_records,"
    "       h.error_records, h.failure_code, h.failure_reason, h.error_file_s3_key,"
    "       (SELECT r.s3_key FROM upload_reports r"
    "         WHERE r.upload_id = h.upload_id AND r.kind = 'rejected') AS rejected_s3_key,"
    "       (SELECT string_agg((c.value->>'name')"
    "                 || coalesce(' (looks like ' || (c.value->>'looks_like') || ')', ''), ', '"
    "                 ORDER BY c.ordinality)"
    "          FROM jsonb_array_elements(h.metadata->'ignored_columns') WITH ORDINALITY c)"
    "         AS ignored_columns,"
    "       coalesce((h.metadata->>'swallowed')::bigint, 0) AS swallowed,"
    "       coalesce((h.metadata->>'swallowed_line')::bigint, 0) AS swallowed_line,"
    "       coalesce((h.metadata->>'swallowed_last_line')::bigint, 0) AS swallowed_last_line,"
    "       EXISTS (SELECT FROM vendors v WHERE v.vendor_id = h.vendor_id) AS vendor_known"
    "  FROM upload_history h WHERE h.upload_id = $1";

/* Records count by their primary type; the message is of the first that is counted. */
static const char types_sql[] =
    "SELECT t.error_type, t.records, f.line_number, f.error_message,"
    "       (SELECT count(*) FROM validation_errors v WHERE v.upload_id = $1"
    "           AND v.error_type = t.error_type AND v.unchanged AND v.rule_order = 1) AS unchanged"
    "  FROM (SELECT error_type, count(*) AS records FROM upload_records"
    "         WHERE upload_id = $1 AND outcome = 'error' GROUP BY error_type) t"
    "  LEFT JOIN LATERAL (SELECT v.line_number, v.error_message FROM validation_errors v"
    "                      WHERE v.upload_id = $1 AND v.error_type = t.error_type"
    "                        AND v.rule_order = 1"
    "                      ORDER BY v.unchanged, v.row_number LIMIT 1) f ON true";

/* What every record of the file has in common. */
static const char common_sql[] =
    "SELECT v.error_type, v.error_field, v.kind, h.total_records"
    "  FROM validation_errors v JOIN upload_history h USING (upload_id)"
    " WHERE v.upload_id = $1 AND v.kind IS NOT NULL AND h.total_records > 1"
    "   AND h.error_records = h.total_records"
    " GROUP BY v.error_type, v.error_field, v.kind, h.total_records"
    " HAVING count(*) = h.total_records ORDER BY min(v.rule_order), v.error_field";

struct material {
    struct db_result upload, types, common;
    struct notice_type_count counts[RULE_COUNT];
    struct buffer report_url, rejected_url, common_text;
};

static void material_init(struct material *material)
{
    *material = (struct material){
        .upload = DB_RESULT_INIT, .types = DB_RESULT_INIT, .common = DB_RESULT_INIT};
    buffer_init(&material->common_text, 64 << 10);
    buffer_init(&material->report_url, 16 << 10);
    buffer_init(&material->rejected_url, 16 << 10);
}

static void material_release(struct material *material)
{
    db_result_release(&material->upload);
    db_result_release(&material->types);
    db_result_release(&material->common);
    buffer_release(&material->common_text);
    buffer_release(&material->report_url);
    buffer_release(&material->rejected_url);
}

static enum error_code read_material(struct pipeline *pipeline, const char *upload_id,
                                     struct material *material, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, upload_id);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = db_pipeline_begin(pipeline->db, error);
    if (!code)
        code = db_pipeline_queue(pipeline->db, upload_sql, &params, error);
    if (!code)
        code = db_pipeline_queue(pipeline->db, types_sql, &params, error);
    if (!code)
        code = db_pipeline_queue(pipeline->db, common_sql, &params, error);
    if (!code)
        code = db_pipeline_sync(pipeline->db, error);
    if (!code)
        code = db_pipeline_next(pipeline->db, &material->upload, error);
    if (!code)
        code = db_pipeline_next(pipeline->db, &material->types, error);
    if (!code)
        code = db_pipeline_next(pipeline->db, &material->common, error);
    db_pipeline_end(pipeline->db);
    if (code)
        return code;
    if (material->upload.count != 1)
        return error_set(error, ERROR_NOT_FOUND, "no upload %s", upload_id);
    if (strcmp(db_row_text(&material->upload, 0, "status"), "processing") == 0)
        return error_set(error, ERROR_CONFLICT, "upload %s is still processing", upload_id);
    return ERROR_NONE;
}

/* In the order of the rules. */
static size_t sort_counts(struct material *material)
{
    size_t count = 0;
    for (int rule = 0; rule < RULE_COUNT; rule++) {
        for (int row = 0; row < material->types.count; row++) {
            const char *type = db_row_text(&material->types, row, "error_type");
            if (strcmp(type, rule_name((enum rule)rule)) == 0)
                material->counts[count++] = (struct notice_type_count){
                    .error_type = type,
                    .records = db_row_int(&material->types, row, "records"),
                    .unchanged = db_row_int(&material->types, row, "unchanged"),
                    .message = db_row_text(&material->types, row, "error_message"),
                    .line_number = db_row_int(&material->types, row, "line_number")};
        }
    }
    return count;
}

static const char *text_or_null(const struct db_result *rows, int row, const char *column)
{
    return db_row_is_null(rows, row, column) ? NULL : db_row_text(rows, row, column);
}

/* A line for each; NULL where there is none. */
static const char *common_text(struct material *material)
{
    const struct db_result *rows = &material->common;
    for (int row = 0; row < rows->count; row++) {
        const struct advice *advice = advice_find(db_row_text(rows, row, "kind"));
        if (!advice)
            continue;
        advice_append_all(&material->common_text, advice, text_or_null(rows, row, "error_field"),
                          db_row_int(rows, row, "total_records"));
        buffer_char(&material->common_text, '\n');
    }
    return material->common_text.len ? material->common_text.data : NULL;
}

static enum error_code link_file(struct pipeline *pipeline, const char *key, struct buffer *url,
                                 int64_t *expires_at_ms, struct error *error)
{
    const char *bucket = NULL;
    enum error_code code = settings_require(pipeline->settings, SETTING_BUCKET, &bucket, error);
    if (!code)
        code = s3_presign_get(pipeline->aws, bucket, key, NULL, NOTICE_LINK_SECONDS, url,
                              expires_at_ms, error);
    return code;
}

enum error_code notice_compose(struct pipeline *pipeline, const char *upload_id,
                               struct notice_draft *draft, struct error *error)
{
    struct material material;
    material_init(&material);
    enum error_code code = read_material(pipeline, upload_id, &material, error);
    if (code)
        goto done;
    const struct db_result *row = &material.upload;
    const char *vendor_id = text_or_null(row, 0, "vendor_id");
    const char *report_key = text_or_null(row, 0, "error_file_s3_key");
    const char *rejected_key = text_or_null(row, 0, "rejected_s3_key");
    struct notice notice = {.upload_id = db_row_text(row, 0, "upload_id"),
                            .file_name = db_row_text(row, 0, "file_name"),
                            .status = db_row_text(row, 0, "status"),
                            .total = db_row_int(row, 0, "total_records"),
                            .valid = db_row_int(row, 0, "valid_records"),
                            .invalid = db_row_int(row, 0, "error_records"),
                            .common = common_text(&material),
                            .types = material.counts,
                            .type_count = sort_counts(&material),
                            .ignored_columns = text_or_null(row, 0, "ignored_columns"),
                            .swallowed = db_row_int(row, 0, "swallowed"),
                            .swallowed_line = db_row_int(row, 0, "swallowed_line"),
                            .swallowed_last_line = db_row_int(row, 0, "swallowed_last_line"),
                            .refusal_code = text_or_null(row, 0, "failure_code"),
                            .refusal_message = text_or_null(row, 0, "failure_reason")};
    for (size_t i = 0; i < notice.type_count; i++)
        notice.unchanged += material.counts[i].unchanged;
    if (report_key)
        code = link_file(pipeline, report_key, &material.report_url, &notice.report_expires_at_ms,
                         error);
    if (!code && report_key && rejected_key)
        code = link_file(pipeline, rejected_key, &material.rejected_url, NULL, error);
    if (code)
        goto done;
    notice.report_url = report_key ? material.report_url.data : NULL;
    notice.rejected_url = rejected_key ? material.rejected_url.data : NULL;
    snprintf(draft->upload_id, sizeof draft->upload_id, "%s", notice.upload_id);
    snprintf(draft->vendor_id, sizeof draft->vendor_id, "%s", vendor_id ? vendor_id : "");
    snprintf(draft->status, sizeof draft->status, "%s", notice.status);
    draft->vendor_known = db_row_bool(row, 0, "vendor_known");
    draft->link_expires_at_ms = notice.report_expires_at_ms;
    buffer_clear(&draft->body);
    notice_subject(&notice, draft->subject);
    notice_body_append(&draft->body, &notice);
    code = buffer_check(&draft->body, error);
done:
    material_release(&material);
    return code ? error_wrap(error, "composing the notice") : ERROR_NONE;
}

/* tests/model: notice_publish */
enum error_code notice_publish(struct pipeline *pipeline, const struct notice_draft *draft,
                               char message_id[64], struct error *error)
{
    const char *topic = NULL;
    const struct aws_pair attributes[] = {{"upload_id", draft->upload_id},
                                          {"status", draft->status},
                                          {"vendor_id", draft->vendor_id}};
    enum setting setting = draft->vendor_known ? SETTING_TOPIC_ARN : SETTING_ALARM_TOPIC_ARN;
    enum error_code code = settings_require(pipeline->settings, setting, &topic, error);
    if (code)
        return code;
    const struct sns_publish publish = {.topic_arn = topic,
                                        .subject = draft->subject,
                                        .message = draft->body.data,
                                        .attributes = attributes,
                                        .attribute_count = draft->vendor_id[0] ? 3 : 2};
    code = sns_publish(pipeline->aws, &publish, message_id, error);
    point_reached("after a notice is published");
    return code ? error_wrap(error, "publishing the notice of %s", draft->upload_id) : ERROR_NONE;
}

/* One automatic notice for each upload; a failed one may be claimed again. */
static const char claim_sql[] =
    "INSERT INTO notifications (upload_id, kind, subject, body, link_expires_at)"
    " VALUES ($1, 'completed', $2, $3, $4)"
    " ON CONFLICT (upload_id) WHERE kind = 'completed' DO UPDATE"
    "    SET outcome = 'unknown', claimed_at = now(), detail = NULL, subject = excluded.subject,"
    "        body = excluded.body, link_expires_at = excluded.link_expires_at"
    "  WHERE notifications.outcome = 'failed'"
    " RETURNING id";

/* tests/model: notice_claim */
static enum error_code claim(struct pipeline *pipeline, const struct notice_draft *draft,
                             int64_t *id, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, draft->upload_id);
    db_param_text(&params, draft->subject);
    db_param_text(&params, draft->body.data);
    if (draft->link_expires_at_ms)
        db_param_time(&params, draft->link_expires_at_ms);
    else
        db_param_null(&params);
    enum error_code code = db_query(pipeline->db, claim_sql, &params, &row, error);
    *id = !code && row.count == 1 ? db_result_int(&row, 0, 0) : 0;
    db_result_release(&row);
    return code;
}

/* tests/model: notice_mark */
enum error_code notice_mark(struct pipeline *pipeline, int64_t id, const char *message_id,
                            const struct error *failure, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *outcome = message_id ? "accepted" : failure->possibly_done ? "unknown" : "failed";
    db_param_int(&params, id);
    db_param_text(&params, outcome);
    db_param_text(&params, message_id);
    db_param_text(&params, message_id ? NULL : failure->message);
    enum error_code code =
        db_query(pipeline->db,
                 "UPDATE notifications SET outcome = $2, message_id = $3, detail = $4,"
                 "       sent_at = CASE WHEN $2 = 'accepted' THEN clock_timestamp() END"
                 " WHERE id = $1",
                 &params, NULL, error);
    point_reached("after a notice is marked");
    return code;
}

static enum error_code already_claimed(struct pipeline *pipeline, const char *upload_id,
                                       bool *claimed, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, upload_id);
    enum error_code code = db_query(pipeline->db,
                                    "SELECT FROM notifications WHERE upload_id = $1"
                                    " AND kind = 'completed' AND outcome <> 'failed'",
                                    &params, &row, error);
    *claimed = !code && row.count > 0;
    db_result_release(&row);
    return code;
}

enum error_code notice_send_completed(struct pipeline *pipeline, const char *upload_id, bool *sent,
                                      struct error *error)
{
    struct notice_draft draft;
    struct error failure = ERROR_INIT;
    char message_id[64] = "";
    int64_t id = 0;
    bool claimed = false;
    *sent = false;
    notice_draft_init(&draft);
    enum error_code code = already_claimed(pipeline, upload_id, &claimed, error);
    if (code || claimed)
        goto done;
    code = notice_compose(pipeline, upload_id, &draft, error);
    point_reached("before a notice is claimed");
    if (!code)
        code = claim(pipeline, &draft, &id, error);
    point_reached("after a notice is claimed");
    if (code || !id)
        goto done;
    if (!draft.vendor_known)
        log_line(LOG_ERROR, "an upload has no known vendor: operators are notified", "upload_id",
                 upload_id, "vendor_id", draft.vendor_id, NULL);
    enum error_code publishing = notice_publish(pipeline, &draft, message_id, &failure);
    code = notice_mark(pipeline, id, publishing ? NULL : message_id, &failure, error);
    *sent = !publishing;
    if (code || !publishing)
        goto done;
    if (failure.possibly_done) {
        log_line(LOG_ERROR, "the notice may have been sent, it is not repeated", "upload_id",
                 upload_id, "detail", failure.message, NULL);
    } else {
        if (error)
            *error = failure;
        code = failure.code;
    }
done:
    notice_draft_release(&draft);
    return code;
}
