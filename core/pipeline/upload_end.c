#include "core/pipeline/upload_end.h"

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/record/error_message.h"

#define END_SQL(condition)                                                                     \
    "ended AS ("                                                                               \
    "  UPDATE upload_history h SET status = 'failed', failure_code = $2, failure_reason = $3," \
    "         total_records = h.valid_records + h.error_records,"                              \
    "         failure_line = nullif($4::int, 0), processing_completed_at = clock_timestamp()"  \
    "   WHERE h.upload_id = $1 AND h.status = 'processing' AND " condition " RETURNING 1)"     \
    " INSERT INTO outbox (upload_id, body, attributes) SELECT $1, $5, $6::jsonb FROM ended"

static const char end_sql[] = "WITH " END_SQL("true");
static const char end_orphan_sql[] =
    "WITH " END_SQL("NOT EXISTS (SELECT FROM vendors v WHERE v.vendor_id = h.vendor_id)");
static const char end_held_sql[] =
    "WITH " LEASE_HELD("$7", "$8") ", " END_SQL("EXISTS (SELECT FROM held)");

static void write_message(struct pipeline *pipeline, const char *upload_id, const char *vendor_id,
                          struct buffer *body, struct buffer *attributes)
{
    upload_finished_append(body, upload_id, vendor_id, "failed", world_now_ms(pipeline->world));
    buffer_char(attributes, '{');
    json_append_member(attributes, "upload_id", upload_id);
    if (vendor_id[0])
        json_append_member(attributes, "vendor_id", vendor_id);
    json_append_member(attributes, "status", "failed");
    buffer_char(attributes, '}');
}

enum error_code upload_end(struct pipeline *pipeline, const char *upload_id, const char *vendor_id,
                           const struct lease *lease, const struct refusal *refusal, bool *ended,
                           struct error *error)
{
    struct buffer body, attributes;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    const char *sql = lease                                     ? end_held_sql
                      : refusal->code == REFUSAL_UNKNOWN_VENDOR ? end_orphan_sql
                                                                : end_sql;
    *ended = false;
    buffer_init(&body, 4096);
    buffer_init(&attributes, 4096);
    write_message(pipeline, upload_id, vendor_id, &body, &attributes);
    db_param_text(&params, upload_id);
    db_param_text(&params, refusal_name(refusal->code));
    db_param_text(&params, refusal->message);
    db_param_int(&params, refusal->line_number);
    db_param_text(&params, body.data);
    db_param_text(&params, attributes.data);
    if (lease)
        lease_params(&params, lease);
    enum error_code code = buffer_check(&body, error);
    if (!code)
        code = buffer_check(&attributes, error);
    if (!code)
        code = db_query(pipeline->db, sql, &params, &result, error);
    *ended = !code && result.affected == 1;
    db_result_release(&result);
    buffer_release(&body);
    buffer_release(&attributes);
    return code ? error_wrap(error, "ending %s", upload_id) : ERROR_NONE;
}

enum error_code upload_refuse(struct pipeline *pipeline, const struct claim *claim,
                              const struct refusal *refusal, struct error *error)
{
    bool ended = false;
    enum error_code code = upload_end(pipeline, claim->upload_id, claim->vendor_id, &claim->lease,
                                      refusal, &ended, error);
    return code || ended ? code : claim_lost(claim, error);
}

/* One upload whose object is gone, by the lease of those who would take it in. */
static enum error_code end_claimed(struct pipeline *pipeline, const struct db_result *rows, int row,
                                   const char *bucket, const char *key, bool *ended,
                                   struct error *error)
{
    const char *upload_id = db_row_text(rows, row, "upload_id");
    const char *vendor_id = db_row_text(rows, row, "vendor_id");
    struct claim claim = {.created = false};
    struct refusal refusal;
    refusal_set_object_gone(&refusal);
    enum error_code code =
        claim_wait(pipeline, bucket, key, db_row_text(rows, row, "object_version"), &claim, error);
    if (!code)
        code = upload_end(pipeline, upload_id, vendor_id ? vendor_id : "", &claim.lease, &refusal,
                          ended, error);
    claim_drop(pipeline, &claim);
    if (!code && *ended)
        log_line(LOG_WARN, "the object is gone: its upload has failed", "upload_id", upload_id,
                 "key", key, NULL);
    return code;
}

static const char gone_sql[] =
    "SELECT upload_id, vendor_id, object_version FROM upload_history"
    " WHERE bucket = $1 AND s3_key = $2 AND status = 'processing' AND items_written_at IS NULL"
    "   AND CASE WHEN $3 = '' THEN object_version LIKE 'etag:%'"
    "                         AND object_version IS DISTINCT FROM 'etag:' || $4"
    "            ELSE object_version = $3 END";

enum error_code upload_end_gone(struct pipeline *pipeline, const char *bucket, const char *key,
                                const char *version, const char *kept_etag, size_t *count,
                                char last[UPLOAD_ID_SIZE], struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    bool versioned = version && version[0] && strcmp(version, "null") != 0;
    *count = 0;
    db_param_text(&params, bucket);
    db_param_text(&params, key);
    db_param_text(&params, versioned ? version : "");
    db_param_text(&params, kept_etag);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = db_query(pipeline->db, gone_sql, &params, &rows, error);
    for (int row = 0; row < rows.count && !code; row++) {
        bool ended = false;
        code = end_claimed(pipeline, &rows, row, bucket, key, &ended, error);
        *count += ended;
        if (ended && last)
            snprintf(last, UPLOAD_ID_SIZE, "%s", db_row_text(&rows, row, "upload_id"));
    }
    db_result_release(&rows);
    return code;
}
