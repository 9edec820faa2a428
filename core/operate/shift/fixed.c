#include "core/operate/shift/shift.h"

#include "sql/db.h"

enum error_code fixed_upload_write(struct db *db, const char *bucket,
                                   const struct submission *submission, const char *made_of,
                                   struct error *error)
{
    static const char sql[] =
        "INSERT INTO fixed_uploads (bucket, s3_key, object_version, made_of)"
        " SELECT $1, $2, $3, h.upload_id FROM upload_history h WHERE h.upload_id = $4"
        " ON CONFLICT DO NOTHING";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, bucket);
    db_param_text(&params, submission->key);
    db_param_text(&params, submission->object_version);
    db_param_text(&params, made_of);
    enum error_code code = db_ensure(db, error);
    if (!code)
        code = db_query(db, sql, &params, &result, error);
    db_result_release(&result);
    return code;
}
