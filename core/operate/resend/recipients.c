#include "core/operate/resend/resend_private.h"

#include <strings.h>

#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/history/subscriptions.h"
#include "core/record/subscription_filter.h"

#define SHOWN_MAX 100 /* of subscriptions that the notice does not reach */

static enum error_code warn(struct resend_plan *plan, const char *text, struct error *error)
{
    void *list = (void *)plan->warnings;
    size_t capacity = plan->warning_count;
    enum error_code code =
        memory_reserve(&list, &capacity, plan->warning_count + 1, sizeof *plan->warnings, error);
    plan->warnings = list;
    const char *copy = code ? NULL : arena_copy_text(&plan->memory, text, strlen(text));
    if (!code && !copy)
        code = error_set(error, ERROR_MEMORY, "out of memory for a warning");
    if (!code)
        plan->warnings[plan->warning_count++] = copy;
    return code;
}

static bool copy_recipient(struct resend_plan *plan, const struct subscription *row, bool matches)
{
    struct resend_recipient *recipient = &plan->recipients[plan->recipient_count];
    *recipient = (struct resend_recipient){
        .protocol = arena_copy_text(&plan->memory, row->protocol, strlen(row->protocol)),
        .endpoint = arena_copy_text(&plan->memory, row->endpoint, strlen(row->endpoint)),
        .filter_policy =
            arena_copy_text(&plan->memory, row->filter_policy, strlen(row->filter_policy)),
        .pending = row->pending,
        .filter_known = row->policy_known,
        .matches_filter = matches,
    };
    plan->recipient_count++;
    return recipient->protocol && recipient->endpoint && recipient->filter_policy;
}

enum place { REACHED, WAITING, OTHER };

static enum place place_of(const struct resend_plan *plan, const struct subscription *row,
                           bool matches)
{
    bool own = plan->vendor_email && strcasecmp(plan->vendor_email, row->endpoint) == 0;
    if (row->pending)
        return own || plan->to_operators ? WAITING : OTHER;
    return matches ? REACHED : OTHER;
}

static enum error_code sort_recipients(struct resend_plan *plan,
                                       const struct subscription_list *list, struct error *error)
{
    const struct aws_pair attributes[] = {{"upload_id", plan->draft.upload_id},
                                          {"status", plan->draft.status},
                                          {"vendor_id", plan->draft.vendor_id}};
    size_t attribute_count = plan->draft.vendor_id[0] ? 3 : 2, others = 0;
    plan->recipients = arena_new(&plan->memory, list->count + 1, sizeof *plan->recipients);
    bool kept = plan->recipients != NULL;
    for (enum place place = REACHED; place <= OTHER && kept; place++) {
        for (size_t i = 0; i < list->count && kept; i++) {
            const struct subscription *row = &list->rows[i];
            bool matches = row->policy_known &&
                           subscription_filter_passes(row->filter_policy, row->filter_scope,
                                                      attributes, attribute_count);
            if (place_of(plan, row, matches) != place)
                continue;
            plan->reached += place == REACHED;
            plan->pending += place == WAITING;
            others += place == OTHER;
            if (place != OTHER || others <= SHOWN_MAX)
                kept = copy_recipient(plan, row, matches);
            else
                plan->others_unshown++;
        }
    }
    return kept ? ERROR_NONE : error_set(error, ERROR_MEMORY, "out of memory for recipients");
}

static enum error_code warn_of_all(struct resend_plan *plan, struct error *error)
{
    char text[512], at[TIME_TEXT_SIZE];
    enum error_code code = ERROR_NONE;
    if (plan->report_making)
        code = warn(plan,
                    "the error report is still being built: the notice has no links yet; try "
                    "again in a minute",
                    error);
    if (!code && plan->to_operators)
        code =
            warn(plan, "the upload names no known vendor: the notice is sent to operators", error);
    if (!code && !plan->reached && plan->pending)
        code = warn(plan,
                    "no recipients: the subscription is pending until the link in the e-mail "
                    "from SNS is followed",
                    error);
    else if (!code && !plan->reached && !plan->to_operators) {
        snprintf(text, sizeof text,
                 "no recipients: %s has no matching subscription; run intake vendors subscribe %s",
                 plan->draft.vendor_id, plan->draft.vendor_id);
        code = warn(plan, text, error);
    } else if (!code && !plan->reached) {
        code = warn(plan, "no recipients: the topic has no matching subscription", error);
    }
    if (!code && plan->cool_down_until) {
        time_text_iso8601(plan->cool_down_until, at);
        snprintf(text, sizeof text, "it was resent recently%s%s: wait until %s or use --force",
                 plan->last_resend_by ? " by " : "",
                 plan->last_resend_by ? plan->last_resend_by : "", at);
        code = warn(plan, text, error);
    }
    return code;
}

enum error_code resend_find_recipients(struct pipeline *pipeline, struct resend_plan *plan,
                                       struct error *error)
{
    struct subscription_list list = {.rows = NULL};
    char text[900];
    plan->to_operators = !plan->draft.vendor_known;
    enum setting topic = plan->to_operators ? SETTING_ALARM_TOPIC_ARN : SETTING_TOPIC_ARN;
    enum error_code code = settings_require(pipeline->settings, topic, &plan->topic_arn, error);
    if (code)
        return code;
    code = subscriptions_read(pipeline->aws, plan->topic_arn, &list, error);
    if (!code)
        code = subscriptions_ask_policies(pipeline->aws, &list, NULL, SIZE_MAX, error);
    if (code == ERROR_DENIED) {
        snprintf(text, sizeof text, "cannot read the recipients: %s", error->message);
        error_clear(error);
        code = warn(plan, text, error);
        subscriptions_release(&list);
        return code;
    }
    if (code)
        error_wrap(error, "reading the subscriptions of %s", plan->topic_arn);
    if (!code)
        code = sort_recipients(plan, &list, error);
    if (!code)
        code = warn_of_all(plan, error);
    subscriptions_release(&list);
    return code;
}

static void append_visible(struct buffer *out, const char *text)
{
    text_append_visible(out, text, strlen(text));
}

/* Line by line: a line end of the body is one, everything else in it is made visible. */
static void append_body(struct buffer *out, const struct buffer *body)
{
    const char *at = body->data, *end = body->data + body->len;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop ? stop : end) - at);
        buffer_text(out, "  ");
        text_append_visible(out, at, len);
        buffer_char(out, '\n');
        at += len + 1;
    }
}

static void append_recipient(struct buffer *out, const struct resend_recipient *recipient)
{
    buffer_text(out, "  ");
    append_visible(out, recipient->protocol);
    buffer_char(out, ' ');
    append_visible(out, recipient->endpoint);
    buffer_text(out, recipient->pending ? ": pending, receives nothing yet" : ": confirmed");
    if (!recipient->filter_known)
        buffer_text(out, ", filter policy unknown");
    else
        buffer_text(out, recipient->matches_filter ? ", filter policy matches"
                                                   : ", filter policy excludes this notice");
    buffer_char(out, '\n');
}

void resend_plan_text(const struct resend_plan *plan, struct buffer *out)
{
    char at[TIME_TEXT_SIZE];
    buffer_text(out, "To:      ");
    append_visible(out, plan->topic_arn);
    buffer_text(out, plan->to_operators ? " (operators)\nSubject: " : "\nSubject: ");
    append_visible(out, plan->draft.subject);
    buffer_char(out, '\n');
    if (plan->draft.link_expires_at_ms) {
        time_text_iso8601(plan->draft.link_expires_at_ms, at);
        buffer_format(out, "Link:    expires at %s\n", at);
    }
    buffer_format(out, "Reaches: %zu\n", plan->reached);
    for (size_t i = 0; i < plan->recipient_count; i++)
        append_recipient(out, &plan->recipients[i]);
    if (plan->others_unshown)
        buffer_format(out, "  and %zu more subscriptions that do not match\n",
                      plan->others_unshown);
    for (size_t i = 0; i < plan->warning_count; i++) {
        buffer_text(out, "Note:    ");
        append_visible(out, plan->warnings[i]);
        buffer_char(out, '\n');
    }
    buffer_char(out, '\n');
    append_body(out, &plan->draft.body);
}
