/*
 * Why an upload does not come to its end: which records have no outcome, where they are, what was
 * left behind, and what mends it. Reads alone, receives from no queue.
 */
#ifndef INTAKE_CORE_HEALTH_STUCK_H
#define INTAKE_CORE_HEALTH_STUCK_H

#include "core/base/memory.h"
#include "core/pipeline/pipeline.h"
#include "core/record/names.h"

struct stuck_report {
    char upload_id[UPLOAD_ID_SIZE];
    bool processing;       /* false: it is final; then all that follows is about what was left */
    bool admitted;         /* its records were counted */
    bool items_written;    /* the parser said that all are in the table */
    int64_t last_moved_at; /* when anything about it last changed */
    int64_t total, settled;
    int64_t without_outcome;
    int64_t not_written; /* of these: no item in the table; -1: not known */
    int64_t in_table;    /* of these: their item waits; -1: not known */
    const char *rows;    /* "1-40, 97": those without outcome, cut with "..." */
    int64_t outbox_waiting;
    int64_t outbox_refused; /* for what they hold; --pending offers them again */
    int64_t items_unmarked;
    int64_t parser_dead_letters;    /* whole queue, approximate; -1: not known */
    int64_t validator_dead_letters; /* likewise: batches of up to a hundred records */
    const char **sentences;         /* what it is, in the order of the pipeline */
    size_t sentence_count;
    const char *remedy; /* a command line; NULL: nothing is wrong, or nothing mends it */
    struct arena memory;
};

/*
 * The ledger's part takes one round trip; the table and the queues are asked where `look` says so,
 * and what they do not answer is -1 with a sentence that says why. ERROR_NOT_FOUND offers near ids.
 * Release in any case.
 */
MUST_CHECK enum error_code stuck_explain(struct pipeline *pipeline, const char *upload_id,
                                         bool look, struct stuck_report *report,
                                         struct error *error);
void stuck_report_release(struct stuck_report *report);

#endif
