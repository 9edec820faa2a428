#include "core/operate/vendors/record.h"

#include "core/base/json.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option add_options[] = {
    OPTION("name", OPTION_TEXT, "NAME", "as people call it, at most 200 characters"),
    OPTION("email", OPTION_TEXT, "ADDRESS", "where its notices are to go"),
    OPTIONS_END,
};

static const struct option edit_options[] = {
    OPTION("name", OPTION_TEXT, "NAME", "another name"),
    OPTION("email", OPTION_TEXT, "ADDRESS", "another address for its notices"),
    OPTIONS_END,
};

static const struct command_example add_examples[] = {
    {"intake vendors add VEND004 --name 'Green Garden' --email shop@greengarden.example",
     "its files are taken from now on"},
    {NULL, NULL},
};

static const struct command_example edit_examples[] = {
    {"intake vendors edit VEND004 --email sales@greengarden.example --dry-run",
     "what it means for its subscription"},
    {"intake vendors edit VEND004 --name 'Green Garden Ltd'", "the name alone"},
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
        return command_misused(call, "a new vendor wants --name and --email");
    return act(call, &request);
}

static int run_edit(struct command_call *call)
{
    const struct vendor_record_request request = {.vendor_id = options_operand(call->options, 0),
                                                  .name = options_text(call->options, "name"),
                                                  .email = options_text(call->options, "email")};
    if (!request.name && !request.email)
        return command_misused(call, "say what is to change: --name, --email or both");
    return act(call, &request);
}

const struct command command_vendors_add = {
    .name = "vendors add",
    .summary = "adds a vendor, whose files are taken from then on",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "VENDOR is its folder under uploads/ and begins its file names: 1 to 50 letters, digits "
        "and hyphens, and no other vendor's id in another case. The vendor is active at once; no "
        "notice reaches it before `intake vendors subscribe`.",
    .options = add_options,
    .examples = add_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run_add,
};

const struct command command_vendors_edit = {
    .name = "vendors edit",
    .summary = "changes a vendor's name or e-mail address",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Notices go to what is subscribed, not to the address in the table: another address is "
        "subscribed with `intake vendors subscribe`, and the old one's subscription stays until it "
        "is ended. The plan says how it stands. The id of a vendor does not change.",
    .options = edit_options,
    .examples = edit_examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run_edit,
};
