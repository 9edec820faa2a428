/* product-validator: records were written to the table. Each gets its outcome. */
#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/pipeline/validate.h"
#include "core/record/event_stream.h"
#include "core/record/event_stream.h"
#include "core/record/metrics.h"
#include "lambda/batch.h"
#include "lambda/function.h"

/* An event, and those of its INSERTs that are records of ours, in their order. */
struct batch {
    struct stream_event event;
    const struct upload_item **items;
    bool *failed;
    size_t count;
};

static void batch_release(struct batch *batch)
{
    stream_event_release(&batch->event);
    free(batch->items);
    free(batch->failed);
}

static enum error_code batch_read(const struct invocation *invocation, struct batch *batch,
                                  struct error *error)
{
    enum error_code code =
        stream_event_decode(invocation->body, invocation->len, &batch->event, error);
    size_t count = batch->event.count;
    if (code)
        return code;
    batch->items = memory_new(count + 1, sizeof *batch->items);
    batch->failed = memory_new(count + 1, sizeof *batch->failed);
    if (!batch->items || !batch->failed)
        return error_set(error, ERROR_MEMORY, "out of memory for a batch of %zu records", count);
    for (size_t i = 0; i < count; i++) {
        const struct stream_record *record = &batch->event.list[i];
        if (record->insert && !record->poison)
            batch->items[batch->count++] = &record->item;
    }
    return ERROR_NONE;
}

/* Answers how many items are to come again: what failed, and what is no record of ours. */
static size_t answer(const struct batch *batch, struct buffer *response)
{
    size_t failed = 0, judged = 0;
    batch_begin(response);
    for (size_t i = 0; i < batch->event.count; i++) {
        const struct stream_record *record = &batch->event.list[i];
        if (!record->insert || (!record->poison && !batch->failed[judged++]))
            continue;
        if (record->poison)
            log_line(LOG_ERROR, "an item of the stream is no record of ours", "problem",
                     record->problem, "sequence_number", record->sequence_number, NULL);
        batch_failure(response, record->sequence_number);
        failed++;
    }
    batch_end(response);
    return failed;
}

static void tell(const struct validate_outcome *outcome, size_t count, size_t failed,
                 int64_t duration_ms)
{
    const struct metric metrics[] = {{METRIC_PRODUCTS_VALIDATED, outcome->valid + outcome->invalid},
                                     {METRIC_PRODUCTS_VALID, outcome->valid},
                                     {METRIC_PRODUCTS_INVALID, outcome->invalid},
                                     {METRIC_VALIDATION_DURATION, duration_ms}};
    const struct metric_property properties[] = {{"function", "product-validator"}};
    char records[24], valid[24], invalid[24], before[24], again[24], duration[24];
    log_line(failed ? LOG_WARN : LOG_INFO, "batch validated", "records",
             log_number((int64_t)count, records), "valid", log_number(outcome->valid, valid),
             "invalid", log_number(outcome->invalid, invalid), "settled_before",
             log_number(outcome->settled_before, before), "failed",
             log_number((int64_t)failed, again), "duration_ms", log_number(duration_ms, duration),
             NULL);
    metrics_log(world_now_ms(&world_real), metrics, 4, properties, 1);
}

static enum error_code handle(struct function *function, const struct invocation *invocation,
                              struct buffer *response, struct error *error)
{
    struct pipeline pipeline;
    struct batch batch = {0};
    struct validate_outcome outcome = {0};
    int64_t started = world_monotonic_ms(&world_real);
    enum error_code code = batch_read(invocation, &batch, error);
    if (code)
        goto done;
    function_pipeline(function, invocation, &pipeline);
    outcome.failed = batch.failed;
    code = validate_items(&pipeline, batch.items, batch.count, &outcome, error);
    if (!code)
        tell(&outcome, batch.event.count, answer(&batch, response),
             world_monotonic_ms(&world_real) - started);
done:
    batch_release(&batch);
    return code;
}

int main(void)
{
    return function_main("product-validator", handle, FUNCTION_SESSION_KEPT);
}
