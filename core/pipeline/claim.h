/*
 * The claim: who takes in an object version. A row of upload_history for each (bucket, key,
 * version), and a lease (core/pipeline/lease.h) while one is at work: a second delivery waits its
 * turn and finds the work done; that of a dead one ends by itself. What is written under a claim is
 * written by its holder alone.
 */
#ifndef INTAKE_CORE_PIPELINE_CLAIM_H
#define INTAKE_CORE_PIPELINE_CLAIM_H

#include "aws/s3.h"
#include "core/pipeline/lease.h"
#include "core/pipeline/pipeline.h"
#include "core/record/names.h"
#include "core/record/refusal.h"

struct claim {
    struct lease lease;
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

/* The lease alone, as claim_take takes it: version is what upload_history has. */
MUST_CHECK enum error_code claim_wait(struct pipeline *pipeline, const char *bucket,
                                      const char *key, const char *version, struct claim *claim,
                                      struct error *error);

/* How long a holder may go on without asking whether the claim is its own still: the next one waits
 * for longer than that when the holder's session is gone. */
#define CLAIM_FRESH_MS 1000

/* Asks, where the last answer is older than that. ERROR_UNAVAILABLE where it was taken over: the
 * next delivery finds out how that one fared. */
MUST_CHECK enum error_code claim_keep(struct pipeline *pipeline, struct claim *claim,
                                      struct error *error);

/* Gives the claim back, whatever the state of the connection. */
void claim_drop(struct pipeline *pipeline, struct claim *claim);

/* What is known of a file that can be taken, before its first item is written. */
struct admission {
    uint32_t records;
    const char *header;
    size_t header_len;
    const char *metadata; /* JSON */
};

MUST_CHECK enum error_code claim_admit(struct pipeline *pipeline, const struct claim *claim,
                                       const struct admission *admission, struct error *error);

/* All items are acknowledged. doubted: a put of another one may be under way, which would come
 * after the mark of its item. */
MUST_CHECK enum error_code claim_written(struct pipeline *pipeline, const struct claim *claim,
                                         bool doubted, struct error *error);

/* What a holder that was overtaken finds: ERROR_UNAVAILABLE, always. */
MUST_CHECK enum error_code claim_lost(const struct claim *claim, struct error *error);

#endif
