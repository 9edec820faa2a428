/*
 * Validate: records of the table get their outcome, each exactly one, whatever the order, the
 * batching and the repetition they arrive in. The ledger in PostgreSQL decides:
 *
 *   1. lock the uploads of the batch, read which of its rows are settled, what the catalogue holds
 *   2. a record that names earlier rows without an outcome: read these from the table, judge them
 *      first (file order survives any delivery order)
 *   3. judge; insert products; one that did not go in met a concurrent upload: begin again
 *   4. ledger, violations, counts, outgoing messages; commit
 *   5. send the outbox, mark the items; whoever comes next, or the sweep, does it for a dead one */
#ifndef INTAKE_CORE_PIPELINE_VALIDATE_H
#define INTAKE_CORE_PIPELINE_VALIDATE_H

#include "core/pipeline/pipeline.h"
#include "core/record/item.h"

struct validate_outcome {
    int64_t valid; /* records that this call settled */
    int64_t invalid;
    int64_t settled_before; /* records that had an outcome already */
    bool *failed;           /* one for each item given, the caller's array: true = try it again */
};

/*
 * items[i] is the image of an INSERT, borrowed. An item fails alone where its upload is not known
 * or locked by somebody else, where it waits for an earlier row that is not in the table, where the
 * failure is about the record itself, and where messages of its upload are not with the error queue
 * yet because somebody else holds them: failed[i] is set, and why goes to the log. The call itself
 * fails where nothing could be done (an outage): the whole batch is to be retried.
 */
MUST_CHECK enum error_code validate_items(struct pipeline *pipeline,
                                          const struct upload_item *const *items, size_t count,
                                          struct validate_outcome *outcome, struct error *error);

#endif
