#include "tui/console/jobs.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/world.h"
#include "tui/base/memory.h"
#include "tui/console/jobs_private.h"
#include "tui/session/session.h"

#define WORKERS_PER_LANE 2
#define WORKERS_MOST 6 /* of a lane, where some hang past their deadline */
#define KEPT_JOBS 100  /* ended actions that stay on the jobs screen */
#define WAIT_STEP_MS 5
#define CANCEL_PATIENCE_MS 10000 /* after it a cancelled job counts as hung */

int64_t jobs_now(void)
{
    return world_monotonic_ms(&world_real);
}

void jobs_wake(const struct jobs *jobs)
{
    ssize_t ignored = write(jobs->wake_fd, "j", 1);
    (void)ignored;
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

struct jobs *jobs_new(const struct session_options *options, int wake_fd)
{
    struct jobs *jobs = console_allocate(sizeof *jobs);
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
    struct job *job = console_allocate(sizeof *job);
    struct job **tail;
    job->spec = *spec;
    job->spec.title = console_copy(spec->title);
    pthread_mutex_lock(&jobs->lock);
    job->id = ++jobs->last_id;
    job->deadline_ms = jobs_now() + spec->timeout_ms;
    job->next = jobs->all;
    jobs->all = job;
    for (tail = &jobs->queue[spec->lane]; *tail; tail = &(*tail)->next_queued)
        ;
    *tail = job;
    size_t usable = jobs->worker_count[spec->lane] - jobs->stuck_count[spec->lane];
    if (jobs->idle_count[spec->lane] == 0 && usable < WORKERS_PER_LANE &&
        jobs->worker_count[spec->lane] < WORKERS_MOST)
        jobs_hire(jobs, spec->lane);
    pthread_cond_signal(&jobs->work[spec->lane]);
    pthread_mutex_unlock(&jobs->lock);
    return job->id;
}

static void unqueue(struct jobs *jobs, struct job *job)
{
    struct job **at;
    for (at = &jobs->queue[job->spec.lane]; *at; at = &(*at)->next_queued) {
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
        job->ended_ms = jobs_now();
        error_set(&job->error, ERROR_CANCELLED, "cancelled before it started");
        jobs_wake(jobs);
        return;
    }
    cancel_request(&job->worker->cancel);
    if (job->worker->session)
        cancel_request(session_cancel(job->worker->session));
    if (job->deadline_ms > jobs_now() + CANCEL_PATIENCE_MS)
        job->deadline_ms = jobs_now() + CANCEL_PATIENCE_MS;
}

void jobs_cancel(struct jobs *jobs, uint64_t id)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->id == id)
            cancel_locked(jobs, job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

void jobs_cancel_owner(struct jobs *jobs, uint64_t owner)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->spec.owner == owner && !job->spec.action)
            cancel_locked(jobs, job);
    }
    pthread_mutex_unlock(&jobs->lock);
}

static size_t cancel_some(struct jobs *jobs, bool actions_only)
{
    size_t count = 0;
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job; job = job->next) {
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
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->returned || job->late || at < job->deadline_ms)
            continue;
        if (job->state == JOB_QUEUED) {
            cancel_locked(jobs, job);
            error_set(&job->error, ERROR_TIMEOUT, "timed out after %lld s",
                      (long long)(job->spec.timeout_ms / 1000));
            job->state = JOB_LATE;
            continue;
        }
        cancel_locked(jobs, job);
        job->late = true;
        job->state = JOB_LATE;
        jobs->stuck_count[job->spec.lane]++;
        error_set(&job->error, ERROR_TIMEOUT, "timed out after %lld s",
                  (long long)(job->spec.timeout_ms / 1000));
    }
}

static struct job *next_to_tell(struct jobs *jobs)
{
    struct job *found = NULL;
    for (struct job *job = jobs->all; job; job = job->next) {
        if (!job->told && (job->returned || job->late))
            found = job; /* the oldest first: the list is newest first */
    }
    return found;
}

static void forget_old(struct jobs *jobs)
{
    struct job **at = &jobs->all;
    size_t kept = 0;
    while (*at) {
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

static struct job *next_late(struct jobs *jobs)
{
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->late && job->returned && job->told && job->spec.data && job->spec.release)
            return job;
    }
    return NULL;
}

/* Of jobs that came back after their deadline. Without the lock: a release may start another
 * job. */
static void release_late(struct jobs *jobs)
{
    struct job *job;
    while ((job = next_late(jobs))) {
        void *data = job->spec.data;
        job->spec.data = NULL;
        pthread_mutex_unlock(&jobs->lock);
        job->spec.release(data);
        pthread_mutex_lock(&jobs->lock);
    }
}

bool jobs_collect(struct jobs *jobs, job_owner_find *find, void *context)
{
    bool any = false;
    struct job *job;
    pthread_mutex_lock(&jobs->lock);
    expire(jobs, jobs_now());
    while ((job = next_to_tell(jobs))) {
        struct error error = job->error;
        bool data_is_ours = job->returned;
        void *owner;
        job->told = true;
        any = true;
        pthread_mutex_unlock(&jobs->lock);
        owner = find ? find(context, job->spec.owner) : NULL;
        /* While a late job hangs, its data still belongs to the worker. */
        if (owner && job->spec.done)
            job->spec.done(owner, data_is_ours ? job->spec.data : NULL, &error);
        if (data_is_ours && job->spec.release) {
            job->spec.release(job->spec.data);
            job->spec.data = NULL;
        }
        pthread_mutex_lock(&jobs->lock);
    }
    release_late(jobs);
    forget_old(jobs);
    pthread_mutex_unlock(&jobs->lock);
    return any;
}

int64_t jobs_next_deadline(struct jobs *jobs)
{
    int64_t earliest = -1;
    int64_t at = jobs_now();
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->returned || job->late)
            continue;
        int64_t left = job->deadline_ms > at ? job->deadline_ms - at : 0;
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
    for (struct job *job = jobs->all; job; job = job->next) {
        if (!job->returned && !job->late && (!actions_only || job->spec.action))
            count++;
    }
    pthread_mutex_unlock(&jobs->lock);
    return count;
}

void jobs_progress(struct jobs *jobs, uint64_t id, long long *done, long long *total)
{
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job; job = job->next) {
        if (job->id == id && !job->returned) {
            *done = atomic_load(&job->done);
            *total = atomic_load(&job->total);
        }
    }
    pthread_mutex_unlock(&jobs->lock);
}

size_t jobs_list(struct jobs *jobs, struct job_view *views, size_t capacity)
{
    size_t count = 0;
    pthread_mutex_lock(&jobs->lock);
    for (struct job *job = jobs->all; job && count < capacity; job = job->next) {
        views[count++] = (struct job_view){.id = job->id,
                                           .title = job->spec.title,
                                           .state = job->state,
                                           .action = job->spec.action,
                                           .plans = job->spec.plans,
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
    for (const struct job *job = jobs->all; job; job = job->next) {
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
    int64_t began = jobs_now();
    do {
        jobs_collect(jobs, NULL, NULL);
        if (jobs_now() - began >= patience_for(jobs, patience_ms))
            break;
        world_sleep_ms(&world_real, WAIT_STEP_MS);
    } while (true);
}

bool jobs_free(struct jobs *jobs, int64_t patience_ms)
{
    jobs_cancel_all(jobs);
    wait_for_jobs(jobs, patience_ms);
    if (!jobs_dismiss(jobs))
        return false;
    jobs_collect(jobs, NULL, NULL);
    while (jobs->all) {
        struct job *job = jobs->all;
        jobs->all = job->next;
        free((void *)(uintptr_t)job->spec.title);
        free(job);
    }
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
    return true;
}

int64_t job_wait_ms(enum job_lane lane, int64_t timeout_ms)
{
    if (timeout_ms == 0)
        timeout_ms = lane == JOB_DATABASE ? 15000 : 20000;
    return timeout_ms;
}
