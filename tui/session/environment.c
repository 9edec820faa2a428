#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sts.h"
#include "tui/session/config.h"
#include "tui/session/session.h"
#include "tui/session/session_private.h"

extern char **environ;

#define ACCOUNT_DIGITS 12
#define ENDPOINT "AWS_ENDPOINT_URL"

const char *environment_value(const struct session *session, const char *key)
{
    if (!session->environment || session->environment[0] == '\0') /* NULL: not chosen yet */
        return NULL;
    const char *value = config_get(session->config, session->environment, key);
    return value && value[0] != '\0' ? value : NULL;
}

static const char *shell_value(const char *variable)
{
    const char *value = getenv(variable);
    return value && value[0] != '\0' ? value : NULL;
}

const char *environment_libpq_variable(void)
{
    static const char *const variables[] = {"PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (shell_value(variables[i]))
            return variables[i];
    }
    return NULL;
}

static bool is_database(enum setting setting)
{
    return setting == SETTING_DATABASE_URL || setting == SETTING_DATABASE_HOST ||
           setting == SETTING_SECRET;
}

/* The first key of the environment that says which database is meant, or NULL. */
static const char *database_key(const struct session *session)
{
    static const char *const keys[] = {"database_url", "database_service", "database_host",
                                       "secret", "stack"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (environment_value(session, keys[i]))
            return keys[i];
    }
    return NULL;
}

/* Whose AWS is meant. */
static const char *aws_key(const struct session *session)
{
    static const char *const keys[] = {"stack", "profile", "endpoint_url"};
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *key = setting_key(i);
        if (key && i != SETTING_REGION && !is_database(i) && environment_value(session, key))
            return key;
    }
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (environment_value(session, keys[i]))
            return keys[i];
    }
    return NULL;
}

static const char *shell_database(void)
{
    static const enum setting settings[] = {SETTING_DATABASE_URL, SETTING_DATABASE_HOST};
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        if (shell_value(setting_variable(settings[i])))
            return setting_variable(settings[i]);
    }
    return environment_libpq_variable();
}

static const char *shell_aws(void)
{
    for (int i = 0; i < SETTING_COUNT; i++) {
        if (setting_key(i) && i != SETTING_REGION && !is_database(i) &&
            shell_value(setting_variable(i)))
            return setting_variable(i);
    }
    return NULL;
}

/* What both name is the same, and there is such a thing: the shell is at this environment. */
static bool shell_agrees(const struct session *session)
{
    size_t same = 0;
    for (int i = 0; i < SETTING_COUNT; i++) {
        const char *own = setting_key(i) ? environment_value(session, setting_key(i)) : NULL;
        const char *theirs = i == SETTING_REGION ? NULL : shell_value(setting_variable(i));
        if (own && theirs && strcmp(own, theirs) != 0)
            return false;
        same += own && theirs;
    }
    const char *own = environment_value(session, "endpoint_url"), *theirs = shell_value(ENDPOINT);
    if (own && theirs && strcmp(own, theirs) != 0)
        return false;
    return same > 0;
}

static enum error_code mixture(const struct session *session, const char *key, const char *variable,
                               const char *kind, struct error *error)
{
    return error_set(error, ERROR_CONFIG,
                     "environment %.60s would be mixed with another: %s is set by %s [%.60s], but "
                     "the %s by the shell's variable %s; name the %s in that section, or unset %s",
                     session->environment, key, config_path(session->config),
                     config_get(session->config, "", key) ? "all" : session->environment, kind,
                     variable, kind, variable);
}

static enum error_code refuse_mixture(const struct session *session, struct error *error)
{
    const char *database = database_key(session), *aws = aws_key(session);
    if (shell_agrees(session))
        return ERROR_NONE;
    if (database && !aws && shell_aws())
        return mixture(session, database, shell_aws(), "bucket and other AWS resources", error);
    if (aws && !database && shell_database())
        return mixture(session, aws, shell_database(), "database", error);
    return ERROR_NONE;
}

/* libpq fills what a URL leaves out from these, a host's address first of all. */
static void libpq_forget(void)
{
    static const char *const variables[] = {"PGHOST",     "PGHOSTADDR", "PGPORT",
                                            "PGDATABASE", "PGSERVICE",  "PGTARGETSESSIONATTRS"};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        if (getenv(variables[i]))
            unsetenv(variables[i]);
    }
}

static void endpoint_take(const char *url)
{
    char name[96];
    const char *now = getenv(ENDPOINT);
    for (char **at = environ; *at;) {
        size_t len = strcspn(*at, "=");
        if (strncmp(*at, ENDPOINT "_", sizeof ENDPOINT) != 0 || len >= sizeof name) {
            at++;
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)len, *at);
        unsetenv(name);
        at = environ;
    }
    if (!now || strcmp(now, url) != 0)
        setenv(ENDPOINT, url, 1);
}

/* The shell's variables do not fill the gaps of an environment that they do not belong to. They are
 * taken away: the sessions of workers decide by what this one has left. */
static enum error_code shell_forget(struct session *session, struct error *error)
{
    bool aws = aws_key(session) != NULL;
    enum error_code code = ERROR_NONE;
    if (shell_agrees(session))
        return ERROR_NONE;
    for (int i = 0; i < SETTING_COUNT && !code; i++) {
        bool ours = is_database(i) ? session->names_database : aws;
        if (!setting_key(i) || i == SETTING_REGION || !ours || !shell_value(setting_variable(i)))
            continue;
        if (session->settings.sources[i] == SETTING_FROM_ENVIRONMENT)
            code = settings_drop(&session->settings, i, error);
        unsetenv(setting_variable(i));
    }
    return code;
}

enum error_code environment_gather(struct session *session, struct error *error)
{
    enum error_code code = settings_init(&session->settings, error);
    bool named = session->environment[0] != '\0';
    for (int i = 0; i < SETTING_COUNT && !code; i++) {
        const char *key = setting_key(i);
        const char *value = key ? session_config(session, key) : NULL;
        if (value)
            code = settings_put(&session->settings, i, value,
                                named ? SETTING_FROM_NAMED : SETTING_FROM_FILE, error);
    }
    if (!code)
        code = settings_read_environment(&session->settings, error);
    if (code || !named)
        return code;
    session->names_database = database_key(session) != NULL;
    code = refuse_mixture(session, error);
    if (!code)
        code = shell_forget(session, error);
    if (!code && session->names_database)
        libpq_forget();
    if (!code && environment_value(session, "endpoint_url"))
        endpoint_take(environment_value(session, "endpoint_url"));
    return code;
}

/* The account that a name says: in an ARN, in a queue's URL, at the end of the bucket. */
static bool account_of(const char *value, char account[ACCOUNT_DIGITS + 1])
{
    for (const char *at = value; *at != '\0';) {
        size_t digits = strspn(at, "0123456789");
        char before = at > value ? at[-1] : ':';
        if (digits == ACCOUNT_DIGITS && strchr(":/-", before) && strchr(":/", at[digits])) {
            snprintf(account, ACCOUNT_DIGITS + 1, "%.*s", ACCOUNT_DIGITS, at);
            return true;
        }
        at += digits > 0 ? digits : 1;
    }
    return false;
}

static const char *credentials_origin(const struct session *session)
{
    if (session->profile[0] != '\0')
        return session->profile;
    return shell_value("AWS_ACCESS_KEY_ID") ? "the shell's AWS_ACCESS_KEY_ID" : "the machine's";
}

/* One that cannot be asked for says nothing here: what is done next will say it. */
enum error_code environment_check_account(struct session *session, struct error *error)
{
    static const enum setting settings[] = {SETTING_BUCKET, SETTING_TOPIC_ARN,
                                            SETTING_ERROR_QUEUE_URL, SETTING_ALARM_TOPIC_ARN};
    char expected[ACCOUNT_DIGITS + 1];
    if (session->identity_checked || session->environment[0] == '\0')
        return ERROR_NONE;
    session->identity_checked = true;
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++) {
        const char *value = environment_value(session, setting_key(settings[i]));
        if (!value || !account_of(value, expected))
            continue;
        if (session_identify(session, NULL))
            return ERROR_NONE;
        if (strcmp(session->account, expected) != 0) {
            session->identity_checked = false;
            return error_set(
                error, ERROR_CONFIG,
                "environment %.60s would be mixed with another: %s of %s is of account "
                "%s, the credentials (%s) are of account %s",
                session->environment, setting_key(settings[i]), config_path(session->config),
                expected, credentials_origin(session), session->account);
        }
    }
    return ERROR_NONE;
}
