#include "core/pipeline/lease.h"

#include "core/base/point.h"

static const char take_sql[] =
    "INSERT INTO leases AS l (name, token, holder, session_pid, renewed_at, until)"
    " VALUES ($1, $2, '', 0, now(), now())"
    " ON CONFLICT (name) DO UPDATE SET token = excluded.token"
    "  WHERE l.until < clock_timestamp()"
    "     OR (l.renewed_at < clock_timestamp() - $3 * interval '1 millisecond'"
    "         AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity a"
    "                          WHERE a.pid = l.session_pid"
    "                            AND a.datname = pg_catalog.current_database()))"
    " RETURNING 1";

/* A holder within a transaction holds the row too: who it is can be read meanwhile. */
static const char bound_sql[] = "SET LOCAL lock_timeout = '1s'";

static const char holder_sql[] =
    "SELECT holder, to_char(until AT TIME ZONE 'UTC', 'HH24:MI:SS') AS until,"
    "       to_char(taken_at AT TIME ZONE 'UTC', 'HH24:MI:SS') AS taken"
    "  FROM leases WHERE name = $1";

void lease_token_make(struct pipeline *pipeline, char token[LEASE_TOKEN_SIZE])
{
    unsigned long long high = world_random_below(pipeline->world, UINT64_MAX);
    unsigned long long low = world_random_below(pipeline->world, UINT64_MAX);
    snprintf(token, LEASE_TOKEN_SIZE, "%016llx%016llx", high, low);
}

void lease_params(struct db_params *params, const struct lease *lease)
{
    db_param_text(params, lease->name);
    db_param_text(params, lease->token);
}

static enum error_code tell_holder(struct pipeline *pipeline, const char *name, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, name);
    enum error_code code = db_query(pipeline->db, holder_sql, &params, &row, error);
    if (!code && row.count)
        code = error_set(error, ERROR_CONFLICT,
                         "%s since %s UTC; the lock expires at %s UTC unless it is renewed",
                         db_row_text(&row, 0, "holder"), db_row_text(&row, 0, "taken"),
                         db_row_text(&row, 0, "until"));
    else if (!code)
        code = error_set(error, ERROR_CONFLICT, "another user, who has just finished");
    db_result_release(&row);
    return code;
}

static enum error_code take(struct db *db, const struct db_params *params, struct db_result *row,
                            struct error *error)
{
    const struct {
        const char *sql;
        const struct db_params *params;
        struct db_result *row;
    } steps[] = {{"BEGIN", NULL, NULL},
                 {bound_sql, NULL, NULL},
                 {take_sql, params, row},
                 {"COMMIT", NULL, NULL}};
    enum error_code code = db_pipeline_begin(db, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++)
        code = db_pipeline_queue(db, steps[i].sql, steps[i].params, error);
    if (!code)
        code = db_pipeline_sync(db, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++)
        code = db_pipeline_next(db, steps[i].row, error);
    db_pipeline_end(db);
    if (code)
        db_rollback(db);
    return code;
}

enum error_code lease_take(struct pipeline *pipeline, const char *name, int64_t grace_ms,
                           struct lease *lease, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct error own = ERROR_INIT;
    *lease = (struct lease){.renewed_ms = world_monotonic_ms(pipeline->world)};
    lease_token_make(pipeline, lease->token);
    db_param_text(&params, name);
    db_param_text(&params, lease->token);
    db_param_int(&params, grace_ms);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code) {
        point_reached("before a lease is taken");
        code = take(pipeline->db, &params, &row, &own);
        point_reached("after a lease is taken");
    }
    bool busy = code && strcmp(own.service_code, "55P03") == 0;
    if (!code && row.count)
        snprintf(lease->name, sizeof lease->name, "%s", name);
    else if (!code || busy)
        code = tell_holder(pipeline, name, error);
    else if (error && own.code)
        *error = own;
    db_result_release(&row);
    return code;
}

enum error_code lease_renew(struct pipeline *pipeline, struct lease *lease, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    int64_t now = world_monotonic_ms(pipeline->world);
    lease_params(&params, lease);
    enum error_code code = db_query(pipeline->db, LEASE_IN_TRANSACTION, &params, &row, error);
    if (!code && db_row_bool(&row, 0, "held")) {
        lease->renewed_ms = now;
    } else if (!code) {
        code = tell_holder(pipeline, lease->name, error);
    }
    db_result_release(&row);
    return code;
}

void lease_drop(struct pipeline *pipeline, struct lease *lease)
{
    struct db_params params = DB_PARAMS_INIT;
    struct error untold = ERROR_INIT;
    db_pipeline_end(pipeline->db);
    db_rollback(pipeline->db);
    if (!lease->name[0])
        return;
    lease_params(&params, lease);
    db_watch(pipeline->db, NULL);
    point_reached("before a lease is dropped");
    if (db_query(pipeline->db, "DELETE FROM leases WHERE name = $1 AND token = $2", &params, NULL,
                 &untold))
        db_disconnect(pipeline->db);
    point_reached("after a lease is dropped");
    db_watch(pipeline->db, pipeline->cancel);
    lease->name[0] = '\0';
}
