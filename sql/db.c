#include "sql/db_private.h"

#include <string.h>

static void transaction_note(struct db *db)
{
    if (db_connected(db))
        db->in_transaction = PQtransactionStatus(db->conn) != PQTRANS_IDLE;
}

enum error_code db_send(struct db *db, const char *sql, const struct db_params *params,
                        struct error *error)
{
    int count = !params ? 0 : params->count;
    if (count > DB_PARAMS_MAX)
        return error_set(error, ERROR_INTERNAL, "database: %d parameters, %d at most", count,
                         DB_PARAMS_MAX);
    if (PQsendQueryParams(db->conn, sql, count, NULL, count == 0 ? NULL : params->values,
                          count == 0 ? NULL : params->lengths, count == 0 ? NULL : params->formats,
                          0) == 0)
        return db_error_from_connection(db, false, error);
    db->counters.statements++;
    return ERROR_NONE;
}

/* Reads a statement's results to their end; the first failure is the one that counts. */
static enum error_code collect(struct db *db, struct db_result *result, struct error *error)
{
    int64_t deadline = db_deadline(db);
    enum error_code code = db_wait_flush(db, deadline, error);
    while (!code || db_connected(db)) {
        PGresult *rows = NULL;
        enum error_code waited = db_wait_result(db, deadline, &rows, code ? NULL : error);
        if (waited)
            return code ? code : waited;
        if (!rows)
            break;
        if (PQresultStatus(rows) == PGRES_TUPLES_OK || PQresultStatus(rows) == PGRES_COMMAND_OK) {
            db_result_adopt(result, rows);
            continue;
        }
        if (!code)
            code = PQresultStatus(rows) == PGRES_FATAL_ERROR
                       ? db_error_from_result(db, rows, error)
                       : error_set(error, ERROR_INTERNAL, "database: unexpected kind of result");
        PQclear(rows);
    }
    return code;
}

static enum error_code run(struct db *db, const char *sql, const struct db_params *params,
                           bool script, struct db_result *result, struct error *error)
{
    struct db_result ignored = DB_RESULT_INIT;
    enum error_code code = db_ready(db, error);
    db_result_release(result);
    if (code)
        return code;
    atomic_store(&db->cancel_sent, false);
    if (!script) {
        code = db_send(db, sql, params, error);
    } else if (PQsendQuery(db->conn, sql) == 0) {
        code = db_error_from_connection(db, false, error);
    } else {
        db->counters.statements++;
    }
    if (!code) {
        db->counters.round_trips++;
        code = collect(db, !result ? &ignored : result, error);
    }
    transaction_note(db);
    db_result_release(&ignored);
    if (code)
        db_result_release(result);
    return code;
}

enum error_code db_query(struct db *db, const char *sql, const struct db_params *params,
                         struct db_result *result, struct error *error)
{
    return run(db, sql, params, false, result, error);
}

enum error_code db_script(struct db *db, const char *sql, struct error *error)
{
    return run(db, sql, NULL, true, NULL, error);
}

enum error_code db_script_rows(struct db *db, const char *sql, struct db_result *result,
                               struct error *error)
{
    return run(db, sql, NULL, true, result, error);
}

enum error_code db_statement_timeout(struct db *db, int ms, struct error *error)
{
    char sql[64];
    enum error_code code = db_ensure(db, error);
    db->statement_timeout_ms = ms;
    snprintf(sql, sizeof sql, "SET statement_timeout = %d", ms);
    return code ? code : db_query(db, sql, NULL, NULL, error);
}

void db_statement_timeout_reset(struct db *db)
{
    struct error untold = ERROR_INIT;
    if (db_connected(db) && db_statement_timeout(db, db->usual_timeout_ms, &untold))
        db_disconnect(db);
    db->statement_timeout_ms = db->usual_timeout_ms;
}

enum error_code db_begin(struct db *db, struct error *error)
{
    enum error_code code = db_ensure(db, error);
    return !code ? db_query(db, "BEGIN", NULL, NULL, error) : code;
}

enum error_code db_commit(struct db *db, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = db_query(db, "COMMIT", NULL, &result, error);
    if (!code && strcmp(PQcmdStatus(result.rows), "COMMIT") != 0)
        code = error_set(error, ERROR_DATABASE,
                         "database: nothing was committed because an earlier statement failed");
    db_result_release(&result);
    return code;
}

void db_rollback(struct db *db)
{
    const struct cancel *watch = db->watch;
    if (db->in_pipeline)
        db_pipeline_end(db);
    if (db_connected(db) && PQtransactionStatus(db->conn) != PQTRANS_IDLE) {
        db->watch = NULL;
        if (db_query(db, "ROLLBACK", NULL, NULL, NULL))
            db_disconnect(db);
        db->watch = watch;
    }
    db->in_transaction = false;
}
