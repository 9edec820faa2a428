#include "core/pipeline/claim.h"

#include "core/base/point.h"

#define WAIT_MAX_MS 60000
#define WAIT_FIRST_MS 20
#define WAIT_CAP_MS 400
#define GRACE_MS 3000 /* three times CLAIM_FRESH_MS: what was sent by then has arrived */

static const char claim_sql[] =
    "SELECT c.upload_id, c.created, c.status, c.items_written_at IS NOT NULL AS written,"
    "       c.total_records, v.status AS vendor_status"
    "  FROM intake_claim_upload($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS c"
    "  LEFT JOIN vendors v ON v.vendor_id = $5";

/* Waits its turn. */
static enum error_code lock(struct pipeline *pipeline, const char *name, struct lease *lease,
                            struct error *error)
{
    struct error local = ERROR_INIT;
    int64_t left = pipeline_time_left_ms(pipeline), pause = WAIT_FIRST_MS;
    int64_t until = world_monotonic_ms(pipeline->world) + (left < WAIT_MAX_MS ? left : WAIT_MAX_MS);
    enum error_code code;
    error = error ? error : &local;
    while ((code = lease_take(pipeline, name, GRACE_MS, lease, error)) == ERROR_CONFLICT) {
        if (world_monotonic_ms(pipeline->world) + pause > until) {
            error->code = ERROR_UNAVAILABLE;
            error->retryable = true;
            return error_wrap(error, "it is being taken in by");
        }
        if (cancel_requested(pipeline->cancel))
            return error_set(error, ERROR_CANCELLED, "cancelled");
        world_sleep_ms(pipeline->world, pause);
        pause = pause * 2 < WAIT_CAP_MS ? pause * 2 : WAIT_CAP_MS;
    }
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
    db_param_text(&params, claim->lease.token);
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

enum error_code claim_wait(struct pipeline *pipeline, const char *bucket, const char *key,
                           const char *version, struct claim *claim, struct error *error)
{
    char name[LEASE_NAME_SIZE];
    snprintf(name, sizeof name, "upload %s/%s@%s", bucket, key, version);
    return lock(pipeline, name, &claim->lease, error);
}

/* tests/model: parser_claim */
enum error_code claim_take(struct pipeline *pipeline, const char *bucket, const char *key,
                           const struct s3_object *object, const struct upload_name *name,
                           struct claim *claim, struct error *error)
{
    char version[160];
    if (object->version_id[0] && strcmp(object->version_id, "null") != 0)
        snprintf(version, sizeof version, "%s", object->version_id);
    else
        snprintf(version, sizeof version, "etag:%s", object->etag);
    *claim = (struct claim){.created = false};
    enum error_code code = claim_wait(pipeline, bucket, key, version, claim, error);
    point_reached("before an upload is claimed");
    if (!code)
        code = find_or_make(pipeline, bucket, key, version, object, name, claim, error);
    point_reached("after an upload is claimed");
    return code ? error_wrap(error, "claiming the upload") : ERROR_NONE;
}

enum error_code claim_keep(struct pipeline *pipeline, struct claim *claim, struct error *error)
{
    struct error local = ERROR_INIT;
    error = error ? error : &local;
    if (world_monotonic_ms(pipeline->world) - claim->lease.renewed_ms <= CLAIM_FRESH_MS)
        return ERROR_NONE;
    enum error_code code = lease_renew(pipeline, &claim->lease, error);
    if (code == ERROR_CONFLICT) {
        error->code = ERROR_UNAVAILABLE;
        error->retryable = true;
        return error_wrap(error, "the claim of %s was lost to", claim->upload_id);
    }
    return code;
}

void claim_drop(struct pipeline *pipeline, struct claim *claim)
{
    lease_drop(pipeline, &claim->lease);
}

enum error_code claim_lost(const struct claim *claim, struct error *error)
{
    error_set(error, ERROR_UNAVAILABLE,
              "%s is not in progress any more, or another one is at work on it", claim->upload_id);
    return ERROR_UNAVAILABLE;
}

/* tests/model: parser_admit */
enum error_code claim_admit(struct pipeline *pipeline, const struct claim *claim,
                            const struct admission *admission, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    lease_params(&params, &claim->lease);
    db_param_text(&params, claim->upload_id);
    db_param_int(&params, admission->records);
    db_param_bytes(&params, admission->header, admission->header_len);
    db_param_text(&params, admission->metadata);
    point_reached("before an upload is admitted");
    enum error_code code = db_query(
        pipeline->db,
        "WITH " LEASE_HELD(
            "$1",
            "$2") " UPDATE upload_history SET total_records = $4, header_line = $5,"
                  "        metadata = metadata || $6::jsonb"
                  "  WHERE upload_id = $3 AND status = 'processing' AND EXISTS (SELECT FROM held)",
        &params, &result, error);
    point_reached("after an upload is admitted");
    if (!code && result.affected != 1)
        code = claim_lost(claim, error);
    db_result_release(&result);
    return code;
}

/* tests/model: parser_written */
enum error_code claim_written(struct pipeline *pipeline, const struct claim *claim, bool doubted,
                              struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    lease_params(&params, &claim->lease);
    db_param_text(&params, claim->upload_id);
    db_param_bool(&params, doubted);
    point_reached("before items are noted as written");
    enum error_code code = db_query(
        pipeline->db,
        "WITH " LEASE_HELD(
            "$1", "$2") " UPDATE upload_history SET"
                        "        items_written_at = coalesce(items_written_at, clock_timestamp()),"
                        "        items_doubted_at = CASE WHEN $4 THEN clock_timestamp()"
                        "                                ELSE items_doubted_at END"
                        "  WHERE upload_id = $3 AND EXISTS (SELECT FROM held)",
        &params, &result, error);
    point_reached("after items are noted as written");
    if (!code && result.affected != 1)
        code = claim_lost(claim, error);
    db_result_release(&result);
    return code;
}
