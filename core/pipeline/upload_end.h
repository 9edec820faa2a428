/*
 * An upload that cannot come to its end by itself is ended: failed, with a reason, and with the
 * counts of what was settled before (0 where nothing was). upload_finished is in the outbox at
 * once, so that its vendor is told.
 */
#ifndef INTAKE_CORE_PIPELINE_UPLOAD_END_H
#define INTAKE_CORE_PIPELINE_UPLOAD_END_H

#include "core/pipeline/claim.h"
#include "core/record/refusal.h"

/*
 * Only one that is processing; vendor_id "" where it names none. With a lease only while that is
 * held; with REFUSAL_UNKNOWN_VENDOR and no lease only where the vendor is not in the table. *ended
 * tells whether this call ended it. Send with outbox_flush.
 */
MUST_CHECK enum error_code upload_end(struct pipeline *pipeline, const char *upload_id,
                                      const char *vendor_id, const struct lease *lease,
                                      const struct refusal *refusal, bool *ended,
                                      struct error *error);

/* The file that was claimed cannot be taken: failed, all counts 0. */
MUST_CHECK enum error_code upload_refuse(struct pipeline *pipeline, const struct claim *claim,
                                         const struct refusal *refusal, struct error *error);

/*
 * Ends the uploads of this object version that were claimed and are not wholly in the table, since
 * the object is gone. version NULL or "": of the key in a bucket without versions, but those of
 * kept_etag (NULL: none is kept). *count: how many; last (may be NULL) gets the id of the last.
 */
MUST_CHECK enum error_code upload_end_gone(struct pipeline *pipeline, const char *bucket,
                                           const char *key, const char *version,
                                           const char *kept_etag, size_t *count,
                                           char last[UPLOAD_ID_SIZE], struct error *error);

/*
 * Ends one upload that is processing where nobody can take it to another end any more: its vendor
 * is not in the table, or its object is gone (or replaced, in a bucket without versions) before all
 * its items were written. Asks S3 only about the latter; *ended is false where all is there.
 */
MUST_CHECK enum error_code upload_end_lost(struct pipeline *pipeline, const char *upload_id,
                                           bool *ended, struct error *error);

#endif
