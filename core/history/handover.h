/* What one shift hands to the next, in one reading: what is open, what is acknowledged, what was
 * done. Conventions as in core/history/history.h. */
#ifndef INTAKE_CORE_HISTORY_HANDOVER_H
#define INTAKE_CORE_HISTORY_HANDOVER_H

#include "core/history/lists.h"
#include "core/history/shift.h"

/* A shift, where nothing else is said. */
#define HANDOVER_SPAN_MS (INT64_C(12) * 60 * 60 * 1000)

struct handover {
    struct open_list open;
    struct acknowledgement_list acknowledged;
    struct audit_list done; /* since then */
};

/* At most open_most of each of the first two and done_most of the last. Released by the caller,
 * also after a failure. */
MUST_CHECK enum error_code handover_read(struct db *db, int64_t since_ms, size_t open_most,
                                         size_t done_most, struct handover *handover,
                                         struct error *error);
void handover_release(struct handover *handover);

#endif
