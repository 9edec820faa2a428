#include "core/base/json.h"
#include "core/operate/recount.h"
#include "tui/commands/operate.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct command_example examples[] = {
    {"intake recount --dry-run", "compare the counters with the rows"},
    {"intake recount --yes --reason 'restored from a dump'", "correct them"},
    {NULL, NULL},
};

static void difference_json(struct buffer *out, const void *listed)
{
    const struct recount_difference *difference = listed;
    json_append_member(out, "vendor_id", difference->vendor_id[0] ? difference->vendor_id : NULL);
    json_append_member(out, "day", difference->day);
    json_append_member_integer(out, "uploads", difference->uploads);
    json_append_member_integer(out, "failed_uploads", difference->failed_uploads);
    json_append_member_integer(out, "records", difference->records);
    json_append_member_integer(out, "valid", difference->valid);
    json_append_member_integer(out, "errors", difference->errors);
    json_append_member_integer(out, "products", difference->products);
}

static void json(struct buffer *out, const void *made, const void *given)
{
    const struct recount_plan *plan = made;
    const struct recount_result *result = given;
    buffer_char(out, '{');
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_bool(out, "changed", result && result->changed);
    json_append_member_integer(out, "vendors", plan->vendors);
    json_append_member_integer(out, "days", plan->days);
    json_append_member_integer(out, "wrong_days", plan->wrong_days);
    json_append_member_integer(out, "wrong_totals", plan->wrong_totals);
    json_append_member_integer(out, "corrected", result ? result->corrected : 0);
    json_objects(out, "differences", plan->differences, plan->difference_count,
                 sizeof *plan->differences, difference_json);
    buffer_text(out, "}\n");
}

static void tell(struct command_call *call, const void *plan, const void *given)
{
    const struct recount_result *result = given;
    if (call->output->json)
        json(&call->output->text, plan, given);
    else
        buffer_format(&call->output->text, "%lld counters corrected\n",
                      (long long)result->corrected);
}

static bool differs(const void *made)
{
    const struct recount_plan *plan = made;
    return plan->difference_count > 0;
}

static int run(struct command_call *call)
{
    const struct operate operate = {.operation = &recount_operation,
                                    .target = "the counters of vendors",
                                    .json = json,
                                    .tell = tell,
                                    .partly = differs};
    return command_operate(call, &operate);
}

const struct command command_recount = {
    .name = "recount",
    .summary = "Compare the vendors' counters with their rows and correct them",
    .operands = "",
    .description =
        "Lists and trends read counters of each vendor and day, which the database keeps with "
        "every change of an upload or a product. They differ from the rows only where something "
        "bypassed the database's triggers, such as a restore with triggers disabled. The "
        "comparison reads all uploads and products once; the correction runs beside all writers.\n"
        "\n"
        "With --dry-run the exit code is 3 if a counter differs.",
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
