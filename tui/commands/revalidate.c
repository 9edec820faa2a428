#include <inttypes.h>
#include <stdlib.h>

#include "core/base/json.h"
#include "core/operate/revalidate/revalidate.h"
#include "core/pipeline/pipeline.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { CHANGES_SHOWN = 20 };
#define PLAN_TEXT_MAX ((size_t)64 << 20)

static const struct option options[] = {
    OPTION("rows", OPTION_TEXT, "LIST", "only these rows: 3,7-12"),
    {.name = "pending",
     .help = "records without an outcome; also finishes what a failed function left undone"},
    {.name = "end",
     .help = "with --pending: end the upload as failed if records still have no outcome"},
    {.name = "notify", .help = "resend the notice at the end if something changed"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake revalidate UPLOAD_20260131_080000_VEND001 --dry-run", "what would change, and why"},
    {"intake revalidate UPLOAD_20260131_080000_VEND001 --notify --reason 'category added'",
     "revalidate, rebuild the report, notify the vendor"},
    {"intake revalidate UPLOAD_20260131_080000_VEND001 --pending", "finish a stuck upload"},
    {"intake revalidate UPLOAD_20260131_080000_VEND001 --pending --end",
     "end an upload whose object, records or vendor no longer exist"},
    {NULL, NULL},
};

static void violation_json(struct buffer *out, const void *listed)
{
    const struct revalidate_violation *violation = listed;
    json_append_member(out, "error_type", violation->error_type);
    json_append_member(out, "error_field", violation->error_field);
    json_append_member(out, "error_message", violation->error_message);
}

static void change_json(struct buffer *out, const void *listed)
{
    const struct revalidate_change *change = listed;
    json_append_member_integer(out, "row_number", change->row_number);
    json_append_member(out, "before", revalidate_state_name(change->before));
    json_append_member(out, "after", revalidate_state_name(change->after));
    json_append_member(out, "reason", change->reason);
    json_objects(out, "errors", change->errors, change->error_count, sizeof *change->errors,
                 violation_json);
}

static void changes_json(struct buffer *out, const struct revalidate_changes *changes)
{
    json_append_member_integer(out, "records", changes->records);
    json_append_member_integer(out, "changed", changes->changed);
    json_append_member_integer(out, "now_valid", changes->now_valid);
    json_append_member_integer(out, "now_error", changes->now_error);
    json_append_member_integer(out, "unchanged", changes->unchanged);
    json_append_member_integer(out, "not_judged", changes->not_judged);
    json_objects(out, "changes", changes->list, changes->count, sizeof *changes->list, change_json);
}

static void plan_json(struct buffer *out, const struct revalidate_plan *plan)
{
    buffer_char(out, '{');
    json_append_member(out, "upload_id", plan->upload_id);
    json_append_member_bool(out, "dry_run", true);
    json_append_member(out, "status", plan->status);
    json_append_member(out, "status_after", plan->status_after);
    changes_json(out, &plan->changes);
    json_append_member_bool(out, "take_in_again", plan->take_in_again);
    json_append_member_integer(out, "not_written", plan->not_written);
    json_append_member_integer(out, "items_unmarked", plan->items_unmarked);
    json_append_member_integer(out, "outbox_waiting", plan->outbox_waiting);
    json_append_member_integer(out, "outbox_refused", plan->outbox_refused);
    json_texts(out, "warnings", plan->warnings, plan->warning_count);
    buffer_text(out, "}\n");
}

static void result_json(struct buffer *out, const struct revalidate_plan *plan,
                        const struct revalidate_result *result)
{
    buffer_char(out, '{');
    json_append_member(out, "upload_id", plan->upload_id);
    json_append_member_bool(out, "dry_run", false);
    json_append_member(out, "status", result->status[0] != '\0' ? result->status : NULL);
    changes_json(out, &result->changes);
    json_append_member_integer(out, "items_written", result->items_written);
    json_append_member_integer(out, "messages_sent", result->messages_sent);
    json_append_member_bool(out, "report_rebuilt", result->report_rebuilt);
    json_append_member_bool(out, "notified", result->notified);
    json_append_member(out, "message_id",
                       result->message_id[0] != '\0' ? result->message_id : NULL);
    json_texts(out, "complaints", result->complaints, result->complaint_count);
    buffer_text(out, "}\n");
}

static void result_text(struct output *output, const struct revalidate_plan *plan,
                        const struct revalidate_result *result)
{
    const struct revalidate_changes *changes = &result->changes;
    output_visible(output, plan->upload_id);
    output_format(output,
                  ": %" PRId64 " records changed: %" PRId64 " to valid, %" PRId64
                  " to error; %" PRId64 " unchanged",
                  changes->changed, changes->now_valid, changes->now_error, changes->unchanged);
    if (result->items_written > 0)
        output_format(output, "; %" PRId64 " items written", result->items_written);
    if (result->messages_sent > 0)
        output_format(output, "; %" PRId64 " messages sent", result->messages_sent);
    if (result->status[0] != '\0')
        output_format(output, "; the upload is %s", result->status);
    output_format(output, "%s%s\n", result->report_rebuilt ? "; report rebuilt" : "",
                  result->notified ? "; notice accepted" : "");
}

static void progress_show(void *context, int64_t done, int64_t total)
{
    const struct command_call *call = context;
    output_progress(call->output, "%" PRId64 " of %" PRId64 " records", done, total);
}

static int plan_print(struct command_call *call, const struct revalidate_plan *plan)
{
    if (call->output->json)
        plan_json(&call->output->text, plan);
    else
        revalidate_plan_text(plan, SIZE_MAX, &call->output->text);
    return EXIT_DONE;
}

static int plan_confirm(struct command_call *call, const struct revalidate_plan *plan)
{
    struct buffer text;
    buffer_init(&text, PLAN_TEXT_MAX);
    revalidate_plan_text(plan, CHANGES_SHOWN, &text);
    return command_confirm_text(call, revalidate_plan_size(plan), &text);
}

static int exit_of(const struct revalidate_result *result)
{
    bool well = result->complaint_count == 0 && result->changes.now_error == 0 &&
                result->changes.not_judged == 0;
    return well ? EXIT_DONE : EXIT_PARTLY;
}

static int carry_out(struct command_call *call, struct pipeline *pipeline,
                     const struct revalidate_request *request, const struct revalidate_plan *plan)
{
    struct error error = ERROR_INIT;
    struct revalidate_result result;
    int confirmed = plan_confirm(call, plan);
    if (confirmed != EXIT_DONE)
        return confirmed;
    enum error_code code =
        revalidate_apply(pipeline, request, plan, command_reason(call), &result, &error);
    output_progress_end(call->output);
    bool worth_telling = !code || result.changes.changed > 0;
    if (worth_telling && call->output->json)
        result_json(&call->output->text, plan, &result);
    else if (worth_telling)
        result_text(call->output, plan, &result);
    for (size_t i = 0; i < plan->warning_count; i++)
        output_note(call->output, "intake revalidate: %s", plan->warnings[i]);
    for (size_t i = 0; i < result.complaint_count; i++)
        output_complain(call->output, "intake revalidate: %s", result.complaints[i]);
    int ended = code ? command_fail(call, &error) : exit_of(&result);
    revalidate_result_release(&result);
    return ended;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct pipeline pipeline = {.db = NULL};
    struct revalidate_rows *rows = NULL;
    struct revalidate_plan plan = {.warnings = NULL};
    const char *named = options_text(call->options, "rows");
    int result;
    struct revalidate_request request = {
        .upload_id = options_operand(call->options, 0),
        .pending = options_flag(call->options, "pending"),
        .end = options_flag(call->options, "end"),
        .notify = options_flag(call->options, "notify"),
        .cool_down_ms = session_cool_down_ms(call->session),
        .progress = progress_show,
        .progress_context = call,
    };
    if (request.end && !request.pending)
        return command_misused(call, "--end requires --pending");
    if (named && revalidate_rows_parse(named, &rows, &request.row_count, &error))
        return command_misused(call, "%s", error.message);
    request.rows = rows;
    enum error_code code = session_pipeline(call->session, &pipeline, &error);
    if (!code)
        code = revalidate_plan_make(&pipeline, &request, &plan, &error);
    output_progress_end(call->output);
    if (code)
        result = command_fail_noted(call, request.upload_id, &error);
    else if (command_dry_run(call))
        result = plan_print(call, &plan);
    else
        result = carry_out(call, &pipeline, &request, &plan);
    revalidate_plan_release(&plan);
    free(rows);
    return result;
}

const struct command command_revalidate = {
    .name = "revalidate",
    .summary = "Revalidate rejected or pending records of an upload",
    COMMAND_OPERAND("ID"),
    .description =
        "Validates the rejected records of an upload again, with the current rules, active "
        "categories and catalogue. Records that are now valid become products; accepted "
        "products are never removed. Counts, status and report are updated, one transaction per "
        "batch; running it twice changes nothing.\n"
        "\n"
        "With --pending it handles the records without an outcome: their items are validated, a "
        "file that was not read completely is read again from its object version, and messages "
        "that a failed function left unsent, or that the error queue refused, are sent.\n"
        "\n"
        "Exits with 3 if records are still invalid, or if a follow-up step failed.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
