/* What shifts told one another: acknowledgements, notes, who has an upload, and which upload is the
 * fixed file of which; and what is open now. Conventions as in core/history/history.h. */
#ifndef INTAKE_CORE_HISTORY_SHIFT_H
#define INTAKE_CORE_HISTORY_SHIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct db;

struct acknowledgement {
    const char *kind; /* "upload", "vendor", "dead letter" */
    const char *id;
    const char *queue; /* of a dead letter */
    int64_t at;
    const char *by;
    int64_t until;    /* HISTORY_NEVER: until something new happens */
    const char *text; /* NULL: none */
};

struct upload_note {
    int64_t at;
    const char *by;
    const char *text;
};

#define NOTES_READ 1000 /* of one upload: the newest */

struct upload_shift {
    struct arena arena;
    struct acknowledgement *acknowledged; /* NULL: it is not, or not any more */
    const char *assignee;                 /* NULL: nobody */
    const char *made_of, *made_into;      /* upload ids; the newest where there are several */
    struct upload_note *notes;            /* oldest first, at most NOTES_READ */
    size_t note_count;
    int64_t notes_total;
};

/* Released by the caller, also after a failure. An unknown id has nothing. */
MUST_CHECK enum error_code upload_shift_read(struct db *db, const char *upload_id,
                                             struct upload_shift *shift, struct error *error);
void upload_shift_release(struct upload_shift *shift);

/* All that hold, newest first. */
struct acknowledgement_list {
    struct arena arena;
    struct acknowledgement *rows;
    size_t count;
};

MUST_CHECK enum error_code acknowledgements_list(struct db *db, size_t limit,
                                                 struct acknowledgement_list *list,
                                                 struct error *error);
void acknowledgement_list_release(struct acknowledgement_list *list);

/* An upload that wants somebody, or that somebody has. */
struct open_upload {
    const char *upload_id, *vendor_id, *file_name;
    const char *status; /* "stuck" where it is */
    const char *why;    /* "failed", "stuck", "notice unknown", "assigned", ... */
    int64_t upload_timestamp, total_records, error_records;
    const char *assignee;
    int64_t assigned_at;
    bool acknowledged;
    int64_t notes;
    int64_t note_at; /* of the last one */
    const char *note_by, *note_text;
};

struct open_list {
    struct arena arena;
    struct open_upload *rows; /* newest first */
    size_t count;
};

/* Failed or partial since then or in the last 24 hours, stuck, with a notice that is open, and not
 * acknowledged; and whatever is assigned. */
MUST_CHECK enum error_code open_uploads_list(struct db *db, int64_t since_ms, size_t limit,
                                             struct open_list *list, struct error *error);
void open_list_release(struct open_list *list);

#endif
