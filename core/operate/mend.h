/*
 * The draft of a mended file: what an operator edits when a vendor's file has to be put right here.
 * It lies in the state directory under the upload's id, readable by its owner alone, and stays
 * there until it was submitted or given up, so that nothing typed is lost by a crash or a cut
 * line. */
#ifndef INTAKE_CORE_OPERATE_MEND_H
#define INTAKE_CORE_OPERATE_MEND_H

#include "core/pipeline/pipeline.h"

enum mend_source {
    MEND_DRAFT,    /* a draft of before was found */
    MEND_REJECTED, /* the rejected records, with the column `errors` */
    MEND_REFUSED,  /* the whole file: it was refused, no record of it was judged */
};

struct mend {
    char upload_id[UPLOAD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE];
    enum mend_source source;
    char path[1024];
};

/* Finds the draft of the upload or makes it from what is in the bucket. ERROR_NOT_FOUND: no such
 * upload, it has nothing to mend, or the file is no longer there; ERROR_CONFLICT: it is
 * processing. */
MUST_CHECK enum error_code mend_begin(struct pipeline *pipeline, const char *upload_id,
                                      struct mend *mend, struct error *error);

/* Where the draft of an upload lies, whether there is one or not. Touches no network. */
MUST_CHECK enum error_code mend_path(const char *upload_id, char *path, size_t size,
                                     struct error *error);

/* The path as people write it, with ~ for the home directory. */
void mend_path_shown(const char *path, char *out, size_t size);

/* Gives the draft up; one that is not there is no error. */
MUST_CHECK enum error_code mend_forget(const char *path, struct error *error);

#endif
