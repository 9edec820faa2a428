/*
 * One operator at a time at one thing: an advisory lock of the database, held by the connection and
 * gone with it (PostgreSQL manual, section 13.3.5, "Advisory Locks"). The pipeline takes none of
 * these: it is kept apart by the rows' own locks. Taken twice by one connection it is given back
 * twice.
 */
#ifndef CORE_UPLOAD_LOCK_H
#define CORE_UPLOAD_LOCK_H

#include "core/pipeline.h"

/*
 * `target` is an upload_id or a vendor_id. ERROR_CONFLICT at once where another connection has it;
 * the message says who, and that nothing was done.
 */
MUST_CHECK enum error_code upload_lock_take(struct pipeline *pipeline, const char *target,
                                            struct error *error);
void upload_lock_drop(struct pipeline *pipeline, const char *target);

/* For a transaction of the holder, as its first statements: true where the lock is its own (taken
 * anew where the connection was a new one). $1 is the target. */
#define UPLOAD_LOCK_KEY "hashtextextended('intake operator ' || $1, 0)"
#define UPLOAD_LOCK_IN_TRANSACTION "SELECT pg_try_advisory_xact_lock(" UPLOAD_LOCK_KEY ") AS taken"

#endif
