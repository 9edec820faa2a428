/* The counters of vendors compared with the rows that they count, and made to agree. */
#ifndef INTAKE_CORE_OPERATE_RECOUNT_H
#define INTAKE_CORE_OPERATE_RECOUNT_H

#include "core/operate/operation.h"

struct recount_difference {
    const char *vendor_id; /* "": of uploads that name no vendor */
    const char *day;       /* 2026-01-31; NULL: of all days together */
    const char *counter;   /* "uploads", ..., "last_upload_at" */
    const char *kept;      /* a number, or a time; NULL: none */
    const char *counted;   /* what the rows say */
};

struct recount_plan {
    struct recount_difference *differences; /* the first ones */
    size_t count;
    int64_t differing, vendors; /* of all */
    struct arena memory;
};

struct recount_result {
    bool changed;
    int64_t mended;
};

/* The request is NULL; the plan is a recount_plan, the result a recount_result. Both read every
 * upload and every product, which takes seconds a million; nobody waits for it. What differs is
 * looked for again when it is applied. */
extern const struct operation recount_operation;

#endif
