/*
 * What somebody else may put in schema public, where PostgreSQL 14 (and a database upgraded from
 * it) lets everyone create: a function that matches a call better than the catalogue's own would be
 * run by the owner or the pipeline, a table of our name would be written by the owner.
 *
 * Source: PostgreSQL manual, 5.9.6 "Usage Patterns" and 10.3 "Functions".
 */
#ifndef INTAKE_SQL_PLANTED_H
#define INTAKE_SQL_PLANTED_H

#include <stdbool.h>

#include "core/base/error.h"
#include "sql/db.h"

/*
 * ERROR_CONFLICT, with names and owners, where schema public holds functions or operators of
 * others, or relations of others under a name that the migrations use. Others are all but
 * superusers, the database's owner, who asks, and extensions. Runs nothing that is not in
 * pg_catalog.
 */
MUST_CHECK enum error_code planted_refuse(struct db *db, struct error *error);

/*
 * For every session, as the last statements of the script that prepares it: one row with one text,
 * NULL where schema public holds no function and no operator but those of superusers, the
 * database's owner, the owner of schema_migrations, who asks, and extensions. planted_judge makes
 * ERROR_CONFLICT of another one: names, owners, and what is to be done.
 */
extern const char planted_session_sql[];
MUST_CHECK enum error_code planted_judge(const struct db_result *found, struct error *error);

/* Takes CREATE on schema public from everyone, as far as who asks may; tells whether that is so
 * now.
 */
MUST_CHECK enum error_code planted_prevent(struct db *db, bool *public_may_create,
                                           struct error *error);

#endif
