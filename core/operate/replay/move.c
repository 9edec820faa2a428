#include <stdlib.h>
#include <string.h>

#include "aws/sqs.h"
#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"

#define POLL_MS 500
#define POLL_SLOW_MS 2000
#define POLLS_QUICK 20

static void tasks_release(struct sqs_move_task *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(tasks[i].handle);
}

enum error_code replay_move_possible(struct pipeline *pipeline,
                                     const struct dead_letter_queue *queue, bool *possible,
                                     bool *denied, char *reason, size_t size, struct error *error)
{
    struct sqs_move_task task;
    struct error own = ERROR_INIT;
    size_t count = 1;
    *possible = *denied = false;
    enum error_code code = sqs_list_move_tasks(pipeline->aws, queue->arn, &task, &count, &own);
    if (!code && count > 0 && strcmp(task.status, "RUNNING") == 0)
        code = error_set(error, ERROR_CONFLICT,
                         "a move task of %s is already running (%lld moved so far): nothing was "
                         "changed",
                         queue->name, (long long)task.moved);
    else if (!code)
        *possible = true;
    else if (sqs_action_is_missing(&own))
        snprintf(reason, size, "this service does not support move tasks");
    else if (code == ERROR_DENIED)
        snprintf(reason, size, "these credentials do not permit move tasks");
    else if (error)
        *error = own;
    *denied = code == ERROR_DENIED;
    tasks_release(&task, count);
    if (code == ERROR_CONFLICT || *possible)
        return code;
    return sqs_action_is_missing(&own) || code == ERROR_DENIED ? ERROR_NONE : code;
}

/* The task of the handle, or the newest where the service no longer tells handles (it has
 * ended). */
static enum error_code task_look(struct pipeline *pipeline, const struct replay_plan *plan,
                                 struct replay_report *report, bool *ended, struct error *error)
{
    struct sqs_move_task tasks[10];
    size_t count = sizeof tasks / sizeof tasks[0];
    enum error_code code =
        sqs_list_move_tasks(pipeline->aws, plan->queue.arn, tasks, &count, error);
    const struct sqs_move_task *found = NULL;
    for (size_t i = 0; i < count && !found; i++)
        if (tasks[i].handle && strcmp(tasks[i].handle, report->task_handle) == 0)
            found = &tasks[i];
    if (!found && count > 0)
        found = &tasks[0];
    if (!code && found) {
        snprintf(report->task_status, sizeof report->task_status, "%s", found->status);
        report->moved = found->moved;
        *ended = strcmp(found->status, "RUNNING") != 0 && strcmp(found->status, "CANCELLING") != 0;
        if (strcmp(found->status, "FAILED") == 0) {
            report->failed = found->to_move > found->moved ? found->to_move - found->moved : 0;
            code = error_set(error, ERROR_SERVICE, "the move task failed after %lld messages: %s",
                             (long long)found->moved, found->failure_reason);
        }
    } else if (!code) {
        *ended = true; /* nothing is left to look at */
    }
    tasks_release(tasks, count);
    return code;
}

/* One that has ended meanwhile cannot be cancelled, and that is no fault. */
static enum error_code task_cancel(struct pipeline *pipeline, const struct replay_plan *plan,
                                   struct replay_report *report, struct error *error)
{
    int64_t moved = report->moved;
    bool ended = false;
    enum error_code code = sqs_cancel_move_task(pipeline->aws, report->task_handle, &moved, error);
    if (code == ERROR_NOT_FOUND || code == ERROR_SERVICE || code == ERROR_INVALID) {
        struct error looked = ERROR_INIT;
        if (!task_look(pipeline, plan, report, &ended, &looked) && ended)
            return ERROR_NONE;
    }
    if (code)
        return error_wrap(error, "cancelling the move task");
    report->moved = moved > report->moved ? moved : report->moved;
    snprintf(report->task_status, sizeof report->task_status, "CANCELLED");
    return error_set(error, ERROR_CANCELLED,
                     "the move task was cancelled after about %lld messages",
                     (long long)report->moved);
}

static enum error_code task_follow(struct pipeline *pipeline, const struct replay_plan *plan,
                                   const struct replay_options *options,
                                   struct replay_report *report, struct error *error)
{
    enum error_code code = ERROR_NONE;
    bool ended = false;
    for (size_t i = 0; !ended && !code; i++) {
        if (cancel_requested(pipeline->cancel))
            return task_cancel(pipeline, plan, report, error);
        code = task_look(pipeline, plan, report, &ended, error);
        if (options->progress)
            options->progress(options->context, report->moved, report->planned);
        enum error_code untold = lease_renew(pipeline, &plan->state->lease, NULL);
        (void)untold; /* the task goes on whoever looks */
        if (!ended && !code)
            world_sleep_ms(pipeline->world, i < POLLS_QUICK ? POLL_MS : POLL_SLOW_MS);
    }
    return code;
}

/* The whole queue moves, and with it all that was acknowledged there. */
static enum error_code acknowledgements_end(struct pipeline *pipeline,
                                            const struct replay_plan *plan, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, plan->queue.name);
    db_watch(pipeline->db, NULL); /* the task has begun, whatever is wished now */
    enum error_code code = db_query(pipeline->db, "DELETE FROM acknowledgements WHERE queue = $1",
                                    &params, NULL, error);
    db_watch(pipeline->db, pipeline->cancel);
    return code;
}

enum error_code replay_move(struct pipeline *pipeline, const struct replay_plan *plan,
                            const struct replay_options *options, struct replay_report *report,
                            struct error *error)
{
    char *handle = NULL;
    point_reached("before a move task is started");
    enum error_code code =
        sqs_start_move_task(pipeline->aws, plan->queue.arn, NULL, 0, &handle, error);
    point_reached("after a move task is started");
    if (code)
        return error_wrap(error, "starting the move task of %s", plan->queue.name);
    snprintf(report->task_handle, sizeof report->task_handle, "%s", handle);
    snprintf(report->task_status, sizeof report->task_status, "RUNNING");
    free(handle);
    code = acknowledgements_end(pipeline, plan, error);
    if (code)
        return error_wrap(error, "the move task was started");
    if (!options->wait)
        return ERROR_NONE;
    return task_follow(pipeline, plan, options, report, error);
}
