#ifndef INTAKE_CORE_OPERATE_SUBMIT_H
#define INTAKE_CORE_OPERATE_SUBMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"
#include "core/base/error.h"
#include "core/record/names.h"
#include "core/record/refusal.h"

struct db;

/* A file on its way: named here, put into the bucket, then followed in the history. A plain
 * value. */
struct submission {
    const char *path; /* as given; borrowed */
    char vendor_id[VENDOR_ID_SIZE];
    char key[OBJECT_KEY_SIZE]; /* "" where the name is refused */
    bool has_time;
    int64_t time_ms;
    struct refusal refusal;   /* of the name alone: nothing was sent */
    struct error failure;     /* of reading or sending */
    char version_id[128];     /* "" where the bucket has no versions */
    char object_version[160]; /* as upload_history has it */
    int64_t put_at_ms;
    bool sent;                      /* the caller's to set once it is put */
    char upload_id[UPLOAD_ID_SIZE]; /* "" until the pipeline took it, or it was predicted */
    char status[16];                /* "" until the pipeline took it */
    int64_t total_records, valid_records, error_records;
    bool told; /* the caller's: its end has been shown */
};

/* Checks the name. file_name NULL: that of the path; vendor_id NULL: from the name. */
void submission_init(struct submission *submission, const char *path, const char *file_name,
                     const char *vendor_id);

/* Puts the bytes and notes the version. Safe from several threads, a client each. */
MUST_CHECK enum error_code submission_put(struct submission *submission, struct aws_client *aws,
                                          const char *bucket, const void *bytes, size_t len,
                                          struct error *error);

/* Looks up what has become of those that were sent, in one round trip. */
MUST_CHECK enum error_code submissions_look(struct db *db, const char *bucket,
                                            struct submission *submissions, size_t count,
                                            struct error *error);

/* The id that the pipeline will give, where it is not taken yet: for those it has not seen. One
 * round trip; an id that is taken stays "". */
MUST_CHECK enum error_code submissions_predict(struct db *db, struct submission *submissions,
                                               size_t count, struct error *error);

/* completed, partial, failed; or there is nothing to wait for, since it was never sent. */
bool submission_is_final(const struct submission *submission);

#endif
