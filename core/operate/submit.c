#include "core/operate/submit.h"

#include <string.h>

#include "aws/s3.h"
#include "sql/db.h"

enum { ARRAY_MAX = 64 * 1024 * 1024 };

void submission_init(struct submission *submission, const char *path, const char *file_name,
                     const char *vendor_id)
{
    struct upload_name name;
    memset(submission, 0, sizeof *submission);
    submission->path = path;
    upload_file_name_parse(file_name ? file_name : path, vendor_id, &name, &submission->refusal);
    snprintf(submission->vendor_id, sizeof submission->vendor_id, "%s", name.vendor_id);
    if (submission->refusal.code != REFUSAL_NONE)
        return;
    if (!upload_key_format(name.vendor_id, name.file_name, submission->key)) {
        refusal_set(&submission->refusal, REFUSAL_INVALID_FILE_NAME, 0,
                    "the file name is longer than S3 allows");
        submission->key[0] = '\0';
        return;
    }
    upload_key_parse(submission->key, strlen(submission->key), &name, &submission->refusal);
    if (submission->refusal.code != REFUSAL_NONE)
        submission->key[0] = '\0';
    submission->has_time = name.has_time;
    submission->time_ms = name.time_ms;
}

enum error_code submission_put(struct submission *submission, struct aws_client *aws,
                               const char *bucket, const void *bytes, size_t len,
                               struct error *error)
{
    struct s3_object object;
    const struct s3_put put = {.bucket = bucket,
                               .key = submission->key,
                               .body = bytes,
                               .body_length = len,
                               .content_type = "text/csv"};
    s3_object_init(&object);
    enum error_code code = s3_put_object(aws, &put, &object, error);
    if (!code) {
        bool versioned = object.version_id[0] != '\0' && strcmp(object.version_id, "null") != 0;
        snprintf(submission->version_id, sizeof submission->version_id, "%s",
                 versioned ? object.version_id : "");
        snprintf(submission->object_version, sizeof submission->object_version, "%s%s",
                 versioned ? "" : "etag:", versioned ? object.version_id : object.etag);
        submission->put_at_ms = aws_client_now_ms(aws);
    }
    s3_object_release(&object);
    return code;
}

bool submission_is_final(const struct submission *submission)
{
    return !submission->sent || strcmp(submission->status, "completed") == 0 ||
           strcmp(submission->status, "partial") == 0 || strcmp(submission->status, "failed") == 0;
}

static void state_take(struct submission *submission, const struct db_result *result, int row)
{
    snprintf(submission->upload_id, sizeof submission->upload_id, "%s",
             db_row_text(result, row, "upload_id"));
    snprintf(submission->status, sizeof submission->status, "%s",
             db_row_text(result, row, "status"));
    submission->total_records = db_row_int(result, row, "total_records");
    submission->valid_records = db_row_int(result, row, "valid_records");
    submission->error_records = db_row_int(result, row, "error_records");
}

struct lists {
    struct db_array numbers, first, second;
};

static void lists_init(struct lists *lists)
{
    db_array_init(&lists->numbers, ARRAY_MAX);
    db_array_init(&lists->first, ARRAY_MAX);
    db_array_init(&lists->second, ARRAY_MAX);
}

static void lists_release(struct lists *lists)
{
    db_array_release(&lists->numbers);
    db_array_release(&lists->first);
    db_array_release(&lists->second);
}

static enum error_code lists_ask(struct lists *lists, struct db *db, const char *sql,
                                 const char *bucket, struct db_result *result, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *numbers = NULL, *first = NULL, *second = NULL;
    enum error_code code = db_array_literal(&lists->numbers, &numbers, error);
    if (!code)
        code = db_array_literal(&lists->first, &first, error);
    if (!code)
        code = db_array_literal(&lists->second, &second, error);
    if (code)
        return code;
    db_param_text(&params, numbers);
    db_param_text(&params, first);
    if (bucket) {
        db_param_text(&params, second);
        db_param_text(&params, bucket);
    }
    return db_query(db, sql, &params, result, error);
}

enum error_code submissions_look(struct db *db, const char *bucket, struct submission *submissions,
                                 size_t count, struct error *error)
{
    static const char sql[] =
        "SELECT q.number, h.upload_id, h.status, h.total_records, h.valid_records, h.error_records"
        " FROM unnest($1::bigint[], $2::text[], $3::text[]) AS q (number, key, version)"
        " JOIN upload_history h ON h.bucket = $4 AND h.s3_key = q.key"
        " AND h.object_version = q.version";
    struct db_result result = DB_RESULT_INIT;
    struct lists lists;
    enum error_code code = ERROR_NONE;
    lists_init(&lists);
    for (size_t i = 0; i < count; i++) {
        if (submission_is_final(&submissions[i]))
            continue;
        db_array_add_int(&lists.numbers, (int64_t)i);
        db_array_add_string(&lists.first, submissions[i].key);
        db_array_add_string(&lists.second, submissions[i].object_version);
    }
    if (lists.numbers.count > 0)
        code = lists_ask(&lists, db, sql, bucket, &result, error);
    for (int i = 0; i < result.count && !code; i++)
        state_take(&submissions[db_row_int(&result, i, "number")], &result, i);
    db_result_release(&result);
    lists_release(&lists);
    return code;
}

static void id_predict(struct submission *submission)
{
    struct upload_name name;
    memset(&name, 0, sizeof name);
    snprintf(name.vendor_id, sizeof name.vendor_id, "%s", submission->vendor_id);
    name.has_time = submission->has_time;
    name.time_ms = submission->time_ms;
    upload_id_format(&name, submission->put_at_ms, 1, submission->upload_id);
}

enum error_code submissions_predict(struct db *db, struct submission *submissions, size_t count,
                                    struct error *error)
{
    static const char sql[] =
        "SELECT q.number FROM unnest($1::bigint[], $2::text[]) AS q (number, id)"
        " JOIN upload_history h ON h.upload_id = q.id";
    struct db_result result = DB_RESULT_INIT;
    struct lists lists;
    enum error_code code = ERROR_NONE;
    lists_init(&lists);
    for (size_t i = 0; i < count; i++) {
        if (!submissions[i].sent || submissions[i].upload_id[0] != '\0' || !submissions[i].has_time)
            continue;
        id_predict(&submissions[i]);
        db_array_add_int(&lists.numbers, (int64_t)i);
        db_array_add_string(&lists.first, submissions[i].upload_id);
    }
    if (lists.numbers.count > 0)
        code = lists_ask(&lists, db, sql, NULL, &result, error);
    for (int i = 0; i < result.count && !code; i++)
        submissions[db_row_int(&result, i, "number")].upload_id[0] = '\0';
    db_result_release(&result);
    lists_release(&lists);
    return code;
}
