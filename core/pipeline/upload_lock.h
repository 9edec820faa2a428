/*
 * One operator at a time at one thing: a lease (core/pipeline/lease.h) that is renewed in each
 * transaction of its holder. The pipeline takes none of these: it is kept apart by the rows' own
 * locks.
 */
#ifndef INTAKE_CORE_PIPELINE_UPLOAD_LOCK_H
#define INTAKE_CORE_PIPELINE_UPLOAD_LOCK_H

#include "core/pipeline/lease.h"

/*
 * `target` is an upload_id or a vendor_id. ERROR_CONFLICT at once where somebody else has it; the
 * message says who, until when, and that nothing was done.
 */
MUST_CHECK enum error_code upload_lock_take(struct pipeline *pipeline, const char *target,
                                            struct lease *lease, struct error *error);

#endif
