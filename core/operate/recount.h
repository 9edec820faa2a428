/* `intake recount`: the counters of vendors against the rows that they count, and corrected. */
#ifndef INTAKE_CORE_OPERATE_RECOUNT_H
#define INTAKE_CORE_OPERATE_RECOUNT_H

#include "core/operate/operation.h"

/* What a counter lacks to be what the rows say; negative: it has too much. */
struct recount_difference {
    const char *vendor_id; /* "": of uploads that name no vendor */
    const char *day; /* 2026-01-31, UTC; NULL: the vendor's total is not the sum of its days */
    int64_t uploads, failed_uploads, records, valid, errors, products;
};

struct recount_plan {
    int64_t vendors, days;                  /* that are counted */
    int64_t wrong_days, wrong_totals;       /* at the plan's time */
    struct recount_difference *differences; /* at most RECOUNT_SHOWN */
    size_t difference_count;
    struct arena memory;
};

#define RECOUNT_SHOWN 100

struct recount_result {
    bool changed;
    int64_t corrected; /* days and totals; they are compared anew, beside all writers */
};

/* Its request is NULL, its plan a recount_plan, its result a recount_result. make reads uploads and
 * products once, whole. */
extern const struct operation recount_operation;

#endif
