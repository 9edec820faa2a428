/*
 * Re-validation: records that were rejected, or that never got an outcome, are judged as rules,
 * categories and catalogue stand now. An accepted product is never undone.
 *
 *     revalidate_plan_make -> show it, ask -> revalidate_apply -> revalidate_plan_release
 *
 * A plan only reads (its transactions are READ ONLY, it calls nothing that writes), from the items
 * of the table while they live, else from the stored originals, and for records that were never
 * written from the uploaded file. Apply judges again under locks, a transaction a batch, and
 * touches no record that the plan did not name: what it did is in the result, and running it twice
 * changes nothing. Each is one call of a job; pipeline->cancel ends it between batches.
 */
#ifndef INTAKE_CORE_OPERATE_REVALIDATE_REVALIDATE_H
#define INTAKE_CORE_OPERATE_REVALIDATE_REVALIDATE_H

#include "core/base/memory.h"
#include "core/operate/resend/resend.h"
#include "core/pipeline/pipeline.h"
#include "core/record/names.h"

struct revalidate_rows {
    uint32_t first, last; /* both included */
};

/* "3,7-12": ascending ranges in *rows (heap, the caller's to free). ERROR_USAGE says what is
 * wrong. */
MUST_CHECK enum error_code revalidate_rows_parse(const char *text, struct revalidate_rows **rows,
                                                 size_t *count, struct error *error);

/* Appends "3, 7-12" for ascending rows; "..." stands for those beyond `most` ranges. */
void revalidate_rows_append(struct buffer *out, const uint32_t *rows, size_t count, size_t most);

struct revalidate_request {
    const char *upload_id;
    const struct revalidate_rows *rows; /* these alone; NULL: all */
    size_t row_count;
    bool pending; /* records without an outcome, instead of the rejected ones; mends what a dead
                     function left: items, outgoing messages, marks */
    bool end;    /* with pending: what has no outcome then is given up, the upload ends as failed */
    bool notify; /* a notice at the end, where something changed */
    int64_t cool_down_ms; /* between notices; 0: RESEND_COOL_DOWN_MS */
    /* May be NULL. Also called by apply. */
    void (*progress)(void *context, int64_t done, int64_t total);
    void *progress_context;
};

enum revalidate_state { REVALIDATE_PENDING, REVALIDATE_VALID, REVALIDATE_ERROR };
/* "pending", "valid", "error" */
const char *revalidate_state_name(enum revalidate_state state);

struct revalidate_violation {
    const char *error_type;
    const char *error_field; /* NULL: the record */
    const char *error_message;
};

/* A record whose outcome, or whose violations, would change or did. */
struct revalidate_change {
    uint32_t row_number;
    uint32_t line_number; /* 0: not known */
    enum revalidate_state before, after;
    const struct revalidate_violation *errors; /* as they are after */
    size_t error_count;
    const char *reason; /* why it changes, a sentence without its full stop; never NULL */
};

struct revalidate_changes {
    int64_t records; /* judged again: changed + unchanged */
    int64_t changed; /* now_valid + now_error */
    int64_t now_valid;
    int64_t now_error; /* also: rejected for other reasons than before */
    int64_t unchanged;
    int64_t
        not_judged; /* of unchanged: neither item nor whole original is left, or settled by now */
    struct revalidate_change *list; /* by row */
    size_t count, capacity;
};

struct revalidate_plan {
    char upload_id[UPLOAD_ID_SIZE];
    char vendor_id[VENDOR_ID_SIZE];
    char status[16];       /* of the upload now */
    char status_after[16]; /* if the plan comes true */
    int64_t total, valid, invalid, valid_after, invalid_after;
    bool pending;
    bool notify;
    bool ends;        /* as failed, with what is settled by then */
    bool object_gone; /* its object version is not there any more */
    struct revalidate_changes changes;
    /* with pending */
    int64_t without_outcome; /* of the whole upload */
    bool take_in_again;      /* items are missing: the file is read again from its object version */
    int64_t not_written;     /* records whose item is missing */
    int64_t items_unmarked;  /* settled, and their item does not say so yet */
    int64_t outbox_waiting;  /* outgoing messages nobody sent */
    int64_t outbox_refused;  /* that the queue refused for what they hold: they are sent again */
    const char **warnings;   /* sentences: "it moved 20 s ago, the pipeline may still be at work" */
    size_t warning_count, warning_capacity;
    struct arena memory;
};

/*
 * ERROR_NOT_FOUND offers near ids; ERROR_CONFLICT: a refused file, a vendor that is gone. Release
 * in any case.
 */
MUST_CHECK enum error_code revalidate_plan_make(struct pipeline *pipeline,
                                                const struct revalidate_request *request,
                                                struct revalidate_plan *plan, struct error *error);
void revalidate_plan_release(struct revalidate_plan *plan);

/* Things that apply would change; 0: nothing to confirm. */
size_t revalidate_plan_size(const struct revalidate_plan *plan);
/* The plan as people read it, sanitised, lines that end with '\n', at most `most` changes one by
 * one; and as JSON, counts and rows, for the audit log. */
void revalidate_plan_text(const struct revalidate_plan *plan, size_t most, struct buffer *out);
void revalidate_plan_json(const struct revalidate_plan *plan, struct buffer *out);

struct revalidate_result {
    struct revalidate_changes changes; /* what was done */
    char status[16];                   /* of the upload after */
    int64_t items_written;             /* taken in again */
    int64_t messages_sent;
    bool report_rebuilt; /* a report file was put or taken away */
    bool notified;
    char message_id[64];
    /* what was committed and could not be followed up: a sentence each, with how to go on */
    const char **complaints;
    size_t complaint_count, complaint_capacity;
    struct arena memory;
};

/*
 * Writes one row to the audit log, whatever comes of it. ERROR_CONFLICT: somebody else is at this
 * upload. On an error result->changes tells what was done before, the message the step that failed
 * and how to go on. Release the result in any case.
 */
MUST_CHECK enum error_code revalidate_apply(struct pipeline *pipeline,
                                            const struct revalidate_request *request,
                                            const struct revalidate_plan *plan,
                                            const char *operator_reason,
                                            struct revalidate_result *result, struct error *error);
void revalidate_result_release(struct revalidate_result *result);

#endif
