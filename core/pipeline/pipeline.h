/*
 * What every operation of the pipeline works with, whoever runs it: a function of the deployed
 * stack, or the console. All are borrowed; one pipeline is used by one thread at a time.
 */
#ifndef INTAKE_CORE_PIPELINE_PIPELINE_H
#define INTAKE_CORE_PIPELINE_PIPELINE_H

#include <stdint.h>

#include "aws/client.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/base/world.h"
#include "core/pipeline/settings.h"
#include "core/record/names.h"
#include "sql/db.h"

struct pipeline {
    struct aws_client *aws;
    struct db *db;
    const struct settings *settings;
    const struct world *world;
    const struct cancel *cancel; /* NULL: never */
    int64_t deadline_ms;         /* by the world's monotonic clock; 0: none */
};

/* ERROR_CANCELLED or ERROR_TIMEOUT once there is no time left for another step. */
MUST_CHECK enum error_code pipeline_check(const struct pipeline *pipeline, struct error *error);

/* Milliseconds to the deadline; a large number where there is none. */
int64_t pipeline_time_left_ms(const struct pipeline *pipeline);

#endif
