#include "core/upload_lock.h"

static enum error_code tell_holder(struct pipeline *pipeline, const char *target,
                                   struct error *error)
{
    static const char holder_sql[] =
        "SELECT a.usename FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
        "   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        "   AND ((l.classid::bigint << 32) | l.objid::bigint) = " UPLOAD_LOCK_KEY;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    db_param_text(&params, target);
    enum error_code code = db_query(pipeline->db, holder_sql, &params, &rows, error);
    if (!code) {
        const char *holder = rows.count ? db_row_text(&rows, 0, "usename") : NULL;
        code = error_set(error, ERROR_CONFLICT,
                         "%s is being worked on by %s: nothing was done; try again when that has "
                         "ended",
                         target, holder ? holder : "somebody else");
    }
    db_result_release(&rows);
    return code;
}

enum error_code upload_lock_take(struct pipeline *pipeline, const char *target, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, target);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = db_query(pipeline->db, "SELECT pg_try_advisory_lock(" UPLOAD_LOCK_KEY ") AS taken",
                        &params, &row, error);
    if (code)
        error_wrap(error, "locking %s against other operators", target);
    else if (!db_row_bool(&row, 0, "taken"))
        code = tell_holder(pipeline, target, error);
    db_result_release(&row);
    return code;
}

void upload_lock_drop(struct pipeline *pipeline, const char *target)
{
    struct db_params params = DB_PARAMS_INIT;
    db_pipeline_end(pipeline->db);
    db_rollback(pipeline->db);
    if (!db_connected(pipeline->db))
        return;
    db_param_text(&params, target);
    db_watch(pipeline->db, NULL);
    if (db_query(pipeline->db, "SELECT pg_advisory_unlock(" UPLOAD_LOCK_KEY ")", &params, NULL,
                 NULL))
        db_disconnect(pipeline->db);
    db_watch(pipeline->db, pipeline->cancel);
}
