#include "core/pipeline/upload_end.h"

#include "aws/s3.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/point.h"
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
    point_reached("before an upload is ended");
    if (!code)
        code = db_query(pipeline->db, sql, &params, &result, error);
    point_reached("after an upload is ended");
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
        log_line(LOG_WARN, "the object no longer exists: its upload has failed", "upload_id",
                 upload_id, "key", key, NULL);
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

static const char lost_sql[] =
    "SELECT h.bucket, h.s3_key, h.object_version, h.vendor_id,"
    "       h.items_written_at IS NULL AND h.bucket IS NOT NULL AND h.object_version IS NOT NULL AS open,"
    "       h.vendor_id IS NOT NULL AND v.vendor_id IS NULL AS orphan"
    "  FROM upload_history h LEFT JOIN vendors v USING (vendor_id)"
    " WHERE h.upload_id = $1 AND h.status = 'processing'";

static bool is_version(const char *version)
{
    return version[0] && strcmp(version, "null") != 0;
}

/* Of an object in a bucket without versions. */
static bool is_tag(const char *version)
{
    return strncmp(version, "etag:", strlen("etag:")) == 0;
}

/* ERROR_NONE with *gone, and what stands in its place ("" for nothing). */
static enum error_code look_for_object(struct pipeline *pipeline, const char *bucket,
                                       const char *key, const char *version, bool *gone,
                                       struct s3_object *found, struct error *error)
{
    bool by_tag = is_tag(version);
    enum error_code code =
        s3_head_object(pipeline->aws, bucket, key, by_tag ? NULL : version, found, error);
    *gone = code == ERROR_NOT_FOUND;
    if (*gone) {
        error_clear(error);
        return s3_head_bucket(pipeline->aws, bucket, error);
    }
    if (!code)
        *gone = by_tag && !is_version(found->version_id) &&
                strcmp(found->etag, version + strlen("etag:")) != 0;
    return code;
}

static enum error_code end_without_object(struct pipeline *pipeline, const char *bucket,
                                          const char *key, const char *version, bool *ended,
                                          struct error *error)
{
    bool gone = false;
    size_t count = 0;
    struct s3_object found;
    s3_object_init(&found);
    enum error_code code = look_for_object(pipeline, bucket, key, version, &gone, &found, error);
    bool by_tag = is_tag(version);
    if (!code && gone)
        code = upload_end_gone(pipeline, bucket, key, by_tag ? NULL : version,
                               found.etag[0] ? found.etag : NULL, &count, NULL, error);
    *ended = !code && count > 0;
    s3_object_release(&found);
    return code;
}

enum error_code upload_end_lost(struct pipeline *pipeline, const char *upload_id, bool *ended,
                                struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct refusal refusal;
    *ended = false;
    db_param_text(&params, upload_id);
    enum error_code code = db_query(pipeline->db, lost_sql, &params, &row, error);
    if (!code && row.count && db_row_bool(&row, 0, "orphan")) {
        const char *vendor_id = db_row_text(&row, 0, "vendor_id");
        refusal_set_unknown_vendor(&refusal, vendor_id);
        code = upload_end(pipeline, upload_id, vendor_id, NULL, &refusal, ended, error);
        if (!code && *ended)
            log_line(LOG_WARN, "the vendor no longer exists: its upload has failed", "upload_id",
                     upload_id, NULL);
    } else if (!code && row.count && db_row_bool(&row, 0, "open")) {
        code = end_without_object(pipeline, db_row_text(&row, 0, "bucket"),
                                  db_row_text(&row, 0, "s3_key"),
                                  db_row_text(&row, 0, "object_version"), ended, error);
    }
    db_result_release(&row);
    return code;
}
