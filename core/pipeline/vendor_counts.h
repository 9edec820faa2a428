/* The counters of vendors, kept by triggers (sql/migrations/0014_vendor_counts.sql): what writers
 * appended is folded into one row a vendor and day. */
#ifndef INTAKE_CORE_PIPELINE_VENDOR_COUNTS_H
#define INTAKE_CORE_PIPELINE_VENDOR_COUNTS_H

#include "core/pipeline/pipeline.h"

/* Folds what there is, at most so much at once that nothing waits for it; 0 where another one is at
 * it. Readers see the same numbers before, meanwhile and afterwards. */
MUST_CHECK enum error_code vendor_counts_fold(struct pipeline *pipeline, int64_t *folded,
                                              struct error *error);

#endif
