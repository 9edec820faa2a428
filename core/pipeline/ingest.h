/*
 * Ingest: one object of the bucket becomes an upload, and its records become items of the table.
 *
 * The claim on (bucket, key, version) makes a second delivery of the same object version change
 * nothing; its lease makes two deliveries at once take turns, and ends when a parser dies, so that
 * the next one takes over and writes only what neither table nor ledger has. An upload that was
 * claimed and whose object is gone since then has failed.
 */
#ifndef INTAKE_CORE_PIPELINE_INGEST_H
#define INTAKE_CORE_PIPELINE_INGEST_H

#include "core/pipeline/pipeline.h"

enum ingest_result {
    INGEST_WRITTEN,  /* the records are in the table */
    INGEST_REFUSED,  /* the file could not be taken: recorded, and the vendor will be told */
    INGEST_REPEATED, /* this object version was taken in before */
    INGEST_IGNORED,  /* not an upload: another prefix, or gone before anybody claimed it */
};

struct ingest_object {
    const char *bucket;
    const char *key;        /* decoded */
    const char *version_id; /* NULL or "": the bucket keeps no versions */
};

struct ingest_outcome {
    enum ingest_result result;
    char upload_id[UPLOAD_ID_SIZE]; /* "" where ignored */
    char vendor_id[VENDOR_ID_SIZE]; /* "" where unknown */
    const char *refusal;            /* name of the reason, static; NULL unless refused */
    int64_t records;                /* of the file */
    int64_t written;                /* items written by this call */
};

/*
 * Retryable errors (database, table, queue, S3 in trouble) leave the upload as it is, for the next
 * delivery to go on; they never refuse the file.
 */
MUST_CHECK enum error_code ingest_object(struct pipeline *pipeline,
                                         const struct ingest_object *object,
                                         struct ingest_outcome *outcome, struct error *error);

#endif
