/*
 * The outbox: messages for the error queue that were committed together with what they tell of.
 * Whoever comes next sends what a dead one left; the queue delivers at least once in any
 * case. */
#ifndef INTAKE_CORE_OUTBOX_H
#define INTAKE_CORE_OUTBOX_H

#include "core/pipeline.h"

/*
 * Sends what is there, a hundred at a time and oldest first, and deletes what the queue took. Rows
 * that another one is sending just now are left to it. A message that the queue will never take is
 * kept, marked as refused, logged, and not tried again. *sent may be NULL.
 */
MUST_CHECK enum error_code outbox_flush(struct pipeline *pipeline, int64_t *sent,
                                        struct error *error);

#endif
