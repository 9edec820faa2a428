/*
 * The sweep: what the functions left behind because a host vanished, a queue or a table was away,
 * or all tries were used up. By the clock, every few minutes, and whoever runs at the same time:
 *
 *   1. uploads that are still processing though each record has its outcome become final
 *   2. uploads whose object or whose vendor is gone end as failed
 *   3. messages that nobody sent go to the error queue
 *   4. final uploads without a notice, or with errors and no report, get both
 *   5. items that a late request may have written over are compared with the ledger
 *   6. settled records whose items do not say so are marked
 *
 * and before all of them what the transactions appended to the counters of vendors is folded.
 *
 * Each step has its share of the time and goes on where another one fails; each upload has its
 * turn, so that one that fails again and again stands in nobody's way.
 */
#ifndef INTAKE_CORE_PIPELINE_SWEEP_H
#define INTAKE_CORE_PIPELINE_SWEEP_H

#include "core/pipeline/pipeline.h"

/* Uploads that arrived before are left alone: their vendors have heard, or asked. */
#define SWEEP_DAYS "14 days"
/* What is younger is the functions' own to do. */
#define SWEEP_MESSAGE_AGE_S 60
#define SWEEP_AGE "2 minutes"
/* An upload that is processing and has not moved for so long is stuck. */
#define SWEEP_STUCK_AGE "15 minutes"

struct sweep_outcome {
    int64_t settled;          /* uploads that became final */
    int64_t ended;            /* uploads that cannot come to another end */
    int64_t messages;         /* sent */
    int64_t finished;         /* uploads whose notice or report was missing */
    int64_t notices;          /* of these: sent now */
    int64_t differed;         /* items that bore another status than the ledger noted */
    int64_t marked;           /* items */
    int64_t oldest_waiting_s; /* what still waits, and since when; 0: nothing does */
    int64_t stuck;            /* uploads, see SWEEP_STUCK_AGE */
    int64_t failing_notices;  /* which the topic refuses */
};

/*
 * Fails with the first failure of a step, when all of them have been tried; the outcome is filled
 * in any case. Time that is used up is no failure: the next sweep goes on.
 */
MUST_CHECK enum error_code sweep_run(struct pipeline *pipeline, struct sweep_outcome *outcome,
                                     struct error *error);

#endif
