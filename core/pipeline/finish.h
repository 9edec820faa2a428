/*
 * Finish: what follows when an upload's last record has its outcome. The report files are built
 * from the database and put where they changed; the vendor's notice is claimed, sent, and
 * marked. */
#ifndef INTAKE_CORE_PIPELINE_FINISH_H
#define INTAKE_CORE_PIPELINE_FINISH_H

#include "core/pipeline/pipeline.h"

enum finish_result {
    FINISH_RECORD_ERROR, /* a message about one record: nothing to do but to count it */
    FINISH_NOTIFIED,     /* the notice of a finished upload was sent now */
    FINISH_REPEATED,     /* it had been sent, or claimed, before */
    FINISH_NOT_YET,      /* the upload is not final (a stale message) */
};

struct finish_outcome {
    enum finish_result result;
    char upload_id[UPLOAD_ID_SIZE];
    bool report_written; /* a new version of a report file was put */
};

/*
 * One message of the error queue. ERROR_INVALID or ERROR_NOT_FOUND: a poison message (no JSON of
 * ours, an upload nobody knows): its item alone fails. Any other error: try it again.
 */
MUST_CHECK enum error_code finish_message(struct pipeline *pipeline, const char *body, size_t len,
                                          struct finish_outcome *outcome, struct error *error);

/* The same for an upload that is known to be final, without its message. */
MUST_CHECK enum error_code finish_upload(struct pipeline *pipeline, const char *upload_id,
                                         struct finish_outcome *outcome, struct error *error);

#endif
