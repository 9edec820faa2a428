/* The vendor's notice: subject and body. Pure text. */
#ifndef INTAKE_CORE_RECORD_NOTICE_TEXT_H
#define INTAKE_CORE_RECORD_NOTICE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"

#define NOTICE_SUBJECT_MAX 100
#define NOTICE_SUBJECT_SIZE (NOTICE_SUBJECT_MAX + 1)

struct notice_type_count {
    const char *error_type;
    int64_t records;
    const char *message; /* the first of its kind; NULL: not known */
    int64_t line_number; /* of that one; 0: not known */
    int64_t unchanged;   /* of the records: in the catalogue already, the same in all fields */
};

struct notice {
    const char *upload_id;
    const char *file_name;
    const char *status; /* completed, partial, failed */
    int64_t total, valid, invalid;
    int64_t unchanged;  /* of the invalid: in the vendor's catalogue already, as they are */
    const char *common; /* "all 812 records: ...", a line each; NULL: nothing */
    const struct notice_type_count *types; /* records by primary type */
    size_t type_count;
    const char *refusal_code;    /* NULL: the file was taken */
    const char *refusal_message; /* likewise */
    const char *ignored_columns; /* "Desc (looks like description), x"; NULL: none */
    int64_t swallowed;           /* records over several lines that look like more than one */
    int64_t swallowed_line, swallowed_last_line; /* the first of them */
    const char *report_url;                      /* presigned; NULL: no report */
    int64_t report_expires_at_ms;
    const char *rejected_url; /* presigned; NULL: none */
};

/* "87.5": one decimal, rounded half up by whole numbers; "0.0" of none. */
#define NOTICE_RATE_SIZE 48
void notice_rate(int64_t part, int64_t total, char out[NOTICE_RATE_SIZE]);

/* ASCII, at most 100 characters. Where some are unchanged, it says so behind the rate. */
void notice_subject(const struct notice *notice, char out[NOTICE_SUBJECT_SIZE]);

void notice_body_append(struct buffer *out, const struct notice *notice);

#endif
