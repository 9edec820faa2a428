#include "core/operate/owner/logins.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"

#define CONNECT_TIMEOUT_MS 5000

static const char *const person_roles[] = {"viewer", "support", "operator", "none"};

const char *login_change_name(enum login_change change)
{
    static const char *const names[] = {
        [LOGIN_KEPT] = "kept", [LOGIN_MADE] = "made", [LOGIN_CHANGED] = "changed"};
    return names[change];
}

static bool begins_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static enum error_code refuse_name(const char *name, const char *why, struct error *error)
{
    struct buffer shown;
    buffer_init(&shown, 512);
    text_append_visible(&shown, name, strnlen(name, 80));
    error_set(error, ERROR_INVALID, "the login \"%s\" %s", shown.data ? shown.data : "", why);
    buffer_release(&shown);
    return ERROR_INVALID;
}

static enum error_code check_name(const char *name, struct error *error)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._@-";
    static const char *const reserved[] = {"pg_", "rds", "intake_", "aws_"};
    size_t len = strlen(name);
    if (len == 0 || len >= LOGIN_NAME_SIZE || strspn(name, allowed) != len)
        return refuse_name(name, "is not a valid name: use up to 63 letters, digits and . _ - @",
                           error);
    for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
        if (begins_with(name, reserved[i]))
            return refuse_name(
                name, "starts like a reserved name of the server or of Intake's groups", error);
    return strcmp(name, "public") == 0 || strcmp(name, "none") == 0
               ? refuse_name(name, "is an SQL keyword", error)
               : ERROR_NONE;
}

enum error_code login_check(const char *name, const char *role, struct error *error)
{
    enum error_code code = check_name(name, error);
    for (size_t i = 0; !code && i < sizeof person_roles / sizeof *person_roles; i++)
        if (strcmp(role, person_roles[i]) == 0)
            return ERROR_NONE;
    return code ? code
                : error_set(error, ERROR_INVALID,
                            "the login \"%s\" requires a role: viewer, support or operator, or "
                            "none to remove it",
                            name);
}

/* What the server knows of a login. */
struct standing {
    bool exists;
    bool can_login;
    bool strong; /* more than a login of ours may be */
    bool owner;
    bool ours;     /* made here, or a member of one of the groups */
    bool in_group; /* of the group that is wanted */
    int groups;    /* of the four */
    bool iam;
    bool server_has_iam;
};

static enum error_code standing_read(struct db *db, const char *name, const char *group,
                                     struct standing *standing, struct error *error)
{
    static const char sql[] =
        "SELECT r.oid IS NOT NULL AS exists, coalesce(r.rolcanlogin, false) AS can_login,"
        " coalesce(r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication"
        "   OR r.rolbypassrls OR pg_catalog.pg_has_role(r.oid, d.datdba, 'MEMBER')"
        "   OR EXISTS (SELECT FROM m WHERE g LIKE 'rds\\_super%' OR g LIKE 'pg\\_%' AND g NOT IN"
        "   ('pg_monitor', 'pg_read_all_settings', 'pg_read_all_stats', 'pg_stat_scan_tables'))"
        "   , false) AS strong,"
        " coalesce(r.oid = d.datdba OR r.rolname = session_user, false) AS owner,"
        " coalesce(pg_catalog.shobj_description(r.oid, 'pg_authid') LIKE 'Intake: %', false) AS marked,"
        " EXISTS (SELECT FROM m WHERE g = $2) AS in_group,"
        " (SELECT count(*) FROM m WHERE g IN ('intake_viewer', 'intake_support', 'intake_operator',"
        "   'intake_pipeline')) AS groups,"
        " EXISTS (SELECT FROM m WHERE g = 'rds_iam') AS iam,"
        " EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'rds_iam') AS server_has_iam"
        " FROM pg_catalog.pg_database d LEFT JOIN pg_catalog.pg_roles r ON r.rolname = $1"
        " WHERE d.datname = current_database()";
    static const char members[] =
        "WITH m AS (SELECT g.rolname AS g FROM pg_catalog.pg_auth_members a"
        " JOIN pg_catalog.pg_roles g ON g.oid = a.roleid"
        " JOIN pg_catalog.pg_roles u ON u.oid = a.member WHERE u.rolname = $1) ";
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct buffer text;
    buffer_init(&text, 4096);
    buffer_text(&text, members);
    buffer_text(&text, sql);
    db_param_text(&params, name);
    db_param_text(&params, group);
    memset(standing, 0, sizeof *standing);
    enum error_code code = buffer_check(&text, error);
    if (!code)
        code = db_query(db, text.data, &params, &row, error);
    if (!code) {
        standing->exists = db_row_bool(&row, 0, "exists");
        standing->can_login = db_row_bool(&row, 0, "can_login");
        standing->strong = db_row_bool(&row, 0, "strong");
        standing->owner = db_row_bool(&row, 0, "owner");
        standing->in_group = db_row_bool(&row, 0, "in_group");
        standing->groups = (int)db_row_int(&row, 0, "groups");
        standing->ours = standing->groups > 0 || db_row_bool(&row, 0, "marked");
        standing->iam = db_row_bool(&row, 0, "iam");
        standing->server_has_iam = db_row_bool(&row, 0, "server_has_iam");
    }
    db_result_release(&row);
    buffer_release(&text);
    return code;
}

/* Utility statements take no parameters: the server quotes, and gets its own text back. */
static enum error_code run_for(struct db *db, const char *format, const char *name,
                               const char *value, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, format);
    db_param_text(&params, name);
    db_param_text(&params, value);
    enum error_code code =
        db_query(db, "SELECT pg_catalog.format($1, $2::text, $3::text)", &params, &row, error);
    if (!code)
        code = db_query(db, db_result_text(&row, 0, 0), NULL, NULL, error);
    db_result_release(&row);
    return code ? error_wrap(error, "the login %s", name) : ERROR_NONE;
}

/* What somebody else made, and for something else, stays as it is. */
static enum error_code refuse_strange(const char *name, const struct standing *standing,
                                      struct error *error)
{
    if (standing->owner)
        return error_set(error, ERROR_CONFLICT,
                         "the login %s is the database's owner: choose another name", name);
    if (standing->strong)
        return error_set(error, ERROR_CONFLICT,
                         "the login %s has more privileges than a login of Intake may have "
                         "(attributes or memberships): remove them with ALTER ROLE and REVOKE, "
                         "or choose another name",
                         name);
    if (standing->exists && !standing->ours)
        return error_set(error, ERROR_CONFLICT,
                         "role %s already exists and was not created by Intake: choose another "
                         "name, or grant it the group yourself",
                         name);
    return ERROR_NONE;
}

static enum error_code mark(struct db *db, const char *name, const char *as, struct error *error)
{
    return run_for(db, "COMMENT ON ROLE %1$I IS %2$L", name, as, error);
}

/* A member of this group and of none of the others; NULL: of none. */
static enum error_code join_alone(struct db *db, const char *name, const char *group,
                                  const struct standing *standing, struct error *error)
{
    static const char *const groups[] = {"intake_viewer", "intake_support", "intake_operator",
                                         "intake_pipeline"};
    enum error_code code = ERROR_NONE;
    bool others = standing->groups > (standing->in_group ? 1 : 0);
    for (size_t i = 0; !code && others && i < sizeof groups / sizeof *groups; i++)
        if (!group || strcmp(group, groups[i]) != 0)
            code = run_for(db, "REVOKE %2$I FROM %1$I", name, groups[i], error);
    if (!code && group && !standing->in_group)
        code = run_for(db, "GRANT %2$I TO %1$I", name, group, error);
    return code;
}

static enum error_code open_session(const struct database_secret *secret, struct error *error)
{
    struct db_settings settings = {.application_name = "intake-migrate",
                                   .connect_timeout_ms = CONNECT_TIMEOUT_MS};
    struct db *db = NULL;
    database_secret_apply(secret, &settings);
    enum error_code code = db_new(&settings, &db, error);
    if (!code)
        code = db_ensure(db, error);
    db_free(db);
    return code;
}

enum error_code logins_lock(struct db *owner, struct error *error)
{
    return db_query(owner,
                    "SELECT pg_catalog.pg_advisory_xact_lock("
                    " pg_catalog.hashtextextended('intake logins', 0))",
                    NULL, NULL, error);
}

static enum error_code set_pipeline(struct db *owner, const struct database_secret *secret,
                                    struct standing *standing, struct error *error)
{
    struct buffer verifier;
    buffer_init(&verifier, 1024);
    enum error_code code =
        db_password_verifier(owner, secret->username, secret->password, &verifier, error);
    if (!code)
        code = db_begin(owner, error);
    if (!code)
        code = logins_lock(owner, error);
    if (!code) /* another call may have made it while this one waited */
        code = standing_read(owner, secret->username, "intake_pipeline", standing, error);
    if (!code)
        code = refuse_strange(secret->username, standing, error);
    if (!code)
        code = run_for(owner,
                       standing->exists ? "ALTER ROLE %1$I LOGIN PASSWORD %2$L"
                                        : "CREATE ROLE %1$I LOGIN NOCREATEDB NOCREATEROLE"
                                          " PASSWORD %2$L",
                       secret->username, verifier.data, error);
    if (!code && !standing->exists)
        code = mark(owner, secret->username, "Intake: the functions' login", error);
    if (!code)
        code = join_alone(owner, secret->username, "intake_pipeline", standing, error);
    if (!code)
        code = db_commit(owner, error);
    if (code)
        db_rollback(owner);
    if (verifier.len > 0)
        OPENSSL_cleanse(verifier.data, verifier.len);
    buffer_release(&verifier);
    return code;
}

enum error_code login_of_pipeline(struct db *owner, const struct database_secret *secret,
                                  struct login *login, struct error *error)
{
    struct standing standing;
    *login = (struct login){.role = "pipeline"};
    enum error_code code = check_name(secret->username, error);
    if (code)
        return error_wrap(error, "the functions' secret");
    snprintf(login->name, sizeof login->name, "%.63s", secret->username);
    code = standing_read(owner, secret->username, "intake_pipeline", &standing, error);
    if (!code)
        code = refuse_strange(secret->username, &standing, error);
    if (code)
        return code;
    if (standing.can_login && standing.in_group && standing.groups == 1 &&
        !open_session(secret, NULL))
        return ERROR_NONE;
    code = set_pipeline(owner, secret, &standing, error);
    login->change = standing.exists ? LOGIN_CHANGED : LOGIN_MADE;
    if (!code && open_session(secret, error))
        code =
            error_wrap(error, "the login %s was changed, but it cannot connect", secret->username);
    return code;
}

static enum error_code end_sessions(struct db *db, const char *name, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, name);
    enum error_code code = db_query(db, "SAVEPOINT sessions", NULL, NULL, error);
    if (!code && db_query(db,
                          "SELECT pg_catalog.pg_terminate_backend(pid)"
                          " FROM pg_catalog.pg_stat_activity WHERE usename = $1",
                          &params, NULL, NULL))
        code = db_query(db, "ROLLBACK TO SAVEPOINT sessions", NULL, NULL, error);
    return code;
}

static enum error_code take_away(struct db *owner, const char *name,
                                 const struct standing *standing, struct login *login,
                                 struct error *error)
{
    if (!standing->exists)
        return error_set(error, ERROR_NOT_FOUND, "login %s does not exist", name);
    if (!standing->can_login && standing->groups == 0 && !standing->iam)
        return ERROR_NONE;
    login->change = LOGIN_CHANGED;
    enum error_code code = mark(owner, name, "Intake: a person's login", error);
    if (!code)
        code = run_for(owner, "ALTER ROLE %1$I NOLOGIN PASSWORD NULL", name, NULL, error);
    if (!code)
        code = join_alone(owner, name, NULL, standing, error);
    if (!code && standing->iam)
        code = run_for(owner, "REVOKE rds_iam FROM %1$I", name, NULL, error);
    return !code ? end_sessions(owner, name, error) : code;
}

static enum error_code give(struct db *owner, const char *name, const char *group,
                            const struct standing *standing, struct login *login,
                            struct error *error)
{
    enum error_code code = ERROR_NONE;
    bool iam = standing->server_has_iam && !standing->iam;
    if (standing->exists && standing->can_login && standing->in_group && standing->groups == 1 &&
        !iam)
        return ERROR_NONE;
    login->change = standing->exists ? LOGIN_CHANGED : LOGIN_MADE;
    if (!standing->exists)
        code = run_for(owner, "CREATE ROLE %1$I LOGIN NOCREATEDB NOCREATEROLE CONNECTION LIMIT 20",
                       name, NULL, error);
    else if (!standing->can_login)
        code = run_for(owner, "ALTER ROLE %1$I LOGIN CONNECTION LIMIT 20", name, NULL, error);
    if (!code && !standing->exists)
        code = mark(owner, name, "Intake: a person's login", error);
    if (!code)
        code = join_alone(owner, name, group, standing, error);
    if (!code && iam)
        code = run_for(owner, "GRANT rds_iam TO %1$I", name, NULL, error);
    if (!code && iam && standing->exists)
        code = run_for(owner, "ALTER ROLE %1$I PASSWORD NULL", name, NULL, error);
    return code;
}

enum error_code login_of_person(struct db *owner, const char *name, const char *role,
                                struct login *login, struct error *error)
{
    char group[32];
    struct standing standing;
    *login = (struct login){.change = LOGIN_KEPT};
    enum error_code code = login_check(name, role, error);
    if (code)
        return code;
    snprintf(login->name, sizeof login->name, "%s", name);
    snprintf(login->role, sizeof login->role, "%s", role);
    snprintf(group, sizeof group, "intake_%s", role);
    code = standing_read(owner, name, group, &standing, error);
    if (!code)
        code = refuse_strange(name, &standing, error);
    if (code)
        return code;
    if (strcmp(role, "none") == 0)
        return take_away(owner, name, &standing, login, error);
    login->iam = standing.server_has_iam;
    return give(owner, name, group, &standing, login, error);
}

enum error_code logins_list(struct db *db, login_fn *each, void *context, struct error *error)
{
    static const char sql[] =
        "SELECT u.rolname AS name, substr(max(g.rolname), 8) AS role, EXISTS (SELECT FROM"
        " pg_catalog.pg_auth_members a JOIN pg_catalog.pg_roles i ON i.oid = a.roleid"
        " WHERE a.member = u.oid AND i.rolname = 'rds_iam') AS iam"
        " FROM pg_catalog.pg_roles u JOIN pg_catalog.pg_auth_members m ON m.member = u.oid"
        " JOIN pg_catalog.pg_roles g ON g.oid = m.roleid"
        " WHERE u.rolcanlogin AND NOT u.rolsuper AND u.rolname <> session_user AND g.rolname IN"
        "  ('intake_viewer', 'intake_support', 'intake_operator', 'intake_pipeline')"
        " GROUP BY u.oid, u.rolname ORDER BY u.rolname";
    struct db_result rows = DB_RESULT_INIT;
    enum error_code code = db_query(db, sql, NULL, &rows, error);
    for (int i = 0; !code && i < rows.count; i++) {
        struct login login = {.change = LOGIN_KEPT, .iam = db_row_bool(&rows, i, "iam")};
        snprintf(login.name, sizeof login.name, "%s", db_row_text(&rows, i, "name"));
        snprintf(login.role, sizeof login.role, "%s", db_row_text(&rows, i, "role"));
        each(context, &login);
    }
    db_result_release(&rows);
    return code;
}
