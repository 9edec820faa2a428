#include "core/operate/vendors/record.h"

#include "core/base/json.h"
#include "tui/cli/command.h"
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

static void record_json(struct buffer *out, const struct vendor_record_plan *plan, bool dry_run,
                        bool changed)
{
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->vendor_id);
    json_append_member_bool(out, "dry_run", dry_run);
    json_append_member_bool(out, "changed", changed);
    json_append_member(out, "vendor_name_before", plan->name_before);
    json_append_member(out, "vendor_name", plan->name);
    json_append_member(out, "email_before", plan->email_before);
    json_append_member(out, "email", plan->email);
    json_append_member(out, "status", plan->status);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static void record_print(struct command_call *call, const struct vendor_record_plan *plan,
                         bool dry_run, bool changed)
{
    if (call->output->json)
        record_json(&call->output->text, plan, dry_run, changed);
    else
        vendor_record_plan_text(plan, &call->output->text);
}

static int carry_out(struct command_call *call, struct pipeline *pipeline,
                     const struct vendor_record_plan *plan)
{
    struct error error = ERROR_INIT;
    struct buffer text;
    bool changed = false;
    buffer_init(&text, 1 << 20);
    vendor_record_plan_text(plan, &text);
    int confirmed = command_confirm_text(call, plan->changes, &text);
    if (confirmed != EXIT_DONE)
        return confirmed;
    enum error_code code =
        vendor_record_apply(pipeline, plan, command_reason(call), &changed, &error);
    if (!code || changed)
        record_print(call, plan, false, changed);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

static int act(struct command_call *call, const struct vendor_record_request *request)
{
    struct error error = ERROR_INIT;
    struct pipeline pipeline = {.db = NULL};
    struct vendor_record_plan plan;
    int result = EXIT_DONE;
    enum error_code code = session_pipeline(call->session, &pipeline, &error);
    if (code)
        return command_fail(call, &error);
    code = vendor_record_plan_make(&pipeline, request, &plan, &error);
    if (code)
        result = command_fail_noted(call, request->vendor_id, &error);
    else if (command_dry_run(call))
        record_print(call, &plan, true, plan.changes);
    else
        result = carry_out(call, &pipeline, &plan);
    vendor_record_plan_release(&plan);
    return result;
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
