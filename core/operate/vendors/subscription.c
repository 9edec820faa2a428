#include "core/operate/vendors/action_private.h"

#include <json-c/json.h>
#include <strings.h>

#include "aws/sns.h"
#include "core/base/json.h"

static const char *keep(struct vendor_action_plan *plan, const char *text, size_t len,
                        struct error *error, enum error_code *code)
{
    const char *copy = arena_copy_text(&plan->memory, text, len);
    if (!copy)
        *code = error_set(error, ERROR_MEMORY, "out of memory for a filter policy");
    return copy;
}

/* A policy that names vendors and nothing else, with this one added; else one that names it
 * alone. */
static enum error_code write_filter(struct vendor_action_plan *plan, const char *before,
                                    struct error *error)
{
    struct json_object *policy = NULL;
    enum error_code code = ERROR_NONE;
    struct buffer out;
    bool several = false;
    buffer_init(&out, 256 << 10);
    if (before[0] && !json_parse(before, strlen(before), &policy, NULL))
        several = json_object_is_type(policy, json_type_object) &&
                  json_object_object_length(policy) == 1 &&
                  json_count(json_member(policy, "vendor_id")) > 0;
    if (several) {
        json_object_array_add(json_member(policy, "vendor_id"),
                              json_object_new_string(plan->vendor.vendor_id));
        buffer_text(&out, json_object_to_json_string_ext(policy, JSON_C_TO_STRING_PLAIN));
    } else {
        buffer_text(&out, "{\"vendor_id\":[");
        json_append_text(&out, plan->vendor.vendor_id);
        buffer_text(&out, "]}");
    }
    json_object_put(policy);
    code = buffer_check(&out, error);
    if (!code)
        plan->filter_policy = keep(plan, out.data, out.len, error, &code);
    buffer_release(&out);
    return code;
}

static enum error_code plan_pending(struct vendor_action_plan *plan, bool remind,
                                    struct error *error)
{
    plan->state = SUBSCRIPTION_PENDING;
    plan->step = remind ? VENDOR_STEP_REMIND : VENDOR_STEP_NONE;
    return plan_note(&plan->notes, &plan->memory, error,
                     remind ? "pending: SNS resends its confirmation e-mail"
                            : "already subscribed, pending: the vendor has not followed the "
                              "link in the e-mail from SNS; --remind resends it");
}

static enum error_code plan_confirmed(struct vendor_action_plan *plan,
                                      const struct subscription *row, struct error *error)
{
    enum error_code code = ERROR_NONE;
    plan->state = SUBSCRIPTION_CONFIRMED;
    plan->subscription_arn = keep(plan, row->arn, strlen(row->arn), error, &code);
    plan->filter_policy_before =
        keep(plan, row->filter_policy, strlen(row->filter_policy), error, &code);
    if (code)
        return code;
    if (row->filter_policy[0] &&
        subscription_policy_matches(row->filter_policy, plan->vendor.vendor_id)) {
        plan->filter_policy = plan->filter_policy_before;
        return plan_note(&plan->notes, &plan->memory, error, "already subscribed and confirmed");
    }
    plan->step = VENDOR_STEP_SET_FILTER;
    code = write_filter(plan, row->filter_policy, error);
    if (!code)
        code = plan_note(
            &plan->notes, &plan->memory, error,
            row->filter_policy[0]
                ? "the address is subscribed, but its filter policy excludes this vendor's notices"
                : "the address is subscribed without a filter policy: it receives all vendors' "
                  "notices");
    return code;
}

/* Of several subscriptions of the address (one a protocol) the e-mail one counts. */
static const struct subscription *find_own(const struct subscription_list *list, const char *email)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcasecmp(list->rows[i].endpoint, email) == 0 &&
            strncmp(list->rows[i].protocol, "email", 5) == 0)
            return &list->rows[i];
    return NULL;
}

enum error_code vendor_subscription_see(struct pipeline *pipeline, const char *vendor_id,
                                        const char *email, enum subscription_state *state,
                                        struct error *error)
{
    struct subscription_list list = {.count = 0};
    const char *topic = NULL;
    enum error_code code = settings_require(pipeline->settings, SETTING_TOPIC_ARN, &topic, error);
    if (!code)
        code = subscriptions_read(pipeline->aws, topic, &list, error);
    if (!code && email)
        code = subscriptions_ask_policies(pipeline->aws, &list, email, SIZE_MAX, error);
    if (!code)
        *state = subscription_of_vendor(&list, vendor_id, email);
    subscriptions_release(&list);
    return code;
}

enum error_code vendor_subscription_plan(struct pipeline *pipeline, bool remind,
                                         struct vendor_action_plan *plan, struct error *error)
{
    struct subscription_list list = {.rows = NULL};
    const char *email = plan->vendor.email;
    enum error_code code =
        settings_require(pipeline->settings, SETTING_TOPIC_ARN, &plan->topic_arn, error);
    if (!code && (!email || !strchr(email, '@')))
        code = error_set(error, ERROR_INVALID, "%s has no e-mail address: nothing to subscribe",
                         plan->vendor.vendor_id);
    if (!code)
        code = subscriptions_read(pipeline->aws, plan->topic_arn, &list, error);
    if (!code)
        code = subscriptions_ask_policies(pipeline->aws, &list, email, SIZE_MAX, error);
    if (!code)
        code = write_filter(plan, "", error);
    const struct subscription *own = code ? NULL : find_own(&list, email);
    if (!code && !own) {
        plan->step = VENDOR_STEP_SUBSCRIBE;
        code = plan_note(&plan->notes, &plan->memory, error,
                         "SNS sends an e-mail with a link; until the vendor follows it, the "
                         "subscription is pending and receives nothing");
    } else if (!code) {
        code = own->pending ? plan_pending(plan, remind, error) : plan_confirmed(plan, own, error);
    }
    subscriptions_release(&list);
    return code ? error_wrap(error, "subscribing %s", plan->vendor.vendor_id) : ERROR_NONE;
}

/* Only SNS knows: an address that was confirmed for the topic before is so at once. */
static enum subscription_state ask_state(struct pipeline *pipeline, const char *arn)
{
    struct sns_subscription found;
    struct error unknown = ERROR_INIT;
    if (strncmp(arn, "arn:", 4) != 0 ||
        sns_get_subscription_attributes(pipeline->aws, arn, &found, &unknown))
        return SUBSCRIPTION_PENDING;
    return found.pending ? SUBSCRIPTION_PENDING : SUBSCRIPTION_CONFIRMED;
}

enum error_code vendor_subscription_apply(struct pipeline *pipeline,
                                          const struct vendor_action_plan *plan,
                                          struct vendor_action_result *result, struct error *error)
{
    char arn[320] = "";
    enum error_code code;
    if (plan->step == VENDOR_STEP_SET_FILTER) {
        code = sns_set_subscription_attribute(pipeline->aws, plan->subscription_arn, "FilterPolicy",
                                              plan->filter_policy, error);
        result->state = SUBSCRIPTION_CONFIRMED;
    } else {
        code = sns_subscribe(pipeline->aws, plan->topic_arn, "email", plan->vendor.email,
                             plan->filter_policy, arn, error);
        result->state = code ? plan->state : ask_state(pipeline, arn);
    }
    if (code)
        return error_wrap(error, "subscribing %s: nothing was changed", plan->vendor.vendor_id);
    result->changed = true;
    return ERROR_NONE;
}

/* ---- the plan as text */

static void append_step(const struct vendor_action_plan *plan, struct buffer *out)
{
    switch (plan->step) {
    case VENDOR_STEP_NONE:
        buffer_text(out, "nothing to do");
        break;
    case VENDOR_STEP_STATUS:
        buffer_format(out, "%s -> %s", plan->vendor.status, plan->status_after);
        break;
    case VENDOR_STEP_SUBSCRIBE:
    case VENDOR_STEP_REMIND:
        buffer_text(out, "subscribe ");
        plan_append_visible(out, plan->vendor.email);
        buffer_text(out, " with filter policy ");
        plan_append_visible(out, plan->filter_policy);
        break;
    case VENDOR_STEP_SET_FILTER:
        buffer_text(out, "set the filter policy of ");
        plan_append_visible(out, plan->vendor.email);
        buffer_text(out, " to ");
        plan_append_visible(out, plan->filter_policy);
        break;
    }
    buffer_char(out, '\n');
}

void vendor_action_plan_text(const void *made, struct buffer *out)
{
    const struct vendor_action_plan *plan = made;
    plan_append_visible(out, plan->vendor.vendor_id);
    buffer_text(out, " (");
    plan_append_visible(out, plan->vendor.vendor_name);
    buffer_text(out, "): ");
    append_step(plan, out);
    for (size_t i = 0; i < plan->upload_count; i++) {
        const struct vendor_upload *upload = &plan->uploads[i];
        buffer_text(out, "  ");
        plan_append_visible(out, upload->upload_id);
        if (upload->admitted)
            buffer_format(out, ": %lld of %lld records settled\n",
                          (long long)upload->settled_records, (long long)upload->total_records);
        else
            buffer_text(out, ": not accepted yet\n");
    }
    plan_notes_text(&plan->notes, out);
}

void vendor_action_plan_json(const struct vendor_action_plan *plan, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member(out, "status_before", plan->vendor.status);
    json_append_member(out, "status_after", plan->status_after);
    if (plan->action == VENDOR_SUBSCRIBE) {
        json_append_member(out, "endpoint", plan->vendor.email);
        json_append_member(out, "filter_policy", plan->filter_policy);
    }
    json_append_member_integer(out, "uploads_in_flight", (int64_t)plan->upload_count);
    json_append_member_bool(out, "changes", plan->step != VENDOR_STEP_NONE);
    buffer_char(out, '}');
}
