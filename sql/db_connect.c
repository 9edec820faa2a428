#include "sql/db_private.h"
#include "sql/planted.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/world.h"

#define CONNECT_TIMEOUT_MS 5000
#define STATEMENT_TIMEOUT_MS 30000
#define IDLE_TIMEOUT_MS 1800000

static const char *shown(const char *value, const char *otherwise)
{
    return !value || value[0] == '\0' ? otherwise : value;
}

static void describe(struct db *db)
{
    const struct db_options *o = &db->options;
    bool open = db->conn != NULL;
    const char *port = open && db->note[0] == '\0' ? PQport(db->conn) : db_options_find(o, "port");
    (void)snprintf(db->description, sizeof db->description, "%.63s@%.120s:%.12s/%.50s%s%s",
                   shown(open ? PQuser(db->conn) : db_options_find(o, "user"), "?"),
                   shown(open ? PQhost(db->conn) : db_options_find(o, "host"), "local"),
                   shown(port, "5432"),
                   shown(open ? PQdb(db->conn) : db_options_find(o, "dbname"), "?"),
                   db->note[0] != '\0' ? " " : "", db->note);
}

static enum error_code settings_take(struct db *db, const struct db_settings *settings,
                                     struct error *error)
{
    struct db_options options;
    bool sslmode_given;
    enum error_code code = db_options_build(settings, &options, &sslmode_given, error);
    if (code)
        return code;
    db_options_release(&db->options);
    db->options = options;
    db->sslmode_given = sslmode_given;
    db->way = settings->way;
    db->connect_timeout_ms =
        settings->connect_timeout_ms > 0 ? settings->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    db->statement_timeout_ms = db->usual_timeout_ms =
        settings->statement_timeout_ms != 0 ? settings->statement_timeout_ms : STATEMENT_TIMEOUT_MS;
    db->idle_timeout_ms =
        settings->idle_timeout_ms > 0 ? settings->idle_timeout_ms : IDLE_TIMEOUT_MS;
    describe(db);
    return ERROR_NONE;
}

enum error_code db_new(const struct db_settings *settings, struct db **out, struct error *error)
{
    struct db *db = memory_new(1, sizeof *db);
    enum error_code code;
    *out = NULL;
    if (!db)
        return error_set(error, ERROR_MEMORY, "out of memory");
    (void)pthread_mutex_init(&db->cancel_lock, NULL);
    code = settings_take(db, settings, error);
    if (!code)
        *out = db;
    else
        db_free(db);
    return code;
}

void db_free(struct db *db)
{
    if (!db)
        return;
    db_disconnect(db);
    db_options_release(&db->options);
    (void)pthread_mutex_destroy(&db->cancel_lock);
    free(db);
}

enum error_code db_change(struct db *db, const struct db_settings *settings, struct error *error)
{
    db_disconnect(db);
    return settings_take(db, settings, error);
}

void db_disconnect(struct db *db)
{
    (void)pthread_mutex_lock(&db->cancel_lock);
    PQfreeCancel(db->canceller);
    db->canceller = NULL;
    (void)pthread_mutex_unlock(&db->cancel_lock);
    PQfinish(db->conn);
    db->conn = NULL;
    db->in_pipeline = false;
    db->spent = false;
    db->queued = db->unread = 0;
}

bool db_connected(const struct db *db)
{
    return db->conn && PQstatus(db->conn) == CONNECTION_OK;
}

int db_server_version(const struct db *db)
{
    return db_connected(db) ? PQserverVersion(db->conn) : 0;
}

const char *db_describe(const struct db *db)
{
    return db->description;
}

struct db_counters db_counters_read(const struct db *db)
{
    return db->counters;
}

void db_watch(struct db *db, const struct cancel *cancel)
{
    db->watch = cancel;
}

void db_cancel(struct db *db)
{
    char ignored[256];
    (void)pthread_mutex_lock(&db->cancel_lock);
    if (db->canceller) {
        atomic_store(&db->cancel_sent, true);
        (void)PQcancel(db->canceller, ignored, sizeof ignored);
    }
    (void)pthread_mutex_unlock(&db->cancel_lock);
}

static void notice_to_log(void *context, const char *text)
{
    (void)context;
    log_line(LOG_DEBUG, "database notice", "notice", text, NULL);
}

/* A service file may name a remote host behind our back: then the connection starts anew, with TLS
 * verified. */
static bool needs_verification(const struct db *db)
{
    PQconninfoOption *used;
    const char *host = NULL, *hostaddr = NULL, *mode = NULL;
    bool needs;
    if (db->sslmode_given)
        return false;
    used = PQconninfo(db->conn);
    for (const PQconninfoOption *o = used; o && o->keyword; o++) {
        if (strcmp(o->keyword, "host") == 0)
            host = o->val;
        else if (strcmp(o->keyword, "hostaddr") == 0)
            hostaddr = o->val;
        else if (strcmp(o->keyword, "sslmode") == 0)
            mode = o->val;
    }
    needs = mode && strcmp(mode, "prefer") == 0 && !db_host_is_local(hostaddr ? hostaddr : host);
    PQconninfoFree(used);
    return needs;
}

static enum error_code connect_start(struct db *db, struct db_options *options, struct error *error)
{
    for (;;) {
        enum error_code code;
        db->conn = PQconnectStartParams((const char *const *)options->keywords,
                                        (const char *const *)options->values, 0);
        if (!db->conn)
            return error_set(error, ERROR_MEMORY, "out of memory");
        (void)PQsetErrorVerbosity(db->conn, PQERRORS_VERBOSE);
        (void)PQsetNoticeProcessor(db->conn, notice_to_log, NULL);
        if (PQstatus(db->conn) == CONNECTION_BAD)
            return db_error_from_connect(db, PQerrorMessage(db->conn), error);
        if (!needs_verification(db))
            return ERROR_NONE;
        PQfinish(db->conn);
        db->conn = NULL;
        code = db_options_set(&db->options, "sslmode", "verify-full", error);
        if (!code)
            code = db_options_set(options, "sslmode", "verify-full", error);
        if (code)
            return code;
        db->sslmode_given = true;
    }
}

static enum error_code connect_finish(struct db *db, int64_t deadline_ms, struct error *error)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        struct pollfd fd = {.fd = PQsocket(db->conn),
                            .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        if (state == PGRES_POLLING_FAILED)
            return db_error_from_connect(db, PQerrorMessage(db->conn), error);
        if (cancel_requested(db->watch))
            return error_set(error, ERROR_CANCELLED, "cancelled while connecting");
        if (world_monotonic_ms(&world_real) >= deadline_ms) {
            error_set(error, ERROR_UNAVAILABLE, "database: no connection within %d ms",
                      db->connect_timeout_ms);
            return ERROR_UNAVAILABLE;
        }
        if (poll(&fd, 1, 50) > 0)
            state = PQconnectPoll(db->conn);
    }
    return ERROR_NONE;
}

/*
 * SET looks up no function: what a user planted in a schema of the path that his role, or the
 * database, came with cannot run here. pg_catalog comes first because nobody names it. The queries
 * are short and some are costed high for their functions' sake: to compile them takes longer than
 * to run them.
 */
static const char session_sql[] = "SET search_path = public, pg_temp;"
                                  "SET statement_timeout = %d; SET jit = off;"
                                  "SET idle_in_transaction_session_timeout = 120000;"
                                  "SET idle_session_timeout = %d;"
                                  "SET tcp_keepalives_idle = 30;"
                                  "SET tcp_keepalives_interval = 10;"
                                  "SET tcp_keepalives_count = 3;"
                                  "SET tcp_user_timeout = 60000;"
                                  "SET TimeZone = 'UTC';"
                                  "SET DateStyle = 'ISO';"
                                  "SET bytea_output = 'hex';%s";

static enum error_code session_prepare(struct db *db, struct error *error)
{
    char sql[4096];
    struct db_result planted = DB_RESULT_INIT;
    enum error_code code;
    int timeout = db->statement_timeout_ms < 0 ? 0 : db->statement_timeout_ms;
    int version = PQserverVersion(db->conn);
    if (version < DB_SERVER_VERSION_MIN)
        return error_set(error, ERROR_CONFIG,
                         "PostgreSQL %d.%d is too old, version 14 or newer is required",
                         version / 10000, version < 100000 ? version / 100 % 100 : version % 10000);
    (void)snprintf(sql, sizeof sql, session_sql, timeout, db->idle_timeout_ms, planted_session_sql);
    code = db_script_rows(db, sql, &planted, error);
    if (!code)
        code = planted_judge(&planted, error);
    db_result_release(&planted);
    return code;
}

static enum error_code db_connect(struct db *db, struct error *error)
{
    struct db_options options;
    enum error_code code;
    db_disconnect(db);
    db->in_transaction = false;
    db->used_at_ms = world_now_ms(&world_real);
    code = db_way_options(db, &options, error);
    int64_t deadline = world_monotonic_ms(&world_real) + db->connect_timeout_ms;
    if (!code)
        code = connect_start(db, &options, error);
    db_options_wipe(&options);
    if (!code)
        code = connect_finish(db, deadline, error);
    if (!code) {
        (void)PQsetErrorVerbosity(db->conn, PQERRORS_DEFAULT);
        db->counters.connects++;
        (void)PQsetnonblocking(db->conn, 1);
        (void)pthread_mutex_lock(&db->cancel_lock);
        db->canceller = PQgetCancel(db->conn);
        (void)pthread_mutex_unlock(&db->cancel_lock);
        describe(db);
        code = session_prepare(db, error);
    }
    if (code) {
        error_wrap(error, "cannot use the database as %s", db->description);
        db_disconnect(db);
    }
    return code;
}

/* What the server said while we were not listening; most of all that it has closed the
 * connection. */
static bool still_alive(struct db *db)
{
    struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};
    while (PQstatus(db->conn) == CONNECTION_OK && poll(&fd, 1, 0) > 0)
        if (PQconsumeInput(db->conn) == 0)
            return false;
    return PQstatus(db->conn) == CONNECTION_OK;
}

int64_t db_rested_ms(const struct db *db)
{
    return world_now_ms(&world_real) - db->used_at_ms;
}

/* The server has ended it by now, whether or not that was heard here. */
static bool rested_too_long(const struct db *db)
{
    return db_rested_ms(db) >= db->idle_timeout_ms;
}

static bool usable(struct db *db)
{
    if (!db->conn || db->spent || rested_too_long(db) || !still_alive(db))
        return false;
    db->used_at_ms = world_now_ms(&world_real);
    return true;
}

enum error_code db_ensure(struct db *db, struct error *error)
{
    if (db->in_pipeline)
        db_pipeline_end(db);
    if (db->in_transaction)
        db_rollback(db);
    if (usable(db))
        return ERROR_NONE;
    return db_connect(db, error);
}

enum error_code db_ready(struct db *db, struct error *error)
{
    if (cancel_requested(db->watch))
        return error_set(error, ERROR_CANCELLED, "cancelled");
    if (db->in_pipeline)
        return error_set(error, ERROR_INTERNAL, "database: a plain statement inside a pipeline");
    if (db->in_transaction ? db->conn && still_alive(db) : usable(db))
        return ERROR_NONE;
    if (db->in_transaction) {
        error_set(error, ERROR_UNAVAILABLE, "database: the connection was lost in a transaction");
        return ERROR_UNAVAILABLE;
    }
    return db_connect(db, error);
}
