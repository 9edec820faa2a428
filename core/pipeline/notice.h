/*
 * The vendor's notice of a finished upload. Claimed in `notifications` before it is sent and marked
 * after: a claim that was never marked is "unknown, may have been sent", shown and not
 * repeated. */
#ifndef INTAKE_CORE_PIPELINE_NOTICE_H
#define INTAKE_CORE_PIPELINE_NOTICE_H

#include "core/pipeline/pipeline.h"
#include "core/record/notice_text.h"

#define NOTICE_BODY_MAX ((size_t)200 * 1024)
#define NOTICE_LINK_SECONDS (7 * 24 * 3600)

/* A notice as it would be sent now. */
struct notice_draft {
    char upload_id[UPLOAD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE]; /* "" where the upload names none */
    bool vendor_known;              /* else operators are told instead */
    char status[16];
    char subject[NOTICE_SUBJECT_SIZE];
    struct buffer body;
    int64_t link_expires_at_ms; /* 0: no link */
};

void notice_draft_init(struct notice_draft *draft);
void notice_draft_release(struct notice_draft *draft);

/* Reads a final upload and writes subject and body, with a new link where there is a report.
   ERROR_NOT_FOUND: no such upload; ERROR_CONFLICT: it is still processing. */
MUST_CHECK enum error_code notice_compose(struct pipeline *pipeline, const char *upload_id,
                                          struct notice_draft *draft, struct error *error);

/* Publishes to the vendors' topic, or to the operators' where no vendor can be told.
   error->possibly_done: it may have been accepted all the same. */
MUST_CHECK enum error_code notice_publish(struct pipeline *pipeline,
                                          const struct notice_draft *draft, char message_id[64],
                                          struct error *error);

/* Notes what became of the claim `id`: accepted with its message id, failed, or still unknown. */
MUST_CHECK enum error_code notice_mark(struct pipeline *pipeline, int64_t id,
                                       const char *message_id, const struct error *failure,
                                       struct error *error);

/*
 * The automatic notice, once for each upload. *sent: by this call. A definite failure to publish is
 * marked and returned, to be tried again; one that may have been accepted stays unknown and is no
 * error.
 */
MUST_CHECK enum error_code notice_send_completed(struct pipeline *pipeline, const char *upload_id,
                                                 bool *sent, struct error *error);

#endif
