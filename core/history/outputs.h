#ifndef INTAKE_CORE_HISTORY_OUTPUTS_H
#define INTAKE_CORE_HISTORY_OUTPUTS_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct db;

/*
 * What left the pipeline about one upload: the notices, word for word, and the report files.
 * Conventions as in core/history/history.h; one round trip each.
 */
struct sent_notice {
    int64_t claimed_at;
    int64_t sent_at; /* HISTORY_NEVER: it was never marked as sent */
    int64_t link_expires_at;
    const char *kind;    /* completed, resend */
    const char *outcome; /* accepted, failed, unknown */
    const char *subject;
    const char *body;
    const char *message_id;
    const char *operator_name; /* NULL: sent by the pipeline */
    const char *reason;
    const char *detail;
    const char *pruned; /* why there is no body: see struct upload */
};

struct sent_notice_list {
    struct arena arena;
    struct sent_notice *rows; /* newest first */
    size_t count;
};

MUST_CHECK enum error_code sent_notices_read(struct db *db, const char *upload_id, size_t most,
                                             struct sent_notice_list *list, struct error *error);
void sent_notices_release(struct sent_notice_list *list);

struct written_report {
    int64_t built_at;
    int64_t size;     /* bytes */
    const char *kind; /* errors, rejected */
    const char *s3_key;
    const char *version_id;
    const char *sha256;
    const char *bucket; /* that the upload came from */
};

struct written_report_list {
    struct arena arena;
    struct written_report *rows;
    size_t count;
};

MUST_CHECK enum error_code written_reports_read(struct db *db, const char *upload_id,
                                                struct written_report_list *list,
                                                struct error *error);
void written_reports_release(struct written_report_list *list);

#endif
