/*
 * The two report files of a finished upload, as functions of the database: built whole, put under
 * fixed keys, the same bytes each time, and no new object version where nothing changed.
 */
#ifndef INTAKE_CORE_PIPELINE_REPORT_H
#define INTAKE_CORE_PIPELINE_REPORT_H

#include "core/pipeline/pipeline.h"

/* Bytes of a file. One that would be longer is cut between records, with a mark that says how many
   are missing. */
#define REPORT_MAX ((size_t)32 * 1024 * 1024)

enum report_kind { REPORT_ERRORS, REPORT_REJECTED, REPORT_KINDS };

/* "errors", "rejected", as upload_reports names them. */
const char *report_kind_name(enum report_kind kind);

struct report_file {
    char key[REPORT_KEY_SIZE]; /* "" where the upload has no such file */
    char version_id[128];      /* "" where the bucket keeps no versions */
    bool written;              /* put anew by this call */
};

enum report_care {
    REPORT_TRUST, /* what upload_reports says is in the bucket, is */
    REPORT_VERIFY /* ask the bucket: an operator rebuilds a file that was deleted */
};

/*
 * Builds both for a final upload and puts those that changed; deletes them where no error is left,
 * and keeps upload_history.error_file_s3_key in step. ERROR_NOT_FOUND: no such upload;
 * ERROR_CONFLICT: it is still processing, or its records were pruned: the files stay as they are.
 */
MUST_CHECK enum error_code report_build(struct pipeline *pipeline, const char *upload_id,
                                        enum report_care care,
                                        struct report_file files[REPORT_KINDS],
                                        struct error *error);

#endif
