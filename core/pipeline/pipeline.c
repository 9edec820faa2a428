#include "core/pipeline/pipeline.h"

int64_t pipeline_time_left_ms(const struct pipeline *pipeline)
{
    if (!pipeline->deadline_ms)
        return INT64_C(1) << 40;
    return pipeline->deadline_ms - world_monotonic_ms(pipeline->world);
}

enum error_code pipeline_check(const struct pipeline *pipeline, struct error *error)
{
    if (cancel_requested(pipeline->cancel))
        return error_set(error, ERROR_CANCELLED, "cancelled");
    if (pipeline_time_left_ms(pipeline) <= 0)
        return error_set(error, ERROR_TIMEOUT, "the time for this call is used up");
    return ERROR_NONE;
}
