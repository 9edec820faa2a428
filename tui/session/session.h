/*
 * A session is one person at one environment: configuration, credentials, connections, role.
 * Nothing is opened before it is asked for, so that a session can be made when everything is down.
 * A session belongs to one thread; a worker makes its own from the same options.
 */
#ifndef INTAKE_TUI_SESSION_SESSION_H
#define INTAKE_TUI_SESSION_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/operate/role.h"
#include "core/pipeline/settings.h"

struct aws_client;
struct db;
struct pipeline;

struct session_options {
    const char *environment; /* --env */
    const char *profile;     /* --profile */
    const char *region;      /* --region */
    const char *stack;       /* --stack */
    bool read_only;          /* --read-only */
    bool write;              /* --write */
    /* Asks for an MFA code; NULL: on the terminal. From any thread, one at a time. */
    credentials_code_fn *code;
    void *code_context;
    /* A line about something that went on by itself, from any thread; NULL: nobody hears it. */
    void (*say)(void *context, const char *text);
    void *say_context;
};

struct session;

/*
 * Reads configuration file and environment; touches no network. Texts of `options` are copied. The
 * first session of a process may set AWS_ENDPOINT_URL from the file: make it before any
 * thread. */
MUST_CHECK enum error_code session_new(const struct session_options *options,
                                       struct session **session, struct error *error);
void session_free(struct session *session);

/* What is asked to stop when the user interrupts; every connection of the session watches it. */
struct cancel *session_cancel(struct session *session);

/* The session's own handles, made on first use and owned by it. The database is connected. */
MUST_CHECK enum error_code session_aws(struct session *session, struct aws_client **client,
                                       struct error *error);
MUST_CHECK enum error_code session_database(struct session *session, struct db **db,
                                            struct error *error);

/* Another client, the caller's to aws_client_free, for a worker thread: it shares the
 * credentials. */
MUST_CHECK enum error_code session_aws_open(struct session *session, struct aws_client **client,
                                            struct error *error);

/*
 * Another connection, the caller's to db_free. `owner` wants the schema's owner:
 * INTAKE_ADMIN_DATABASE_URL where that is set.
 */
MUST_CHECK enum error_code session_database_open(struct session *session, bool owner,
                                                 struct db **db, struct error *error);

/*
 * The name of a resource: flag, environment, stack or file; else the contract's default completed
 * with what the account says (bucket with the account's number, queues as URLs by their names,
 * topics by region and account). May call CloudFormation, STS or SQS once. Owned by the
 * session. */
MUST_CHECK enum error_code session_resource(struct session *session, enum setting setting,
                                            const char **value, struct error *error);
const struct settings *session_settings(const struct session *session);

/* Reads the names that are left to the session's stack, once; nothing where there is none. */
MUST_CHECK enum error_code session_stack(struct session *session, struct error *error);

/*
 * What an operation of core/ works with: AWS client, database, every resource name known. All is
 * borrowed from the session, no deadline is set.
 */
MUST_CHECK enum error_code session_pipeline(struct session *session, struct pipeline *pipeline,
                                            struct error *error);
/* The same for one operation: without AWS where the database alone will do. */
struct operation;
MUST_CHECK enum error_code session_pipeline_for(struct session *session,
                                                const struct operation *operation,
                                                struct pipeline *pipeline, struct error *error);

/* Who am I. Texts are "" until known and owned by the session; nothing here touches the network. */
struct session_identity {
    const char *environment; /* section of config.ini, "" where there is none */
    const char *region;
    const char *profile;
    const char *stack;
    bool production;
    bool read_only;
    const char *account;           /* after session_identify */
    const char *arn;               /* after session_identify */
    int64_t credentials_expire_at; /* milliseconds; INT64_MAX: never, or not known */
    const char *database_user;     /* after session_role */
    const char *database_host;     /* "user@host:port/dbname", once connected */
    enum role role;                /* after session_role */
};

void session_identity(const struct session *session, struct session_identity *identity);

/* sts:GetCallerIdentity, once. */
MUST_CHECK enum error_code session_identify(struct session *session, struct error *error);

/* The role of the database's session user, asked for once. */
MUST_CHECK enum error_code session_role(struct session *session, enum role *role,
                                        struct error *error);

/*
 * ERROR_DENIED with a line that names both roles where the session's is lower than `role`, or where
 * the session is read-only and `writes` is set; the attempt is written to the audit log. `action`
 * and `target` name it there ("notify", an upload_id; target may be NULL). ROLE_NONE asks no
 * database.
 */
MUST_CHECK enum error_code session_require_role(struct session *session, enum role role,
                                                bool writes, const char *action, const char *target,
                                                struct error *error);

/* Between two resends of one upload's notice: INTAKE_COOL_DOWN_MINUTES, the configuration, 10. */
int64_t session_cool_down_ms(const struct session *session);

/* Value of another key of the configuration (theme, keys.*, cool_down_minutes); NULL where
 * absent. */
const char *session_config(const struct session *session, const char *key);

#endif
