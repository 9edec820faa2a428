#include "core/claim.h"

#include "core/base/json.h"
#include "core/error_message.h"

#define LOCK_WAIT_MAX_MS 60000

static const char wait_sql[] = "SELECT set_config('lock_timeout', $1, false)";
static const char lock_sql[] = "SELECT pg_advisory_lock(hashtextextended($1, 0))";
static const char claim_sql[] =
    "SELECT c.upload_id, c.created, c.status, c.items_written_at IS NOT NULL AS written,"
    "       c.total_records, v.status AS vendor_status"
    "  FROM intake_claim_upload($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL) AS c"
    "  LEFT JOIN vendors v ON v.vendor_id = $5";

static void lock_name(const char *bucket, const char *key, const char *version, char out[1400])
{
    snprintf(out, 1400, "%s/%s@%s", bucket, key, version);
}

static enum error_code lock(struct pipeline *pipeline, const char *name, struct error *error)
{
    struct db_params wait = DB_PARAMS_INIT, params = DB_PARAMS_INIT;
    int64_t left = pipeline_time_left_ms(pipeline);
    char limit[24];
    snprintf(limit, sizeof limit, "%lld",
             (long long)(left < LOCK_WAIT_MAX_MS ? (left > 1 ? left : 1) : LOCK_WAIT_MAX_MS));
    db_param_text(&wait, limit);
    db_param_text(&params, name);
    enum error_code code = db_pipeline_begin(pipeline->db, error);
    if (!code)
        code = db_pipeline_queue(pipeline->db, wait_sql, &wait, error);
    if (!code)
        code = db_pipeline_queue(pipeline->db, lock_sql, &params, error);
    if (!code)
        code = db_pipeline_sync(pipeline->db, error);
    for (int i = 0; i < 2 && !code; i++)
        code = db_pipeline_next(pipeline->db, NULL, error);
    db_pipeline_end(pipeline->db);
    return code;
}

static enum error_code find_or_make(struct pipeline *pipeline, const char *bucket, const char *key,
                                    const char *version, const struct s3_object *object,
                                    const struct upload_name *name, struct claim *claim,
                                    struct error *error)
{
    char base_id[UPLOAD_ID_SIZE];
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    upload_id_format(name, object->last_modified_ms, 1, base_id);
    db_param_text(&params, bucket);
    db_param_text(&params, key);
    db_param_text(&params, version);
    db_param_text(&params, base_id);
    db_param_text(&params, name->vendor_id[0] ? name->vendor_id : NULL);
    db_param_text(&params, name->file_name);
    db_param_time(&params, object->last_modified_ms);
    db_param_text(&params, object->etag);
    db_param_int(&params, object->size);
    enum error_code code = db_query(pipeline->db, claim_sql, &params, &row, error);
    if (!code && row.count != 1)
        code = error_set(error, ERROR_DATABASE, "the claim of %s gave %d rows", base_id, row.count);
    if (!code) {
        const char *vendor_status = db_row_text(&row, 0, "vendor_status");
        snprintf(claim->upload_id, sizeof claim->upload_id, "%s",
                 db_row_text(&row, 0, "upload_id"));
        snprintf(claim->vendor_id, sizeof claim->vendor_id, "%s", name->vendor_id);
        snprintf(claim->vendor_status, sizeof claim->vendor_status, "%s",
                 vendor_status ? vendor_status : "");
        claim->created = db_row_bool(&row, 0, "created");
        claim->admitted = db_row_int(&row, 0, "total_records") > 0;
        claim->finished = db_row_bool(&row, 0, "written") ||
                          strcmp(db_row_text(&row, 0, "status"), "processing") != 0;
    }
    db_result_release(&row);
    return code;
}

enum error_code claim_take(struct pipeline *pipeline, const char *bucket, const char *key,
                           const struct s3_object *object, const struct upload_name *name,
                           struct claim *claim, struct error *error)
{
    char version[160], lock_key[1400];
    if (object->version_id[0] && strcmp(object->version_id, "null") != 0)
        snprintf(version, sizeof version, "%s", object->version_id);
    else
        snprintf(version, sizeof version, "etag:%s", object->etag);
    lock_name(bucket, key, version, lock_key);
    *claim = (struct claim){.created = false};
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = lock(pipeline, lock_key, error);
    if (!code)
        code = find_or_make(pipeline, bucket, key, version, object, name, claim, error);
    return code ? error_wrap(error, "claiming the upload") : ERROR_NONE;
}

void claim_drop(struct pipeline *pipeline)
{
    db_pipeline_end(pipeline->db);
    db_rollback(pipeline->db);
    if (db_connected(pipeline->db) &&
        db_query(pipeline->db, "SELECT pg_advisory_unlock_all()", NULL, NULL, NULL))
        db_disconnect(pipeline->db);
}

enum error_code claim_admit(struct pipeline *pipeline, const struct claim *claim,
                            const struct admission *admission, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, claim->upload_id);
    db_param_int(&params, admission->records);
    db_param_bytes(&params, admission->header, admission->header_len);
    db_param_text(&params, admission->metadata);
    enum error_code code =
        db_query(pipeline->db,
                 "UPDATE upload_history SET total_records = $2, header_line = $3,"
                 "       metadata = metadata || $4::jsonb"
                 " WHERE upload_id = $1 AND status = 'processing'",
                 &params, &result, error);
    if (!code && result.affected != 1)
        code = error_set(error, ERROR_CONFLICT, "upload %s is not in progress any more",
                         claim->upload_id);
    db_result_release(&result);
    return code;
}

enum error_code claim_written(struct pipeline *pipeline, const struct claim *claim,
                              struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, claim->upload_id);
    return db_query(pipeline->db,
                    "UPDATE upload_history SET items_written_at = clock_timestamp()"
                    " WHERE upload_id = $1 AND items_written_at IS NULL",
                    &params, NULL, error);
}

static const char refuse_sql[] =
    "WITH refused AS ("
    "  UPDATE upload_history SET status = 'failed', total_records = 0, failure_code = $2,"
    "         failure_reason = $3, failure_line = nullif($4::int, 0),"
    "         processing_completed_at = clock_timestamp()"
    "   WHERE upload_id = $1 AND status = 'processing' RETURNING upload_id)"
    "INSERT INTO outbox (upload_id, body, attributes)"
    " SELECT upload_id, $5, $6::jsonb FROM refused";

enum error_code claim_refuse(struct pipeline *pipeline, const struct claim *claim,
                             const struct refusal *refusal, struct error *error)
{
    struct buffer body, attributes;
    struct db_params params = DB_PARAMS_INIT;
    buffer_init(&body, 4096);
    buffer_init(&attributes, 4096);
    upload_finished_append(&body, claim->upload_id, claim->vendor_id, "failed",
                           world_now_ms(pipeline->world));
    buffer_char(&attributes, '{');
    json_append_member(&attributes, "upload_id", claim->upload_id);
    if (claim->vendor_id[0])
        json_append_member(&attributes, "vendor_id", claim->vendor_id);
    json_append_member(&attributes, "status", "failed");
    buffer_char(&attributes, '}');
    db_param_text(&params, claim->upload_id);
    db_param_text(&params, refusal_name(refusal->code));
    db_param_text(&params, refusal->message);
    db_param_int(&params, refusal->line_number);
    db_param_text(&params, body.data);
    db_param_text(&params, attributes.data);
    enum error_code code = buffer_check(&body, error);
    if (!code)
        code = buffer_check(&attributes, error);
    if (!code)
        code = db_query(pipeline->db, refuse_sql, &params, NULL, error);
    buffer_release(&body);
    buffer_release(&attributes);
    return code;
}
