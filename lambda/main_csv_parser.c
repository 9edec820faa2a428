/* csv-parser: an object was created under uploads/. Its records become items of the table. */
#include "core/base/log.h"
#include "core/pipeline/ingest.h"
#include "core/record/event_s3.h"
#include "core/record/metrics.h"
#include "lambda/function.h"

static const char *const result_names[] = {
    [INGEST_WRITTEN] = "written",
    [INGEST_REFUSED] = "refused",
    [INGEST_REPEATED] = "repeated",
    [INGEST_IGNORED] = "ignored",
};

static void tell(const struct ingest_object *object, const struct ingest_outcome *outcome,
                 int64_t duration_ms)
{
    const struct metric metrics[] = {{METRIC_CSV_RECORDS_PROCESSED, outcome->records},
                                     {METRIC_CSV_RECORDS_SUCCESSFUL, outcome->written},
                                     {METRIC_CSV_PROCESSING_TIME, duration_ms}};
    const struct metric_property properties[] = {{"function", "csv-parser"},
                                                 {"upload_id", outcome->upload_id},
                                                 {"vendor_id", outcome->vendor_id}};
    char records[24], written[24], duration[24];
    log_line(LOG_INFO, "object taken in", "result", result_names[outcome->result], "upload_id",
             outcome->upload_id, "vendor_id", outcome->vendor_id, "key", object->key, "refusal",
             outcome->refusal, "records", log_number(outcome->records, records), "written",
             log_number(outcome->written, written), "duration_ms",
             log_number(duration_ms, duration), NULL);
    if (outcome->result == INGEST_WRITTEN || outcome->result == INGEST_REFUSED)
        metrics_log(world_now_ms(&world_real), metrics, 3, properties, 3);
}

static enum error_code take_in(struct pipeline *pipeline, const struct s3_event_record *record,
                               struct error *error)
{
    const struct ingest_object object = {record->bucket, record->key, record->version};
    struct ingest_outcome outcome = {.result = INGEST_IGNORED};
    int64_t started = world_monotonic_ms(pipeline->world);
    if (!record->created)
        return ERROR_NONE;
    if (ingest_object(pipeline, &object, &outcome, error))
        return error_wrap(error, "%.200s", record->key);
    tell(&object, &outcome, world_monotonic_ms(pipeline->world) - started);
    return ERROR_NONE;
}

static enum error_code handle(struct function *function, const struct invocation *invocation,
                              struct buffer *response, struct error *error)
{
    struct pipeline pipeline;
    struct s3_event event = {0};
    enum error_code code = s3_event_decode(invocation->body, invocation->len, &event, error);
    function_pipeline(function, invocation, &pipeline);
    for (size_t i = 0; i < event.count; i++) {
        struct error failure = ERROR_INIT;
        if (!take_in(&pipeline, &event.list[i], &failure))
            continue;
        log_line(LOG_ERROR, failure.message, "key", event.list[i].key, NULL);
        *error = failure;
        code = failure.code;
    }
    buffer_format(response, "{\"objects\":%zu}", event.count);
    s3_event_release(&event);
    return code;
}

int main(void)
{
    return function_main("csv-parser", handle, FUNCTION_SESSION_A_CALL);
}
