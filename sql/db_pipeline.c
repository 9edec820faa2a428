#include "sql/db_private.h"

enum error_code db_pipeline_begin(struct db *db, struct error *error)
{
    enum error_code code = db_ready(db, error);
    if (code)
        return code;
    if (PQenterPipelineMode(db->conn) == 0)
        return db_error_from_connection(db, false, error);
    atomic_store(&db->cancel_sent, false);
    error_clear(&db->skipped_for);
    db->in_pipeline = true;
    db->queued = db->unread = 0;
    return ERROR_NONE;
}

static enum error_code check_open(const struct db *db, struct error *error)
{
    if (!db->in_pipeline)
        return error_set(error, ERROR_INTERNAL, "database: no pipeline was started");
    return ERROR_NONE;
}

enum error_code db_pipeline_queue(struct db *db, const char *sql, const struct db_params *params,
                                  struct error *error)
{
    enum error_code code = check_open(db, error);
    if (!code && db->unread > 0)
        code = error_set(error, ERROR_INTERNAL, "database: results of the last sync are unread");
    if (!code)
        code = db_send(db, sql, params, error);
    if (!code)
        db->queued++;
    return code;
}

enum error_code db_pipeline_sync(struct db *db, struct error *error)
{
    enum error_code code = check_open(db, error);
    if (code || db->queued == 0)
        return code;
    if (PQpipelineSync(db->conn) == 0)
        return db_error_from_connection(db, true, error);
    db->counters.round_trips++;
    db->unread = db->queued;
    db->queued = 0;
    error_clear(&db->skipped_for);
    return ERROR_NONE;
}

/* The result that ends the sync tells whether a transaction is open. */
static enum error_code read_sync(struct db *db, int64_t deadline_ms, struct error *error)
{
    for (;;) {
        PGresult *result = NULL;
        enum error_code code = db_wait_result(db, deadline_ms, &result, error);
        ExecStatusType status = PQresultStatus(result);
        if (code)
            return code;
        if (!db_connected(db)) {
            PQclear(result);
            return db_error_from_connection(db, true, error);
        }
        if (!result)
            continue;
        PQclear(result);
        if (status != PGRES_PIPELINE_SYNC)
            return error_set(error, ERROR_INTERNAL, "database: a result too many in the pipeline");
        db->in_transaction = PQtransactionStatus(db->conn) != PQTRANS_IDLE;
        return ERROR_NONE;
    }
}

static enum error_code skipped(const struct db *db, struct error *error)
{
    if (error && db->skipped_for.code) {
        *error = db->skipped_for;
        return error_wrap(error, "skipped");
    }
    if (db->skipped_for.code)
        return db->skipped_for.code;
    return error_set(error, ERROR_DATABASE,
                     "database: skipped because an earlier statement failed");
}

/* Takes the result of one statement and the NULL behind it. */
static enum error_code read_one(struct db *db, int64_t deadline_ms, struct db_result *result,
                                struct error *error)
{
    PGresult *rows = NULL, *end = NULL;
    enum error_code code = db_wait_result(db, deadline_ms, &rows, error);
    if (code)
        return code;
    switch (PQresultStatus(rows)) {
    case PGRES_TUPLES_OK:
    case PGRES_COMMAND_OK:
        db_result_adopt(result, rows);
        rows = NULL;
        break;
    case PGRES_PIPELINE_ABORTED:
        code = skipped(db, error);
        break;
    default:
        code = !rows ? db_error_from_connection(db, true, error)
                     : db_error_from_result(db, rows, error);
        break;
    }
    PQclear(rows);
    if (db_connected(db)) {
        enum error_code waited = db_wait_result(db, deadline_ms, &end, code ? NULL : error);
        PQclear(end);
        if (!code)
            code = waited;
    }
    return code;
}

enum error_code db_pipeline_next(struct db *db, struct db_result *result, struct error *error)
{
    struct db_result ignored = DB_RESULT_INIT;
    struct error local = ERROR_INIT;
    int64_t deadline = db_deadline(db);
    enum error_code code = check_open(db, &local);
    db_result_release(result);
    if (!code && db->unread == 0)
        code = error_set(&local, ERROR_INTERNAL, "database: every result was read");
    if (!code && !db_connected(db))
        code = skipped(db, &local);
    else if (!code)
        code = read_one(db, deadline, !result ? &ignored : result, &local);
    if (db->unread > 0)
        db->unread--;
    if (code && !db->skipped_for.code)
        db->skipped_for = local;
    if (db->unread == 0 && db->in_pipeline && db_connected(db)) {
        enum error_code synced = read_sync(db, deadline, code ? NULL : &local);
        if (!code)
            code = synced;
    }
    if (code) {
        db_result_release(result);
        if (error)
            *error = local;
    }
    db_result_release(&ignored);
    return code;
}

void db_pipeline_end(struct db *db)
{
    if (!db->in_pipeline)
        return;
    while (db->unread > 0 && db_connected(db))
        if (db_pipeline_next(db, NULL, NULL))
            continue;
    if (!db_connected(db) || db->queued > 0 || PQexitPipelineMode(db->conn) == 0)
        db_disconnect(db);
    db->in_pipeline = false;
    db->queued = db->unread = 0;
}
