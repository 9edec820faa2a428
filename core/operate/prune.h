/* `intake prune`: the records of uploads that were settled long ago are deleted, by rule. What goes
 * and what stays: core/pipeline/prune.h. */
#ifndef INTAKE_CORE_OPERATE_PRUNE_H
#define INTAKE_CORE_OPERATE_PRUNE_H

#include "core/operate/operation.h"
#include "core/pipeline/prune.h"

struct prune_request {
    int64_t days;
    struct prune_bounds bounds;
};

struct prune_plan {
    struct prune_rule rule;
    struct prune_bounds bounds;
    int64_t uploads, records; /* as the rule finds them now; records as they were counted */
    int64_t half;             /* uploads, besides, that an earlier run left half done */
    int64_t acknowledged, assigned, open, processing; /* of that age, and kept all the same */
    int64_t oldest_at, newest_at;                     /* of the uploads; 0: there are none */
};

struct prune_result {
    bool changed;
    struct prune_outcome done;
};

/*
 * Of a prune_request. make: ERROR_USAGE: fewer than 90 days. apply deletes what was settled before
 * the plan's time; an upload that changed since, or that somebody else is at, is passed over. Safe
 * to run twice, also at once; one that was cut off is continued by the next.
 */
extern const struct operation prune_operation;

#endif
