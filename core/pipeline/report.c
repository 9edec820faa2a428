#include "core/pipeline/report.h"

#include <openssl/evp.h>

#include "aws/s3.h"
#include "core/base/json.h"
#include "core/base/point.h"
#include "core/pipeline/prune.h"
#include "core/record/report_text.h"

/* What a file may hold beyond its limit until that is noticed: one record, of any file. */
#define RECORD_ROOM ((size_t)32 * 1024 * 1024)
#define MARK_ROOM ((size_t)256)
#define PAGE_ROWS                                                                  \
    "16" /* records, each of them up to 1.5 MB of JSON and 0.8 MB of its own bytes \
          */
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
        bool full;                   /* nothing more is written, */
        int64_t violations, records; /* and so many are missing */
    } cut[REPORT_KINDS];
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
        buffer_init(&build->files[kind], REPORT_MAX + RECORD_ROOM);
}

static void build_release(struct build *build)
{
    buffer_release(&build->header);
    for (int kind = 0; kind < REPORT_KINDS; kind++)
        buffer_release(&build->files[kind]);
}

static const char open_sql[] =
    "SELECT vendor_id, " PRUNED_SQL
    " AS pruned, status, header_line, failure_code IS NOT NULL AND error_records = 0 AS refused,"
    "       coalesce(metadata->>'delimiter', ',') AS delimiter,"
    "       coalesce((metadata->>'errors_own')::boolean, false) AS errors_own,"
    "       coalesce(metadata->>'line_end', E'\\n') AS line_end,"
    "       coalesce((metadata->>'field_count')::int, 0) AS field_count"
    "  FROM upload_history h WHERE upload_id = $1 FOR UPDATE";

static const char known_sql[] =
    "SELECT kind, sha256, version_id FROM upload_reports WHERE upload_id = $1";

static enum error_code read_upload(struct build *build, const struct db_result *row,
                                   struct error *error)
{
    if (row->count != 1)
        return error_set(error, ERROR_NOT_FOUND, "no upload %s", build->upload_id);
    if (strcmp(db_row_text(row, 0, "status"), "processing") == 0)
        return error_set(error, ERROR_CONFLICT, "upload %s is still processing", build->upload_id);
    if (!db_row_is_null(row, 0, "pruned"))
        return error_set(error, ERROR_CONFLICT, "%s: %s: its report cannot be rebuilt",
                         build->upload_id, db_row_text(row, 0, "pruned"));
    const char *vendor_id = db_row_text(row, 0, "vendor_id");
    snprintf(build->vendor_id, sizeof build->vendor_id, "%s", vendor_id ? vendor_id : "");
    snprintf(build->line_end, sizeof build->line_end, "%s", db_row_text(row, 0, "line_end"));
    db_row_bytes(row, 0, "header_line", &build->header);
    build->refused = db_row_bool(row, 0, "refused");
    build->format = (struct rejected_format){
        .delimiter = db_row_text(row, 0, "delimiter")[0],
        .errors_own = db_row_bool(row, 0, "errors_own"),
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

/* tests/model: report_open */
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

/* Whole records by row, each with its violations in order. A record's text is with the first of
 * them; older ones have it with the record. */
static const char cursor_sql[] =
    "DECLARE report_records NO SCROLL CURSOR FOR"
    " SELECT r.row_number, r.line_number, r.field_count, v.violations::text AS violations,"
    "        coalesce(v.raw, r.raw) AS raw,"
    "        coalesce(v.original_data, r.original_data)::text AS original_data"
    "   FROM upload_records r"
    "  CROSS JOIN LATERAL ("
    "   SELECT json_agg(json_build_array(e.error_type, e.error_message) ORDER BY e.rule_order)"
    "            AS violations,"
    "          (array_agg(e.original_data ORDER BY e.rule_order))[1] AS original_data,"
    "          (array_agg(e.raw ORDER BY e.rule_order))[1] AS raw"
    "     FROM validation_errors e"
    "    WHERE e.upload_id = r.upload_id AND e.row_number = r.row_number) v"
    "  WHERE r.upload_id = $1 AND r.outcome = 'error' AND v.violations IS NOT NULL"
    "  ORDER BY r.row_number";

static const char fetch_sql[] = "FETCH FORWARD " PAGE_ROWS " FROM report_records";

/* A rejected record, read back. */
struct rejected {
    uint32_t row_number, line_number, field_count;
    struct json_object *original, *violations; /* [[type, message], ...] */
    bool has_raw;
    struct buffer raw, errors;
};

/* What was written since `before` is taken back where it passes the limit. */
static bool keep_within(struct build *build, enum report_kind kind, size_t before)
{
    struct buffer *file = &build->files[kind];
    if (file->failed != ERROR_TOO_LARGE && file->len <= REPORT_MAX - MARK_ROOM)
        return true;
    if (file->failed == ERROR_TOO_LARGE)
        file->failed = ERROR_NONE;
    buffer_cut(file, before);
    build->cut[kind].full = true;
    return false;
}

static void append_violations(struct build *build, struct rejected *record)
{
    struct buffer *file = &build->files[REPORT_ERRORS];
    int64_t missing = 0;
    buffer_clear(&record->errors);
    for (size_t i = 0; i < json_count(record->violations); i++) {
        struct json_object *pair = json_object_array_get_idx(record->violations, i);
        const char *type = json_object_get_string(json_object_array_get_idx(pair, 0));
        const char *message = json_object_get_string(json_object_array_get_idx(pair, 1));
        size_t before = file->len;
        rejected_errors_append(&record->errors, type, message);
        if (!build->cut[REPORT_ERRORS].full)
            report_append_original(file,
                                   &(struct report_row){.row_number = record->row_number,
                                                        .line_number = record->line_number,
                                                        .delimiter = build->format.delimiter,
                                                        .error_type = type,
                                                        .error_message = message},
                                   record->original);
        if (build->cut[REPORT_ERRORS].full || !keep_within(build, REPORT_ERRORS, before))
            missing++;
    }
    build->cut[REPORT_ERRORS].violations += missing;
    build->cut[REPORT_ERRORS].records += missing > 0;
}

static enum error_code append_rejected(struct build *build, struct rejected *record,
                                       struct error *error)
{
    struct buffer *file = &build->files[REPORT_REJECTED];
    size_t before = file->len;
    enum error_code code = ERROR_NONE;
    build->rows++;
    if (!build->cut[REPORT_REJECTED].full && record->has_raw)
        rejected_append(file, &build->format, record->raw.data, record->raw.len,
                        record->field_count, record->errors.data, record->errors.len);
    else if (!build->cut[REPORT_REJECTED].full)
        code = rejected_append_original(file, &build->format, record->original, record->errors.data,
                                        record->errors.len, error);
    if (build->cut[REPORT_REJECTED].full || !keep_within(build, REPORT_REJECTED, before))
        build->cut[REPORT_REJECTED].records++;
    return code;
}

static enum error_code append_record(struct build *build, const struct db_result *rows, int row,
                                     struct rejected *record, struct error *error)
{
    record->row_number = (uint32_t)db_row_int(rows, row, "row_number");
    record->line_number = (uint32_t)db_row_int(rows, row, "line_number");
    record->field_count = (uint32_t)db_row_int(rows, row, "field_count");
    record->has_raw = !db_row_is_null(rows, row, "raw");
    buffer_clear(&record->raw);
    db_row_bytes(rows, row, "raw", &record->raw);
    enum error_code code =
        original_parse(db_row_text(rows, row, "original_data"),
                       db_row_length(rows, row, "original_data"), &record->original, error);
    if (!code)
        code = json_parse(db_row_text(rows, row, "violations"),
                          db_row_length(rows, row, "violations"), &record->violations, error);
    if (!code) {
        append_violations(build, record);
        code = append_rejected(build, record, error);
    }
    json_object_put(record->original);
    json_object_put(record->violations);
    record->original = record->violations = NULL;
    if (!code)
        code = buffer_check(&record->raw, error);
    return code ? code : buffer_check(&record->errors, error);
}

static enum error_code read_records(struct build *build, struct rejected *record,
                                    struct error *error)
{
    struct db_result rows = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    bool more = true;
    db_param_text(&params, build->upload_id);
    enum error_code code = db_query(build->pipeline->db, cursor_sql, &params, NULL, error);
    while (!code && more) {
        code = pipeline_check(build->pipeline, error);
        if (!code)
            code = db_query(build->pipeline->db, fetch_sql, NULL, &rows, error);
        for (int row = 0; row < rows.count && !code; row++)
            code = append_record(build, &rows, row, record, error);
        more = rows.count > 0;
    }
    if (!code)
        code = db_query(build->pipeline->db, "CLOSE report_records", NULL, NULL, error);
    db_result_release(&rows);
    return code;
}

static enum error_code write_files(struct build *build, struct error *error)
{
    struct rejected record = {.original = NULL};
    buffer_init(&record.errors, 1 << 20);
    buffer_init(&record.raw, 16 << 20);
    report_begin(&build->files[REPORT_ERRORS], build->format.delimiter);
    rejected_begin(&build->files[REPORT_REJECTED], &build->format);
    enum error_code code = read_records(build, &record, error);
    if (!code && build->cut[REPORT_ERRORS].full)
        report_append_cut_mark(&build->files[REPORT_ERRORS], build->format.delimiter,
                               build->cut[REPORT_ERRORS].violations,
                               build->cut[REPORT_ERRORS].records);
    if (!code && build->cut[REPORT_REJECTED].full)
        rejected_append_cut_mark(&build->files[REPORT_REJECTED], &build->format,
                                 build->cut[REPORT_REJECTED].records);
    for (int kind = 0; kind < REPORT_KINDS && !code; kind++)
        code = buffer_check(&build->files[kind], error);
    buffer_release(&record.errors);
    buffer_release(&record.raw);
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

/* tests/model: report_put */
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
        point_reached("before a report file is put");
        code = s3_put_object(build->pipeline->aws, &request, &object, error);
        point_reached("after a report file is put");
        file->written = !code;
    }
    if (!code) {
        snprintf(file->version_id, sizeof file->version_id, "%s", object.version_id);
        code = note(build, kind, file, sha256, error);
        point_reached("after a report file is noted");
    }
done:
    s3_object_release(&object);
    return code;
}

static enum error_code drop(struct build *build, const char *bucket, enum report_kind kind,
                            struct report_file *file, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    point_reached("before a report file is deleted");
    enum error_code code = s3_delete_object(build->pipeline->aws, bucket, file->key, NULL, error);
    point_reached("after a report file is deleted");
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

/* tests/model: report_close */
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
    point_reached("before a report is committed");
    if (!code)
        code = db_commit(build->pipeline->db, error);
    point_reached("after a report is committed");
    return code;
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
