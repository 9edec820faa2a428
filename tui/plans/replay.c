#include "tui/plans/replay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "core/operate/replay/replay.h"
#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/base/typed.h"
#include "tui/cli/shell_line.h"
#include "tui/session/session.h"
#include "tui/stores/messages.h"

#define NOTED_MOST 200 /* outcomes that are told one by one */

struct replay_work {
    char *queue_name;
    char **ids;
    size_t id_count;
    bool discard;
    int64_t rate;                  /* messages a second at most; 0: no bound */
    char to[DEAD_LETTER_URL_SIZE]; /* the queue that is chosen, "" for each message's own */
    struct dead_letter_queue queue;
    struct replay_plan plan;
    bool planned;
    struct job_context *context; /* of the job that runs */
    struct buffer *text;
    size_t noted;
};

static void progress(void *context, int64_t done, int64_t total)
{
    struct replay_work *work = context;
    job_progress(work->context, done, total);
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct replay_work *work = data;
    struct replay_request request = {.queue = &work->queue,
                                     .all = work->id_count == 0,
                                     .discard = work->discard,
                                     .rate = work->rate,
                                     .progress = progress,
                                     .progress_context = work};
    struct pipeline pipeline;
    struct error ignored = ERROR_INIT;
    work->context = context;
    char to_url[DEAD_LETTER_URL_SIZE];
    request.filter.ids = (const char *const *)work->ids;
    request.filter.id_count = work->id_count;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = dead_letter_queue_find(&pipeline, work->queue_name, &work->queue, error);
    if (!code && work->to[0] != '\0') {
        code = dead_letter_destination_find(&pipeline, &work->queue, work->to, to_url, error);
        request.to_url = to_url;
    }
    if (code)
        return code;
    code = replay_plan_make(&pipeline, &request, &work->plan, error);
    work->planned = true;
    if (!code) {
        replay_plan_text(&work->plan, text);
        replay_plan_unlock(&pipeline, &work->plan);
    } else {
        work->planned = false;
        if (replay_plan_release(&pipeline, &work->plan, &ignored))
            error_wrap(error, "%s", ignored.message);
    }
    return code;
}

static int64_t size(const void *data)
{
    const struct replay_work *work = data;
    /* What an interrupted replay had sent is deleted, also where there is nothing to send. */
    return work->plan.planned + (int64_t)work->plan.unfinished_sent;
}

static void command(const void *data, struct buffer *line)
{
    const struct replay_work *work = data;
    buffer_format(line, "intake dlq %s ", work->discard ? "discard" : "replay");
    shell_quote(line, work->queue_name);
    if (work->id_count == 0)
        buffer_text(line, " --all");
    for (size_t i = 0; i < work->id_count; i++) {
        buffer_text(line, " --id ");
        shell_quote(line, work->ids[i]);
    }
    if (work->to[0] != '\0')
        shell_option(line, "to", work->to);
    if (work->rate > 0)
        buffer_format(line, " --rate %lld/s", (long long)work->rate);
}

/* ---- options, in the filter's language */

static void options_shown(const void *data, struct buffer *text)
{
    const struct replay_work *work = data;
    char to[FILTER_SIZE];
    if (work->rate > 0)
        buffer_format(text, "rate:%lld/s ", (long long)work->rate);
    if (work->to[0] != '\0' && filter_quote(work->to, to))
        buffer_format(text, "to:%s ", to);
}

static bool options_read(void *data, const char *typed, bool take, char *why, size_t size)
{
    struct replay_work *work = data;
    struct filter filter;
    int64_t rate = 0;
    filter_read(&filter, typed, "rate to", NULL, 0);
    const char *per_second = filter_value(&filter, "rate"), *to = filter_value(&filter, "to");
    why[0] = '\0';
    if (filter_value_not(&filter, "rate") || filter_value_not(&filter, "to"))
        snprintf(why, size, "a '-' means nothing here");
    else if (to && strchr(to, TYPED_OR))
        snprintf(why, size, "to: one queue");
    else if (filter.problem[0] != '\0')
        snprintf(why, size, "%s", filter.problem);
    else if (filter.search[0] != '\0')
        snprintf(why, size, "%.100s: give rate:N/s or to:QUEUE", filter.typed_search);
    else if (per_second && !typed_rate(per_second, &rate))
        snprintf(why, size, "rate: messages per second, 1/s to %d/s", TYPED_RATE_MOST);
    if (why[0] != '\0')
        return false;
    if (take) {
        work->rate = rate;
        snprintf(work->to, sizeof work->to, "%s", to ? to : "");
    }
    return true;
}

static const struct plan_options replay_options_typed = {
    .hint = "rate:5/s  to:QUEUE", .shown = options_shown, .read = options_read};

static void note(void *context, const struct replay_outcome *outcome)
{
    struct replay_work *work = context;
    bool matters = outcome->result == REPLAY_FAILED || outcome->possible_duplicate ||
                   outcome->result == REPLAY_EXCLUDED;
    message_store_note(work->queue.name, outcome->message_id, replay_result_name(outcome->result));
    if (!matters || work->noted++ >= NOTED_MOST)
        return;
    buffer_format(work->text, "  %s%s  %s  ", replay_result_name(outcome->result),
                  outcome->possible_duplicate ? ", possible duplicate" : "", outcome->message_id);
    if (outcome->detail)
        text_append_visible(work->text, outcome->detail, strlen(outcome->detail));
    buffer_char(work->text, '\n');
}

static void add_report(struct buffer *text, const struct replay_report *report, bool discard)
{
    buffer_format(text,
                  "\n"
                  "%lld %s, %lld failed, %lld not tried, %lld excluded\n",
                  (long long)report->moved, discard ? "discarded" : "replayed",
                  (long long)report->failed, (long long)report->kept, (long long)report->excluded);
    buffer_format(text, "engine: %s, %s\n", replay_engine_name(report->engine), report->reason);
    if (report->possible_duplicates > 0)
        buffer_format(text, "%lld possible duplicates\n", (long long)report->possible_duplicates);
    if (report->file[0] != '\0')
        buffer_format(text, "saved to %s; to restore: `intake dlq replay --from`\n", report->file);
    if (report->stopped)
        buffer_text(text, "stopped: too many failures\n");
    if (report->cancelled)
        buffer_text(text, "cancelled\n");
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct replay_work *work = data;
    struct replay_options options = {.wait = true,
                                     .operator_reason = reason,
                                     .outcome = note,
                                     .progress = progress,
                                     .context = work};
    struct replay_report report = {.moved = 0};
    struct pipeline pipeline;
    struct error left = ERROR_INIT;
    work->context = context;
    work->text = text;
    work->noted = 0;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    code = replay_apply(&pipeline, &work->plan, &options, &report, error);
    add_report(text, &report, work->discard);
    if (error_code_is_authentication(code)) {
        buffer_text(text, "the messages are held until the credentials are renewed: then press "
                          "ctrl-r\n");
        replay_plan_unlock(&pipeline, &work->plan);
        return code;
    }
    if (!code && report.failed > 0)
        code = error_set(error, ERROR_SERVICE, "%lld of %lld failed and stay marked",
                         (long long)report.failed, (long long)report.planned);
    work->planned = false;
    if (replay_plan_release(&pipeline, &work->plan, &left))
        buffer_format(text, "%s\n", left.message);
    return code;
}

static enum error_code abandon(struct job_context *context, void *data, struct error *error)
{
    struct replay_work *work = data;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code && work->planned) {
        work->planned = false;
        code = replay_plan_release(&pipeline, &work->plan, error);
    }
    return code;
}

static void release(void *data)
{
    struct replay_work *work = data;
    for (size_t i = 0; i < work->id_count; i++)
        free(work->ids[i]);
    free(work->ids);
    free(work->queue_name);
    free(work);
}

#define REPLAY_OPS(title_text, verb_text, typed)                                                   \
    {                                                                                              \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make, .size = size, \
        .apply = apply, .abandon = abandon, .command = command, .options = typed,                  \
        .release = release                                                                         \
    }

static const struct plan_ops replay_ops =
    REPLAY_OPS("Replay dead letters", "dlq replay", &replay_options_typed);
static const struct plan_ops discard_ops =
    REPLAY_OPS("Discard dead letters, saving them to a file", "dlq discard", NULL);

struct effect plan_replay(struct console *console, const char *queue, const char *const *ids,
                          size_t id_count, bool discard)
{
    struct replay_work *work = console_allocate(sizeof *work);
    work->queue_name = console_copy(queue);
    work->ids = console_allocate((id_count + 1) * sizeof *work->ids);
    for (size_t i = 0; i < id_count; i++)
        work->ids[i] = console_copy(ids[i]);
    work->id_count = id_count;
    work->discard = discard;
    return plan_open(console, discard ? &discard_ops : &replay_ops, queue, work);
}
