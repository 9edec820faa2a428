/*
 * The logins of the database, made by its owner: the functions' one, by the secret that they read,
 * and one for each person, so that the audit log names people.
 *
 * A login of ours is a member of one of the four groups of sql/roles.sql and of nothing else of
 * theirs. One that has more rights than a login of ours may have (the owner, a superuser, a group
 * itself) is refused, never changed; so is one that others made, which is in none of the groups and
 * bears no comment of ours.
 * Source: Amazon RDS User Guide, "IAM database authentication": rds_iam lets a login in by a token.
 */
#ifndef INTAKE_CORE_OPERATE_OWNER_LOGINS_H
#define INTAKE_CORE_OPERATE_OWNER_LOGINS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/pipeline/database_secret.h"
#include "sql/db.h"

#define LOGIN_NAME_SIZE 64 /* a PostgreSQL name has at most 63 bytes */

enum login_change {
    LOGIN_KEPT,    /* it was as it should be */
    LOGIN_MADE,    /* there was none */
    LOGIN_CHANGED, /* another password, group or right to log in */
};

struct login {
    char name[LOGIN_NAME_SIZE];
    char role[16]; /* "viewer", "support", "operator", "pipeline", "none" */
    enum login_change change;
    bool iam; /* logs in by an IAM token; else by a password, if it has one */
};

/* "kept", "made", "changed". */
const char *login_change_name(enum login_change change);

/* ERROR_INVALID for a name that no person's login may have, or a role that is none of viewer,
 * support, operator and none. */
MUST_CHECK enum error_code login_check(const char *name, const char *role, struct error *error);

/* One at a time makes or changes logins, to the end of the transaction: what it read of them stays
 * true. For the caller of login_of_person, after its BEGIN; the functions' login takes it itself.
 */
MUST_CHECK enum error_code logins_lock(struct db *owner, struct error *error);

/*
 * The functions' login as the secret has it: made, or its password renewed where the secret's does
 * not open a session. At the end one was opened with it. The schema must be there.
 */
MUST_CHECK enum error_code login_of_pipeline(struct db *owner, const struct database_secret *secret,
                                             struct login *login, struct error *error);

/*
 * A person's login, without a password where the server knows rds_iam. "none" takes the right to
 * log in away and ends the person's sessions; what the person did stays in the audit log. Runs
 * within the caller's transaction.
 */
MUST_CHECK enum error_code login_of_person(struct db *owner, const char *name, const char *role,
                                           struct login *login, struct error *error);

/* Every login that is a member of one of the groups, by name. */
typedef void login_fn(void *context, const struct login *login);
MUST_CHECK enum error_code logins_list(struct db *db, login_fn *each, void *context,
                                       struct error *error);

#endif
