#include <stdlib.h>
#include <string.h>

#include "aws/client.h"
#include "aws/cloudformation.h"
#include "aws/profile_files.h"
#include "aws/sso.h"
#include "aws/sts.h"
#include "aws/secrets.h"
#include "aws/sqs.h"
#include "core/pipeline/database_secret.h"
#include "sql/db.h"
#include "tui/session/session.h"
#include "tui/session/session_private.h"
#include "tui/session/session_way.h"

enum { SECRET_MAX = 64 * 1024, NAME_MAX_BYTES = 1024 };

#define DATABASE_NAME "ecommerce_platform" /* the template's own */

static enum error_code client_new(struct session *session, struct credentials_provider *shared,
                                  struct aws_client **client, struct error *error)
{
    struct aws_options options = {
        .region = settings_get(&session->settings, SETTING_REGION),
        .profile = session->profile[0] != '\0' ? session->profile : NULL,
        .profiles = profiles_read_files,
        .assume = sts_credentials_assume,
        .sso = sso_credentials_get,
        .code = session->code,
        .code_context = session->code_context,
        .cancel = &session->cancel,
        .credentials = shared,
    };
    return aws_client_new(client, &options, error);
}

enum error_code session_aws(struct session *session, struct aws_client **client,
                            struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (!session->aws)
        code = client_new(session, NULL, &session->aws, error);
    if (!code)
        code = environment_check_account(session, error);
    *client = code ? NULL : session->aws;
    return code;
}

enum error_code session_aws_open(struct session *session, struct aws_client **client,
                                 struct error *error)
{
    struct aws_client *own = NULL;
    enum error_code code = session_aws(session, &own, error);
    *client = NULL;
    if (code)
        return code;
    return client_new(session, aws_client_credentials(own), client, error);
}

static enum error_code secret_open(struct session *session, struct db_settings *settings,
                                   struct db **db, struct error *error)
{
    struct aws_client *aws = NULL;
    struct buffer text;
    struct database_secret secret;
    const char *name = NULL;
    buffer_init(&text, SECRET_MAX);
    memset(&secret, 0, sizeof secret);
    enum error_code code = session_resource(session, SETTING_SECRET, &name, error);
    if (!code)
        code = session_aws(session, &aws, error);
    if (!code && secrets_get_value(aws, name, &text, error))
        code = error_wrap(error, "no INTAKE_DATABASE_URL, and the secret %s", name);
    if (!code)
        code = database_secret_parse(name, text.data, text.len, &secret, error);
    if (!code) {
        session->db_by_secret = true;
        database_secret_apply(&secret, settings);
        code = db_new(settings, db, error);
    }
    database_secret_clear(&secret);
    secrets_value_release(&text);
    return code;
}

/* A stack's host alone tells nobody's password: without IAM the secret says all of it. */
static const char *host_named(const struct session *session)
{
    enum setting_source source = session->settings.sources[SETTING_DATABASE_HOST];
    bool named = source == SETTING_FROM_FILE || source == SETTING_FROM_ENVIRONMENT ||
                 source == SETTING_FROM_NAMED;
    return named ? settings_get(&session->settings, SETTING_DATABASE_HOST) : NULL;
}

/* A named environment's own, INTAKE_DATABASE_URL, libpq's own variables, the configuration file,
 * the secret. */
static enum error_code database_new(struct session *session, struct db **db, struct error *error)
{
    struct db_settings settings = {.application_name = "intake"};
    bool by_iam = session_by_iam(session);
    enum error_code code = session_way(session, true, &settings.way, error);
    if (code)
        return code;
    char service[NAME_MAX_BYTES];
    const char *url = settings_get(&session->settings, SETTING_DATABASE_URL);
    bool from_file = session->settings.sources[SETTING_DATABASE_URL] == SETTING_FROM_FILE;
    bool told = environment_libpq_variable() != NULL && !session->names_database;
    if (url && !(from_file && told)) {
        settings.url = url;
        return db_new(&settings, db, error);
    }
    if (told)
        return db_new(&settings, db, error);
    const char *named = session_config(session, "database_service");
    if (named) {
        snprintf(service, sizeof service, "service='%s'", named);
        settings.url = service;
    }
    settings.host = host_named(session);
    if (!named && !settings.host && by_iam) {
        code = session_resource(session, SETTING_DATABASE_HOST, &settings.host, error);
        if (code)
            return error_wrap(error, "database_auth = iam");
    }
    if (!named && !settings.host)
        return secret_open(session, &settings, db, error);
    settings.port = session_config(session, "database_port");
    settings.dbname = session_config(session, "database_name");
    if (!settings.dbname && !named && by_iam)
        settings.dbname = DATABASE_NAME;
    settings.user = session_config(session, "database_user");
    settings.sslmode = session_config(session, "database_sslmode");
    settings.sslrootcert = session_config(session, "database_sslrootcert");
    return db_new(&settings, db, error);
}

static const char *place_of(const struct db *db)
{
    const char *whole = db_describe(db), *at = strrchr(whole, '@');
    return at ? at + 1 : whole;
}

/* The owner has no key in the file: the shell's must be at the database that the environment
 * names. */
static enum error_code owner_new(struct session *session, const struct db_settings *settings,
                                 struct db **out, struct error *error)
{
    struct db *db = NULL, *named = NULL;
    enum error_code code = db_new(settings, &db, error);
    if (!code && session->names_database)
        code = database_new(session, &named, error);
    if (!code && named && strcmp(place_of(db), place_of(named)) != 0)
        code = error_set(error, ERROR_CONFIG,
                         "environment %.60s would be mixed with another: its database is %.120s, "
                         "INTAKE_ADMIN_DATABASE_URL of the shell names %.120s",
                         session->environment, place_of(named), place_of(db));
    db_free(named);
    if (!code)
        *out = db;
    else
        db_free(db);
    return code;
}

enum error_code session_database_open(struct session *session, bool owner, struct db **out,
                                      struct error *error)
{
    struct db *db = NULL;
    struct db_settings settings = {.application_name = "intake"};
    enum error_code code = ERROR_NONE;
    *out = NULL;
    settings.url = settings_get(&session->settings, SETTING_ADMIN_DATABASE_URL);
    owner = owner && settings.url;
    if (owner)
        code = session_way(session, false, &settings.way, error);
    if (owner && !code)
        code = owner_new(session, &settings, &db, error);
    else if (!code)
        code = database_new(session, &db, error);
    if (!code) {
        db_watch(db, &session->cancel);
        code = db_ensure(db, error);
    }
    if (code == ERROR_UNAUTHENTICATED && !owner && session_by_iam(session))
        code = error_wrap(error, "by IAM (requires rds_iam for the login, rds-db:connect for "
                                 "your role)");
    if (!code)
        *out = db;
    else
        db_free(db);
    return code;
}

/* The secret may name another host or another password by now. */
static enum error_code secret_again(struct session *session, enum error_code code,
                                    struct error *error)
{
    struct db *fresh = NULL;
    struct error failure = ERROR_INIT;
    if (session_database_open(session, false, &fresh, &failure))
        return code;
    db_free(session->db_before);
    session->db_before = session->db;
    session->db = fresh;
    error_clear(error);
    return ERROR_NONE;
}

enum error_code session_database(struct session *session, struct db **db, struct error *error)
{
    *db = NULL;
    if (!session->db) {
        enum error_code code = session_database_open(session, false, &session->db, error);
        if (code)
            return code;
    }
    enum error_code code = db_ensure(session->db, error);
    if (code && code != ERROR_CANCELLED && session->db_by_secret)
        code = secret_again(session, code, error);
    *db = session->db;
    return code;
}

struct stack_reading {
    struct session *session;
    enum error_code code;
    struct error *error;
};

static bool output_take(void *context, const char *key, const char *value)
{
    struct stack_reading *reading = context;
    enum setting setting = setting_find_output(key);
    if (setting != SETTING_COUNT)
        reading->code = settings_put(&reading->session->settings, setting, value,
                                     reading->session->stack_source, reading->error);
    return !reading->code;
}

static enum error_code stack_read(struct session *session, struct error *error)
{
    struct aws_client *aws = NULL;
    struct stack_reading reading = {.session = session, .error = error};
    if (session->stack[0] == '\0' || session->stack_read)
        return ERROR_NONE;
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = cloudformation_describe_outputs(aws, session->stack, output_take, &reading, NULL,
                                               error);
    if (code)
        return error_wrap(error, "stack %s", session->stack);
    session->stack_read = !reading.code;
    return reading.code;
}

enum error_code session_stack(struct session *session, struct error *error)
{
    for (int setting = 0; setting < SETTING_COUNT; setting++) {
        if (setting_output((enum setting)setting) &&
            session->settings.sources[setting] < session->stack_source)
            return stack_read(session, error);
    }
    return ERROR_NONE;
}

static enum error_code account_name(struct session *session, const char *format, char *name,
                                    struct error *error)
{
    enum error_code code = session_identify(session, error);
    if (!code)
        snprintf(name, NAME_MAX_BYTES, "%s%s", format, session->account);
    return code;
}

static enum error_code topic_name(struct session *session, const char *topic, char *arn,
                                  struct error *error)
{
    struct aws_client *aws = NULL;
    const struct aws_partition *partition = NULL;
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = aws_client_region_check(aws, &partition, error);
    if (!code)
        code = session_identify(session, error);
    if (!code)
        snprintf(arn, NAME_MAX_BYTES, "arn:%s:sns:%s:%s:%s", partition->name,
                 aws_client_region(aws), session->account, topic);
    return code;
}

static enum error_code queue_name(struct session *session, const char *queue, char *url,
                                  struct error *error)
{
    struct aws_client *aws = NULL;
    struct buffer text;
    buffer_init(&text, NAME_MAX_BYTES);
    enum error_code code = session_aws(session, &aws, error);
    if (!code)
        code = sqs_get_queue_url(aws, queue, NULL, &text, error);
    if (!code)
        code = buffer_check(&text, error);
    if (!code)
        snprintf(url, NAME_MAX_BYTES, "%s", text.data);
    buffer_release(&text);
    return code;
}

/* "" where there is nothing to complete. */
static enum error_code resource_complete(struct session *session, enum setting setting,
                                         const char *known, char *value, struct error *error)
{
    value[0] = '\0';
    switch (setting) {
    case SETTING_BUCKET:
        return known ? ERROR_NONE
                     : account_name(session, "ecommerce-product-uploads-", value, error);
    case SETTING_TOPIC_ARN:
        return known ? ERROR_NONE
                     : topic_name(session, "product-upload-notifications", value, error);
    case SETTING_ALARM_TOPIC_ARN:
        return known ? ERROR_NONE : topic_name(session, "product-upload-alarms", value, error);
    case SETTING_ERROR_QUEUE_URL:
    case SETTING_ERROR_DEAD_QUEUE:
    case SETTING_PARSER_DEAD_QUEUE:
    case SETTING_VALIDATOR_DEAD_QUEUE:
        if (known && strstr(known, "://"))
            return ERROR_NONE;
        return queue_name(session, known ? known : "product-validation-errors", value, error);
    default:
        return ERROR_NONE;
    }
}

enum error_code session_resource(struct session *session, enum setting setting, const char **value,
                                 struct error *error)
{
    char completed[NAME_MAX_BYTES];
    enum error_code code = ERROR_NONE;
    *value = NULL;
    if (setting_output(setting) && session->settings.sources[setting] < session->stack_source)
        code = stack_read(session, error);
    if (!code)
        code = resource_complete(session, setting, settings_get(&session->settings, setting),
                                 completed, error);
    if (!code && completed[0] != '\0')
        code = settings_put(&session->settings, setting, completed,
                            session->settings.sources[setting], error);
    if (code)
        return code;
    return settings_require(&session->settings, setting, value, error);
}
