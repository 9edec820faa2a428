/* What a session is made of; for tui/session/ alone. */
#ifndef INTAKE_TUI_SESSION_SESSION_PRIVATE_H
#define INTAKE_TUI_SESSION_SESSION_PRIVATE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "core/base/cancel.h"
#include "core/base/memory.h"
#include "core/operate/role.h"
#include "core/pipeline/settings.h"

struct aws_client;
struct config;
struct db;
struct way;

struct session {
    struct arena arena; /* every text that is not a setting */
    struct config *config;
    struct settings settings;
    struct cancel cancel;
    const char *environment;
    const char *profile;
    const char *stack;
    enum setting_source stack_source;
    bool stack_read;
    bool names_database; /* the named environment has a database of its own */
    bool identity_checked;
    bool production;
    bool read_only;
    credentials_code_fn *code;
    void *code_context;
    void (*say)(void *context, const char *text);
    void *say_context;
    struct aws_client *aws;
    struct way *way; /* NULL until it is needed */
    struct db *db;
    struct db *db_before; /* replaced by db; somebody may hold it still */
    bool db_by_secret;
    char account[24];
    char arn[320];
    int64_t credentials_expire_at;
    const char *database_user;
    enum role role;
    bool role_known;
    bool audit_failed;
};

/* tui/session/environment.c. A named environment (--env, INTAKE_ENV, the default section) is whole:
 * what its section names wins over the shell's variables, and they do not fill its gaps unless they
 * agree with it. ERROR_CONFIG where database and AWS resources would be of two environments. */
MUST_CHECK enum error_code environment_gather(struct session *session, struct error *error);

/* The named environment's own value; NULL where it has none or none is named. */
const char *environment_value(const struct session *session, const char *key);

/* ERROR_CONFIG where the credentials are of another account than the environment's resources. */
MUST_CHECK enum error_code environment_check_account(struct session *session, struct error *error);

/* Whether a variable of libpq says which database is meant; its name, or NULL. */
const char *environment_libpq_variable(void);

#endif
