/*
 * The ledger's transaction for re-validation: rows that were rejected get their verdict anew.
 * Between ledger_open (core/pipeline/ledger.h) and ledger_revise the caller reopens entries,
 * judges, and closes those that did not change.
 */
#ifndef INTAKE_CORE_PIPELINE_LEDGER_REVISE_H
#define INTAKE_CORE_PIPELINE_LEDGER_REVISE_H

#include "core/pipeline/batch.h"
#include "core/pipeline/pipeline.h"

/* A settled entry is to be judged once more: it no longer counts as rejected in its upload. */
void ledger_reopen(struct batch_entry *entry);

/* After batch_judge: the entry stays as it was, and nothing is written of it. */
void ledger_keep(struct batch_entry *entry);

/*
 * Writes the open entries and the counts of their uploads, and commits. A final upload stays final,
 * an accepted record stays accepted. *raced: a product met a concurrent one, everything is rolled
 * back, begin again.
 */
MUST_CHECK enum error_code ledger_revise(struct pipeline *pipeline, struct batch *batch,
                                         bool *raced, struct error *error);

#endif
