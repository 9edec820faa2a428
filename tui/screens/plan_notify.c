#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/resend.h"
#include "tui/console_memory.h"
#include "tui/screens/plans.h"
#include "tui/session.h"

#define MINUTE_MS 60000

struct notify_work {
    char *upload_id;
    struct resend_plan plan;
    bool planned;
};

static int64_t cool_down(struct session *session)
{
    const char *minutes = session_config(session, "cool_down_minutes");

    return minutes != NULL ? strtoll(minutes, NULL, 10) * MINUTE_MS : 0;
}

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct notify_work *work = data;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);

    if (code != ERROR_NONE)
        return code;
    work->planned = true;
    code = resend_plan_make(&pipeline, work->upload_id, cool_down(context->session), &work->plan,
                            error);
    if (code == ERROR_NONE)
        resend_plan_text(&work->plan, text);
    return code;
}

static int64_t size(const void *data)
{
    (void)data;
    return 1;
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct notify_work *work = data;
    struct resend_options options = {.cool_down_ms = cool_down(context->session),
                                     .operator_reason = reason};
    struct resend_result result = {.notification_id = 0};
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);

    if (code == ERROR_NONE)
        code = resend_apply(&pipeline, &work->plan, &options, &result, error);
    if (code == ERROR_NONE)
        buffer_format(text, "accepted by SNS as message %s; accepted is not delivered\n",
                      result.message_id);
    return code;
}

static void release(void *data)
{
    struct notify_work *work = data;

    if (work->planned)
        resend_plan_release(&work->plan);
    free(work->upload_id);
    free(work);
}

static const struct plan_ops ops = {.title = "Send the vendor's notice again",
                                    .verb = "notify",
                                    .role = ROLE_SUPPORT,
                                    .make = make,
                                    .size = size,
                                    .apply = apply,
                                    .release = release};

struct effect plan_notify(struct console *console, const char *upload_id)
{
    struct notify_work *work = console_allocate(sizeof(*work));

    work->upload_id = console_copy(upload_id);
    return plan_open(console, &ops, upload_id, work);
}
