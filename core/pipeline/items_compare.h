/*
 * Ledger and items agree at rest. Where a request that nobody heard of any more came late after
 * all, or somebody else wrote, this finds the items that do not bear what the ledger noted on them.
 */
#ifndef INTAKE_CORE_PIPELINE_ITEMS_COMPARE_H
#define INTAKE_CORE_PIPELINE_ITEMS_COMPARE_H

#include "core/pipeline/lease.h"

/* A request that was given up may come so much later, and not later than that. */
#define ITEMS_DOUBTED_FOR "2 minutes"

/*
 * Reads the status of all items of the upload (one Query, in pages). *count: rows of the ledger
 * that are noted as marked and whose item says something else; an item that is gone is none. With a
 * lease (of the operator; else NULL) these are noted as unmarked, for marks_write, and an old doubt
 * about the upload's items is taken away.
 */
MUST_CHECK enum error_code items_compare(struct pipeline *pipeline, const char *upload_id,
                                         const struct lease *lease, int64_t *count,
                                         struct error *error);

#endif
