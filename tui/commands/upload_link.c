#include "core/operate/vendors/upload_link.h"

#include <ctype.h>

#include "core/base/json.h"
#include "tui/base/typed.h"
#include "tui/cli/upload_link_lines.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option options[] = {
    OPTION("file", OPTION_TEXT, "NAME", "name of the file (default: VENDOR_YYYYMMDD_HHMMSS.csv)"),
    OPTION("expires", OPTION_TEXT, "AGE", "validity: 30m, 12h, at most 7d (default: 1h)"),
    OPTION("length", OPTION_NUMBER, "BYTES", "accept only a file of exactly this size"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake vendors upload-link VEND001", "a link for one file, for an hour"},
    {"intake vendors upload-link VEND001 --expires 2d --reason 'ticket 88'",
     "for two days, with a reason"},
    {"intake vendors upload-link VEND001 --json | jq -r .url", "the link only"},
    {NULL, NULL},
};

static void link_json(struct buffer *out, const void *made, const void *result)
{
    const struct upload_link_plan *plan = made;
    const struct upload_link *link = result;
    struct buffer line;
    buffer_init(&line, 1 << 18);
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", plan->request.vendor_id);
    json_append_member(out, "s3_key", plan->key);
    json_append_member(out, "url", link ? link->url.data : NULL);
    json_member_time(out, "expires_at", link ? link->expires_at_ms : HISTORY_NEVER);
    if (link)
        upload_link_curl(&line, plan->file_name, link->url.data);
    json_append_member(out, "curl", link ? line.data : NULL);
    buffer_clear(&line);
    if (link)
        upload_link_powershell(&line, plan->file_name, link->url.data);
    json_append_member(out, "powershell", link ? line.data : NULL);
    json_append_member(out, "content_type", UPLOAD_LINK_CONTENT_TYPE);
    json_append_member_bool(out, "dry_run", !link);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
    buffer_release(&line);
}

static void link_print(struct command_call *call, const void *made, const void *result)
{
    const struct upload_link_plan *plan = made;
    const struct upload_link *link = result;
    if (call->output->json)
        link_json(&call->output->text, plan, link);
    else
        upload_link_lines(&call->output->text, plan, link);
    if (link->shortened)
        output_note(call->output,
                    "intake %s: the link expires with the credentials that signed it, earlier "
                    "than requested",
                    call->command->name);
    if (call->output->json)
        for (size_t i = 0; i < plan->notes.count; i++)
            output_note(call->output, "%s", plan->notes.list[i]);
}

static bool expires_read(const char *text, int64_t *seconds)
{
    int64_t ms = 0;
    *seconds = 3600;
    if (!text)
        return true;
    if (!isdigit((unsigned char)text[0]) || strspn(text, "0123456789smhdw") != strlen(text) ||
        !typed_time(text, 0, &ms))
        return false;
    *seconds = -ms / 1000;
    return *seconds > 0 && *seconds <= UPLOAD_LINK_SECONDS_MAX;
}

static int run(struct command_call *call)
{
    struct upload_link_request request = {
        .vendor_id = options_operand(call->options, 0),
        .file_name = options_text(call->options, "file"),
        .length = options_number(call->options, "length", 0),
    };
    if (!expires_read(options_text(call->options, "expires"), &request.expires_s))
        return command_misused(call, "--expires must be 1s to 7d: a number with s, m, h, d or w");
    const struct operate operate = {.operation = &upload_link_operation,
                                    .request = &request,
                                    .target = request.vendor_id,
                                    .json = link_json,
                                    .tell = link_print};
    return command_operate(call, &operate);
}

const struct command command_vendors_upload_link = {
    .name = "vendors upload-link",
    .summary = "Create a presigned link to upload one file",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Signs a PUT of one object in the vendor's folder, for a vendor without an AWS account, "
        "and shows the command lines that use it, for curl and PowerShell. The signature covers "
        "Content-Type text/csv, and the length if it is given; S3 refuses another key, type or "
        "length. The link is valid for an hour or as requested, for at most 7 days, and never "
        "longer than the credentials that signed it.\n"
        "\n"
        "Anyone who has the link can use it: treat it like a password. The audit log records "
        "the key and the expiry, not the link.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
