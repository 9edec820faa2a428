#ifndef INTAKE_CORE_OPERATE_AUDIT_H
#define INTAKE_CORE_OPERATE_AUDIT_H

#include "core/base/error.h"

struct cancel;
struct db;

/*
 * What an operator did, tried or was refused: one row of audit_log. Who and with which role is what
 * the server knows of the session; when is its clock. For reading see
 * core/history/lists.h. */
#define AUDIT_DONE "done"           /* all of it */
#define AUDIT_PARTLY "partly"       /* some of it failed */
#define AUDIT_FAILED "failed"       /* none of it was done */
#define AUDIT_CANCELLED "cancelled" /* none of it was done: it was called off */
#define AUDIT_REFUSED "refused"     /* for want of a role or of a confirmation */

struct audit_note {
    const char *action; /* the command's name: "notify", "dlq replay" */
    const char *target; /* an upload_id, a queue, a vendor_id; NULL: none */
    const char *reason; /* what the operator gave; NULL: nothing */
    const char *plan;   /* a JSON document; NULL: none */
    const char *outcome;
    const char *detail; /* a JSON object with what came of it; NULL: none */
};

MUST_CHECK enum error_code audit_write(struct db *db, const struct audit_note *note,
                                       struct error *error);

/* The same whatever became of the action: a transaction that is still open is given up, and
 * `watched`, the flag that the connection watches (db_watch), does not stop this. */
MUST_CHECK enum error_code audit_write_last(struct db *db, const struct cancel *watched,
                                            const struct audit_note *note, struct error *error);

#endif
