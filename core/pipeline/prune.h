/*
 * Retention: of uploads that were settled long ago the rows that tell of single records go: ledger,
 * violations, the messages and the text of the notices. Counts, the upload's own row, notes, audit
 * log and products stay.
 *
 * The database decides what may go and deletes it (intake_prune_batch and intake_prune_step in
 * sql/migrations/): nothing younger than 90 days, nothing that is open, acknowledged or assigned.
 * Each call is one transaction of some milliseconds: how much it takes follows from what the last
 * one took. Small uploads go several in one, each whole. A larger one is marked in the first of
 * its own and finished in the last; what a killed run left between the two is what the next one
 * begins with. Each upload is worked at under the lock that operators take on it
 * (core/pipeline/upload_lock.h): two runs share the work, and one that is being re-validated is
 * passed over.
 */
#ifndef INTAKE_CORE_PIPELINE_PRUNE_H
#define INTAKE_CORE_PIPELINE_PRUNE_H

#include "core/pipeline/pipeline.h"

#define PRUNE_DAYS_LEAST 90
#define PRUNE_DAYS_MOST 36500

struct prune_rule {
    int64_t days;
    int64_t before_ms; /* settled before: at least `days` ago, by the database's clock */
};

struct prune_bounds {
    int64_t records; /* begins no upload beyond so many; 0: no bound */
    /* May be NULL. */
    void (*progress)(void *context, int64_t uploads, int64_t records);
    void *progress_context;
};

struct prune_outcome {
    int64_t uploads; /* that are finished now */
    int64_t records, messages, notices;
    int64_t passed_over; /* uploads that somebody else is at, or that changed since */
    bool more;           /* time or bounds were used up first */
};

/*
 * Time that is used up is no failure. ERROR_CANCELLED between two transactions. The outcome is
 * filled in any case.
 */
MUST_CHECK enum error_code prune_run(struct pipeline *pipeline, const struct prune_rule *rule,
                                     const struct prune_bounds *bounds,
                                     struct prune_outcome *outcome, struct error *error);

/* How the schedule's run ended, for the doctor. `failure` may be NULL. */
MUST_CHECK enum error_code prune_note(struct pipeline *pipeline, const struct prune_rule *rule,
                                      const struct prune_outcome *outcome, const char *failure,
                                      struct error *error);

/* Of upload_history h: "its records were pruned on 2026-01-31 by ann (older than 400 days)"; NULL
 * where they are here. */
#define PRUNED_SQL                                                                                  \
    "CASE WHEN h.pruned_at IS NOT NULL THEN concat('its records were pruned on ',"                  \
    " to_char(h.pruned_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), ' by ', h.pruned_by, ' (older than '," \
    " h.prune_days, ' days)') END"
#define PRUNED_SIZE 160

#endif
