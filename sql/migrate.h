/*
 * The schema: migrations that are part of the binary, each applied once, in order, in a transaction
 * of its own.
 *
 * The table schema_migrations(version, name, checksum, applied_at) remembers. Nothing here drops
 * data. A database that has a version which this binary does not know, or one whose text has
 * changed, is refused untouched.
 */
#ifndef INTAKE_SQL_MIGRATE_H
#define INTAKE_SQL_MIGRATE_H

#include <stddef.h>
#include <stdbool.h>

#include "core/base/error.h"
#include "sql/db.h"

struct migration {
    int version;
    const char *name;     /* "schema", of 0001_schema.sql */
    const char *checksum; /* SHA-256 of the file, hex */
    const char *sql;
};

/* All that the binary knows, in order of version; static. */
const struct migration *migrate_known(size_t *count);

struct migrate_state {
    int version; /* the database's newest, 0 for an empty one */
    int known;   /* the binary's newest */
    size_t
        applied; /* how many are in the database (after migrate_apply: how many this call added) */
    size_t pending;         /* how many are still to come */
    bool public_may_create; /* migrate_apply: everyone may still create in schema public, which only
                             * that schema's owner can end */
};

/*
 * Where the database stands. Reads only. ERROR_CONFLICT where it is newer than the binary or a
 * checksum differs, or where others planted objects (sql/planted.h), ERROR_CONFIG for a server
 * older than 14.
 */
MUST_CHECK enum error_code migrate_status(struct db *db, struct migrate_state *state,
                                          struct error *error);

/*
 * Applies what is pending, then the grants of roles.sql (idempotent). Takes CREATE on schema public
 * from everyone first, and goes no further where others planted objects there. One at a time: a
 * second caller waits; a step that fails leaves those before it. Wants the owner of the database,
 * with CREATEROLE where the group roles do not exist yet.
 */
MUST_CHECK enum error_code migrate_apply(struct db *db, struct migrate_state *state,
                                         struct error *error);

#endif
