#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "tui/base/typed.h"
#include "tui/commands/dlq.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { LINES_MAX = 20 };
#define OUTCOMES_MAX ((size_t)1 << 30)

static const struct option options[] = {
    DLQ_SELECTION_OPTIONS,
    {.name = "all", .help = "all messages in the queue"},
    OPTION("limit", OPTION_NUMBER, "N", "at most N messages"),
    OPTION("from", OPTION_TEXT, "FILE",
           "replay messages from a file written by dlq discard; - is standard input"),
    OPTION("to", OPTION_TEXT, "QUEUE", "send to this queue instead of the source queue"),
    OPTION("rate", OPTION_TEXT, "N/s", "send at most N messages per second"),
    {.name = "no-wait", .help = "start a move task without waiting for it to finish"},
    OPTION("stop-after", OPTION_NUMBER, "N", "stop after N failed messages (default: 25)"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake dlq replay product-validation-errors-dlq --all --dry-run", "what a replay would do"},
    {"intake dlq replay product-validation-errors-dlq --vendor VEND001 --reason 'database was "
     "down'",
     "one vendor's messages"},
    {"intake dlq replay csv-parser-dlq --all --yes", "all files that csv-parser failed on"},
    {"intake dlq replay product-validation-errors-dlq --all --rate 5/s",
     "all messages, five a second"},
    {"intake dlq replay product-validation-errors-dlq --from discarded.jsonl",
     "messages that were discarded"},
    {NULL, NULL},
};

struct telling {
    struct command_call *call;
    struct buffer messages; /* elements of the JSON array */
    struct buffer lines;    /* for people */
    size_t shown, hidden;
};

static void outcome_note(void *context, const struct replay_outcome *outcome)
{
    struct telling *telling = context;
    struct buffer *out = &telling->messages;
    bool noteworthy = outcome->result == REPLAY_FAILED || outcome->result == REPLAY_EXCLUDED ||
                      outcome->possible_duplicate;
    buffer_text(out, out->len > 0 ? ",{" : "{");
    json_append_member(out, "message_id", outcome->message_id);
    json_append_member(out, "outcome", replay_result_name(outcome->result));
    json_append_member_bool(out, "possible_duplicate", outcome->possible_duplicate);
    json_append_member(out, "detail", outcome->detail);
    buffer_char(out, '}');
    if (!noteworthy || telling->shown >= LINES_MAX) {
        telling->hidden += noteworthy;
        return;
    }
    telling->shown++;
    buffer_format(&telling->lines, "  %-9s %s  ", replay_result_name(outcome->result),
                  outcome->message_id);
    if (outcome->detail)
        text_append_visible(&telling->lines, outcome->detail, strlen(outcome->detail));
    buffer_char(&telling->lines, '\n');
}

static void progress_show(void *context, int64_t done, int64_t total)
{
    struct telling *telling = context;
    output_progress(telling->call->output, "%lld of %lld", (long long)done, (long long)total);
}

static void head_json(struct buffer *out, const struct replay_plan *plan,
                      const struct replay_report *report)
{
    buffer_char(out, '{');
    json_append_member(out, "queue", plan->queue.name);
    json_append_member(out, "engine", replay_engine_name(report->engine));
    json_append_member(out, "reason", report->reason);
    json_append_member_bool(out, "dry_run", plan->dry_run);
    json_append_member(out, "destination", plan->destination);
    json_append_member_integer(out, "planned", report->planned);
    json_append_member_integer(out, "moved", report->moved);
    json_append_member_integer(out, "failed", report->failed);
    json_append_member_integer(out, "kept", report->kept);
    json_append_member_integer(out, "finished", report->finished);
    json_append_member_integer(out, "excluded", report->excluded);
    json_append_member_integer(out, "possible_duplicates", report->possible_duplicates);
    json_append_member_bool(out, "stopped", report->stopped);
    json_append_member(out, "task_handle",
                       report->task_handle[0] != '\0' ? report->task_handle : NULL);
    if (report->task_handle[0] != '\0')
        json_append_member(out, "task_status", report->task_status);
    json_array(out, "warnings");
    for (size_t i = 0; i < plan->warning_count; i++) {
        buffer_text(out, i > 0 ? "," : "");
        json_append_text(out, plan->warnings[i]);
    }
    buffer_char(out, ']');
}

static void report_json(struct output *output, const struct replay_plan *plan,
                        const struct replay_report *report, const struct telling *telling)
{
    struct buffer *out = &output->text;
    head_json(out, plan, report);
    if (report->engine != REPLAY_MOVE_TASK) {
        json_array(out, "messages");
        buffer_append(out, telling->messages.data, telling->messages.len);
        buffer_char(out, ']');
    }
    buffer_text(out, "}\n");
}

static void report_text(struct output *output, const struct replay_plan *plan,
                        const struct replay_report *report, const struct telling *telling)
{
    struct buffer *out = &output->text;
    if (plan->dry_run) {
        replay_plan_text(plan, out);
        return;
    }
    buffer_format(out, "%s: %lld moved by %s, %lld failed, %lld excluded", plan->queue.name,
                  (long long)report->moved, replay_engine_name(report->engine),
                  (long long)report->failed, (long long)report->excluded);
    if (report->kept > 0)
        buffer_format(out, ", %lld not tried", (long long)report->kept);
    if (report->finished > 0)
        buffer_format(out, ", %lld finished from an interrupted replay",
                      (long long)report->finished);
    if (report->possible_duplicates > 0)
        buffer_format(out, ", %lld possible duplicates", (long long)report->possible_duplicates);
    if (report->task_handle[0] != '\0')
        buffer_format(out, " (move task %s)", report->task_status);
    buffer_char(out, '\n');
    buffer_append(out, telling->lines.data, telling->lines.len);
    if (telling->hidden > 0)
        buffer_format(out, "  and %zu more (--json lists all)\n", telling->hidden);
}

static int exit_of(const struct replay_report *report)
{
    return report->failed + report->kept + report->excluded > 0 ? EXIT_PARTLY : EXIT_DONE;
}

static int plan_show(struct command_call *call, const struct replay_plan *plan, void *context)
{
    const struct telling *telling = context;
    struct replay_report report = {.engine = plan->engine,
                                   .planned = plan->planned,
                                   .excluded = (int64_t)plan->excluded_count};
    snprintf(report.reason, sizeof report.reason, "%s", plan->reason);
    if (call->output->json)
        report_json(call->output, plan, &report, telling);
    else
        report_text(call->output, plan, &report, telling);
    return EXIT_DONE;
}

static void warnings_tell(const struct command_call *call, const struct replay_plan *plan)
{
    for (size_t i = 0; i < plan->warning_count && !call->output->json; i++)
        output_note(call->output, "%s", plan->warnings[i]);
}

static int carry_out(struct command_call *call, struct pipeline *pipeline, struct replay_plan *plan,
                     void *context)
{
    struct telling *telling = context;
    struct error error = ERROR_INIT;
    struct replay_report report;
    const struct replay_options chosen = {
        .wait = !options_flag(call->options, "no-wait"),
        .stop_after = options_number(call->options, "stop-after", 0),
        .operator_reason = command_reason(call),
        .outcome = outcome_note,
        .progress = progress_show,
        .context = telling,
    };
    int result = dlq_confirm(call, plan);
    if (result != EXIT_DONE)
        return result;
    if (options_flag(call->options, "yes"))
        warnings_tell(call, plan);
    enum error_code code = replay_apply(pipeline, plan, &chosen, &report, &error);
    output_progress_end(call->output);
    if (call->output->json)
        report_json(call->output, plan, &report, telling);
    else
        report_text(call->output, plan, &report, telling);
    if (report.stopped)
        output_complain(call->output, "intake dlq replay: stopped after %lld failures",
                        (long long)report.failed);
    if (!output_flush(call->output))
        return EXIT_FAILED;
    return code ? command_fail(call, &error) : exit_of(&report);
}

static int run(struct command_call *call)
{
    struct telling telling = {.call = call};
    const char *rate = options_text(call->options, "rate");
    int64_t per_second = 0;
    if (rate && !typed_rate(rate, &per_second))
        return command_misused(call, "--rate %s: give messages per second, 1/s to %d/s", rate,
                               TYPED_RATE_MOST);
    const struct dlq_action action = {.file = options_text(call->options, "from"),
                                      .to = options_text(call->options, "to"),
                                      .rate = per_second,
                                      .show = plan_show,
                                      .carry_out = carry_out,
                                      .context = &telling};
    buffer_init(&telling.messages, OUTCOMES_MAX);
    buffer_init(&telling.lines, 1 << 20);
    int result = dlq_act(call, &action);
    buffer_release(&telling.messages);
    buffer_release(&telling.lines);
    return result;
}

const struct command command_dlq_replay = {
    .name = "dlq replay",
    .summary = "Replay messages from a dead-letter queue",
    COMMAND_OPERAND("QUEUE"),
    .description =
        "Shows a plan first: which messages (a fixed list of ids; messages that arrive later "
        "are not included), of which vendors and uploads, their destination, and what is "
        "excluded and why. Once confirmed, it replays exactly these messages and reports the "
        "outcome of each.\n"
        "\n"
        "Engines: move_task (SQS moves the whole queue), send_delete (a selection: sent to the "
        "source queue in batches of ten with attributes and trace header, deleted once the send "
        "is acknowledged), invoke (csv-parser is invoked with the stored event), revalidate "
        "(the records named by a stream's dead letter, or the table's pending ones, are "
        "validated again).\n"
        "\n"
        "With --to or --rate no move task is used. With --to messages are sent to QUEUE as they "
        "are, whichever queue they failed in.\n"
        "\n"
        "A journal in $XDG_STATE_HOME/intake makes an interrupted replay resumable: run the "
        "command again, and messages that were already sent are deleted, not sent twice. A "
        "message whose state is unknown is reported as a possible duplicate.",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
