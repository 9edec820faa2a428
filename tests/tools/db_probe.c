/*
 * Drives sql/ for the integration tests: `db_probe WHAT [ARGUMENT...]` against INTAKE_DATABASE_URL.
 * Prints lines of "key=value"; exits 1 with the error's code, SQLSTATE, flags and message on a
 * failure.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/log.h"
#include "core/base/world.h"
#include "sql/db.h"
#include "sql/migrate.h"

static int fail(const struct error *error)
{
    printf("error=%s\nsqlstate=%s\nretryable=%d\npossibly_done=%d\nmessage=%s\n",
           error_name(error->code), error->service_code, error->retryable, error->possibly_done,
           error->message);
    return 1;
}

static void print_counters(const struct db *db)
{
    struct db_counters counters = db_counters_read(db);

    printf("statements=%lld\nround_trips=%lld\nconnects=%lld\n", (long long)counters.statements,
           (long long)counters.round_trips, (long long)counters.connects);
}

static void print_rows(const struct db_result *result)
{
    for (int row = 0; row < result->count; row++) {
        const char *text = db_result_text(result, row, 0);

        printf("row=%s\n", text == NULL ? "NULL" : text);
    }
    printf("affected=%lld\n", (long long)result->affected);
}

static int probe_migrate(struct db *db, char **arguments, struct error *error)
{
    struct migrate_state state;
    bool status = arguments[0] != NULL && strcmp(arguments[0], "--status") == 0;
    enum error_code code =
        status ? migrate_status(db, &state, error) : migrate_apply(db, &state, error);

    if (code != ERROR_NONE)
        return fail(error);
    printf("version=%d\nknown=%d\napplied=%zu\npending=%zu\n", state.version, state.known,
           state.applied, state.pending);
    printf("public_may_create=%d\n", state.public_may_create);
    return 0;
}

static int probe_query(struct db *db, char **arguments, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code;

    for (char **p = arguments + 1; arguments[0] != NULL && *p != NULL; p++)
        db_param_text(&params, *p);
    code = db_query(db, arguments[0], &params, &result, error);
    if (code != ERROR_NONE)
        return fail(error);
    print_rows(&result);
    print_counters(db);
    db_result_release(&result);
    return 0;
}

/* Each argument is a statement of one sync; an argument "--" syncs and reads. */
static int probe_pipeline(struct db *db, char **arguments, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    int queued = 0, failed = 0;

    if (db_pipeline_begin(db, error) != ERROR_NONE)
        return fail(error);
    for (char **p = arguments;; p++) {
        if (*p != NULL && strcmp(*p, "--") != 0) {
            if (db_pipeline_queue(db, *p, NULL, error) != ERROR_NONE)
                return fail(error);
            queued++;
            continue;
        }
        if (db_pipeline_sync(db, error) != ERROR_NONE)
            return fail(error);
        for (; queued > 0; queued--) {
            if (db_pipeline_next(db, &result, error) != ERROR_NONE)
                failed = fail(error);
            else
                print_rows(&result);
        }
        if (*p == NULL)
            break;
    }
    db_pipeline_end(db);
    db_rollback(db);
    db_result_release(&result);
    print_counters(db);
    if (db_query(db, "SELECT 'usable'", NULL, &result, error) != ERROR_NONE)
        return fail(error);
    print_rows(&result);
    db_result_release(&result);
    return failed;
}

/* As many statements as named, each with a big parameter and a big answer, all queued before one is
 * read. */
static int probe_flood(struct db *db, char **arguments, struct error *error)
{
    long count = strtol(arguments[0], NULL, 10);
    struct buffer big;
    struct db_result result = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    int64_t bytes = 0;

    buffer_init(&big, 1 << 20);
    for (int i = 0; i < 100000; i++)
        buffer_char(&big, 'x');
    db_param_text(&params, big.data);
    if (db_pipeline_begin(db, error) != ERROR_NONE)
        return fail(error);
    for (long i = 0; i < count; i++)
        if (db_pipeline_queue(db, "SELECT $1::text", &params, error) != ERROR_NONE)
            return fail(error);
    if (db_pipeline_sync(db, error) != ERROR_NONE)
        return fail(error);
    for (long i = 0; i < count; i++) {
        if (db_pipeline_next(db, &result, error) != ERROR_NONE)
            return fail(error);
        bytes += (int64_t)db_result_length(&result, 0, 0);
    }
    db_pipeline_end(db);
    printf("bytes=%lld\n", (long long)bytes);
    print_counters(db);
    db_result_release(&result);
    buffer_release(&big);
    return 0;
}

static struct cancel stop;

/* Waits until the statement runs on the server, seen from a connection of its own. */
static void wait_until_running(void)
{
    struct db_settings settings = {.url = getenv("INTAKE_DATABASE_URL")};
    struct db_result result = DB_RESULT_INIT;
    struct db *other = NULL;

    if (db_new(&settings, &other, NULL) != ERROR_NONE)
        return;
    do {
        if (db_query(other,
                     "SELECT 1 FROM pg_stat_activity WHERE application_name = 'db_probe'"
                     " AND state = 'active' AND query LIKE '%pg_sleep%'",
                     NULL, &result, NULL) != ERROR_NONE)
            break;
    } while (result.count == 0);
    db_result_release(&result);
    db_free(other);
}

static void *flag_soon(void *unused)
{
    wait_until_running();
    cancel_request(&stop);
    return unused;
}

static void *cancel_soon(void *db)
{
    wait_until_running();
    db_cancel(db);
    return NULL;
}

static int probe_cancel(struct db *db, char **arguments, struct error *error)
{
    bool flag = arguments[0] != NULL && strcmp(arguments[0], "--flag") == 0;
    pthread_t thread;
    struct db_result result = DB_RESULT_INIT;
    int64_t before;

    if (db_ensure(db, error) != ERROR_NONE)
        return fail(error);
    before = world_monotonic_ms(&world_real);
    db_watch(db, &stop);
    if (pthread_create(&thread, NULL, flag ? flag_soon : cancel_soon, db) != 0)
        return 2;
    if (db_query(db, "SELECT pg_sleep(20)", NULL, NULL, error) == ERROR_NONE)
        return 2;
    (void)pthread_join(thread, NULL);
    (void)fail(error);
    printf("ms=%lld\n", (long long)(world_monotonic_ms(&world_real) - before));
    db_watch(db, NULL);
    if (db_query(db, "SELECT 'usable'", NULL, &result, error) != ERROR_NONE)
        return fail(error);
    print_rows(&result);
    print_counters(db);
    db_result_release(&result);
    return 0;
}

/* Is thrown out by the server between two statements: outside a transaction, then inside one. */
static int probe_reconnect(struct db *db, char **arguments, struct error *error)
{
    struct db_settings settings = {.url = arguments[0]};
    struct db_result result = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    struct db *owner = NULL;

    if (db_new(&settings, &owner, error) != ERROR_NONE)
        return fail(error);
    for (int inside = 0; inside < 2; inside++) {
        if (inside && db_begin(db, error) != ERROR_NONE)
            return fail(error);
        if (db_query(db, "SELECT pg_backend_pid()", NULL, &result, error) != ERROR_NONE)
            return fail(error);
        db_params_clear(&params);
        db_param_int(&params, db_result_int(&result, 0, 0));
        if (db_query(owner, "SELECT pg_terminate_backend($1::int, 5000)", &params, &result,
                     error) != ERROR_NONE)
            return fail(error);
        if (db_query(db, "SELECT 'again'", NULL, &result, error) != ERROR_NONE)
            (void)fail(error);
        else
            print_rows(&result);
    }
    if (db_begin(db, error) != ERROR_NONE || db_commit(db, error) != ERROR_NONE)
        return fail(error);
    print_counters(db);
    db_result_release(&result);
    db_free(owner);
    return 0;
}

/* A failed statement, then COMMIT: nothing may be told as committed. */
static int probe_failed_commit(struct db *db, char **arguments, struct error *error)
{
    (void)arguments;
    if (db_begin(db, error) != ERROR_NONE)
        return fail(error);
    if (db_query(db, "SELECT 1/0", NULL, NULL, error) == ERROR_NONE)
        return 2;
    if (db_commit(db, error) != ERROR_NONE)
        return fail(error);
    return 0;
}

/* Arrays of hostile text there and back: the server's own reading of the literal. */
static int probe_array(struct db *db, char **arguments, struct error *error)
{
    struct db_array array;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    const char *literal;
    enum error_code code;

    db_array_init(&array, 1 << 20);
    for (char **p = arguments; *p != NULL; p++)
        db_array_add_string(&array, strcmp(*p, "NULL!") == 0 ? NULL : *p);
    code = db_array_literal(&array, &literal, error);
    db_param_text(&params, literal);
    if (code == ERROR_NONE)
        code = db_query(db, "SELECT to_json($1::text[])::text", &params, &result, error);
    if (code == ERROR_NONE)
        print_rows(&result);
    db_array_release(&array);
    db_result_release(&result);
    return code == ERROR_NONE ? 0 : fail(error);
}

/* One statement after the other, each in its own round trip, whatever became of those before. */
static int probe_each(struct db *db, char **arguments, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;

    for (char **p = arguments; *p != NULL; p++) {
        if (strcmp(*p, "--rollback") == 0)
            db_rollback(db);
        else if (db_query(db, *p, NULL, &result, error) != ERROR_NONE)
            (void)fail(error);
        else
            print_rows(&result);
    }
    print_counters(db);
    db_result_release(&result);
    return 0;
}

static const struct probe {
    const char *name;
    int (*run)(struct db *db, char **arguments, struct error *error);
} probes[] = {
    {"migrate", probe_migrate},     {"query", probe_query},
    {"each", probe_each},           {"pipeline", probe_pipeline},
    {"flood", probe_flood},         {"cancel", probe_cancel},
    {"reconnect", probe_reconnect}, {"failed-commit", probe_failed_commit},
    {"array", probe_array},
};

int main(int count, char **arguments)
{
    const char *timeout = getenv("DB_PROBE_TIMEOUT_MS");
    struct db_settings settings = {.url = getenv("INTAKE_DATABASE_URL"),
                                   .application_name = "db_probe",
                                   .connect_timeout_ms = 3000,
                                   .statement_timeout_ms =
                                       timeout == NULL ? 0 : (int)strtol(timeout, NULL, 10)};
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    int status = 2;

    log_init(LOG_OFF, 2);
    if (db_new(&settings, &db, &error) != ERROR_NONE)
        return fail(&error);
    for (size_t i = 0; count > 1 && i < sizeof(probes) / sizeof(probes[0]); i++)
        if (strcmp(arguments[1], probes[i].name) == 0)
            status = probes[i].run(db, arguments + 2, &error);
    db_free(db);
    return status;
}
