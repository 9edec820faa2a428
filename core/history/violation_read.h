/* The original of a violation, as the lists of violations read it. For core/history/ alone. */
#ifndef INTAKE_CORE_HISTORY_VIOLATION_READ_H
#define INTAKE_CORE_HISTORY_VIOLATION_READ_H

#include "core/history/history.h"
#include "core/history/query.h"

/* Of the result's column original_data; nothing where that is NULL. */
MUST_CHECK enum error_code violation_original_read(struct arena *arena,
                                                   const struct db_result *result, int row,
                                                   struct violation *violation,
                                                   struct error *error);

#endif
