#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/health/stuck.h"
#include "core/operate/revalidate/revalidate.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

#define CHANGES_SHOWN 2000

struct revalidate_work {
    struct plan_thing thing; /* variant: whether about the records without an outcome */
    bool end;                /* what cannot be judged any more is given up */
    struct revalidate_plan plan;
    struct job_context *context; /* of the job that runs */
};

static void progress(void *context, int64_t done, int64_t total)
{
    struct revalidate_work *work = context;
    job_progress(work->context, done, total);
}

static struct revalidate_request request_of(struct revalidate_work *work)
{
    return (struct revalidate_request){.upload_id = work->thing.id,
                                       .pending = work->thing.variant != 0,
                                       .end = work->end,
                                       .progress = progress,
                                       .progress_context = work};
}

/* An upload that has lost what it is made from ends no other way: the plan is for that one. */
static enum error_code look_for_an_end(struct pipeline *pipeline, struct revalidate_work *work,
                                       struct error *error)
{
    struct stuck_report report;
    enum error_code code = stuck_explain(pipeline, work->thing.id, true, &report, error);
    work->end = !code && report.remedy && strstr(report.remedy, " --end");
    stuck_report_release(&report);
    return code;
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct revalidate_work *work = data;
    struct revalidate_request request;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    work->context = context;
    if (!code && work->thing.variant != 0)
        code = look_for_an_end(&pipeline, work, error);
    if (code)
        return code;
    request = request_of(work);
    revalidate_plan_release(&work->plan);
    code = revalidate_plan_make(&pipeline, &request, &work->plan, error);
    if (!code)
        revalidate_plan_text(&work->plan, CHANGES_SHOWN, text);
    return code;
}

static int64_t size(const void *data)
{
    const struct revalidate_work *work = data;
    return (int64_t)revalidate_plan_size(&work->plan);
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct revalidate_work *work = data;
    const struct revalidate_plan *plan = &work->plan;
    outline->vendor = plan->vendor_id;
    outline->destination = "the catalogue and the upload's report";
    snprintf(outline->what, sizeof outline->what,
             "%lld validated, %lld would be valid, %lld rejected: %s to %s",
             (long long)plan->changes.records, (long long)plan->changes.now_valid,
             (long long)plan->changes.now_error, plan->status, plan->status_after);
}

static void command(const void *data, struct buffer *line)
{
    const struct revalidate_work *work = data;
    buffer_text(line, "intake revalidate ");
    shell_quote(line, work->thing.id);
    if (work->thing.variant != 0)
        buffer_text(line, work->end ? " --pending --end" : " --pending");
}

static void add_result(struct buffer *text, const struct revalidate_result *result)
{
    const struct revalidate_changes *changes = &result->changes;
    buffer_format(text, "%lld revalidated: %lld now valid, %lld rejected, %lld unchanged\n",
                  (long long)changes->records, (long long)changes->now_valid,
                  (long long)changes->now_error, (long long)changes->unchanged);
    if (result->status[0] != '\0')
        buffer_format(text, "the upload is now %s\n", result->status);
    if (result->report_rebuilt)
        buffer_text(text, "report rebuilt\n");
    if (result->messages_sent > 0)
        buffer_format(text, "%lld outgoing messages sent\n", (long long)result->messages_sent);
    buffer_text(text, "no notice sent: press E on the upload to send one\n");
    for (size_t i = 0; i < result->complaint_count; i++) {
        text_append_visible(text, result->complaints[i], strlen(result->complaints[i]));
        buffer_char(text, '\n');
    }
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct revalidate_work *work = data;
    struct revalidate_request request = request_of(work);
    struct revalidate_result result = {.items_written = 0};
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    work->context = context;
    if (code)
        return code;
    code = revalidate_apply(&pipeline, &request, &work->plan, reason, &result, error);
    add_result(text, &result);
    revalidate_result_release(&result);
    return code;
}

static void release(void *data)
{
    struct revalidate_work *work = data;
    revalidate_plan_release(&work->plan);
    plan_thing_release(work);
}

#define REVALIDATE_OPS(title_text)                                                               \
    {                                                                                            \
        .title = title_text, .verb = "revalidate", .role = ROLE_OPERATOR, .make = make,          \
        .apply = apply, .size = size, .outline = outline, .command = command, .release = release \
    }

static const struct plan_ops ops = REVALIDATE_OPS("Revalidate the rejected records");
static const struct plan_ops pending_ops = REVALIDATE_OPS("Validate the records without an "
                                                          "outcome");

const struct plan_kind plan_revalidate = {
    .ops = &ops, .things = "uploads", .work_size = sizeof(struct revalidate_work)};
const struct plan_kind plan_finish = {.ops = &pending_ops,
                                      .things = "uploads",
                                      .work_size = sizeof(struct revalidate_work),
                                      .variant = 1};
