/* How much came and how much of it was rejected, day by day or week by week (ISO 8601, from
 * Monday), UTC: for trends, scorecards and sparklines. Conventions as in core/history/history.h. */
#ifndef INTAKE_CORE_HISTORY_TRENDS_H
#define INTAKE_CORE_HISTORY_TRENDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/history/history.h"

struct db;

enum trend_period { TREND_BY_DAY, TREND_BY_WEEK };

struct trend_filter {
    enum trend_period period;
    const char *vendor; /* exact, may hold alternatives; NULL: each of them */
    const char *type;   /* errors of this primary type alone; NULL: all */
    int64_t since_ms;   /* from the beginning of the period that it lies in */
    bool without_types; /* errors_by_type is "{}": the ledger is not read. Not with a type. */
};

struct trend {
    int64_t from;
    const char *vendor_id; /* NULL: of refused files that name no vendor */
    int64_t uploads;
    int64_t failed_uploads; /* none valid, or the file was refused */
    int64_t records;
    int64_t valid;
    int64_t errors;             /* records with one, of the filter's type */
    const char *errors_by_type; /* JSON: records by their primary type, most first */
    const char *first_type;     /* the most frequent one; NULL: none */
};

struct trend_list {
    struct arena arena;
    struct trend *rows; /* by `from`, then vendor_id; periods without an upload have none */
    size_t count;
};

MUST_CHECK enum error_code trends_list(struct db *db, const struct trend_filter *filter,
                                       struct trend_list *list, struct error *error);
void trend_list_release(struct trend_list *list);

int64_t trend_period_ms(enum trend_period period);
/* When the period begins that `ms` lies in. */
int64_t trend_period_begin(enum trend_period period, int64_t ms);

/* One vendor's values of `periods` periods in a row from `from` on, 0 where there is no row; vendor
 * NULL: of all vendors together. */
struct trend_sum {
    int64_t uploads, records, errors;
};
void trends_sum(const struct trend_list *list, enum trend_period period, const char *vendor,
                int64_t from, struct trend_sum *sums, size_t periods);

#endif
