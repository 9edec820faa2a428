/*
 * The claim: who takes in an object version. A row of upload_history for each (bucket, key,
 * version), and a session-level advisory lock while one is at work (PostgreSQL manual,
 * section 13.3.5): a second delivery waits its turn and finds the work done; the lock of a dead one
 * is gone with its connection.
 */
#ifndef INTAKE_CORE_CLAIM_H
#define INTAKE_CORE_CLAIM_H

#include "aws/s3.h"
#include "core/names.h"
#include "core/pipeline.h"
#include "core/refusal.h"

struct claim {
    char upload_id[UPLOAD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE]; /* "" where no vendor can be named */
    char vendor_status[24];         /* "" where the vendor is not known */
    bool created;                   /* by this call; else it was there, whoever began it */
    bool admitted; /* its records were counted before: go on, whatever the vendor is */
    bool finished; /* all items are written, or the file was refused */
};

/* Waits for the lock at most as long as the pipeline has time (then a retryable error). */
MUST_CHECK enum error_code claim_take(struct pipeline *pipeline, const char *bucket,
                                      const char *key, const struct s3_object *object,
                                      const struct upload_name *name, struct claim *claim,
                                      struct error *error);

/* Gives the lock back, whatever the state of the connection. */
void claim_drop(struct pipeline *pipeline);

/* What is known of a file that can be taken, before its first item is written. */
struct admission {
    uint32_t records;
    const char *header;
    size_t header_len;
    const char *metadata; /* JSON */
};

MUST_CHECK enum error_code claim_admit(struct pipeline *pipeline, const struct claim *claim,
                                       const struct admission *admission, struct error *error);

/* All items are acknowledged. */
MUST_CHECK enum error_code claim_written(struct pipeline *pipeline, const struct claim *claim,
                                         struct error *error);

/* The file cannot be taken: failed, all counts 0, and upload_finished in the outbox, at once. */
MUST_CHECK enum error_code claim_refuse(struct pipeline *pipeline, const struct claim *claim,
                                        const struct refusal *refusal, struct error *error);

#endif
