#include "sql/migrate.h"

#include <string.h>

#include "core/base/log.h"
#include "generated/migrations_embedded.h"
#include "sql/planted.h"

#define STATEMENT_MAX_MS 840000 /* of millions of rows; the function intake-migrate has 15 min */
#define KNOWN (sizeof migrations_embedded / sizeof migrations_embedded[0])

const struct migration *migrate_known(size_t *count)
{
    *count = KNOWN;
    return migrations_embedded;
}

static const struct migration *find_known(int64_t version)
{
    for (size_t i = 0; i < KNOWN; i++)
        if (migrations_embedded[i].version == version)
            return &migrations_embedded[i];
    return NULL;
}

static enum error_code table_exists(struct db *db, bool *exists, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code =
        db_query(db, "SELECT pg_catalog.to_regclass('public.schema_migrations'::text) IS NOT NULL",
                 NULL, &result, error);
    *exists = !code && db_result_bool(&result, 0, 0);
    db_result_release(&result);
    return code;
}

static enum error_code check_row(const struct db_result *rows, int row, struct error *error)
{
    int64_t version = db_row_int(rows, row, "version");
    const struct migration *known = find_known(version);
    if (!known)
        return error_set(error, ERROR_CONFLICT,
                         "the database has migration %04d_%.100s, but this program only knows "
                         "migrations up to %04d: use a newer version of intake",
                         (int)version, db_row_text(rows, row, "name"),
                         migrations_embedded[KNOWN - 1].version);
    if (strcmp(known->checksum, db_row_text(rows, row, "checksum")) != 0)
        return error_set(error, ERROR_CONFLICT,
                         "migration %04d_%s was applied with a different checksum: this version "
                         "of intake does not match the database",
                         known->version, known->name);
    return ERROR_NONE;
}

/* applied[i] tells whether migrations_embedded[i] is in the database. */
static enum error_code read_applied(struct db *db, bool applied[KNOWN], struct migrate_state *state,
                                    struct error *error)
{
    struct db_result rows = DB_RESULT_INIT;
    bool exists = false;
    enum error_code code = table_exists(db, &exists, error);
    memset(applied, 0, KNOWN * sizeof applied[0]);
    *state =
        (struct migrate_state){.known = migrations_embedded[KNOWN - 1].version, .pending = KNOWN};
    if (code || !exists)
        return code;
    code = db_query(db,
                    "SELECT version, name, checksum FROM public.schema_migrations ORDER BY version",
                    NULL, &rows, error);
    if (!code && rows.count > 0)
        state->version = (int)db_row_int(&rows, rows.count - 1, "version");
    for (int i = 0; !code && i < rows.count; i++) {
        code = check_row(&rows, i, error);
        if (!code) {
            applied[find_known(db_row_int(&rows, i, "version")) - migrations_embedded] = true;
            state->applied++;
            state->pending--;
        }
    }
    db_result_release(&rows);
    return code;
}

enum error_code migrate_status(struct db *db, struct migrate_state *state, struct error *error)
{
    bool applied[KNOWN];
    enum error_code code = db_ensure(db, error);
    *state = (struct migrate_state){0};
    if (!code)
        code = planted_refuse(db, error);
    return !code ? read_applied(db, applied, state, error) : code;
}

/* One at a time: who may only read cannot take a lock that stands in the way of this one (manual,
 * "LOCK"), and it ends with the transaction. */
static enum error_code begin_alone(struct db *db, struct error *error)
{
    enum error_code code = db_begin(db, error);
    return code ? code
                : db_query(db, "LOCK TABLE public.schema_migrations IN SHARE ROW EXCLUSIVE MODE",
                           NULL, NULL, error);
}

/* What was done before a step that fails stays. */
static enum error_code end_step(struct db *db, enum error_code code, struct error *error)
{
    if (!code)
        return db_query(db, "RELEASE SAVEPOINT step", NULL, NULL, error);
    if (db_connected(db) && !db_query(db, "ROLLBACK TO SAVEPOINT step", NULL, NULL, NULL) &&
        !db_commit(db, NULL))
        return code;
    db_rollback(db);
    return code;
}

static enum error_code apply_one(struct db *db, const struct migration *migration,
                                 struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code = db_query(db, "SAVEPOINT step", NULL, NULL, error);
    db_param_int(&params, migration->version);
    db_param_text(&params, migration->name);
    db_param_text(&params, migration->checksum);
    if (!code)
        code = db_script(db, migration->sql, error);
    if (!code)
        code = db_query(db,
                        "INSERT INTO public.schema_migrations (version, name, checksum)"
                        " VALUES ($1::int, $2, $3)",
                        &params, NULL, error);
    code = end_step(db, code, error);
    return !code ? ERROR_NONE
                 : error_wrap(error, "migration %04d_%s", migration->version, migration->name);
}

static enum error_code apply_roles(struct db *db, struct error *error)
{
    enum error_code code = db_query(db, "SAVEPOINT step", NULL, NULL, error);
    if (!code)
        code = db_script(db, roles_sql, error);
    code = end_step(db, code, error);
    return !code ? ERROR_NONE : error_wrap(error, "roles");
}

/* Two at once may both find it missing: the one that comes second is told so by a unique index. */
static enum error_code make_table(struct db *db, struct error *error)
{
    static const char sql[] =
        "CREATE TABLE IF NOT EXISTS public.schema_migrations ("
        " version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())";
    struct error first = ERROR_INIT;
    enum error_code code = db_script(db, sql, &first);
    if (code &&
        (strcmp(first.service_code, "23505") == 0 || strcmp(first.service_code, "42710") == 0 ||
         strcmp(first.service_code, "42P07") == 0))
        return db_script(db, sql, error);
    if (code && error)
        *error = first;
    return code;
}

/* Nothing new can be planted from here on, and nothing that was is run. */
static enum error_code make_safe(struct db *db, bool *public_may_create, struct error *error)
{
    struct error first = ERROR_INIT;
    enum error_code code = planted_prevent(db, public_may_create, &first);
    /* Two at once may take the same right away: "tuple concurrently updated". */
    if (code && strcmp(first.service_code, "XX000") == 0)
        code = planted_prevent(db, public_may_create, error);
    else if (code && error)
        *error = first;
    if (!code)
        code = planted_refuse(db, error);
    if (!code && *public_may_create)
        log_line(LOG_WARN,
                 "everyone can create objects in schema public, and only its owner can revoke that",
                 "remedy", "ALTER SCHEMA public OWNER TO the database's owner, then migrate again",
                 NULL);
    return code;
}

static enum error_code apply_pending(struct db *db, struct migrate_state *state,
                                     struct error *error)
{
    bool applied[KNOWN], open = false;
    size_t added = 0;
    enum error_code code = make_safe(db, &open, error);
    if (!code)
        code = make_table(db, error);
    if (!code)
        code = begin_alone(db, error);
    if (!code)
        code = read_applied(db, applied, state, error);
    if (code)
        db_rollback(db);
    for (size_t i = 0; !code && i < KNOWN; i++) {
        if (applied[i])
            continue;
        code = apply_one(db, &migrations_embedded[i], error);
        if (!code) {
            added++;
            log_line(LOG_INFO, "migration applied", "name", migrations_embedded[i].name, NULL);
        }
    }
    if (!code)
        code = apply_roles(db, error);
    if (!code)
        code = db_commit(db, error);
    if (!code)
        code = read_applied(db, applied, state, error);
    state->applied = added;
    state->public_may_create = open;
    return code;
}

enum error_code migrate_apply(struct db *db, struct migrate_state *state, struct error *error)
{
    enum error_code code = db_statement_timeout(db, STATEMENT_MAX_MS, error);
    *state = (struct migrate_state){0};
    return !code ? apply_pending(db, state, error) : code;
}
