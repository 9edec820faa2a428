#include "core/replay_private.h"
#include "sql/db.h"

/* PostgreSQL manual, "Advisory Locks": held by the session, gone with the connection. */
#define LOCK_KEY "hashtextextended('intake replay ' || $1, 0)"

static enum error_code holder_tell(struct pipeline *pipeline, const struct dead_letter_queue *queue,
                                   struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, queue->arn);
    enum error_code code = db_query(
        pipeline->db,
        "SELECT a.usename, to_char(clock_timestamp() - a.backend_start, 'HH24:MI:SS') AS since"
        " FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
        " WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
        "  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        "  AND ((l.classid::bigint << 32) | l.objid::bigint) = " LOCK_KEY,
        &params, &result, error);
    if (code == ERROR_NONE && result.count > 0)
        code = error_set(error, ERROR_CONFLICT,
                         "%s is being replayed or discarded by %s (connected for %s): nothing was "
                         "done; try again when that has ended",
                         queue->name, db_row_text(&result, 0, "usename"),
                         db_row_text(&result, 0, "since"));
    else if (code == ERROR_NONE)
        code = error_set(error, ERROR_CONFLICT,
                         "%s is being replayed or discarded by somebody else: nothing was done; "
                         "try again when that has ended",
                         queue->name);
    db_result_release(&result);
    return code;
}

enum error_code replay_lock_take(struct pipeline *pipeline, const struct dead_letter_queue *queue,
                                 struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    if (pipeline->db == NULL)
        return error_set(error, ERROR_INTERNAL, "a replay needs the database: it holds the lock");
    db_param_text(&params, queue->arn);
    enum error_code code =
        db_query(pipeline->db, "SELECT pg_try_advisory_lock(" LOCK_KEY ") AS taken", &params,
                 &result, error);
    if (code != ERROR_NONE)
        error_wrap(error, "locking %s against other operators", queue->name);
    else if (!db_row_bool(&result, 0, "taken"))
        code = holder_tell(pipeline, queue, error);
    db_result_release(&result);
    return code;
}

enum error_code replay_lock_check(struct pipeline *pipeline, const struct dead_letter_queue *queue,
                                  struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, queue->arn);
    enum error_code code =
        db_query(pipeline->db,
                 "SELECT EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid()"
                 "  AND l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted"
                 "  AND ((l.classid::bigint << 32) | l.objid::bigint) = " LOCK_KEY ") AS held",
                 &params, &result, error);
    bool held = code == ERROR_NONE && db_row_bool(&result, 0, "held");
    db_result_release(&result);
    if (code != ERROR_NONE)
        return error_wrap(error, "the lock on %s is lost with the database", queue->name);
    return held ? ERROR_NONE : replay_lock_take(pipeline, queue, error);
}

void replay_lock_drop(struct pipeline *pipeline, const struct dead_letter_queue *queue)
{
    struct db_params params = DB_PARAMS_INIT;
    if (!db_connected(pipeline->db))
        return;
    db_param_text(&params, queue->arn);
    db_watch(pipeline->db, NULL);
    if (db_query(pipeline->db, "SELECT pg_advisory_unlock(" LOCK_KEY ")", &params, NULL, NULL) !=
        ERROR_NONE)
        db_disconnect(pipeline->db);
    db_watch(pipeline->db, pipeline->cancel);
}
