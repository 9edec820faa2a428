/* Shared by core/operate/replay/. */
#ifndef INTAKE_CORE_OPERATE_REPLAY_REPLAY_PRIVATE_H
#define INTAKE_CORE_OPERATE_REPLAY_REPLAY_PRIVATE_H

#include "aws/sqs_wire.h"
#include "core/operate/replay/journal.h"
#include "core/operate/replay/replay.h"
#include "core/pipeline/lease.h"

struct replay_state {
    struct journal *journal; /* NULL: none (dry run) */
    bool locked;
    struct lease lease;          /* while locked */
    bool whole;                  /* the plan is all that the queue has */
    struct dead_letter **finish; /* sent by an interrupted replay: to be deleted, not sent */
    size_t finish_count;
    const char **resumed; /* ids that were deleted by the receipts of the journal */
    size_t resumed_count;
    const char **destinations; /* queue URL of each message of the plan; NULL: queue.source_url */
    const char *upload;        /* of the filter, NULL = none */
    int64_t taken;             /* messages, over all windows */
    struct dead_letters leftover; /* of earlier windows: failed, still held */
};

/* A plan that could not be made is in the audit log, too. Best effort. */
void replay_audit_unplanned(struct pipeline *pipeline, const struct replay_request *request,
                            const struct replay_plan *plan, const struct error *failure);

/* ---- the lock (core/operate/replay/lock.c): a lease, in plan->state */
MUST_CHECK enum error_code replay_lock_take(struct pipeline *pipeline, struct replay_plan *plan,
                                            struct error *error);
/* Renews it: still ours, or an error. */
MUST_CHECK enum error_code replay_lock_check(struct pipeline *pipeline, struct replay_plan *plan,
                                             struct error *error);
void replay_lock_drop(struct pipeline *pipeline, struct replay_plan *plan);

/* ---- an interrupted replay is taken up (core/operate/replay/resume.c) */
MUST_CHECK enum error_code replay_resume(struct pipeline *pipeline, struct replay_plan *plan,
                                         struct error *error);

/* ---- what the database knows of a plan (core/operate/replay/known.c) */
/* Excludes a file's messages that were taken back once already. */
MUST_CHECK enum error_code replay_taken_back_read(struct pipeline *pipeline,
                                                  struct replay_plan *plan, struct error *error);
/* Warns of uploads that have finished, and of messages that were replayed before. */
MUST_CHECK enum error_code replay_known_read(struct pipeline *pipeline, struct replay_plan *plan,
                                             bool from_file, struct error *error);
/* What a letter is about, to know it again: appended, nothing where it says nothing. */
void replay_subject_append(struct buffer *out, const struct dead_letter_queue *queue,
                           const struct dead_letter *letter);

/* ---- building a plan (core/operate/replay/plan.c) */
void replay_plan_warn(struct replay_plan *plan, const char *format, ...) PRINTF_LIKE(2, 3);
MUST_CHECK enum error_code replay_plan_exclude(struct replay_plan *plan, const char *message_id,
                                               const char *reason, struct error *error);
/* plan->messages from plan->letters: exclusions, order, destinations, counts. */
MUST_CHECK enum error_code replay_plan_freeze(struct pipeline *pipeline, struct replay_plan *plan,
                                              bool from_file, struct error *error);

/* Of a windowed plan: the next messages, frozen; none where all that it may take was taken. */
MUST_CHECK enum error_code replay_window_next(struct pipeline *pipeline, struct replay_plan *plan,
                                              struct error *error);

/* ---- files of discarded messages (core/operate/replay/file.c) */
MUST_CHECK enum error_code replay_file_read(const char *path, struct replay_plan *plan,
                                            struct error *error);
/* Writes and syncs the plan's messages; path NULL: a new file in the state directory. The path that
 * it became is copied to out. */
MUST_CHECK enum error_code replay_file_write(struct pipeline *pipeline,
                                             const struct replay_plan *plan, const char *path,
                                             char *out, size_t size, struct error *error);

/* ---- carrying out: items, each settled once */
struct replay_item {
    struct dead_letter *letter;
    const char *url; /* of the queue it goes to */
    bool settled;
    bool tried;     /* a request with it went out */
    bool sent;      /* the destination has it */
    bool duplicate; /* perhaps twice */
    unsigned tries;
    char sent_as[64];
    char detail[192];
};

struct replay_run {
    struct pipeline *pipeline;
    struct replay_plan *plan;
    const struct replay_options *options;
    struct replay_report *report;
    struct replay_item *items;
    size_t count;
    int64_t settled;
    int64_t stop_after;
    int64_t lock_checked_ms;
    bool stop; /* nothing new is begun */
    enum error_code failed;
    struct error *error;
    struct db_array *records; /* columns of dead_letter_replays that wait to be written */
    struct db_array gone;     /* messages whose acknowledgements end: they have left the queue */
    struct error record_error;
};

MUST_CHECK enum error_code replay_run_init(struct replay_run *run, struct error *error);
/* What was never begun is kept; journal and database get the rest. */
void replay_run_finish(struct replay_run *run);
void replay_run_release(struct replay_run *run);
void replay_item_settle(struct replay_run *run, struct replay_item *item, enum replay_result result,
                        const char *detail);
/* Stops the run with an error that concerns everything. */
void replay_run_fail(struct replay_run *run, const struct error *error);
/* Cancelled, stopped, or the lock is lost: begin nothing new. Asks the server now and then. */
bool replay_run_over(struct replay_run *run);
void replay_run_record(struct replay_run *run, const struct replay_item *item);
void replay_run_tell(struct replay_run *run, const char *message_id, enum replay_result result,
                     bool duplicate, const char *detail);

/* ---- the engines */
/* One step of work for one to ten messages, then their deletion; several slots at a time. */
struct replay_work {
    size_t entries; /* messages a request takes */
    size_t slots;
    int64_t least_hold_ms; /* what a message must still be hidden for when work on it begins */
    int64_t extend_s;
    bool sends;       /* keep intents: doing it twice is a duplicate */
    bool cancellable; /* a request may be given up half-way */
    const char *function;
    /* Fills the slot's request; NULL: nothing to do but to delete. */
    void (*fill)(struct replay_run *run, const struct replay_work *work, struct aws_slot *slot,
                 struct replay_item *const *items, size_t count);
    void (*read)(const struct aws_response *response, const struct error *error, size_t count,
                 struct sqs_outcome *outcomes);
};
/* Whether it must not share its request with others. */
bool replay_send_alone(const struct replay_run *run, const struct dead_letter *letter);

extern const struct replay_work replay_work_send;
extern const struct replay_work replay_work_discard;
extern const struct replay_work replay_work_invoke;

MUST_CHECK enum error_code replay_flight(struct replay_run *run, const struct replay_work *work,
                                         struct error *error);
MUST_CHECK enum error_code replay_revalidate(struct replay_run *run, struct error *error);

/* Whether the service has move tasks at all and may be asked; *reason says why not. */
MUST_CHECK enum error_code replay_move_possible(struct pipeline *pipeline,
                                                const struct dead_letter_queue *queue,
                                                bool *possible, bool *denied, char *reason,
                                                size_t size, struct error *error);
MUST_CHECK enum error_code replay_move(struct pipeline *pipeline, const struct replay_plan *plan,
                                       const struct replay_options *options,
                                       struct replay_report *report, struct error *error);

#endif
