#include "core/base/json.h"
#include "core/operate/resend/resend.h"
#include "core/pipeline/pipeline.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option options[] = {
    {.name = "force", .help = "ignore the cool-down between two notices (default: 10 minutes)"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake notify UPLOAD_20260131_080000_VEND001 --dry-run", "preview the text and the "
                                                               "recipients"},
    {"intake notify UPLOAD_20260131_080000_VEND001 --reason 'link expired'",
     "resend with a new link"},
    {NULL, NULL},
};

static void recipient_json(struct buffer *out, const void *listed)
{
    const struct resend_recipient *recipient = listed;
    json_append_member(out, "protocol", recipient->protocol);
    json_append_member(out, "endpoint", recipient->endpoint);
    json_append_member(out, "state", recipient->pending ? "pending" : "confirmed");
    if (recipient->filter_known)
        json_append_member_bool(out, "matches_filter", recipient->matches_filter);
    else
        json_append_member(out, "matches_filter", NULL);
}

static void notice_json(struct buffer *out, const struct resend_plan *plan, bool dry_run,
                        const char *message_id)
{
    int64_t expires_at = plan->draft.link_expires_at_ms;
    buffer_char(out, '{');
    json_append_member(out, "upload_id", plan->draft.upload_id);
    json_append_member_bool(out, "dry_run", dry_run);
    json_append_member(out, "subject", plan->draft.subject);
    json_append_member(out, "message", plan->draft.body.data);
    json_append_member(out, "topic_arn", plan->topic_arn);
    json_objects(out, "recipients", plan->recipients, plan->recipient_count,
                 sizeof *plan->recipients, recipient_json);
    json_append_member_integer(out, "reached", (int64_t)plan->reached);
    json_member_time(out, "link_expires_at", expires_at != 0 ? expires_at : HISTORY_NEVER);
    json_append_member(out, "message_id", message_id);
    json_texts(out, "warnings", plan->warnings, plan->warning_count);
    buffer_text(out, "}\n");
}

static void warnings_tell(const struct command_call *call, const struct resend_plan *plan)
{
    for (size_t i = 0; i < plan->warning_count; i++)
        output_note(call->output, "intake notify: %s", plan->warnings[i]);
}

static int plan_print(struct command_call *call, const struct resend_plan *plan)
{
    if (call->output->json)
        notice_json(&call->output->text, plan, true, NULL);
    else
        resend_plan_text(plan, &call->output->text);
    return EXIT_DONE;
}

static void sent_print(struct command_call *call, const struct resend_plan *plan,
                       const struct resend_result *result)
{
    struct output *output = call->output;
    if (output->json) {
        notice_json(&output->text, plan, false, result->message_id);
        return;
    }
    output_visible(output, plan->draft.upload_id);
    output_format(output, ": accepted by SNS as ");
    output_visible(output, result->message_id);
    output_format(output, ", for %zu confirmed subscription%s\n", plan->reached,
                  plan->reached == 1 ? "" : "s");
}

static int plan_confirm(struct command_call *call, const struct resend_plan *plan)
{
    struct buffer text;
    buffer_init(&text, 1 << 20);
    resend_plan_text(plan, &text);
    return command_confirm_text(call, 1, &text);
}

static int carry_out(struct command_call *call, struct pipeline *pipeline,
                     const struct resend_plan *plan)
{
    struct error error = ERROR_INIT;
    struct resend_result result;
    const struct resend_options chosen = {.cool_down_ms = session_cool_down_ms(call->session),
                                          .force = options_flag(call->options, "force"),
                                          .operator_reason = command_reason(call)};
    bool too_soon = plan->cool_down_until != 0 && !chosen.force;
    int confirmed = too_soon ? EXIT_DONE : plan_confirm(call, plan);
    if (confirmed != EXIT_DONE)
        return confirmed;
    enum error_code code = resend_apply(pipeline, plan, &chosen, &result, &error);
    if (result.outcome == RESEND_ACCEPTED) {
        sent_print(call, plan, &result);
        warnings_tell(call, plan);
    }
    if (code) {
        int failed = command_fail(call, &error);
        return result.outcome == RESEND_REFUSED ? EXIT_REFUSED : failed;
    }
    return plan->reached > 0 || !plan->recipients ? EXIT_DONE : EXIT_PARTLY;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT, unknown = ERROR_INIT;
    struct pipeline pipeline = {.db = NULL};
    struct resend_plan plan;
    const char *upload_id = options_operand(call->options, 0), *operators_topic = NULL;
    int result;
    enum error_code code = session_pipeline(call->session, &pipeline, &error);
    if (code)
        return command_fail(call, &error);
    /* Only a notice that no vendor can get needs it; then its absence is told. */
    if (session_resource(call->session, SETTING_ALARM_TOPIC_ARN, &operators_topic, &unknown))
        error_clear(&unknown);
    code =
        resend_plan_make(&pipeline, upload_id, session_cool_down_ms(call->session), &plan, &error);
    if (code)
        result = command_fail_noted(call, upload_id, &error);
    else if (command_dry_run(call))
        result = plan_print(call, &plan);
    else
        result = carry_out(call, &pipeline, &plan);
    resend_plan_release(&plan);
    return result;
}

const struct command command_notify = {
    .name = "notify",
    .summary = "Resend the vendor's notice of an upload",
    COMMAND_OPERAND("ID"),
    .description =
        "Resends the notice of a finished upload with current counts and a new link to the "
        "report. --dry-run shows the exact subject and text, every subscription with its state, "
        "and whether its filter policy matches the notice.\n"
        "\n"
        "Accepted by SNS does not mean delivered. Two resends of one upload must be 10 minutes "
        "apart (cool_down_minutes, INTAKE_COOL_DOWN_MINUTES) unless --force is given; the "
        "automatic notice does not count. Exits with 3 if the notice was accepted but matches "
        "no subscription, 4 if the cool-down has not passed.",
    .options = options,
    .examples = examples,
    .role = ROLE_SUPPORT,
    .action = true,
    .run = run,
};
