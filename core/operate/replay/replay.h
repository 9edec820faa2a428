/*
 * Replay: plan, then apply. A plan freezes message ids; what arrives later never joins. Apply acts
 * on exactly the plan and tells the outcome of each message. A journal under the state directory
 * (core/operate/replay/journal.h) makes an interrupted one resumable, and a lease in the database
 * lets one operator at a time at a queue.
 *
 *     replay_plan_make -> show it, ask -> replay_apply -> replay_plan_release
 *
 * replay_plan_release gives back whatever is still held, also where apply was never called. The
 * lock is on the pipeline's connection: plan, apply and release with the same pipeline, or call
 * replay_plan_unlock between jobs with connections of their own (apply takes it again).
 */
#ifndef INTAKE_CORE_OPERATE_REPLAY_REPLAY_H
#define INTAKE_CORE_OPERATE_REPLAY_REPLAY_H

#include "core/operate/dead_letter/hold.h"

struct replay_request {
    const struct dead_letter_queue *queue;
    struct dead_letter_filter filter;
    int64_t limit;               /* of the plan; 0: none */
    const char *operator_reason; /* for the audit log, where no plan can be made; NULL: none */
    const char *file;   /* of discarded messages, instead of the queue's; NULL: the queue */
    const char *to_url; /* every message goes to this queue; NULL: where it came from */
    int64_t rate;       /* messages a second at most; 0: as fast as it goes. Not in windows. */
    int64_t hold_s;     /* hide what is held for so long; 0: time for a person to decide */
    dead_letter_progress_fn *progress; /* while receiving; may be NULL */
    void *progress_context;
    bool all;             /* without filter and limit: the whole queue */
    bool dry_run;         /* receives nothing, writes nothing */
    bool discard;         /* the plan is to discard, not to replay */
    bool never_move_task; /* choose per-message engines even for the whole queue */
    /* The whole queue by send_delete, without asking anybody: taken, sent and deleted a window at a
     * time. `planned` is then the depth, and no more than that is taken. */
    bool windows;
};

struct replay_name_count {
    const char *name;
    int64_t count;
};

struct replay_exclusion {
    const char *message_id;
    const char *reason;
};

struct replay_plan {
    struct dead_letter_queue queue;
    enum replay_engine engine;
    bool discard;
    bool dry_run;
    bool windowed;
    bool frozen;                   /* false: a dry run or a move task; ids are not known */
    const char *reason;            /* which engine and why */
    const char *destination;       /* queue or function; what discard writes to */
    const char *to_url;            /* NULL: each message has its own */
    int64_t rate;                  /* messages a second at most; 0: no bound */
    int64_t planned;               /* messages; at most that many where not frozen */
    int64_t depth;                 /* of the queue when the plan was made */
    struct dead_letter **messages; /* frozen ones, oldest first */
    size_t message_count;
    struct replay_name_count *vendors; /* most first; name NULL: not known */
    size_t vendor_count;
    struct replay_name_count *uploads;
    size_t upload_count;
    struct replay_exclusion *excluded;
    size_t excluded_count;
    const char **warnings; /* sentences */
    size_t warning_count;
    /* left by an interrupted replay, from the journal */
    size_t unfinished_sent;      /* sent and not deleted: they will be deleted, not sent again */
    size_t unfinished_unknown;   /* may have been sent */
    struct dead_letters letters; /* what is held */
    struct replay_state *state;  /* lock and journal */
    struct arena memory;
};

/* On any error release the plan as well. ERROR_CONFLICT: somebody else replays this queue now (the
 * message says who and since when). */
MUST_CHECK enum error_code replay_plan_make(struct pipeline *pipeline,
                                            const struct replay_request *request,
                                            struct replay_plan *plan, struct error *error);
/* The plan as people read it, sanitised, lines that end with '\n'; and as JSON, for the audit. */
void replay_plan_text(const struct replay_plan *plan, struct buffer *out);
void replay_plan_json(const struct replay_plan *plan, struct buffer *out);

enum replay_result {
    REPLAY_MOVED,     /* the work was handed on, and the letter is gone */
    REPLAY_FINISHED,  /* an interrupted replay had sent it: deleted now, or found gone */
    REPLAY_DISCARDED, /* in the file, and deleted */
    REPLAY_FAILED,    /* it stays where it was */
    REPLAY_KEPT,      /* not tried: stopped, cancelled */
    REPLAY_EXCLUDED,  /* not in the plan, with its reason */
};
/* "moved", "finished", "discarded", "failed", "kept", "excluded" */
const char *replay_result_name(enum replay_result result);

struct replay_outcome {
    const char *message_id;
    enum replay_result result;
    bool possible_duplicate; /* it may have arrived twice */
    const char *detail;      /* NULL: nothing to add */
};

struct replay_options {
    bool wait;                   /* follow a move task to its end */
    int64_t stop_after;          /* failed messages; 0: REPLAY_STOP_AFTER */
    const char *file;            /* discard: write here; NULL: a new file in the state directory */
    const char *operator_reason; /* for the audit log; NULL: none */
    /* One call a message, on the thread of apply; texts live during the call. May be NULL. */
    void (*outcome)(void *context, const struct replay_outcome *outcome);
    void (*progress)(void *context, int64_t done, int64_t total);
    void *context;
};
#define REPLAY_STOP_AFTER 25

struct replay_report {
    enum replay_engine engine; /* what did it: a service without move tasks falls back */
    char reason[384];
    int64_t planned;
    int64_t moved; /* or discarded */
    int64_t failed;
    int64_t kept;
    int64_t excluded;
    int64_t finished; /* of an interrupted replay */
    int64_t possible_duplicates;
    char task_handle[512]; /* of a move task, "" = none */
    char task_status[24];
    char file[1024]; /* of a discard */
    bool stopped;    /* by the failure threshold */
    bool cancelled;
};

/*
 * Writes one row to the audit log, whatever comes of it. Returns ERROR_NONE where it ran to its end
 * (report->failed may be above 0), ERROR_CANCELLED, or what stopped it; the report tells in any
 * case what was done before.
 */
MUST_CHECK enum error_code replay_apply(struct pipeline *pipeline, struct replay_plan *plan,
                                        const struct replay_options *options,
                                        struct replay_report *report, struct error *error);

void replay_plan_unlock(struct pipeline *pipeline, struct replay_plan *plan);
/* Gives back, unlocks, frees. An error tells of messages that stay hidden until their time is over;
 * the plan is freed in any case. */
MUST_CHECK enum error_code replay_plan_release(struct pipeline *pipeline, struct replay_plan *plan,
                                               struct error *error);

#endif
