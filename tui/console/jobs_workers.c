#include "tui/console/jobs_private.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "tui/base/memory.h"
#include "tui/session/session.h"

static struct job *take(struct jobs *jobs, struct worker *worker)
{
    while (!jobs->queue[worker->lane] && !jobs->closing) {
        jobs->idle_count[worker->lane]++;
        pthread_cond_wait(&jobs->work[worker->lane], &jobs->lock);
        jobs->idle_count[worker->lane]--;
    }
    if (!jobs->queue[worker->lane])
        return NULL;
    struct job *job = jobs->queue[worker->lane];
    jobs->queue[worker->lane] = job->next_queued;
    job->next_queued = NULL;
    job->state = JOB_RUNNING;
    job->started_ms = jobs_now();
    job->worker = worker;
    worker->job = job;
    atomic_store(&worker->cancel.requested, 0);
    if (worker->session)
        atomic_store(&session_cancel(worker->session)->requested, 0);
    return job;
}

static void finish(struct jobs *jobs, struct worker *worker, struct job *job,
                   const struct error *error)
{
    if (job->late)
        jobs->stuck_count[worker->lane]--;
    worker->job = NULL;
    job->worker = NULL;
    job->returned = true;
    job->ended_ms = jobs_now();
    if (!job->late) {
        job->error = *error;
        job->state = !error->code ? JOB_DONE : job->cancelled ? JOB_CANCELLED : JOB_FAILED;
    }
    jobs_wake(jobs);
}

static void run_one(struct worker *worker, struct job *job)
{
    struct error error = ERROR_INIT;
    enum error_code code = ERROR_NONE;
    struct session *session = worker->session;
    struct jobs *jobs = worker->jobs;
    if (!session)
        code = session_new(jobs->options, &session, &error);
    pthread_mutex_lock(&jobs->lock);
    if (!code && !worker->session) {
        worker->session = session;
        if (cancel_requested(&worker->cancel))
            cancel_request(session_cancel(session));
    }
    int64_t deadline_ms = job->deadline_ms; /* a cancel shortens it */
    pthread_mutex_unlock(&jobs->lock);
    if (!code) {
        struct job_context context = {.session = session,
                                      .cancel = session_cancel(session),
                                      .deadline_ms = deadline_ms,
                                      .progress_done = &job->done,
                                      .progress_total = &job->total};
        code = job->spec.run(&context, job->spec.data, &error);
    }
    if (!code)
        error_clear(&error);
    else if (!error.code)
        error.code = code;
    pthread_mutex_lock(&jobs->lock);
    finish(jobs, worker, job, &error);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct jobs *jobs = worker->jobs;
    struct job *job;
    pthread_mutex_lock(&jobs->lock);
    while ((job = take(jobs, worker))) {
        pthread_mutex_unlock(&jobs->lock);
        run_one(worker, job); /* comes back with the lock held */
    }
    pthread_mutex_unlock(&jobs->lock);
    session_free(worker->session);
    pthread_mutex_lock(&jobs->lock);
    worker->session = NULL;
    jobs->threads--;
    pthread_cond_broadcast(&jobs->ended);
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/* Workers take no signals: those belong to the screen's thread. */
void jobs_hire(struct jobs *jobs, enum job_lane lane)
{
    struct worker *worker = console_allocate(sizeof *worker);
    sigset_t all;
    sigset_t before;
    worker->jobs = jobs;
    worker->lane = lane;
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&worker->thread, NULL, work, worker) == 0) {
        worker->next = jobs->workers;
        jobs->workers = worker;
        jobs->worker_count[lane]++;
        jobs->threads++;
    } else {
        free(worker);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool jobs_dismiss(struct jobs *jobs)
{
    struct timespec until;
    bool quiet;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec++;
    pthread_mutex_lock(&jobs->lock);
    jobs->closing = true;
    for (int lane = 0; lane < JOB_LANES; lane++) {
        quiet = jobs->worker_count[lane] == jobs->idle_count[lane];
        if (!quiet)
            until.tv_sec = 0; /* somebody hangs: there is nothing to wait for */
        pthread_cond_broadcast(&jobs->work[lane]);
    }
    while (jobs->threads > 0) {
        if (pthread_cond_timedwait(&jobs->ended, &jobs->lock, &until) != 0)
            break;
    }
    quiet = jobs->threads == 0;
    pthread_mutex_unlock(&jobs->lock);
    while (quiet && jobs->workers) {
        struct worker *worker = jobs->workers;
        jobs->workers = worker->next;
        pthread_join(worker->thread, NULL);
        free(worker);
    }
    return quiet;
}
