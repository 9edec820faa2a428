/* The way to a private database: through a tunnel, with a password that RDS makes by IAM, or both.
 */
#ifndef INTAKE_TUI_SESSION_WAY_H
#define INTAKE_TUI_SESSION_WAY_H

#include "aws/credentials.h"
#include "sql/db.h"

struct way;

/* Texts are borrowed for as long as the way lives; the provider gets a reference. */
struct way_spec {
    const char *command; /* "ssm" or a command; NULL: no tunnel */
    const char *instance, *region;
    int local_port, wait_s;                /* 0: any, 30 */
    struct credentials_provider *provider; /* for ssm and for tokens */
    void (*say)(void *context, const char *text);
    void *say_context;
};

MUST_CHECK enum error_code way_new(const struct way_spec *spec, struct way **way,
                                   struct error *error);
/* NULL is fine; the tunnel ends with its last user. */
void way_free(struct way *way);

/* `tokens`: with a token of RDS as the password, over verified TLS alone. */
const struct db_way *way_of(const struct way *way, bool tokens);

#endif
