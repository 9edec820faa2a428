#include "lambda/function.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/secrets.h"
#include "core/base/core_dump.h"
#include "core/base/descriptors.h"
#include "core/base/log.h"
#include "core/pipeline/database_secret.h"
#include "core/record/metrics.h"

#define SECRET_MAX ((size_t)64 * 1024)
#define CONNECT_TIMEOUT_MS 5000
/* A server gives up a peer that is silent for a minute, and a frozen environment is silent. */
#define WAIT_UNKNOWN_MS 5000 /* for a session, where nobody knows when the call ends */
#define RESTED_MAX_MS 45000
/* No call lasts longer (900 s is Lambda's own limit), and none may lose its session while it works
 * elsewhere. */
#define IDLE_TIMEOUT_MS 960000
/* What an answer needs after the last step. */
#define DEADLINE_MARGIN_MS 500
#define UNHEARD_MOST 3

struct program {
    struct function function;
    function_handler handler;
    enum function_session session;
    unsigned unheard; /* calls in a row in which no server answered a connection */
};

static struct cancel stop;

static void on_terminate(int signal_number)
{
    (void)signal_number;
    cancel_request(&stop);
}

static void watch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    sigemptyset(&action.sa_mask);
    action.sa_handler = on_terminate;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

static void open_log(const struct settings *settings, const char *name)
{
    const char *wanted = settings_get(settings, SETTING_LOG_LEVEL);
    enum log_level level = LOG_INFO;
    bool known = !wanted || log_level_parse(wanted, &level);
    log_init(level, STDOUT_FILENO);
    log_context("function", name);
    if (!known)
        log_line(LOG_WARN, "unknown LOG_LEVEL; using INFO", "log_level", wanted, NULL);
}

static enum error_code check_url(const struct settings *settings, enum setting setting,
                                 struct error *error)
{
    const char *value = NULL;
    enum error_code code = settings_require(settings, setting, &value, error);
    if (code)
        return code;
    if (strncmp(value, "http://", 7) != 0 && strncmp(value, "https://", 8) != 0)
        return error_set(error, ERROR_CONFIG, "%s is not a URL: %.200s", setting_variable(setting),
                         value);
    return ERROR_NONE;
}

static enum error_code check_arn(const struct settings *settings, enum setting setting,
                                 struct error *error)
{
    const char *value = NULL;
    enum error_code code = settings_require(settings, setting, &value, error);
    if (code)
        return code;
    if (strncmp(value, "arn:", 4) != 0)
        return error_set(error, ERROR_CONFIG, "%s is not an ARN: %.200s", setting_variable(setting),
                         value);
    return ERROR_NONE;
}

static enum error_code require_all(const struct settings *settings, const enum setting *required,
                                   size_t count, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; !code && i < count; i++) {
        const char *value = NULL;
        code = settings_require(settings, required[i], &value, error);
    }
    return code;
}

enum error_code function_settings_check(const struct settings *settings,
                                        enum function_session session, struct error *error)
{
    static const enum setting pipeline[] = {SETTING_BUCKET, SETTING_TABLE, SETTING_SECRET};
    static const enum setting secrets[] = {SETTING_SECRET, SETTING_OWNER_SECRET};
    if (session == FUNCTION_SESSION_OWN)
        return require_all(settings, secrets, sizeof secrets / sizeof *secrets, error);
    enum error_code code =
        require_all(settings, pipeline, sizeof pipeline / sizeof *pipeline, error);
    if (code)
        return code;
    if ((code = check_url(settings, SETTING_ERROR_QUEUE_URL, error)))
        return code;
    return check_arn(settings, SETTING_TOPIC_ARN, error);
}

static enum error_code read_secret(struct function *function, struct error *error)
{
    const char *name = settings_get(&function->settings, SETTING_SECRET);
    struct db_settings settings = {.application_name = function->name,
                                   .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                   .idle_timeout_ms = IDLE_TIMEOUT_MS,
                                   .writes = true};
    struct database_secret secret;
    struct buffer text;
    enum error_code code = ERROR_NONE;
    memset(&secret, 0, sizeof secret);
    buffer_init(&text, SECRET_MAX);
    if ((code = secrets_get_value(function->aws, name, &text, error)))
        goto done;
    if ((code = database_secret_parse(name, text.data, text.len, &secret, error)))
        goto done;
    database_secret_apply(&secret, &settings);
    if (!function->db)
        code = db_new(&settings, &function->db, error);
    else
        code = db_change(function->db, &settings, error);
done:
    database_secret_clear(&secret);
    secrets_value_release(&text);
    return code;
}

/* All sessions are taken, or the server is about to start: over in moments, as a rule. */
static bool passes_soon(const struct error *error)
{
    return strcmp(error->service_code, "53300") == 0 || strcmp(error->service_code, "57P03") == 0;
}

/* Waits up to a second, never past the given end; a hundred that wait do not come back at once. */
static bool wait_for_a_session(int attempt, int64_t until_ms)
{
    int64_t longest = attempt < 4 ? 50 << attempt : 1000;
    int64_t pause = longest / 2 + (int64_t)world_random_below(&world_real, (uint64_t)longest);
    if (world_monotonic_ms(&world_real) + pause >= until_ms)
        return false;
    world_sleep_ms(&world_real, pause);
    return true;
}

static enum error_code connect_patiently(struct function *function, int64_t until_ms,
                                         struct error *error)
{
    enum error_code code = db_ensure(function->db, error);
    for (int attempt = 0; code && passes_soon(error); attempt++) {
        if (attempt == 0)
            log_line(LOG_WARN, "waiting for a session of the database", "sqlstate",
                     error->service_code, "reason", error->message, NULL);
        if (!wait_for_a_session(attempt, until_ms))
            break;
        error_clear(error);
        code = db_ensure(function->db, error);
    }
    return code;
}

enum error_code function_connect(struct function *function, int64_t until_ms, struct error *error)
{
    struct error failure = ERROR_INIT;
    bool fresh = !function->db;
    enum error_code code = ERROR_NONE;
    if (fresh && (code = read_secret(function, error)))
        return code;
    if (db_rested_ms(function->db) > RESTED_MAX_MS)
        db_disconnect(function->db);
    code = connect_patiently(function, until_ms, error);
    if (!code || fresh || code == ERROR_CANCELLED || passes_soon(error))
        return code;
    log_line(LOG_WARN, "cannot connect to the database; reading the secret again", "reason",
             error->message, NULL);
    if (read_secret(function, &failure)) {
        log_line(LOG_WARN, failure.message, NULL);
        return code;
    }
    error_clear(error);
    return connect_patiently(function, until_ms, error);
}

/* Half of what is left of the call, so that what was waited for can still be used. */
static int64_t connect_until(const struct invocation *invocation)
{
    int64_t now = world_monotonic_ms(&world_real);
    return invocation->ends_at_ms ? now + (invocation->ends_at_ms - now) / 2
                                  : now + WAIT_UNKNOWN_MS;
}

static enum error_code open_aws(struct function *function, struct error *error)
{
    const struct aws_options options = {.user_agent = "intake-lambda"};
    if (function->aws)
        return ERROR_NONE;
    return aws_client_new(&function->aws, &options, error);
}

/* Whatever keeps this process from its database may be in the process: Lambda would use it for
 * hours. It ends behind the answer, and the next call begins with a fresh one. */
static void retire_if_unheard(const struct program *program)
{
    if (program->unheard < UNHEARD_MOST)
        return;
    log_line(LOG_WARN, "this process ends: no database answered it, again and again", NULL);
    cancel_request(&stop);
}

static enum error_code connect_for(struct program *program, const struct invocation *invocation,
                                   struct error *error)
{
    struct function *function = &program->function;
    enum error_code code = function_connect(function, connect_until(invocation), error);
    bool unheard = code && function->db && error->service_code[0] == '\0';
    program->unheard = unheard ? program->unheard + 1 : 0;
    return code;
}

static enum error_code serve_call(void *context, const struct invocation *invocation,
                                  struct buffer *response, struct error *error)
{
    struct program *program = context;
    struct function *function = &program->function;
    enum error_code code = open_aws(function, error);
    if (!code && program->session != FUNCTION_SESSION_OWN)
        code = connect_for(program, invocation, error);
    if (!code)
        code = program->handler(function, invocation, response, error);
    if (function->db && program->session == FUNCTION_SESSION_A_CALL)
        db_disconnect(function->db);
    retire_if_unheard(program);
    return code;
}

static enum error_code settle(struct program *program, struct error *error)
{
    struct settings *settings = &program->function.settings;
    enum error_code code = settings_init(settings, error);
    if (!code)
        code = settings_read_environment(settings, error);
    open_log(settings, program->function.name);
    metrics_name_space(settings_get(settings, SETTING_METRICS_NAMESPACE));
    if (!code)
        code = function_settings_check(settings, program->session, error);
    return code;
}

static enum error_code run(struct program *program, struct runtime *runtime, struct error *error)
{
    struct error failure = ERROR_INIT;
    enum error_code settled = settle(program, &failure);
    enum error_code code = runtime_init(runtime, getenv("AWS_LAMBDA_RUNTIME_API"), &stop, error);
    if (code)
        return code;
    if (!settled)
        return runtime_serve(runtime, serve_call, program, error);
    if (runtime_fail_init(runtime, &failure, error))
        log_line(LOG_WARN, error->message, NULL);
    *error = failure;
    return settled;
}

int function_main(const char *name, function_handler handler, enum function_session session)
{
    static struct program program;
    struct runtime runtime;
    struct error error = ERROR_INIT;
    core_dump_prevent();
    if (!descriptors_open())
        return EXIT_FAILURE;
    watch_signals();
    program.function.name = name;
    program.handler = handler;
    program.session = session;
    enum error_code code = run(&program, &runtime, &error);
    if (code)
        log_line(LOG_ERROR, error.message, "error_type", error_name(code), NULL);
    db_free(program.function.db);
    aws_client_free(program.function.aws);
    settings_release(&program.function.settings);
    runtime_release(&runtime);
    return !code ? EXIT_SUCCESS : EXIT_FAILURE;
}

void function_pipeline(struct function *function, const struct invocation *invocation,
                       struct pipeline *pipeline)
{
    memset(pipeline, 0, sizeof *pipeline);
    pipeline->aws = function->aws;
    pipeline->db = function->db;
    pipeline->settings = &function->settings;
    pipeline->world = &world_real;
    if (invocation->ends_at_ms != 0)
        pipeline->deadline_ms = invocation->ends_at_ms - DEADLINE_MARGIN_MS;
}
