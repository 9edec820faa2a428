/* product-validator: records were written to the table. Each gets its outcome. */
#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/metrics.h"
#include "core/validate.h"
#include "lambda/batch.h"
#include "lambda/function.h"

/* The INSERTs of a batch. images and sequence_numbers are borrowed from the document. */
struct batch {
    struct json_object *document;
    struct json_object **images;
    const char **sequence_numbers;
    bool *failed;
    size_t count;
};

static void batch_release(struct batch *batch)
{
    json_object_put(batch->document);
    free(batch->images);
    free(batch->sequence_numbers);
    free(batch->failed);
}

static enum error_code batch_read(const struct invocation *invocation, struct batch *batch,
                                  struct error *error)
{
    enum error_code code = json_parse(invocation->body, invocation->len, &batch->document, error);
    struct json_object *records = json_member(batch->document, "Records");
    size_t count = json_count(records);

    if (code != ERROR_NONE)
        return error_wrap(error, "the event is no stream batch");
    if (!json_object_is_type(records, json_type_array))
        return error_set(error, ERROR_INVALID, "the event is no stream batch: it has no Records");
    batch->images = memory_new(count + 1, sizeof(*batch->images));
    batch->sequence_numbers = memory_new(count + 1, sizeof(*batch->sequence_numbers));
    batch->failed = memory_new(count + 1, sizeof(*batch->failed));
    if (!batch->images || !batch->sequence_numbers || !batch->failed)
        return error_set(error, ERROR_MEMORY, "no memory for a batch of %zu records", count);
    for (size_t i = 0; i < count; i++) {
        struct json_object *record = json_object_array_get_idx(records, i);
        struct json_object *change = json_member(record, "dynamodb");
        const char *name = json_text(record, "eventName", NULL);
        if (name == NULL || strcmp(name, "INSERT") != 0)
            continue;
        batch->images[batch->count] = json_member(change, "NewImage");
        batch->sequence_numbers[batch->count++] = json_text(change, "SequenceNumber", NULL);
    }
    return ERROR_NONE;
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
    size_t failed = 0;
    enum error_code code = batch_read(invocation, &batch, error);

    if (code != ERROR_NONE)
        goto done;
    function_pipeline(function, invocation, &pipeline);
    outcome.failed = batch.failed;
    code = validate_items(&pipeline, batch.images, batch.count, &outcome, error);
    if (code != ERROR_NONE)
        goto done;
    batch_begin(response);
    for (size_t i = 0; i < batch.count; i++) {
        if (!batch.failed[i])
            continue;
        batch_failure(response, batch.sequence_numbers[i]);
        failed++;
    }
    batch_end(response);
    tell(&outcome, batch.count, failed, world_monotonic_ms(&world_real) - started);
done:
    batch_release(&batch);
    return code;
}

int main(void)
{
    return function_main("product-validator", handle);
}
