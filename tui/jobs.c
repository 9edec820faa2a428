#include "tui/jobs.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/world.h"
#include "tui/console_memory.h"
#include "tui/session.h"

#define WORKERS_PER_LANE 2
#define WORKERS_MOST 6 /* of a lane, where some hang past their deadline */
#define KEPT_JOBS 100  /* ended actions that stay on the jobs screen */
#define WAIT_STEP_MS 5
#define CANCEL_PATIENCE_MS 10000 /* after it a cancelled job counts as hung */

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

static int64_t now(void)
{
    return world_monotonic_ms(&world_real);
}

static void wake(const struct jobs *jobs)
{
    ssize_t ignored = write(jobs->wake_fd, "j", 1);

    (void)ignored;
}

static struct job *take(struct jobs *jobs, struct worker *worker)
{
    struct job *job;

    while (jobs->queue[worker->lane] == NULL && !jobs->closing) {
        jobs->idle_count[worker->lane]++;
        pthread_cond_wait(&jobs->work[worker->lane], &jobs->lock);
        jobs->idle_count[worker->lane]--;
    }
    if (jobs->queue[worker->lane] == NULL)
        return NULL;
    job = jobs->queue[worker->lane];
    jobs->queue[worker->lane] = job->next_queued;
    job->next_queued = NULL;
    job->state = JOB_RUNNING;
    job->started_ms = now();
    job->worker = worker;
    worker->job = job;
    atomic_store(&worker->cancel.requested, 0);
    if (worker->session != NULL)
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
    job->ended_ms = now();
    if (!job->late) {
        job->error = *error;
        job->state = error->code == ERROR_NONE ? JOB_DONE
                     : job->cancelled          ? JOB_CANCELLED
                                               : JOB_FAILED;
    }
    wake(jobs);
}

void job_progress(const struct job_context *context, int64_t done, int64_t total)
{
    if (context->progress_whole > 0) {
        done = total > 0 ? (int64_t)((double)context->progress_share * (double)done / (double)total)
                         : 0;
        done += context->progress_before;
        total = context->progress_whole;
    }
    atomic_store(context->progress_done, done);
    atomic_store(context->progress_total, total);
}

static void run_one(struct worker *worker, struct job *job)
{
    struct error error = ERROR_INIT;
    enum error_code code = ERROR_NONE;
    struct session *session = worker->session;

    if (session == NULL) {
        code = session_new(worker->jobs->options, &session, &error);
        pthread_mutex_lock(&worker->jobs->lock);
        worker->session = code == ERROR_NONE ? session : NULL;
        if (worker->session != NULL && cancel_requested(&worker->cancel))
            cancel_request(session_cancel(worker->session));
        pthread_mutex_unlock(&worker->jobs->lock);
    }
    if (code == ERROR_NONE) {
        struct job_context context = {.session = worker->session,
                                      .cancel = session_cancel(worker->session),
                                      .deadline_ms = job->deadline_ms,
                                      .progress_done = &job->done,
                                      .progress_total = &job->total};

        code = job->spec.run(&context, job->spec.data, &error);
    }
    if (code == ERROR_NONE)
        error_clear(&error);
    else if (error.code == ERROR_NONE)
        error.code = code;
    pthread_mutex_lock(&worker->jobs->lock);
    finish(worker->jobs, worker, job, &error);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct jobs *jobs = worker->jobs;
    struct job *job;

    pthread_mutex_lock(&jobs->lock);
    while ((job = take(jobs, worker)) != NULL) {
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
static void hire(struct jobs *jobs, enum job_lane lane)
{
    struct worker *worker = console_allocate(sizeof(*worker));
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

struct jobs *jobs_new(const struct session_options *options, int wake_fd)
{
    struct jobs *jobs = console_allocate(sizeof(*jobs));

    jobs->options = options;
    jobs->wake_fd = wake_fd;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->ended, NULL);
    for (int lane = 0; lane < JOB_LANES; lane++)
        pthread_cond_init(&jobs->work[lane], NULL);
    return jobs;
}

uint64_t jobs_start(struct jobs *jobs, const struct job_spec *spec)
{
    struct job *job = console_allocate(sizeof(*job));
    struct job **tail;
    size_t usable;

    job->spec = *spec;
    job->spec.title = console_copy(spec->title);
    pthread_mutex_lock(&jobs->lock);
    job->id = ++jobs->last_id;
    job->deadline_ms = now() + spec->timeout_ms;
    job->next = jobs->all;
    jobs->all = job;
    for (tail = &jobs->queue[spec->lane]; *tail != NULL; tail = &(*tail)->next_queued)
        ;
    *tail = job;
    usable = jobs->worker_count[spec->lane] - jobs->stuck_count[spec->lane];
    if (jobs->idle_count[spec->lane] == 0 && usable < WORKERS_PER_LANE &&
        jobs->worker_count[spec->lane] < WORKERS_MOST)
        hire(jobs, spec->lane);
    pthread_cond_signal(&jobs->work[spec->lane]);
    pthread_mutex_unlock(&jobs->lock);
    return job->id;
}

static void unqueue(struct jobs *jobs, struct job *job)
{
    struct job **at;

    for (at = &jobs->queue[job->spec.lane]; *at != NULL; at = &(*at)->next_queued) {
        if (*at == job) {
            *at = job->next_queued;
            return;
        }
    }
}

static void cancel_locked(struct jobs *jobs, struct job *job)
{
    if (job->returned || job->cancelled)
        return;
    job->cancelled = true;
    if (job->state == JOB_QUEUED) {
        unqueue(jobs, job);
        job->returned = true;
        job->state = JOB_CANCELLED;
        job->ended_ms = now();
        error_set(&job->error, ERROR_CANCELLED, "cancelled before it began");
        wake(jobs);
        return;
    }
    cancel_request(&job->worker->cancel);
    if (job->worker->session != NULL)
        cancel_request(session_cancel(job->worker->session));
    if (job->deadline_ms > now() + CANCEL_PATIENCE_MS)
        job->deadline_ms = now() + CANCEL_PATIENCE_MS;
}

void jobs_cancel(struct jobs *jobs, uint64_t id)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->id == id)
            cancel_locked(jobs, job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_cancel_owner(struct jobs *jobs, uint64_t owner)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->spec.owner == owner && !job->spec.action)
            cancel_locked(jobs, job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

static size_t cancel_some(struct jobs *jobs, bool actions_only)
{
    size_t count = 0;

    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->returned || job->cancelled || job->spec.must_finish ||
            (actions_only && !job->spec.action))
            continue;
        cancel_locked(jobs, job);
        count++;
    }
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

size_t jobs_cancel_actions(struct jobs *jobs)
{
    return cancel_some(jobs, true);
}

size_t jobs_cancel_all(struct jobs *jobs)
{
    return cancel_some(jobs, false);
}

/* Whose deadline is over: the owner hears of it now; the worker may come back whenever it likes. */
static void expire(struct jobs *jobs, int64_t at)
{
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->returned || job->late || at < job->deadline_ms)
            continue;
        if (job->state == JOB_QUEUED) {
            cancel_locked(jobs, job);
            error_set(&job->error, ERROR_TIMEOUT, "no answer within %lld s",
                      (long long)(job->spec.timeout_ms / 1000));
            job->state = JOB_LATE;
            continue;
        }
        cancel_locked(jobs, job);
        job->late = true;
        job->state = JOB_LATE;
        jobs->stuck_count[job->spec.lane]++;
        error_set(&job->error, ERROR_TIMEOUT, "no answer within %lld s",
                  (long long)(job->spec.timeout_ms / 1000));
    }
}

static struct job *next_to_tell(struct jobs *jobs)
{
    struct job *found = NULL;

    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (!job->told && (job->returned || job->late))
            found = job; /* the oldest first: the list is newest first */
    }
    return found;
}

static void forget_old(struct jobs *jobs)
{
    struct job **at = &jobs->all;
    size_t kept = 0;

    while (*at != NULL) {
        struct job *job = *at;
        bool over = job->told && job->returned;

        if (over && job->spec.action && kept < KEPT_JOBS) {
            kept++;
        } else if (over) {
            *at = job->next;
            free((void *)(uintptr_t)job->spec.title);
            free(job);
            continue;
        }
        at = &job->next;
    }
}

bool jobs_collect(struct jobs *jobs, job_owner_find *find, void *context)
{
    bool any = false;
    struct job *job;

    pthread_mutex_lock(&jobs->lock);
    expire(jobs, now());
    while ((job = next_to_tell(jobs)) != NULL) {
        struct error error = job->error;
        bool data_is_ours = job->returned;
        void *owner;

        job->told = true;
        any = true;
        pthread_mutex_unlock(&jobs->lock);
        owner = find != NULL ? find(context, job->spec.owner) : NULL;
        /* While a late job hangs, its data still belongs to the worker. */
        if (owner != NULL && job->spec.done != NULL)
            job->spec.done(owner, data_is_ours ? job->spec.data : NULL, &error);
        if (data_is_ours && job->spec.release != NULL) {
            job->spec.release(job->spec.data);
            job->spec.data = NULL;
        }
        pthread_mutex_lock(&jobs->lock);
    }
    for (job = jobs->all; job != NULL; job = job->next) {
        if (job->late && job->returned && job->spec.data != NULL && job->spec.release != NULL) {
            job->spec.release(job->spec.data);
            job->spec.data = NULL;
        }
    }
    forget_old(jobs);
    pthread_mutex_unlock(&jobs->lock);
    return any;
}

int64_t jobs_next_deadline(struct jobs *jobs)
{
    int64_t earliest = -1;
    int64_t at = now();

    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        int64_t left;

        if (job->returned || job->late)
            continue;
        left = job->deadline_ms > at ? job->deadline_ms - at : 0;
        if (earliest < 0 || left < earliest)
            earliest = left;
    }
    pthread_mutex_unlock(&jobs->lock);
    return earliest;
}

size_t jobs_running(struct jobs *jobs, bool actions_only)
{
    size_t count = 0;

    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (!job->returned && !job->late && (!actions_only || job->spec.action))
            count++;
    }
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

void jobs_progress(struct jobs *jobs, uint64_t id, long long *done, long long *total)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->id == id && !job->returned) {
            *done = atomic_load(&job->done);
            *total = atomic_load(&job->total);
        }
    }
    pthread_mutex_unlock(&jobs->lock);
}

bool jobs_is_active(struct jobs *jobs, uint64_t id)
{
    bool active = false;

    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->id == id)
            active = !job->told;
    }
    pthread_mutex_unlock(&jobs->lock);
    return active;
}

size_t jobs_list(struct jobs *jobs, struct job_view *views, size_t capacity)
{
    size_t count = 0;

    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job != NULL && count < capacity; job = job->next) {
        views[count++] = (struct job_view){.id = job->id,
                                           .title = job->spec.title,
                                           .state = job->state,
                                           .action = job->spec.action,
                                           .started_ms = job->started_ms,
                                           .ended_ms = job->ended_ms,
                                           .done = atomic_load(&job->done),
                                           .total = atomic_load(&job->total),
                                           .message = job->error.message};
    }
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

static int64_t patience_for(struct jobs *jobs, int64_t patience_ms)
{
    int64_t patience = -1;

    pthread_mutex_lock(&jobs->lock);
    for (const struct job *job = jobs->all; job != NULL; job = job->next) {
        if (job->returned)
            continue;
        if (job->spec.must_finish || job->spec.action)
            patience = JOBS_FINISH_MS;
        else if (patience < patience_ms)
            patience = patience_ms;
    }
    pthread_mutex_unlock(&jobs->lock);
    return patience;
}

/* What ends may start what must finish, hence the collecting between the waits. */
static void wait_for_jobs(struct jobs *jobs, int64_t patience_ms)
{
    int64_t began = now();

    do {
        jobs_collect(jobs, NULL, NULL);
        if (now() - began >= patience_for(jobs, patience_ms))
            break;
        world_sleep_ms(&world_real, WAIT_STEP_MS);
    } while (true);
}

bool jobs_free(struct jobs *jobs, int64_t patience_ms)
{
    struct timespec until;
    bool quiet;

    jobs_cancel_all(jobs);
    wait_for_jobs(jobs, patience_ms);
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
    if (!quiet)
        return false;
    jobs_collect(jobs, NULL, NULL);
    while (jobs->all != NULL) {
        struct job *job = jobs->all;

        jobs->all = job->next;
        free((void *)(uintptr_t)job->spec.title);
        free(job);
    }
    while (jobs->workers != NULL) {
        struct worker *worker = jobs->workers;

        jobs->workers = worker->next;
        pthread_join(worker->thread, NULL);
        free(worker);
    }
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
    return true;
}
