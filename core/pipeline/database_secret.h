/*
 * The secret that says where the database is: {"username","password","host","port","dbname"} and,
 * if wanted, "sslmode" and "sslrootcert". No value of it ever reaches a message, only names of
 * members.
 */
#ifndef INTAKE_CORE_PIPELINE_DATABASE_SECRET_H
#define INTAKE_CORE_PIPELINE_DATABASE_SECRET_H

#include <stddef.h>

#include "core/base/error.h"
#include "sql/db.h"

/* "" stands for absent (the last two alone may be). */
struct database_secret {
    char username[256];
    char password[1024];
    char host[256];
    char port[8];
    char dbname[128];
    char sslmode[16];
    char sslrootcert[1024];
};

/*
 * name is the secret's own, for messages. ERROR_CONFIG where the text is not JSON, or lacks a
 * member, or one of them is of the wrong kind: the line names it, and the members that are there
 * instead.
 */
MUST_CHECK enum error_code database_secret_parse(const char *name, const char *text, size_t len,
                                                 struct database_secret *secret,
                                                 struct error *error);

/*
 * Puts the username and the password of another secret in the place of this one's: what RDS keeps
 * of a database's owner holds these two alone. ERROR_CONFIG as above.
 */
MUST_CHECK enum error_code database_secret_take_login(const char *name, const char *text,
                                                      size_t len, struct database_secret *secret,
                                                      struct error *error);

/* Points the fields of settings at the secret's texts; the others stay as they are. */
void database_secret_apply(const struct database_secret *secret, struct db_settings *settings);

/* Overwrites what it held. */
void database_secret_clear(struct database_secret *secret);

#endif
