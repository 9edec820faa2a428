#include <inttypes.h>

#include "core/base/json.h"
#include "core/base/world.h"
#include "core/operate/prune.h"
#include "tui/base/typed.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

#define DAY_MS INT64_C(86400000)

static const struct option options[] = {
    OPTION("older-than", OPTION_TEXT, "AGE", "of uploads settled before: 400d; at least 90d"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake prune --older-than 400d --dry-run", "what would be deleted, and what is kept"},
    {"intake prune --older-than 400d --reason 'ticket 4711'", "delete it"},
    {NULL, NULL},
};

static void prune_json(struct buffer *out, const void *made, const void *told)
{
    const struct prune_plan *plan = made;
    const struct prune_result *result = told;
    buffer_char(out, '{');
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_integer(out, "older_than_days", plan->rule.days);
    json_member_time(out, "before", plan->rule.before_ms);
    json_append_member_integer(out, "planned_uploads", plan->uploads);
    json_append_member_integer(out, "planned_records", plan->records);
    json_append_member_integer(out, "half_done", plan->half);
    json_append_key(out, "kept");
    buffer_char(out, '{');
    json_append_member_integer(out, "acknowledged", plan->acknowledged);
    json_append_member_integer(out, "assigned", plan->assigned);
    json_append_member_integer(out, "open", plan->open);
    json_append_member_integer(out, "processing", plan->processing);
    buffer_char(out, '}');
    json_append_member_integer(out, "uploads", result ? result->done.uploads : 0);
    json_append_member_integer(out, "records", result ? result->done.records : 0);
    json_append_member_integer(out, "messages", result ? result->done.messages : 0);
    json_append_member_integer(out, "notices", result ? result->done.notices : 0);
    json_append_member_integer(out, "passed_over", result ? result->done.passed_over : 0);
    buffer_text(out, "}\n");
}

static void tell(struct command_call *call, const void *made, const void *told)
{
    const struct prune_plan *plan = made;
    const struct prune_result *result = told;
    output_progress_end(call->output);
    if (call->output->json) {
        prune_json(&call->output->text, made, told);
        return;
    }
    output_format(call->output,
                  "%" PRId64 " uploads pruned (older than %" PRId64 " days): %" PRId64
                  " records deleted",
                  result->done.uploads, plan->rule.days, result->done.records);
    if (result->done.passed_over)
        output_format(call->output, "; %" PRId64 " passed over: changed, or in use by another user",
                      result->done.passed_over);
    output_format(call->output, "\n");
}

static void show_progress(void *context, int64_t uploads, int64_t records)
{
    const struct command_call *call = context;
    output_progress(call->output, "%" PRId64 " uploads pruned, %" PRId64 " records", uploads,
                    records);
}

/* "400d", "57w": whole days. */
static bool read_age(const char *text, int64_t *days)
{
    int64_t at = 0, later = 0;
    bool read = typed_time(text, 0, &at) && typed_time(text, DAY_MS, &later);
    *days = -at / DAY_MS;
    return read && later - at == DAY_MS && at <= 0 && at % DAY_MS == 0;
}

static int run(struct command_call *call)
{
    const char *age = options_text(call->options, "older-than");
    struct prune_request request = {
        .bounds = {.progress = show_progress, .progress_context = call}};
    const struct operate operate = {
        .operation = &prune_operation, .request = &request, .json = prune_json, .tell = tell};
    if (!age)
        return command_misused(call, "--older-than AGE is required: 400d");
    if (!read_age(age, &request.days))
        return command_misused(call, "--older-than %.80s: must be an age in days or weeks: 400d",
                               age);
    if (request.days < PRUNE_DAYS_LEAST)
        return command_misused(call, "--older-than %.80s: records are kept for at least %d days",
                               age, PRUNE_DAYS_LEAST);
    if (request.days > PRUNE_DAYS_MOST)
        return command_misused(call, "--older-than %.80s: at most %d days", age, PRUNE_DAYS_MOST);
    return command_operate(call, &operate);
}

const struct command command_prune = {
    .name = "prune",
    .summary = "Delete the records of old uploads",
    .description =
        "Deletes the single records of uploads that were settled long ago: which records "
        "there were, their errors, messages that were never sent, and the text of notices. Counts, "
        "the upload and its history, notes, the audit log and products stay. Uploads younger than "
        "90 days are never pruned, nor are those that are processing, open, acknowledged or "
        "assigned.\n"
        "\n"
        "It works in transactions of some milliseconds and may be stopped at any time: the next "
        "run continues. Uploads that another user is working on are passed over.",
    .operands = "",
    .options = options,
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
