#include <stdio.h>

#include "core/operate/vendors/action.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"
#include "tui/stores/subscriptions.h"

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    const struct plan_thing *thing = data; /* variant: enum vendor_action */
    const struct vendor_action_request request = {.action = (enum vendor_action)thing->variant,
                                                  .vendor_id = thing->id};
    return plan_thing_make(context, data, &request, text, error);
}

static const char *step_name(enum vendor_step step)
{
    static const char *const names[] = {[VENDOR_STEP_NONE] = "nothing",
                                        [VENDOR_STEP_STATUS] = "status",
                                        [VENDOR_STEP_SUBSCRIBE] = "a new subscription",
                                        [VENDOR_STEP_REMIND] = "resend the confirmation e-mail",
                                        [VENDOR_STEP_SET_FILTER] = "fix the filter policy"};
    return names[step];
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct plan_thing *thing = data;
    const struct vendor_action_plan *plan = thing->plan;
    outline->vendor = thing->id;
    if ((enum vendor_action)thing->variant == VENDOR_SUBSCRIBE) {
        outline->destination = plan->topic_arn;
        snprintf(outline->what, sizeof outline->what, "%s, %s, now %s", plan->vendor.email,
                 step_name(plan->step), subscription_state_name(plan->state));
    } else {
        outline->destination = "vendor status";
        snprintf(outline->what, sizeof outline->what, "%s to %s, %zu uploads in flight",
                 plan->vendor.status, plan->status_after, plan->upload_count);
    }
}

static void command(const void *data, struct buffer *line)
{
    const struct plan_thing *thing = data;
    buffer_format(line, "intake %s ", vendor_action_name((enum vendor_action)thing->variant));
    shell_quote(line, thing->id);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct plan_thing *thing = data;
    struct vendor_action_result result = {.changed = false};
    enum error_code code = plan_thing_apply(context, data, reason, &result, error);
    subscriptions_again();
    if (!code && (enum vendor_action)thing->variant == VENDOR_SUBSCRIBE)
        buffer_format(text, "subscription: %s\n", subscription_state_name(result.state));
    else if (!code)
        buffer_format(text, "%s is now %s\n", thing->id, result.status);
    return code;
}

#define VENDOR_OPS(title_text, verb_text)                                                \
    {                                                                                    \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make,     \
        .apply = apply, .size = plan_thing_size, .outline = outline, .command = command, \
        .release = plan_thing_release                                                    \
    }

static const struct plan_ops ops[] = {
    [VENDOR_SUBSCRIBE] = VENDOR_OPS("Subscribe a vendor to its notices", "vendors subscribe"),
    [VENDOR_SUSPEND] = VENDOR_OPS("Suspend a vendor", "vendors suspend"),
    [VENDOR_ACTIVATE] = VENDOR_OPS("Activate a vendor", "vendors activate"),
};

#define VENDOR_KIND(action)                                                              \
    {                                                                                    \
        .ops = &ops[action], .operation = &vendor_action_operation, .things = "vendors", \
        .work_size = sizeof(struct plan_thing), .variant = (action)                      \
    }

const struct plan_kind plan_subscribe = VENDOR_KIND(VENDOR_SUBSCRIBE);
const struct plan_kind plan_suspend = VENDOR_KIND(VENDOR_SUSPEND);
const struct plan_kind plan_activate = VENDOR_KIND(VENDOR_ACTIVATE);
