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

#endif
