/*
 * Marks: the final status of records on their DynamoDB items, behind the ledger. The mark of a
 * first verdict is written only over pending_validation, that of a re-validation only over one that
 * was judged before it (processed_at is when the ledger judged), so that a late or repeated one
 * never overwrites a newer status; an item that is gone (its TTL has passed) needs none. Source:
 * Amazon DynamoDB Developer Guide, "PartiQL update statements for DynamoDB".
 */
#ifndef INTAKE_CORE_PIPELINE_MARKS_H
#define INTAKE_CORE_PIPELINE_MARKS_H

#include "core/pipeline/pipeline.h"

/* A row of the ledger. */
struct ledger_row {
    const char *upload_id;
    uint32_t row_number;
};

/*
 * Marks the items of those rows that have an outcome and are not marked yet: reads type and
 * messages from the ledger, writes 25 a call, and notes which items bear theirs, if the verdict is
 * the same still. A failure leaves
 * the rest unmarked: they are found again by a repeated batch or by `revalidate`.
 */
MUST_CHECK enum error_code marks_write(struct pipeline *pipeline, const struct ledger_row *rows,
                                       size_t count, struct error *error);

#endif
