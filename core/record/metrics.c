#include "core/record/metrics.h"

#include <inttypes.h>

#include "core/base/json.h"
#include "core/base/log.h"

static const struct {
    const char *text;
    const char *unit;
} metric_table[METRIC_COUNT] = {
    [METRIC_CSV_RECORDS_PROCESSED] = {"CSVRecordsProcessed", "Count"},
    [METRIC_CSV_RECORDS_SUCCESSFUL] = {"CSVRecordsSuccessful", "Count"},
    [METRIC_CSV_PROCESSING_TIME] = {"CSVProcessingTime", "Milliseconds"},
    [METRIC_PRODUCTS_VALIDATED] = {"ProductsValidated", "Count"},
    [METRIC_PRODUCTS_VALID] = {"ProductsValid", "Count"},
    [METRIC_PRODUCTS_INVALID] = {"ProductsInvalid", "Count"},
    [METRIC_VALIDATION_DURATION] = {"ValidationDuration", "Milliseconds"},
    [METRIC_ERRORS_PROCESSED] = {"ErrorsProcessed", "Count"},
    [METRIC_ERROR_PROCESSING_TIME] = {"ErrorProcessingTime", "Milliseconds"},
    [METRIC_NOTIFICATIONS_SENT] = {"NotificationsSent", "Count"},
    [METRIC_OLDEST_WAITING] = {"OldestWaitingSeconds", "Seconds"},
    [METRIC_UPLOADS_STUCK] = {"UploadsStuck", "Count"},
    [METRIC_NOTICES_FAILING] = {"NotificationsFailing", "Count"},
};

static const char *name_space = METRICS_NAMESPACE;

void metrics_name_space(const char *name)
{
    name_space = name ? name : METRICS_NAMESPACE;
}

const char *metric_text(enum metric_name name)
{
    return metric_table[name].text;
}

const char *metric_unit(enum metric_name name)
{
    return metric_table[name].unit;
}

static void append_directive(struct buffer *out, int64_t now_ms, const struct metric *metrics,
                             size_t count)
{
    buffer_format(
        out, "{\"_aws\":{\"Timestamp\":%" PRId64 ",\"CloudWatchMetrics\":[{\"Namespace\":", now_ms);
    json_append_text(out, name_space);
    buffer_text(out, ",\"Dimensions\":[[]],\"Metrics\":[");
    for (size_t i = 0; i < count; i++) {
        buffer_format(out, "%s{\"Name\":\"%s\",\"Unit\":\"%s\"}", i ? "," : "",
                      metric_text(metrics[i].name), metric_unit(metrics[i].name));
    }
    buffer_text(out, "]}]}");
}

void metrics_append(struct buffer *out, int64_t now_ms, const struct metric *metrics, size_t count,
                    const struct metric_property *properties, size_t property_count)
{
    if (count == 0) {
        return;
    }
    append_directive(out, now_ms, metrics, count);
    for (size_t i = 0; i < count; i++) {
        buffer_format(out, ",\"%s\":%" PRId64, metric_text(metrics[i].name), metrics[i].value);
    }
    for (size_t i = 0; i < property_count; i++) {
        if (!properties[i].value) {
            continue;
        }
        buffer_char(out, ',');
        json_append_text(out, properties[i].name);
        buffer_char(out, ':');
        json_append_text(out, properties[i].value);
    }
    buffer_char(out, '}');
}

void metrics_log(int64_t now_ms, const struct metric *metrics, size_t count,
                 const struct metric_property *properties, size_t property_count)
{
    struct buffer line;
    buffer_init(&line, (size_t)16 * 1024);
    metrics_append(&line, now_ms, metrics, count, properties, property_count);
    if (!line.failed && line.len > 0)
        log_raw(line.data, line.len);
    buffer_release(&line);
}
