#include "tui/session/session.h"

#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "aws/sts.h"
#include "core/base/memory.h"
#include "core/operate/audit.h"
#include "core/operate/operation.h"
#include "core/operate/resend/resend.h"
#include "core/operate/state_directory.h"
#include "core/pipeline/pipeline.h"
#include "sql/db.h"
#include "tui/session/config.h"
#include "tui/session/mfa.h"
#include "tui/session/session_private.h"
#include "tui/session/way.h"

#define TARGET_MAX ((size_t)4096)

static const char *first_text(const char *a, const char *b)
{
    return a && a[0] != '\0' ? a : b;
}

static enum error_code environment_missing(const struct config *config, const char *name,
                                           struct error *error)
{
    char list[256] = "";
    size_t used = 0;
    const char *section;
    if (config_path(config)[0] == '\0')
        return error_set(error, ERROR_CONFIG,
                         "no environment %.60s: the configuration file does not exist "
                         "(~/.config/intake/config.ini)",
                         name);
    for (size_t i = 0; (section = config_section(config, i)); i++) {
        int n = snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "", section);
        if (n > 0 && (size_t)n < sizeof list - used)
            used += (size_t)n;
    }
    return error_set(error, ERROR_CONFIG, "no environment %.60s in %s; it has: %s", name,
                     config_path(config), list[0] != '\0' ? list : "none");
}

static enum error_code environment_choose(struct session *session, const char *flag,
                                          struct error *error)
{
    const char *named = first_text(flag, getenv("INTAKE_ENV"));
    const char *name = named;
    if (!name || name[0] == '\0')
        name = config_get(session->config, "", "environment");
    if (!name || name[0] == '\0') {
        session->environment = config_has_section(session->config, "default") ? "default" : "";
        return ERROR_NONE;
    }
    if (!config_has_section(session->config, name))
        return environment_missing(session->config, name, error);
    session->environment = arena_copy_text(&session->arena, name, strlen(name));
    if (!session->environment)
        return error_set(error, ERROR_MEMORY, "out of memory for a session");
    return ERROR_NONE;
}

static enum error_code text_keep(struct session *session, const char *text, const char **kept,
                                 struct error *error)
{
    *kept = "";
    if (!text || text[0] == '\0')
        return ERROR_NONE;
    *kept = arena_copy_text(&session->arena, text, strlen(text));
    if (!*kept)
        return error_set(error, ERROR_MEMORY, "out of memory for a session");
    return ERROR_NONE;
}

/* The file's endpoint is weaker than the shell's, those of single services included, unless it
 * is a named environment's. */
static void endpoint_export(const struct session *session)
{
    const char *url = session_config(session, "endpoint_url");
    if (url && !first_text(getenv("AWS_ENDPOINT_URL"), NULL))
        setenv("AWS_ENDPOINT_URL", url, 1);
}

static bool is_here(const char *url)
{
    return strstr(url, "//127.") || strstr(url, "//localhost") || strstr(url, "//[::1]");
}

/* Where a session without an environment's name leads. The port of a loopback endpoint changes with
 * each start of what listens there, so such an endpoint says nothing. */
static void target_append(const struct session *session, struct buffer *target)
{
    const char *endpoint = first_text(getenv("AWS_ENDPOINT_URL"), NULL);
    const char *const parts[] = {session->profile, session->stack,
                                 settings_get(&session->settings, SETTING_REGION),
                                 settings_get(&session->settings, SETTING_BUCKET),
                                 endpoint && !is_here(endpoint) ? endpoint : NULL};
    if (session->environment[0] != '\0')
        return;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        buffer_format(target, "%s\n", parts[i] ? parts[i] : "");
}

enum error_code session_new(const struct session_options *options, struct session **out,
                            struct error *error)
{
    struct session *session = memory_new(1, sizeof *session);
    *out = NULL;
    if (!session)
        return error_set(error, ERROR_MEMORY, "out of memory for a session");
    session->credentials_expire_at = INT64_MAX;
    enum error_code code = config_read(NULL, &session->config, error);
    if (!code)
        code = environment_choose(session, options->environment, error);
    if (!code)
        code = environment_gather(session, error);
    if (!code && options->region)
        code = settings_put(&session->settings, SETTING_REGION, options->region, SETTING_FROM_FLAG,
                            error);
    const char *profile = first_text(options->profile, environment_value(session, "profile"));
    if (!profile)
        profile = first_text(getenv("AWS_PROFILE"), NULL);
    if (!code && !profile)
        profile = session_config(session, "profile");
    if (!code)
        code = text_keep(session, profile, &session->profile, error);
    session->stack_source = options->stack                        ? SETTING_FROM_STACK
                            : environment_value(session, "stack") ? SETTING_FROM_NAMED_STACK
                                                                  : SETTING_FROM_FILE_STACK;
    if (!code)
        code =
            text_keep(session, options->stack ? options->stack : session_config(session, "stack"),
                      &session->stack, error);
    if (code) {
        session_free(session);
        return code;
    }
    struct buffer target;
    buffer_init(&target, TARGET_MAX);
    target_append(session, &target);
    state_directory_choose(session->environment, target.data);
    buffer_release(&target);
    session->production =
        config_get_bool(session->config, session->environment, "production", false);
    session->code = options->code ? options->code : mfa_ask_terminal;
    session->code_context = options->code_context;
    session->say = options->say;
    session->say_context = options->say_context;
    session->read_only = options->read_only || (session->production && !options->write);
    endpoint_export(session);
    *out = session;
    return ERROR_NONE;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    db_free(session->db);
    db_free(session->db_before);
    way_free(session->way);
    aws_client_free(session->aws);
    settings_release(&session->settings);
    config_free(session->config);
    arena_release(&session->arena);
    free(session);
}

struct cancel *session_cancel(struct session *session)
{
    return &session->cancel;
}

const struct settings *session_settings(const struct session *session)
{
    return &session->settings;
}

const char *session_config(const struct session *session, const char *key)
{
    return config_get(session->config, session->environment, key);
}

int64_t session_cool_down_ms(const struct session *session)
{
    const char *minutes = first_text(getenv("INTAKE_COOL_DOWN_MINUTES"),
                                     session_config(session, "cool_down_minutes"));
    char *end = NULL;
    double wanted = minutes ? strtod(minutes, &end) : -1;
    if (!minutes || end == minutes || *end != '\0' || !(wanted >= 0 && wanted < 1e6))
        return RESEND_COOL_DOWN_MS;
    int64_t ms = (int64_t)(wanted * 60000);
    return ms > 0 ? ms : 1;
}

void session_identity(const struct session *session, struct session_identity *identity)
{
    const char *region = settings_get(&session->settings, SETTING_REGION);
    if (!region && session->aws)
        region = aws_client_region(session->aws);
    *identity = (struct session_identity){
        .environment = session->environment,
        .region = region ? region : "",
        .profile = session->profile,
        .stack = session->stack,
        .production = session->production,
        .read_only = session->read_only,
        .account = session->account,
        .arn = session->arn,
        .credentials_expire_at = session->credentials_expire_at,
        .database_user = session->database_user ? session->database_user : "",
        .database_host = session->db ? db_describe(session->db) : "",
        .role = session->role,
    };
}

enum error_code session_identify(struct session *session, struct error *error)
{
    struct aws_client *aws = NULL;
    struct sts_identity identity;
    if (session->account[0] != '\0')
        return ERROR_NONE;
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = sts_get_caller_identity(aws, &identity, error);
    if (!code)
        code = aws_client_credentials_expire_at(aws, &session->credentials_expire_at, error);
    if (code)
        return code;
    snprintf(session->account, sizeof session->account, "%s", identity.account);
    snprintf(session->arn, sizeof session->arn, "%s", identity.arn);
    return ERROR_NONE;
}

static enum error_code role_ask(struct session *session, struct error *error)
{
    static const char sql[] =
        "SELECT session_user::text AS name,"
        " CASE WHEN pg_has_role(session_user, d.datdba, 'MEMBER')"
        "   OR pg_has_role(session_user, c.relowner, 'MEMBER') THEN 4"
        " ELSE coalesce((SELECT max(CASE r.rolname WHEN 'intake_operator' THEN 3"
        "     WHEN 'intake_support' THEN 2 ELSE 1 END) FROM pg_roles r"
        "   WHERE r.rolname IN ('intake_operator', 'intake_support', 'intake_viewer')"
        "   AND pg_has_role(session_user, r.oid, 'MEMBER')), 0) END AS role"
        " FROM pg_database d LEFT JOIN pg_class c ON c.oid = to_regclass('public.upload_history')"
        " WHERE d.datname = current_database()";
    static const enum role roles[] = {ROLE_NONE, ROLE_VIEWER, ROLE_SUPPORT, ROLE_OPERATOR,
                                      ROLE_OWNER};
    struct db *db = NULL;
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = session_database(session, &db, error);
    if (!code)
        code = db_query(db, sql, NULL, &result, error);
    if (!code)
        code = text_keep(session, db_row_text(&result, 0, "name"), &session->database_user, error);
    if (!code) {
        session->role = roles[db_row_int(&result, 0, "role")];
        session->role_known = true;
    }
    db_result_release(&result);
    return code;
}

enum error_code session_role(struct session *session, enum role *role, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (!session->role_known)
        code = role_ask(session, error);
    *role = session->role;
    return code;
}

static void refusal_note(struct session *session, const char *action, const char *target,
                         const char *why)
{
    struct db *db = NULL;
    struct error ignored = ERROR_INIT;
    struct audit_note note = {
        .action = action, .target = target, .reason = why, .outcome = AUDIT_REFUSED};
    if (!session_database(session, &db, &ignored) && !audit_write(db, &note, &ignored))
        return;
    session->audit_failed = true;
}

enum error_code session_require_role(struct session *session, enum role wanted, bool writes,
                                     const char *action, const char *target, struct error *error)
{
    enum role role = ROLE_NONE;
    if (writes && session->read_only) {
        refusal_note(session, action, target, "the session was read-only");
        return error_set(error, ERROR_DENIED, "%s was refused: this session is read-only%s", action,
                         session->production ? " (production); add --write" : "");
    }
    if (wanted == ROLE_NONE)
        return ERROR_NONE;
    enum error_code code = session_role(session, &role, error);
    if (code)
        return code;
    if (role >= wanted)
        return ERROR_NONE;
    char why[96];
    snprintf(why, sizeof why, "requires the role %s, but the session has %s", role_name(wanted),
             role_name(role));
    refusal_note(session, action, target, why);
    return error_set(error, ERROR_DENIED,
                     "%s was refused: it requires the role %s; the role of %s is %s%s", action,
                     role_name(wanted), session->database_user, role_name(role),
                     session->audit_failed ? " (cannot write to the audit log)" : "");
}

static enum error_code pipeline_of_database(struct session *session, struct pipeline *pipeline,
                                            struct error *error)
{
    memset(pipeline, 0, sizeof *pipeline);
    pipeline->settings = &session->settings;
    pipeline->world = &world_real;
    pipeline->cancel = &session->cancel;
    return session_database(session, &pipeline->db, error);
}

enum error_code session_pipeline(struct session *session, struct pipeline *pipeline,
                                 struct error *error)
{
    static const enum setting needed[] = {SETTING_BUCKET, SETTING_ERROR_QUEUE_URL,
                                          SETTING_TOPIC_ARN};
    const char *ignored = NULL;
    struct aws_client *aws = NULL;
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = pipeline_of_database(session, pipeline, error);
    for (size_t i = 0; i < sizeof needed / sizeof needed[0] && !code; i++)
        code = session_resource(session, needed[i], &ignored, error);
    pipeline->aws = aws;
    return code;
}

enum error_code session_pipeline_for(struct session *session, const struct operation *operation,
                                     struct pipeline *pipeline, struct error *error)
{
    return operation->database_only ? pipeline_of_database(session, pipeline, error)
                                    : session_pipeline(session, pipeline, error);
}
