/* Work off the screen's thread. A job runs on a worker with its own connections, can be cancelled,
 * has a deadline, and its result comes back as a message that the loop collects.
 *
 * Lanes keep a hanging service from starving another: what waits for AWS never stands in the way
 * of the database, and an action of the user's never waits behind a refresh. */
#ifndef INTAKE_TUI_CONSOLE_JOBS_H
#define INTAKE_TUI_CONSOLE_JOBS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/cancel.h"
#include "core/base/error.h"

struct session;
struct session_options;
struct jobs;

enum job_lane { JOB_DATABASE, JOB_CLOUD, JOB_ACTION, JOB_LANES };
enum job_state { JOB_QUEUED, JOB_RUNNING, JOB_DONE, JOB_FAILED, JOB_CANCELLED, JOB_LATE };

/* What a running job is handed. `session` is the worker's own: its db and aws client belong to this
 * thread alone. `progress_*` are written by the job and read by the screen. */
struct job_context {
    struct session *session;
    struct cancel *cancel;
    int64_t deadline_ms; /* monotonic; the wait of any one call should end before it */
    atomic_llong *progress_done;
    atomic_llong *progress_total;
    /* Of a job that is a part of one: what was done before it, its share, and the whole (0: it is
     * all there is). */
    int64_t progress_before, progress_share, progress_whole;
};

/* On the worker: `done` of `total` of what the context stands for. */
void job_progress(const struct job_context *context, int64_t done, int64_t total);

/* `data` belongs to the job from the start on. `run` is called on a worker and touches nothing but
 * `data` and the context. `done` is called on the screen's thread with the owner that was looked up
 * by its id, and not at all when the owner has gone; `error->code` is ERROR_NONE when all went
 * well. A job that hangs past its deadline is told to its owner with `data` NULL, for its worker
 * has it. `release` is always called, last, exactly once. */
struct job_spec {
    const char *title; /* copied */
    enum job_lane lane;
    int64_t timeout_ms;
    bool action;      /* the user's own: shown on the jobs screen, asked about before leaving */
    bool plans;       /* shows what would be done: it changed nothing when it is over */
    bool must_finish; /* gives back what is held: not cancelled at the end, but waited for */
    uint64_t owner;
    enum error_code (*run)(struct job_context *, void *data, struct error *);
    void (*done)(void *owner, void *data, const struct error *error);
    void (*release)(void *data);
    void *data;
};

/* A line of the jobs screen. */
struct job_view {
    uint64_t id;
    const char *title;
    enum job_state state;
    bool action;
    bool plans;
    int64_t started_ms; /* monotonic, 0 while queued */
    int64_t ended_ms;
    long long done, total;
    const char *message; /* of a failed one */
};

#define JOBS_FINISH_MS 8000

typedef void *job_owner_find(void *context, uint64_t owner);

/* `wake_fd` gets a byte whenever something is to be collected. */
struct jobs *jobs_new(const struct session_options *options, int wake_fd);
/* Cancels all, waits at most `patience_ms` for the workers (JOBS_FINISH_MS while one must finish),
 * then leaves those that hang behind.
 * False when some were left: then the process must end without tearing down what they use. */
bool jobs_free(struct jobs *jobs, int64_t patience_ms);

uint64_t jobs_start(struct jobs *jobs, const struct job_spec *spec);
void jobs_cancel(struct jobs *jobs, uint64_t id);
void jobs_cancel_owner(struct jobs *jobs, uint64_t owner);
/* Cancels every job of the user's; returns how many were running or queued. */
size_t jobs_cancel_actions(struct jobs *jobs);
size_t jobs_cancel_all(struct jobs *jobs);

/* On the screen's thread: calls `done` of all that ended, ends those whose deadline is over (their
 * owners are told at once, even when the worker still hangs). True when something happened. */
bool jobs_collect(struct jobs *jobs, job_owner_find *find, void *context);
/* Milliseconds until the next deadline, -1 when there is none. */
int64_t jobs_next_deadline(struct jobs *jobs);

size_t jobs_running(struct jobs *jobs, bool actions_only);
/* How far a job that runs has come; leaves both alone where there is none. */
void jobs_progress(struct jobs *jobs, uint64_t id, long long *done, long long *total);
/* Newest first; strings live until the next call of any function here. */
size_t jobs_list(struct jobs *jobs, struct job_view *views, size_t capacity);

/* `timeout_ms`, or where it is 0 what reading takes at most on that lane. */
int64_t job_wait_ms(enum job_lane lane, int64_t timeout_ms);

#endif
