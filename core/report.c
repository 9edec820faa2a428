#include "core/report.h"

#include <openssl/evp.h>

#include "aws/s3.h"
#include "core/base/json.h"
#include "core/report_text.h"

#define FILE_MAX ((size_t)512 * 1024 * 1024)
#define PAGE_ROWS "500"
#define SHA256_HEX_SIZE 65

static const char *const kind_names[REPORT_KINDS] = {"errors", "rejected"};

const char *report_kind_name(enum report_kind kind)
{
    return kind_names[kind];
}

/* One upload whose files are made. */
struct build {
    struct pipeline *pipeline;
    const char *upload_id;
    char vendor_id[VENDOR_ID_SIZE];
    bool refused;
    struct buffer header; /* the vendor's own */
    struct rejected_format format;
    char line_end[3];
    struct buffer files[REPORT_KINDS];
    struct {
        char sha256[SHA256_HEX_SIZE]; /* "" where there is no file yet */
        char version_id[128];
    } known[REPORT_KINDS];
    int64_t rows;
};

static void build_init(struct build *build, struct pipeline *pipeline, const char *upload_id)
{
    *build = (struct build){.pipeline = pipeline, .upload_id = upload_id};
    buffer_init(&build->header, 32 << 20);
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        buffer_init(&build->files[kind], FILE_MAX);
}

static void build_release(struct build *build)
{
    buffer_release(&build->header);
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        buffer_release(&build->files[kind]);
}

static const char open_sql[] =
    "SELECT vendor_id, status, header_line, failure_code IS NOT NULL AS refused,"
    "       coalesce((metadata->>'bom')::boolean, false) AS bom,"
    "       coalesce(metadata->>'line_end', E'\\n') AS line_end,"
    "       coalesce((metadata->>'field_count')::int, 0) AS field_count"
    "  FROM upload_history WHERE upload_id = $1 FOR UPDATE";

static const char known_sql[] =
    "SELECT kind, sha256, version_id FROM upload_reports WHERE upload_id = $1";

static enum error_code read_upload(struct build *build, const struct db_result *row,
                                   struct error *error)
{
    if (row->count != 1)
        return error_set(error, ERROR_NOT_FOUND, "no upload %s", build->upload_id);
    if (strcmp(db_row_text(row, 0, "status"), "processing") == 0)
        return error_set(error, ERROR_CONFLICT, "upload %s is still processing", build->upload_id);
    const char *vendor_id = db_row_text(row, 0, "vendor_id");
    snprintf(build->vendor_id, sizeof build->vendor_id, "%s", vendor_id ? vendor_id : "");
    snprintf(build->line_end, sizeof build->line_end, "%s", db_row_text(row, 0, "line_end"));
    db_row_bytes(row, 0, "header_line", &build->header);
    build->refused = db_row_bool(row, 0, "refused");
    build->format = (struct rejected_format){
        .bom = db_row_bool(row, 0, "bom"),
        .line_end = build->line_end,
        .header = build->header.data,
        .header_len = build->header.len,
        .field_count = (uint32_t)db_row_int(row, 0, "field_count"),
    };
    return buffer_check(&build->header, error);
}

static void read_known(struct build *build, const struct db_result *rows)
{
    for (int row = 0; row < rows->count; row++) {
        for (int kind = 0; kind < REPORT_KINDS; kind++) {
            if (strcmp(db_row_text(rows, row, "kind"), kind_names[kind]) != 0)
                continue;
            const char *version = db_row_text(rows, row, "version_id");
            snprintf(build->known[kind].sha256, SHA256_HEX_SIZE, "%s",
                     db_row_text(rows, row, "sha256"));
            snprintf(build->known[kind].version_id, sizeof build->known[kind].version_id, "%s",
                     version ? version : "");
        }
    }
}

static enum error_code open_upload(struct build *build, struct error *error)
{
    struct db *db = build->pipeline->db;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, build->upload_id);
    enum error_code code = db_pipeline_begin(db, error);
    if (!code)
        code = db_pipeline_queue(db, "BEGIN", NULL, error);
    if (!code)
        code = db_pipeline_queue(db, open_sql, &params, error);
    if (!code)
        code = db_pipeline_queue(db, known_sql, &params, error);
    if (!code)
        code = db_pipeline_sync(db, error);
    if (!code)
        code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code)
        code = read_upload(build, &rows, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code)
        read_known(build, &rows);
    db_pipeline_end(db);
    db_result_release(&rows);
    return code;
}

/* Whole records, keyset by row, each with its violations in order. */
static const char page_sql[] =
    "WITH page AS ("
    "  SELECT * FROM upload_records"
    "   WHERE upload_id = $1 AND outcome = 'error' AND row_number > $2"
    "   ORDER BY row_number LIMIT " PAGE_ROWS ")"
    "SELECT p.row_number, p.field_count, e.rule_order, e.error_type, e.error_message,"
    "       p.original_data::text AS original_data, CASE WHEN e.last THEN p.raw END AS raw, e.last"
    "  FROM page p"
    "  JOIN (SELECT v.*, v.rule_order = max(v.rule_order) OVER (PARTITION BY v.row_number) AS last"
    "          FROM validation_errors v"
    "         WHERE v.upload_id = $1 AND v.row_number IN (SELECT row_number FROM page)) e"
    "    ON e.row_number = p.row_number"
    " ORDER BY p.row_number, e.rule_order";

static enum error_code append_violation(struct build *build, const struct db_result *rows, int row,
                                        struct buffer *errors, struct buffer *raw,
                                        struct error *error)
{
    const char *type = db_row_text(rows, row, "error_type");
    const char *message = db_row_text(rows, row, "error_message");
    const char *data = db_row_text(rows, row, "original_data");
    size_t data_len = db_row_length(rows, row, "original_data");
    enum error_code code = report_append_json(&build->files[REPORT_ERRORS],
                                              (uint32_t)db_row_int(rows, row, "row_number"), type,
                                              message, data, data_len, error);
    rejected_errors_append(errors, type, message);
    if (code || !db_row_bool(rows, row, "last"))
        return code;
    struct buffer *rejected = &build->files[REPORT_REJECTED];
    buffer_clear(raw);
    if (db_row_is_null(rows, row, "raw")) {
        code = rejected_append_json(rejected, &build->format, data, data_len, errors->data,
                                    errors->len, error);
    } else {
        db_row_bytes(rows, row, "raw", raw);
        rejected_append(rejected, &build->format, raw->data, raw->len,
                        (uint32_t)db_row_int(rows, row, "field_count"), errors->data, errors->len);
    }
    buffer_clear(errors);
    build->rows++;
    return code ? code : buffer_check(raw, error);
}

static enum error_code write_files(struct build *build, struct error *error)
{
    struct db_result rows = DB_RESULT_INIT;
    struct buffer errors, raw;
    int64_t after = 0;
    bool more = true;
    enum error_code code = ERROR_NONE;
    buffer_init(&errors, 1 << 20);
    buffer_init(&raw, 16 << 20);
    report_begin(&build->files[REPORT_ERRORS]);
    rejected_begin(&build->files[REPORT_REJECTED], &build->format);
    while (!code && more) {
        struct db_params params = DB_PARAMS_INIT;
        db_param_text(&params, build->upload_id);
        db_param_int(&params, after);
        code = pipeline_check(build->pipeline, error);
        if (!code)
            code = db_query(build->pipeline->db, page_sql, &params, &rows, error);
        for (int row = 0; row < rows.count && !code; row++)
            code = append_violation(build, &rows, row, &errors, &raw, error);
        more = !code && rows.count > 0;
        if (more)
            after = db_row_int(&rows, rows.count - 1, "row_number");
    }
    for (int kind = 0; kind < REPORT_KINDS && !code; kind++)
        code = buffer_check(&build->files[kind], error);
    if (!code)
        code = buffer_check(&errors, error);
    buffer_release(&errors);
    buffer_release(&raw);
    db_result_release(&rows);
    return code;
}

static enum error_code hash(const struct buffer *file, char out[SHA256_HEX_SIZE],
                            struct error *error)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    if (EVP_Digest(file->data, file->len, digest, &len, EVP_sha256(), NULL) != 1 || len != 32)
        return error_set(error, ERROR_INTERNAL, "SHA-256 of a report failed");
    for (unsigned int i = 0; i < len; i++)
        snprintf(out + (size_t)i * 2, 3, "%02x", (unsigned)digest[i]);
    return ERROR_NONE;
}

/* Whether the bucket's newest version has these bytes already. */
static enum error_code same_in_bucket(struct build *build, const char *bucket, const char *key,
                                      const char *sha256, struct s3_object *object, bool *same,
                                      struct error *error)
{
    enum error_code code = s3_head_object(build->pipeline->aws, bucket, key, NULL, object, error);
    *same = false;
    if (code == ERROR_NOT_FOUND) {
        error_clear(error);
        return ERROR_NONE;
    }
    if (!code) {
        const char *stored = s3_object_metadata(object, "sha256");
        *same = stored && strcmp(stored, sha256) == 0;
    }
    return code;
}

static const char note_sql[] =
    "INSERT INTO upload_reports (upload_id, kind, s3_key, version_id, sha256, size)"
    " VALUES ($1, $2, $3, $4, $5, $6)"
    " ON CONFLICT (upload_id, kind) DO UPDATE SET s3_key = excluded.s3_key,"
    "    version_id = excluded.version_id, sha256 = excluded.sha256, size = excluded.size,"
    "    built_at = now()";

static enum error_code note(struct build *build, enum report_kind kind,
                            const struct report_file *file, const char *sha256, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, build->upload_id);
    db_param_text(&params, kind_names[kind]);
    db_param_text(&params, file->key);
    db_param_text(&params, file->version_id[0] ? file->version_id : NULL);
    db_param_text(&params, sha256);
    db_param_int(&params, (int64_t)build->files[kind].len);
    return db_query(build->pipeline->db, note_sql, &params, NULL, error);
}

static enum error_code put(struct build *build, const char *bucket, enum report_kind kind,
                           enum report_care care, struct report_file *file, struct error *error)
{
    char sha256[SHA256_HEX_SIZE];
    struct s3_object object;
    bool known = build->known[kind].sha256[0] != '\0', same = false;
    enum error_code code = hash(&build->files[kind], sha256, error);
    if (code)
        return code;
    s3_object_init(&object);
    same = known && strcmp(build->known[kind].sha256, sha256) == 0;
    if (same)
        snprintf(file->version_id, sizeof file->version_id, "%s", build->known[kind].version_id);
    if (!known || care == REPORT_VERIFY)
        code = same_in_bucket(build, bucket, file->key, sha256, &object, &same, error);
    bool noted =
        care == REPORT_TRUST || strcmp(object.version_id, build->known[kind].version_id) == 0;
    if (code || (same && known && noted))
        goto done;
    if (!same) {
        const struct aws_pair metadata[] = {
            {"upload_id", build->upload_id}, {"vendor_id", build->vendor_id}, {"sha256", sha256}};
        const struct s3_put request = {.bucket = bucket,
                                       .key = file->key,
                                       .body = build->files[kind].data,
                                       .body_length = build->files[kind].len,
                                       .content_type = "text/csv; charset=utf-8",
                                       .metadata = metadata,
                                       .metadata_count = 3};
        code = s3_put_object(build->pipeline->aws, &request, &object, error);
        file->written = !code;
    }
    if (!code) {
        snprintf(file->version_id, sizeof file->version_id, "%s", object.version_id);
        code = note(build, kind, file, sha256, error);
    }
done:
    s3_object_release(&object);
    return code;
}

static enum error_code drop(struct build *build, const char *bucket, enum report_kind kind,
                            struct report_file *file, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code = s3_delete_object(build->pipeline->aws, bucket, file->key, NULL, error);
    db_param_text(&params, build->upload_id);
    db_param_text(&params, kind_names[kind]);
    if (!code)
        code = db_query(build->pipeline->db,
                        "DELETE FROM upload_reports WHERE upload_id = $1 AND kind = $2", &params,
                        NULL, error);
    file->key[0] = '\0';
    return code;
}

static enum error_code put_files(struct build *build, enum report_care care,
                                 struct report_file files[REPORT_KINDS], struct error *error)
{
    const char *bucket = NULL;
    enum error_code code =
        settings_require(build->pipeline->settings, SETTING_BUCKET, &bucket, error);
    report_key_format(build->vendor_id, build->upload_id, files[REPORT_ERRORS].key);
    rejected_key_format(build->vendor_id, build->upload_id, files[REPORT_REJECTED].key);
    for (int kind = 0; kind < REPORT_KINDS && !code; kind++) {
        if (build->rows)
            code = put(build, bucket, (enum report_kind)kind, care, &files[kind], error);
        else if (build->known[kind].sha256[0])
            code = drop(build, bucket, (enum report_kind)kind, &files[kind], error);
        else
            files[kind].key[0] = '\0';
    }
    return code;
}

static enum error_code close_upload(struct build *build, const char *key, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, build->upload_id);
    db_param_text(&params, key[0] ? key : NULL);
    enum error_code code = db_query(build->pipeline->db,
                                    "UPDATE upload_history SET error_file_s3_key = $2"
                                    " WHERE upload_id = $1"
                                    "   AND error_file_s3_key IS DISTINCT FROM $2",
                                    &params, NULL, error);
    return code ? code : db_commit(build->pipeline->db, error);
}

enum error_code report_build(struct pipeline *pipeline, const char *upload_id,
                             enum report_care care, struct report_file files[REPORT_KINDS],
                             struct error *error)
{
    struct error local = ERROR_INIT;
    struct build build;
    error = error ? error : &local;
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        files[kind] = (struct report_file){.written = false};
    build_init(&build, pipeline, upload_id);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = open_upload(&build, error);
    if (!code && !build.refused)
        code = write_files(&build, error);
    if (!code && !build.refused)
        code = put_files(&build, care, files, error);
    if (!code)
        code = close_upload(&build, files[REPORT_ERRORS].key, error);
    if (code)
        db_rollback(pipeline->db);
    build_release(&build);
    return code;
}
