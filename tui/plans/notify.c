#include <stdio.h>
#include <string.h>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/operate/resend/resend.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

struct notify_work {
    struct plan_thing thing;
    struct resend_plan plan;
    bool forced; /* past the cool-down */
};

/* Until when the cool-down runs and who began it. */
static bool held_back(const void *data, struct buffer *why)
{
    const struct notify_work *work = data;
    const struct resend_plan *plan = &work->plan;
    char sent[TIME_TEXT_SIZE];
    char until[TIME_TEXT_SIZE];
    if (plan->cool_down_until <= console_clock())
        return false;
    time_text_iso8601(plan->last_resend_at, sent);
    time_text_iso8601(plan->cool_down_until, until);
    buffer_format(why, "resent at %s", sent);
    if (plan->last_resend_by) {
        buffer_text(why, " by ");
        text_append_visible(why, plan->last_resend_by, strlen(plan->last_resend_by));
    }
    buffer_format(why, ", cool-down until %s", until);
    return true;
}

static void add_cool_down(const struct notify_work *work, struct buffer *text)
{
    size_t before = text->len;
    buffer_text(text, "Too soon: ");
    if (held_back(work, text))
        buffer_text(text, ".\n"
                          "         To send it anyway, press A and type force.\n"
                          "\n");
    else
        buffer_cut(text, before);
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct notify_work *work = data;
    const char *operators_topic;
    struct error unknown = ERROR_INIT;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    /* Only a notice that no vendor can get needs it; then its absence is told. */
    if (session_resource(context->session, SETTING_ALARM_TOPIC_ARN, &operators_topic, &unknown))
        error_clear(&unknown);
    resend_plan_release(&work->plan);
    code = resend_plan_make(&pipeline, work->thing.id, session_cool_down_ms(context->session),
                            &work->plan, error);
    if (!code) {
        add_cool_down(work, text);
        resend_plan_text(&work->plan, text);
    }
    return code;
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct notify_work *work = data;
    const struct resend_plan *plan = &work->plan;
    outline->vendor = plan->draft.vendor_id[0] != '\0' ? plan->draft.vendor_id : NULL;
    outline->destination = plan->topic_arn;
    snprintf(outline->what, sizeof outline->what, "reaches %zu: %s", plan->reached,
             plan->draft.subject);
}

static void force(void *data, bool forced)
{
    struct notify_work *work = data;
    work->forced = forced;
}

static void command(const void *data, struct buffer *line)
{
    const struct notify_work *work = data;
    struct buffer why;
    buffer_init(&why, 1024);
    buffer_text(line, "intake notify ");
    shell_quote(line, work->thing.id);
    if (held_back(work, &why))
        buffer_text(line, " --force");
    buffer_release(&why);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct notify_work *work = data;
    struct resend_options options = {.cool_down_ms = session_cool_down_ms(context->session),
                                     .force = work->forced,
                                     .operator_reason = reason};
    struct resend_result result = {.notification_id = 0};
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = resend_apply(&pipeline, &work->plan, &options, &result, error);
    if (!code)
        buffer_format(text, "accepted by SNS as message %s; accepted does not mean delivered\n",
                      result.message_id);
    return code;
}

static void release(void *data)
{
    struct notify_work *work = data;
    resend_plan_release(&work->plan);
    plan_thing_release(work);
}

static const struct plan_ops ops = {.title = "Resend the vendor's notice",
                                    .verb = "notify",
                                    .role = ROLE_SUPPORT,
                                    .make = make,
                                    .apply = apply,
                                    .outline = outline,
                                    .held_back = held_back,
                                    .force = force,
                                    .command = command,
                                    .release = release};

const struct plan_kind plan_notify = {
    .ops = &ops, .things = "uploads", .work_size = sizeof(struct notify_work)};
