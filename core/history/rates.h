/* How fast the pipeline runs just now. */
#ifndef INTAKE_CORE_HISTORY_RATES_H
#define INTAKE_CORE_HISTORY_RATES_H

#include <stdint.h>

#include "core/base/error.h"

struct db;

/* Over the last ten minutes, or over the newest 2000 uploads where there were more: the work is
 * bounded and by index. Records count when their upload says how they were judged, at its end. */
struct upload_rates {
    int64_t uploads_per_hour;
    double records_per_second;
};

MUST_CHECK enum error_code upload_rates_read(struct db *db, struct upload_rates *rates,
                                             struct error *error);

#endif
