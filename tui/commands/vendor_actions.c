#include "core/base/json.h"
#include "core/operate/vendors/action.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option subscribe_options[] = {
    {.name = "remind", .help = "resend the confirmation e-mail of a pending subscription"},
    OPTIONS_END,
};

static const struct command_example subscribe_examples[] = {
    {"intake vendors subscribe VEND001", "send notices to the vendor's e-mail address"},
    {NULL, NULL},
};

static const struct command_example suspend_examples[] = {
    {"intake vendors suspend VEND001 --reason 'contract ended'", "refuse files from now on"},
    {NULL, NULL},
};

static const struct command_example activate_examples[] = {
    {"intake vendors activate VEND001 --reason 'contract signed'", "accept files again"},
    {NULL, NULL},
};

static void vendor_upload_json(struct buffer *out, const void *listed)
{
    const struct vendor_upload *upload = listed;
    json_append_member(out, "upload_id", upload->upload_id);
    json_append_member_bool(out, "admitted", upload->admitted);
    json_append_member_integer(out, "total_records", upload->total_records);
    json_append_member_integer(out, "settled_records", upload->settled_records);
}

static void action_json(struct buffer *out, const void *made, const void *did)
{
    const struct vendor_action_plan *plan = made;
    const struct vendor_action_result *result = did;
    const char *status = result ? result->status : plan->status_after;
    enum subscription_state state = result ? result->state : plan->state;
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->vendor.vendor_id);
    json_append_member_bool(out, "dry_run", !result);
    json_append_member(out, "status_before", plan->vendor.status);
    json_append_member(out, "status", status);
    json_append_member_bool(out, "changed",
                            result ? result->changed : plan->step != VENDOR_STEP_NONE);
    if (plan->action == VENDOR_SUBSCRIBE) {
        json_append_member(out, "endpoint", plan->vendor.email);
        json_append_member(out, "subscription", subscription_state_name(state));
        json_append_member(out, "filter_policy", plan->filter_policy);
    } else {
        json_objects(out, "uploads_in_flight", plan->uploads, plan->upload_count,
                     sizeof *plan->uploads, vendor_upload_json);
    }
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static void result_print(struct command_call *call, const void *made, const void *did)
{
    const struct vendor_action_plan *plan = made;
    const struct vendor_action_result *result = did;
    struct output *output = call->output;
    if (output->json) {
        action_json(&output->text, plan, result);
        return;
    }
    output_visible(output, plan->vendor.vendor_id);
    if (plan->action == VENDOR_SUBSCRIBE)
        output_format(output, ": subscription %s%s\n", subscription_state_name(result->state),
                      result->changed ? "" : ", nothing changed");
    else
        output_format(output, ": %s%s\n", result->status,
                      result->changed ? "" : ", nothing changed");
    for (size_t i = 0; i < plan->notes.count; i++)
        output_note(output, "%s", plan->notes.list[i]);
}

static int act(struct command_call *call)
{
    enum vendor_action action = (enum vendor_action)call->command->variant;
    const struct vendor_action_request request = {.action = action,
                                                  .vendor_id = options_operand(call->options, 0),
                                                  .remind = action == VENDOR_SUBSCRIBE &&
                                                            options_flag(call->options, "remind")};
    const struct operate operate = {.operation = &vendor_action_operation,
                                    .request = &request,
                                    .target = request.vendor_id,
                                    .json = action_json,
                                    .tell = result_print};
    return command_operate(call, &operate);
}

const struct command command_vendors_subscribe = {
    .name = "vendors subscribe",
    .summary = "Subscribe a vendor's e-mail address to its notices",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Subscribes the vendor's e-mail address to the notification topic with a FilterPolicy "
        "on its vendor_id, so that it receives only its own notices. The subscription is "
        "pending, and receives nothing, until the vendor follows the link in the confirmation "
        "e-mail from SNS. An existing subscription is reported and kept; a filter policy that "
        "is missing or excludes the vendor is fixed.",
    .options = subscribe_options,
    .examples = subscribe_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = VENDOR_SUBSCRIBE,
    .run = act,
};

const struct command command_vendors_suspend = {
    .name = "vendors suspend",
    .summary = "Refuse a vendor's files from now on",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Uploads whose records are already counted are processed to the end; all others, and "
        "all that arrive later, are refused with VENDOR_NOT_ACTIVE. Products are not changed.",
    .examples = suspend_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = VENDOR_SUSPEND,
    .run = act,
};

const struct command command_vendors_activate = {
    .name = "vendors activate",
    .summary = "Accept a vendor's files again",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Sets the vendor's status to active, whatever it was. Files that were refused in the "
        "meantime stay refused: the vendor must upload them again.",
    .examples = activate_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .variant = VENDOR_ACTIVATE,
    .run = act,
};
