/* What the registry (jobs.c) and the workers' threads (jobs_workers.c) share. All of `struct jobs`
 * is under its lock, but for a job's progress. */
#ifndef INTAKE_TUI_CONSOLE_JOBS_PRIVATE_H
#define INTAKE_TUI_CONSOLE_JOBS_PRIVATE_H

#include <pthread.h>

#include "tui/console/jobs.h"

struct job {
    struct job *next; /* all jobs, newest first */
    struct job *next_queued;
    uint64_t id;
    struct job_spec spec; /* title owned */
    enum job_state state;
    bool cancelled; /* asked to stop */
    bool late;      /* its owner was told that the deadline is over */
    bool returned;  /* run came back, or never will be called */
    bool told;      /* done and release were called */
    struct worker *worker;
    int64_t started_ms, ended_ms, deadline_ms;
    atomic_llong done, total;
    struct error error;
};

struct worker {
    struct jobs *jobs;
    enum job_lane lane;
    struct session *session; /* its own; made on its own thread */
    struct cancel cancel;    /* for the time before there is a session */
    struct job *job;
    pthread_t thread;
    struct worker *next;
};

struct jobs {
    const struct session_options *options;
    int wake_fd;
    pthread_mutex_t lock;
    pthread_cond_t work[JOB_LANES];
    pthread_cond_t ended;
    struct job *all;
    struct job *queue[JOB_LANES];
    struct worker *workers;
    size_t worker_count[JOB_LANES];
    size_t idle_count[JOB_LANES];
    size_t stuck_count[JOB_LANES];
    size_t threads;
    uint64_t last_id;
    bool closing;
};

int64_t jobs_now(void); /* monotonic, ms */
void jobs_wake(const struct jobs *jobs);
/* A thread more for the lane, with the lock held; where none can be had the queue waits on. */
void jobs_hire(struct jobs *jobs, enum job_lane lane);
/* No job is left: ends and frees the workers. False where one hangs, then they stay. */
bool jobs_dismiss(struct jobs *jobs);

#endif
