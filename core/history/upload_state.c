#include "core/history/upload_state.h"

#include "core/history/history.h"

void upload_state_init(struct upload_state *upload)
{
    *upload = (struct upload_state){.processing = false};
    buffer_init(&upload->header, 32 << 20);
}

void upload_state_release(struct upload_state *upload)
{
    buffer_release(&upload->header);
}

static const char state_sql[] =
    "SELECT h.upload_id, h.vendor_id, v.status AS vendor_status, h.status, h.bucket, h.s3_key,"
    "       h.object_version, " PRUNED_SQL
    " AS pruned, h.failure_code, h.failure_reason, h.total_records, h.valid_records,"
    "       h.error_records, h.items_written_at IS NOT NULL AS written, h.header_line,"
    "       coalesce(h.metadata->>'line_end', E'\\n') AS line_end,"
    "       coalesce(h.metadata->>'delimiter', ',') AS delimiter,"
    "       greatest(h.upload_timestamp, h.processing_started_at, h.pipeline_owner_at,"
    "                h.items_written_at, h.processing_completed_at,"
    "                (SELECT max(r.judged_at) FROM upload_records r"
    "                  WHERE r.upload_id = h.upload_id)) AS last_moved_at,"
    "       (SELECT count(*) FROM unmarked_records r"
    "         WHERE r.upload_id = h.upload_id) AS unmarked,"
    "       (SELECT count(*) FROM outbox o"
    "         WHERE o.upload_id = h.upload_id AND o.refused_at IS NULL) AS waiting,"
    "       (SELECT count(*) FROM outbox o"
    "         WHERE o.upload_id = h.upload_id AND o.refused_at IS NOT NULL) AS refused,"
    "       (SELECT count(*) FROM notifications n"
    "         WHERE n.upload_id = h.upload_id AND n.kind = 'completed') AS notices"
    "  FROM upload_history h LEFT JOIN vendors v ON v.vendor_id = h.vendor_id"
    " WHERE h.upload_id = $1";

static void copy_text(char *out, size_t size, const struct db_result *row, const char *column)
{
    const char *text = db_row_text(row, 0, column);
    snprintf(out, size, "%s", text ? text : "");
}

static enum error_code fill(struct upload_state *upload, const struct db_result *row,
                            struct error *error)
{
    copy_text(upload->upload_id, sizeof upload->upload_id, row, "upload_id");
    copy_text(upload->vendor_id, sizeof upload->vendor_id, row, "vendor_id");
    copy_text(upload->vendor_status, sizeof upload->vendor_status, row, "vendor_status");
    copy_text(upload->status, sizeof upload->status, row, "status");
    copy_text(upload->bucket, sizeof upload->bucket, row, "bucket");
    copy_text(upload->key, sizeof upload->key, row, "s3_key");
    copy_text(upload->version, sizeof upload->version, row, "object_version");
    copy_text(upload->line_end, sizeof upload->line_end, row, "line_end");
    copy_text(upload->pruned, sizeof upload->pruned, row, "pruned");
    copy_text(upload->delimiter, sizeof upload->delimiter, row, "delimiter");
    if (!db_row_is_null(row, 0, "failure_code"))
        snprintf(upload->failure, sizeof upload->failure, "%s: %s",
                 db_row_text(row, 0, "failure_code"), db_row_text(row, 0, "failure_reason"));
    upload->total = db_row_int(row, 0, "total_records");
    upload->valid = db_row_int(row, 0, "valid_records");
    upload->invalid = db_row_int(row, 0, "error_records");
    upload->processing = strcmp(upload->status, "processing") == 0;
    upload->admitted = upload->total > 0;
    upload->written = db_row_bool(row, 0, "written");
    upload->last_moved_at = db_row_time(row, 0, "last_moved_at");
    upload->items_unmarked = db_row_int(row, 0, "unmarked");
    upload->outbox_waiting = db_row_int(row, 0, "waiting");
    upload->outbox_refused = db_row_int(row, 0, "refused");
    upload->notices = db_row_int(row, 0, "notices");
    buffer_clear(&upload->header);
    db_row_bytes(row, 0, "header_line", &upload->header);
    return buffer_check(&upload->header, error);
}

/* Says what there is that resembles it. */
static enum error_code tell_missing(struct pipeline *pipeline, const char *upload_id,
                                    struct error *error)
{
    struct upload_detail detail;
    enum error_code code = upload_find(pipeline->db, upload_id, &detail, error);
    upload_detail_release(&detail);
    if (code == ERROR_NOT_FOUND) {
        char message[sizeof error->message];
        snprintf(message, sizeof message, "%s", error->message);
        return error_set(error, ERROR_NOT_FOUND, "%s (looked in %s)", message,
                         db_describe(pipeline->db));
    }
    return code ? code
                : error_set(error, ERROR_CONFLICT, "upload %s has just arrived: try again",
                            upload_id);
}

enum error_code upload_state_read(struct pipeline *pipeline, const char *upload_id,
                                  struct upload_state *upload, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct error local = ERROR_INIT;
    error = error ? error : &local;
    db_param_text(&params, upload_id);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = db_query(pipeline->db, state_sql, &params, &row, error);
    if (!code)
        code =
            row.count == 1 ? fill(upload, &row, error) : tell_missing(pipeline, upload_id, error);
    db_result_release(&row);
    return code;
}

enum error_code upload_state_has_records(const struct upload_state *upload, const char *what,
                                         struct error *error)
{
    if (!upload->pruned[0])
        return ERROR_NONE;
    return error_set(error, ERROR_CONFLICT, "%s: %s: %s", upload->upload_id, upload->pruned, what);
}

enum error_code upload_state_is_here(const struct pipeline *pipeline,
                                     const struct upload_state *upload, struct error *error)
{
    const char *bucket = NULL;
    enum error_code code = settings_require(pipeline->settings, SETTING_BUCKET, &bucket, error);
    if (!code && upload->bucket[0] && strcmp(bucket, upload->bucket) != 0)
        code = error_set(error, ERROR_CONFLICT,
                         "%s is in bucket %s, but the bucket of this environment is %s: use --env "
                         "to select its environment",
                         upload->upload_id, upload->bucket, bucket);
    return code;
}

const char *upload_state_version(const struct upload_state *upload)
{
    bool none = !upload->version[0] || strncmp(upload->version, "etag:", 5) == 0;
    return none ? NULL : upload->version;
}
