/*
 * What the functions share: settings, AWS client and database connection, kept from call to
 * call, and the way a process starts and ends.
 *
 * Settings are read and checked before the first call (a fault is told by init/error, and the
 * process ends with 1). The secret is read and the database opened within the first call.
 */
#ifndef INTAKE_LAMBDA_FUNCTION_H
#define INTAKE_LAMBDA_FUNCTION_H

#include "aws/client.h"
#include "core/base/cancel.h"
#include "core/pipeline/pipeline.h"
#include "core/pipeline/settings.h"
#include "lambda/runtime.h"
#include "sql/db.h"

struct function {
    const char *name; /* "csv-parser" */
    struct settings settings;
    struct aws_client *aws; /* ready when the handler is called */
    struct db *db;          /* connected when the handler is called; NULL with SESSION_OWN */
};

/* One call: see runtime_handler. Neither function nor invocation may be kept. */
typedef enum error_code (*function_handler)(struct function *function,
                                            const struct invocation *invocation,
                                            struct buffer *response, struct error *error);

/*
 * How long a session with the database is kept. Between calls the environment is frozen and can end
 * nothing: a function of which many run at once gives its session back before it answers, so that
 * a burst leaves none behind.
 */
enum function_session {
    FUNCTION_SESSION_KEPT,   /* until the environment ends */
    FUNCTION_SESSION_A_CALL, /* until the end of each call */
    FUNCTION_SESSION_OWN     /* none: the handler opens what it needs, by the owner's secret */
};

/*
 * The whole program: serves calls until SIGTERM. Answers the exit status. A call under way when the
 * signal comes is finished. Before each call the connection is made good; where that fails the
 * secret is read again, once (a rotated password, a new host). Where all sessions are taken it
 * waits for one, for up to half of the call's time.
 */
int function_main(const char *name, function_handler handler, enum function_session session);

/* What an operation of core/ works with in this call: until shortly before its deadline. */
void function_pipeline(struct function *function, const struct invocation *invocation,
                       struct pipeline *pipeline);

/* Checks what every function of the pipeline needs, or with SESSION_OWN the two secrets;
 * ERROR_CONFIG names the variable. */
MUST_CHECK enum error_code function_settings_check(const struct settings *settings,
                                                   enum function_session session,
                                                   struct error *error);

/* Connects to where the secret says, or makes the kept connection good. Waits for a session until
 * then, by world_monotonic_ms. */
MUST_CHECK enum error_code function_connect(struct function *function, int64_t until_ms,
                                            struct error *error);

#endif
