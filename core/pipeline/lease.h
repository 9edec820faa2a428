/*
 * A lock in a row: who is at work on what, and until when. Its holder renews it while it works; it
 * ends by itself when the holder's host vanished without a word, and at once (or after a grace)
 * when the holder's session is gone. A write that the lease protects renews it in its own statement
 * or transaction (LEASE_HELD): a holder that was overtaken writes nothing.
 */
#ifndef INTAKE_CORE_PIPELINE_LEASE_H
#define INTAKE_CORE_PIPELINE_LEASE_H

#include "core/pipeline/pipeline.h"

#define LEASE_NAME_SIZE 1500
#define LEASE_TOKEN_SIZE 33

struct lease {
    char name[LEASE_NAME_SIZE]; /* "" while nothing is held */
    char token[LEASE_TOKEN_SIZE];
    int64_t renewed_ms; /* by the world's monotonic clock, before the server was asked */
};

/*
 * One round trip. ERROR_CONFLICT where another one has it: the message begins with who, and
 * says until when. A
 * holder whose session is gone keeps it for grace_ms after it last renewed: the time for which it
 * may go on by itself between two renewals.
 */
MUST_CHECK enum error_code lease_take(struct pipeline *pipeline, const char *name, int64_t grace_ms,
                                      struct lease *lease, struct error *error);

/* A holder's own, of a lease that one statement takes and gives back. */
void lease_token_make(struct pipeline *pipeline, char token[LEASE_TOKEN_SIZE]);

/* Still ours: one round trip. ERROR_CONFLICT where it was taken over. */
MUST_CHECK enum error_code lease_renew(struct pipeline *pipeline, struct lease *lease,
                                       struct error *error);

/* Gives it back, whatever the state of the connection; what cannot be given back ends by itself. */
void lease_drop(struct pipeline *pipeline, struct lease *lease);

/* WITH LEASE_HELD("$1", "$2") ... WHERE EXISTS (SELECT FROM held): name and token of a lease. */
#define LEASE_HELD(name, token)                                                    \
    "held AS (UPDATE leases SET renewed_at = clock_timestamp() WHERE name = " name \
    " AND token = " token " RETURNING 1)"

/* For a transaction of the holder, as its first statement; $1 and $2 are name and token. */
#define LEASE_IN_TRANSACTION \
    "WITH " LEASE_HELD("$1", "$2") " SELECT EXISTS (SELECT FROM held) AS held"
void lease_params(struct db_params *params, const struct lease *lease);

#endif
