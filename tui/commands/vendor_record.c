#include "core/operate/vendors/record.h"

#include "core/base/json.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option add_options[] = {
    OPTION("name", OPTION_TEXT, "NAME", "display name, at most 200 characters"),
    OPTION("email", OPTION_TEXT, "ADDRESS", "e-mail address for notices"),
    OPTIONS_END,
};

static const struct option edit_options[] = {
    OPTION("name", OPTION_TEXT, "NAME", "new name"),
    OPTION("email", OPTION_TEXT, "ADDRESS", "new e-mail address"),
    OPTIONS_END,
};

static const struct command_example add_examples[] = {
    {"intake vendors add VEND004 --name 'Green Garden' --email shop@greengarden.example",
     "accept its files from now on"},
    {NULL, NULL},
};

static const struct command_example edit_examples[] = {
    {"intake vendors edit VEND004 --email sales@greengarden.example --dry-run",
     "what happens to the subscription"},
    {"intake vendors edit VEND004 --name 'Green Garden Ltd'", "change only the name"},
    {NULL, NULL},
};

static void record_json(struct buffer *out, const void *made, const void *result)
{
    const struct vendor_record_plan *plan = made;
    const bool *changed = result;
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->vendor_id);
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_bool(out, "changed", changed ? *changed : plan->changes);
    json_append_member(out, "vendor_name_before", plan->name_before);
    json_append_member(out, "vendor_name", plan->name);
    json_append_member(out, "email_before", plan->email_before);
    json_append_member(out, "email", plan->email);
    json_append_member(out, "status", plan->status);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static int act(struct command_call *call, const struct vendor_record_request *request)
{
    const struct operate operate = {.operation = &vendor_record_operation,
                                    .request = request,
                                    .target = request->vendor_id,
                                    .json = record_json};
    return command_operate(call, &operate);
}

static int run_add(struct command_call *call)
{
    const struct vendor_record_request request = {.adds = true,
                                                  .vendor_id = options_operand(call->options, 0),
                                                  .name = options_text(call->options, "name"),
                                                  .email = options_text(call->options, "email")};
    if (!request.name || !request.email)
        return command_misused(call, "--name and --email are required");
    return act(call, &request);
}

static int run_edit(struct command_call *call)
{
    const struct vendor_record_request request = {.vendor_id = options_operand(call->options, 0),
                                                  .name = options_text(call->options, "name"),
                                                  .email = options_text(call->options, "email")};
    if (!request.name && !request.email)
        return command_misused(call, "nothing to change: use --name, --email or both");
    return act(call, &request);
}

const struct command command_vendors_add = {
    .name = "vendors add",
    .summary = "Add a vendor",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "VENDOR names its folder in uploads/ and starts its file names: 1 to 50 letters, digits "
        "and hyphens, and not another vendor's id in different case. The vendor is active at "
        "once; it receives no notices until `intake vendors subscribe`.",
    .options = add_options,
    .examples = add_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run_add,
};

const struct command command_vendors_edit = {
    .name = "vendors edit",
    .summary = "Change a vendor's name or e-mail address",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Notices are sent to subscribed addresses, not to the address in the table: subscribe a "
        "new address with `intake vendors subscribe`; the old subscription stays until it is "
        "removed. The plan shows the state of both. A vendor's id cannot be changed.",
    .options = edit_options,
    .examples = edit_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run_edit,
};
