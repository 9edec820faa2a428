/*
 * Metrics in CloudWatch's embedded metric format: one JSON line on the function's standard output,
 * from which CloudWatch Logs draws the numbers. No call is made, so a metric can neither fail nor
 * slow an invocation.
 *
 * The lines carry the empty dimension set: the namespace has as many metrics as names.
 * What tells lines apart (function, request, upload) are properties, to be searched in Logs.
 *
 * Source: Amazon CloudWatch User Guide, "Specification: Embedded metric format".
 */
#ifndef INTAKE_CORE_RECORD_METRICS_H
#define INTAKE_CORE_RECORD_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

#define METRICS_NAMESPACE "EcommerceProductOnboarding"

enum metric_name {
    METRIC_CSV_RECORDS_PROCESSED,
    METRIC_CSV_RECORDS_SUCCESSFUL,
    METRIC_CSV_PROCESSING_TIME,
    METRIC_PRODUCTS_VALIDATED,
    METRIC_PRODUCTS_VALID,
    METRIC_PRODUCTS_INVALID,
    METRIC_VALIDATION_DURATION,
    METRIC_ERRORS_PROCESSED,
    METRIC_ERROR_PROCESSING_TIME,
    METRIC_NOTIFICATIONS_SENT,
    METRIC_OLDEST_WAITING,
    METRIC_UPLOADS_STUCK,
    METRIC_NOTICES_FAILING,
    METRIC_COUNT
};

/* Counts are whole, durations are milliseconds, an age is seconds. */
struct metric {
    enum metric_name name;
    int64_t value;
};

/* A name and a text that go with the line. A NULL value leaves the property out. */
struct metric_property {
    const char *name;
    const char *value;
};

/* The name as CloudWatch shows it, and its unit ("Count", "Milliseconds" or "Seconds"). */
const char *metric_text(enum metric_name name);
const char *metric_unit(enum metric_name name);

/*
 * Appends one line, without its newline, to out. now_ms is milliseconds since the epoch. Of no
 * metrics nothing is appended.
 */
void metrics_append(struct buffer *out, int64_t now_ms, const struct metric *metrics, size_t count,
                    const struct metric_property *properties, size_t property_count);

/* Another namespace than METRICS_NAMESPACE, for two pipelines in one account; borrowed, NULL for
 * the contract's. Said once, before the first line. */
void metrics_name_space(const char *name);

/* Builds the same line and gives it to the log. Out of memory there is no line: a metric may not
   fail an invocation. */
void metrics_log(int64_t now_ms, const struct metric *metrics, size_t count,
                 const struct metric_property *properties, size_t property_count);

#endif
