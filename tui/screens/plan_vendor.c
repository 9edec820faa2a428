#include <stdio.h>
#include <stdlib.h>

#include "tui/console_memory.h"
#include "tui/screens/plans.h"
#include "tui/session.h"

struct vendor_work {
    enum vendor_action action;
    char *vendor_id;
    struct vendor_action_plan plan;
    bool planned;
};

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct vendor_work *work = data;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);

    if (code != ERROR_NONE)
        return code;
    work->planned = true;
    code = vendor_action_plan_make(&pipeline, work->action, work->vendor_id, false, &work->plan,
                                   error);
    if (code == ERROR_NONE)
        vendor_action_plan_text(&work->plan, text);
    return code;
}

static int64_t size(const void *data)
{
    const struct vendor_work *work = data;

    return work->plan.step == VENDOR_STEP_NONE ? 0 : 1;
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct vendor_work *work = data;
    struct vendor_action_result result = {.changed = false};
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);

    if (code == ERROR_NONE)
        code = vendor_action_apply(&pipeline, &work->plan, reason, &result, error);
    if (code == ERROR_NONE && work->action == VENDOR_SUBSCRIBE)
        buffer_format(text, "subscription: %s\n", subscription_state_name(result.state));
    else if (code == ERROR_NONE)
        buffer_format(text, "%s is %s now\n", work->vendor_id, result.status);
    return code;
}

static void release(void *data)
{
    struct vendor_work *work = data;

    if (work->planned)
        vendor_action_plan_release(&work->plan);
    free(work->vendor_id);
    free(work);
}

#define VENDOR_OPS(title_text, verb_text)                                                          \
    {                                                                                              \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make,               \
        .size = size, .apply = apply, .release = release                                           \
    }

static const struct plan_ops ops[] = {
    [VENDOR_SUBSCRIBE] = VENDOR_OPS("Subscribe a vendor to its notices", "vendors subscribe"),
    [VENDOR_SUSPEND] = VENDOR_OPS("Suspend a vendor", "vendors suspend"),
    [VENDOR_ACTIVATE] = VENDOR_OPS("Activate a vendor", "vendors activate"),
};

struct effect plan_vendor(struct console *console, enum vendor_action action,
                          const char *vendor_id)
{
    struct vendor_work *work = console_allocate(sizeof(*work));

    work->action = action;
    work->vendor_id = console_copy(vendor_id);
    return plan_open(console, &ops[action], vendor_id, work);
}
