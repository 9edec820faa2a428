/* error-processor: messages of the error queue. A finished upload gets its report and its
 * notice. By the clock it sweeps what was left behind, and prunes what is old. */
#include "core/base/log.h"
#include "core/operate/prune.h"
#include "core/pipeline/finish.h"
#include "core/pipeline/sweep.h"
#include "core/record/event_queue.h"
#include "core/record/metrics.h"
#include "lambda/batch.h"
#include "lambda/function.h"

/* Of one prune; what is left is the next one's. */
#define PRUNE_RECORDS_MAX 5000000
#define PRUNE_TIME_MAX_MS (INT64_C(4) * 60 * 1000)
#define PRUNE_TIME_KEPT_MS 3000 /* for the last words */

struct tally {
    int64_t record_errors;
    int64_t notices;
    size_t failed;
    size_t to_retry; /* of those failed: not the message's own fault */
};

static void tell(const struct tally *tally, size_t count, int64_t duration_ms)
{
    const struct metric metrics[] = {{METRIC_ERRORS_PROCESSED, tally->record_errors},
                                     {METRIC_ERROR_PROCESSING_TIME, duration_ms},
                                     {METRIC_NOTIFICATIONS_SENT, tally->notices}};
    const struct metric_property properties[] = {{"function", "error-processor"}};
    char messages[24], errors[24], notices[24], failed[24], duration[24];
    log_line(tally->failed ? LOG_WARN : LOG_INFO, "messages processed", "messages",
             log_number((int64_t)count, messages), "record_errors",
             log_number(tally->record_errors, errors), "notices",
             log_number(tally->notices, notices), "failed",
             log_number((int64_t)tally->failed, failed), "duration_ms",
             log_number(duration_ms, duration), NULL);
    metrics_log(world_now_ms(&world_real), metrics, 3, properties, 1);
}

static enum error_code finish_one(struct pipeline *pipeline, const struct queue_message *message,
                                  struct tally *tally, struct error *error)
{
    struct finish_outcome outcome = {.result = FINISH_NOT_YET};
    enum error_code code = pipeline_check(pipeline, error);
    if (!code)
        code = finish_message(pipeline, message->body, message->body_len, &outcome, error);
    if (!code) {
        tally->record_errors += outcome.result == FINISH_RECORD_ERROR;
        tally->notices += outcome.result == FINISH_NOTIFIED;
        if (outcome.result != FINISH_RECORD_ERROR)
            log_line(LOG_INFO, "upload finished", "upload_id", outcome.upload_id, "result",
                     outcome.result == FINISH_NOTIFIED   ? "notified"
                     : outcome.result == FINISH_REPEATED ? "repeated"
                                                         : "not yet",
                     NULL);
        return code;
    }
    log_line(LOG_ERROR, error->message, "message_id", message->message_id, "upload_id",
             message->upload_id, "error_type", error_name(code), NULL);
    tally->failed++;
    tally->to_retry += code != ERROR_INVALID && code != ERROR_NOT_FOUND;
    return code;
}

static void tell_sweep(const struct sweep_outcome *outcome, bool well, int64_t duration_ms)
{
    const struct metric metrics[] = {{METRIC_OLDEST_WAITING, outcome->oldest_waiting_s},
                                     {METRIC_UPLOADS_STUCK, outcome->stuck},
                                     {METRIC_NOTICES_FAILING, outcome->failing_notices},
                                     {METRIC_NOTIFICATIONS_SENT, outcome->notices}};
    const struct metric_property properties[] = {{"function", "error-processor"}};
    char settled[24], ended[24], messages[24], finished[24], differed[24], marked[24], oldest[24],
        duration[24];
    log_line(well ? LOG_INFO : LOG_WARN, "swept", "uploads_settled",
             log_number(outcome->settled, settled), "uploads_ended",
             log_number(outcome->ended, ended), "messages", log_number(outcome->messages, messages),
             "uploads_finished", log_number(outcome->finished, finished), "items_differed",
             log_number(outcome->differed, differed), "items_marked",
             log_number(outcome->marked, marked), "oldest_waiting_s",
             log_number(outcome->oldest_waiting_s, oldest), "duration_ms",
             log_number(duration_ms, duration), NULL);
    metrics_log(world_now_ms(&world_real), metrics, sizeof metrics / sizeof *metrics, properties,
                1);
}

static enum error_code sweep(struct pipeline *pipeline, struct buffer *response,
                             struct error *error)
{
    struct sweep_outcome outcome;
    int64_t started = world_monotonic_ms(&world_real);
    enum error_code code = sweep_run(pipeline, &outcome, error);
    tell_sweep(&outcome, !code, world_monotonic_ms(&world_real) - started);
    buffer_format(response, "{\"oldest_waiting_seconds\":%lld}",
                  (long long)outcome.oldest_waiting_s);
    return code;
}

static void tell_prune(const struct prune_outcome *done, int64_t days, bool well,
                       int64_t duration_ms)
{
    char age[24], uploads[24], records[24], passed[24], duration[24];
    log_line(well ? LOG_INFO : LOG_WARN, "pruned", "older_than_days", log_number(days, age),
             "uploads", log_number(done->uploads, uploads), "records",
             log_number(done->records, records), "passed_over",
             log_number(done->passed_over, passed), "more", done->more ? "yes" : "no",
             "duration_ms", log_number(duration_ms, duration), NULL);
}

/* As an operator does it, by the rule's plan and with its row in the audit log. */
static enum error_code prune(struct pipeline *pipeline, int64_t days, struct buffer *response,
                             struct error *error)
{
    const struct prune_request request = {.days = days, .bounds = {.records = PRUNE_RECORDS_MAX}};
    struct pipeline bounded = *pipeline;
    struct prune_plan plan = {.uploads = 0};
    struct prune_result result = {.changed = false};
    struct error failure = ERROR_INIT, unnoted = ERROR_INIT;
    int64_t started = world_monotonic_ms(&world_real);
    int64_t left = pipeline_time_left_ms(pipeline) - PRUNE_TIME_KEPT_MS;
    bounded.deadline_ms = started + (left < PRUNE_TIME_MAX_MS ? left : PRUNE_TIME_MAX_MS);
    enum error_code code = prune_operation.make(&bounded, &request, &plan, &failure);
    if (!code && prune_operation.changes(&plan))
        code = prune_operation.apply(&bounded, &plan, "by the schedule", &result, &failure);
    tell_prune(&result.done, days, !code, world_monotonic_ms(&world_real) - started);
    if (code != ERROR_USAGE &&
        prune_note(pipeline, &plan.rule, &result.done, code ? failure.message : NULL, &unnoted) &&
        !code) {
        failure = unnoted;
        code = failure.code;
    }
    prune_operation.release(&plan);
    buffer_format(response, "{\"uploads\":%lld,\"records\":%lld,\"more\":%s}",
                  (long long)result.done.uploads, (long long)result.done.records,
                  result.done.more ? "true" : "false");
    if (code)
        *error = failure;
    return code;
}

static enum error_code handle(struct function *function, const struct invocation *invocation,
                              struct buffer *response, struct error *error)
{
    struct pipeline pipeline;
    struct queue_event event = {0};
    struct tally tally = {0};
    int64_t started = world_monotonic_ms(&world_real);
    enum error_code code = queue_event_decode(invocation->body, invocation->len, &event, error);
    if (code)
        goto done;
    function_pipeline(function, invocation, &pipeline);
    if (event.scheduled) {
        code = sweep(&pipeline, response, error);
        goto done;
    }
    if (event.prune) {
        code = prune(&pipeline, event.prune_days, response, error);
        goto done;
    }
    batch_begin(response);
    for (size_t i = 0; i < event.count; i++) {
        struct error failure = ERROR_INIT;
        if (!finish_one(&pipeline, &event.list[i], &tally, &failure))
            continue;
        batch_failure(response, event.list[i].message_id);
        *error = failure;
    }
    batch_end(response);
    tell(&tally, event.count, world_monotonic_ms(&world_real) - started);
    if (event.count > 0 && tally.to_retry == event.count)
        code = error->code;
done:
    queue_event_release(&event);
    return code;
}

int main(void)
{
    return function_main("error-processor", handle, FUNCTION_SESSION_KEPT);
}
