/*
 * Retention: of uploads that were settled long ago the rows that tell of single records go: ledger,
 * violations, the messages and the text of the notices. Counts, the upload's own row, notes, audit
 * log and products stay.
 *
 * The database decides what may go and deletes it (intake_prune in sql/migrations/0016_prune.sql):
 * nothing younger than 90 days, nothing that is open, acknowledged or assigned. Each call is one
 * transaction of some milliseconds. An upload is marked in the first of them, and finished in the
 * last; what a killed run left between the two is what the next one begins with. Each upload is
 * worked at under the lock that operators take on it (core/pipeline/upload_lock.h): two runs share
 * the work, and one that is being re-validated is passed over.
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

/* What there is to say of an upload whose records are gone. */
struct prune_mark {
    int64_t at; /* 0: they are here */
    bool finished;
    int64_t days;
    char by[64];
};

/* For a SELECT from upload_history h, and the reading of it. */
#define PRUNE_MARK_COLUMNS \
    "h.pruned_at, h.prune_finished_at IS NOT NULL AS prune_finished, h.pruned_by, h.prune_days"
void prune_mark_read(struct prune_mark *mark, const struct db_result *rows, int row);

/* "its records were pruned on 2026-01-31 by ann (older than 400 days)", for any upload that is
 * marked. Visible characters alone. */
void prune_mark_append(struct buffer *out, const struct prune_mark *mark);
/* The same as an error: ERROR_CONFLICT, "UPLOAD: its records were pruned ...: WHAT". */
MUST_CHECK enum error_code prune_mark_refuse(const struct prune_mark *mark, const char *upload_id,
                                             const char *what, struct error *error);

#endif
