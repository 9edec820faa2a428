/* What one shift tells the next about uploads, vendors and dead letters: acknowledged, a note, who
 * has it, and which file is the fixed one of which upload. Read again by core/history/shift.h. */
#ifndef INTAKE_CORE_OPERATE_SHIFT_SHIFT_H
#define INTAKE_CORE_OPERATE_SHIFT_SHIFT_H

#include "core/operate/operation.h"
#include "core/operate/submit.h"

#define SHIFT_TEXT_MAX 4000    /* characters of a note, and of an acknowledgement's word */
#define SHIFT_ASSIGNEE_MAX 100 /* characters */

enum ack_kind { ACK_UPLOAD, ACK_VENDOR, ACK_DEAD_LETTER };
/* "upload", "vendor", "dead letter" */
const char *ack_kind_name(enum ack_kind kind);

/* What came of each of the three. */
struct shift_result {
    bool changed;
    int64_t at;   /* by the server's clock */
    char by[128]; /* the database user */
};

struct ack_request {
    const char *id;    /* an upload, a vendor, or the message id of a dead letter */
    const char *queue; /* of a dead letter: name, URL or ARN; NULL: the one queue that has any */
    const char *text;  /* NULL: none */
    int64_t until_ms;  /* HISTORY_NEVER: until something new happens */
    bool undo;
};

struct ack_plan {
    enum ack_kind kind;
    bool undo, changes;
    const char *id, *queue, *text;
    int64_t until_ms;
    const char *standing;     /* of the upload or vendor as it was seen */
    const char *subscription; /* of a vendor: "none", "pending", "confirmed"; NULL: not known */
    const char *before_at, *before_by, *before_text; /* NULL: it was not acknowledged */
    struct plan_notes notes;
    struct arena memory;
};

/*
 * Of an ack_request; its plan is an ack_plan, its result a shift_result. make: ERROR_NOT_FOUND: no
 * such upload, vendor or message id; ERROR_USAGE: a time that is past, or a dead letter whose queue
 * is not told. apply: ERROR_CONFLICT: somebody else was at it meanwhile, or it was deleted.
 */
extern const struct operation ack_operation;

struct note_request {
    const char *upload_id, *text;
};

struct note_plan {
    const char *upload_id, *text;
    int64_t there; /* notes that it has already */
    struct arena memory;
};

/* Of a note_request; its plan is a note_plan, its result a shift_result. Notes are never changed.
 */
extern const struct operation note_operation;

struct assign_request {
    const char *upload_id;
    const char *assignee; /* NULL: whoever is connected */
    bool undo;            /* nobody has it any more */
    bool force;           /* also what somebody else has */
};

struct assign_plan {
    bool undo, changes;
    bool others; /* another person has it */
    const char *upload_id, *assignee;
    const char *before, *before_at; /* who had it, and since when; NULL: nobody */
    struct plan_notes notes;
    struct arena memory;
};

/* Of an assign_request; its plan is an assign_plan, its result a shift_result. ERROR_CONFLICT, of
 * make and apply: somebody else has it; the message says who, and since when. */
extern const struct operation assign_operation;

/* The file that was put is the fixed one of the upload `made_of`: the two lead to each other from
 * then on, whenever the pipeline takes the file. Nothing is written of an upload that is gone. */
MUST_CHECK enum error_code fixed_upload_write(struct db *db, const char *bucket,
                                              const struct submission *submission,
                                              const char *made_of, struct error *error);

#endif
