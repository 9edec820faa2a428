/*
 * The outbox: messages for the error queue that were committed together with what they tell of.
 * Whoever comes next sends what a dead one left; the queue delivers at least once in any case.
 */
#ifndef INTAKE_CORE_PIPELINE_OUTBOX_H
#define INTAKE_CORE_PIPELINE_OUTBOX_H

#include "core/pipeline/pipeline.h"

/*
 * Sends what is there, a hundred at a time and oldest first, and deletes what the queue took. Rows
 * that another one is sending just now are left to it. A message that the queue will never take
 * (what it holds, its size) is kept, marked as refused and logged; one that it did not take for any
 * other reason stays as it is, is passed over, and fails the call in the end. What is younger than
 * age_s seconds is left to whoever wrote it. *sent may be NULL.
 */
MUST_CHECK enum error_code outbox_flush(struct pipeline *pipeline, int64_t age_s, int64_t *sent,
                                        struct error *error);

/*
 * The same for one who may not succeed before the messages of his own uploads are with the queue:
 * what somebody else holds of them (a live sender, or the session of a dead one) is waited for,
 * three seconds long. left[i] is how many messages of upload_ids[i] are still there: what they tell
 * of is to come again. Others' messages fail nobody. Fails where the queue or the database did.
 */
MUST_CHECK enum error_code outbox_flush_own(struct pipeline *pipeline,
                                            const char *const *upload_ids, size_t count,
                                            int64_t *left, struct error *error);

/* An operator's wish: what the queue refused of an upload is to be sent like any other message. */
MUST_CHECK enum error_code outbox_offer_again(struct pipeline *pipeline, const char *upload_id,
                                              int64_t *count, struct error *error);

#endif
