#include <string.h>

#include "core/base/json.h"
#include "tui/commands/dlq.h"
#include "tui/commands/table.h"

static const struct option options[] = {
    DLQ_SELECTION_OPTIONS,
    {.name = "all", .help = "all messages in the queue"},
    OPTION("limit", OPTION_NUMBER, "N", "at most N messages"),
    OPTION("output", OPTION_TEXT, "FILE",
           "write the messages to this new file (default: a file in $XDG_STATE_HOME/intake)",
           .letter = 'o'),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake dlq discard product-validation-errors-dlq --upload UPLOAD_20260131_080000_VEND001",
     "the messages of one upload"},
    {"intake dlq discard csv-parser-dlq --all -o old.jsonl --yes", "all messages, saved to a "
                                                                   "named file"},
    {NULL, NULL},
};

static void report_print(struct output *output, const struct replay_plan *plan,
                         const struct replay_report *report)
{
    struct buffer *out = &output->text;
    if (!output->json && plan->dry_run) {
        replay_plan_text(plan, out);
    } else if (!output->json) {
        buffer_format(out, "%s: %lld discarded, %lld failed", plan->queue.name,
                      (long long)report->moved, (long long)report->failed);
        if (report->kept > 0)
            buffer_format(out, ", %lld not tried", (long long)report->kept);
        buffer_char(out, '\n');
        if (report->file[0] != '\0')
            output_note(output, "to restore them: intake dlq replay %s --from %s", plan->queue.name,
                        report->file);
    } else {
        buffer_char(out, '{');
        json_append_member(out, "queue", plan->queue.name);
        json_append_member_bool(out, "dry_run", plan->dry_run);
        json_append_member_integer(out, "planned", report->planned);
        json_append_member_integer(out, "discarded", report->moved);
        json_append_member_integer(out, "failed", report->failed);
        json_append_member_integer(out, "kept", report->kept);
        json_append_member(out, "file", report->file[0] != '\0' ? report->file : NULL);
        buffer_text(out, "}\n");
    }
}

static int plan_show(struct command_call *call, const struct replay_plan *plan, void *context)
{
    struct replay_report report = {.planned = plan->planned};
    (void)context;
    report_print(call->output, plan, &report);
    return EXIT_DONE;
}

static int carry_out(struct command_call *call, struct pipeline *pipeline, struct replay_plan *plan,
                     void *context)
{
    struct error error = ERROR_INIT;
    struct replay_report report;
    const struct replay_options chosen = {
        .file = options_text(call->options, "output"),
        .operator_reason = command_reason(call),
        .progress = dlq_moving,
        .context = call,
    };
    (void)context;
    int result = dlq_confirm(call, plan);
    if (result != EXIT_DONE)
        return result;
    enum error_code code = replay_apply(pipeline, plan, &chosen, &report, &error);
    output_progress_end(call->output);
    report_print(call->output, plan, &report);
    if (code)
        return command_fail(call, &error);
    return report.failed + report.kept > 0 ? EXIT_PARTLY : EXIT_DONE;
}

static int run(struct command_call *call)
{
    const struct dlq_action action = {.discard = true, .show = plan_show, .carry_out = carry_out};
    const char *file = options_text(call->options, "output");
    if (file && strcmp(file, "-") == 0)
        return command_misused(call, "--output must be a file, not standard output");
    return dlq_act(call, &action);
}

const struct command command_dlq_discard = {
    .name = "dlq discard",
    .summary = "Discard messages from a dead-letter queue, saving them to a file",
    COMMAND_OPERAND("QUEUE"),
    .description =
        "Writes the messages to a file first (JSON lines, one message per line, mode 0600), "
        "syncs it to disk, and only then deletes them from the queue. `intake dlq replay QUEUE "
        "--from FILE` replays them from the file, each of them once.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
