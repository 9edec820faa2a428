/* intake-migrate: the schema and the logins, from where the database can be reached. No trigger
 * calls it; an order (core/operate/owner/order.h) is its event. */
#include <string.h>

#include "aws/secrets.h"
#include "core/base/log.h"
#include "core/operate/owner/order.h"
#include "core/pipeline/database_secret.h"
#include "lambda/function.h"

#define SECRET_MAX ((size_t)64 * 1024)
#define CONNECT_TIMEOUT_MS 10000
/* What is left of the call when the last statement is given up, to say so and where it stands. */
#define ANSWER_MS 5000
#define STATEMENT_MAX_MS 600000

/* Adds the way on to a failure. */
static enum error_code advise(struct error *error, const char *advice)
{
    struct error told = *error;
    error_set(error, told.code, "%.600s; %s", told.message, advice);
    error->retryable = told.retryable;
    return told.code;
}

static enum error_code read_secret(struct aws_client *aws, const char *name, struct buffer *text,
                                   struct error *error)
{
    buffer_init(text, SECRET_MAX);
    enum error_code code = secrets_get_value(aws, name, text, error);
    return code ? advise(error, "check that this function's role can read it and that its "
                                "network reaches Secrets Manager")
                : ERROR_NONE;
}

/* Where the database is stands in the functions' secret; who owns it in the owner's. */
static enum error_code read_secrets(struct function *function, struct database_secret *functions,
                                    struct database_secret *owner, struct error *error)
{
    struct buffer text;
    const char *name = settings_get(&function->settings, SETTING_SECRET);
    enum error_code code = read_secret(function->aws, name, &text, error);
    if (!code)
        code = database_secret_parse(name, text.data, text.len, functions, error);
    secrets_value_release(&text);
    if (code)
        return code;
    name = settings_get(&function->settings, SETTING_OWNER_SECRET);
    *owner = *functions;
    code = read_secret(function->aws, name, &text, error);
    if (!code)
        code = database_secret_take_login(name, text.data, text.len, owner, error);
    secrets_value_release(&text);
    return code;
}

static enum error_code open_database(const struct database_secret *owner,
                                     const struct invocation *invocation, struct db **db,
                                     struct error *error)
{
    struct db_settings settings = {.application_name = "intake-migrate",
                                   .connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                   .statement_timeout_ms = STATEMENT_MAX_MS,
                                   .writes = true};
    int64_t left = invocation->ends_at_ms - world_monotonic_ms(&world_real) - ANSWER_MS;
    if (invocation->ends_at_ms && left < STATEMENT_MAX_MS)
        settings.statement_timeout_ms = left > 1000 ? (int)left : 1000;
    database_secret_apply(owner, &settings);
    enum error_code code = db_new(&settings, db, error);
    if (code)
        return code;
    code = db_ensure(*db, error);
    if (code == ERROR_UNAUTHENTICATED)
        return advise(error, "cannot connect with the owner's secret: check whether its "
                             "password was changed");
    return code ? advise(error, "check that the database is up and that this function's network "
                                "reaches it")
                : ERROR_NONE;
}

static enum error_code handle(struct function *function, const struct invocation *invocation,
                              struct buffer *response, struct error *error)
{
    struct owner_order order;
    struct database_secret functions, owner;
    struct db *db = NULL;
    memset(&functions, 0, sizeof functions);
    memset(&owner, 0, sizeof owner);
    enum error_code code = owner_order_decode(invocation->body, invocation->len, &order, error);
    if (!code)
        code = read_secrets(function, &functions, &owner, error);
    if (!code)
        code = open_database(&owner, invocation, &db, error);
    if (!code)
        code = owner_order_run(&order, db, &functions, response, error);
    if (code)
        log_line(LOG_ERROR, error->message, NULL);
    else
        log_line(LOG_INFO, "done", "answer", response->data, NULL);
    db_free(db);
    database_secret_clear(&functions);
    database_secret_clear(&owner);
    owner_order_release(&order);
    return code;
}

int main(void)
{
    return function_main("intake-migrate", handle, FUNCTION_SESSION_OWN);
}
