#include "core/operate/recount.h"

#include "core/base/json.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct command_example examples[] = {
    {"intake recount --dry-run", "compare alone; exit 3 if a counter differs"},
    {"intake recount --reason 'restored from a snapshot'", "correct what differs"},
    {"intake recount --dry-run --json | jq '.differences[].vendor_id'", "whose counters differ"},
    {NULL, NULL},
};

/* Numbers as numbers. */
static void value_json(struct buffer *out, const char *key, const char *value, bool number)
{
    if (number && value)
        json_append_member_integer(out, key, strtoll(value, NULL, 10));
    else
        json_append_member(out, key, value);
}

static void difference_json(struct buffer *out, const void *listed)
{
    const struct recount_difference *difference = listed;
    bool number = strcmp(difference->counter, "last_upload_at") != 0;
    json_append_member(out, "vendor_id", difference->vendor_id[0] ? difference->vendor_id : NULL);
    json_append_member(out, "day", difference->day);
    json_append_member(out, "counter", difference->counter);
    value_json(out, "kept", difference->kept, number);
    value_json(out, "counted", difference->counted, number);
}

static void recount_json(struct buffer *out, const void *made, const void *given)
{
    const struct recount_plan *plan = made;
    const struct recount_result *result = given;
    buffer_char(out, '{');
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_bool(out, "changed", result ? result->changed : plan->differing > 0);
    json_append_member_integer(out, "differing", plan->differing);
    json_append_member_integer(out, "vendors", plan->vendors);
    json_objects(out, "differences", plan->differences, plan->count, sizeof *plan->differences,
                 difference_json);
    buffer_text(out, "}\n");
}

static bool differs(const void *made)
{
    const struct recount_plan *plan = made;
    return plan->differing > 0;
}

static int run(struct command_call *call)
{
    const struct operate operate = {.operation = &recount_operation,
                                    .target = "counters",
                                    .json = recount_json,
                                    .not_well = differs};
    return command_operate(call, &operate);
}

const struct command command_recount = {
    .name = "recount",
    .summary = "Compare the counters of vendors with the rows and correct them",
    .operands = "",
    .description =
        "Uploads, records, errors, products and the last upload of a vendor, in all and by day, "
        "are counters that every change of an upload or a product keeps. They are compared with "
        "the uploads and products themselves, and what differs is corrected, at most 100 of it "
        "shown. That reads both tables and takes some seconds for a million of uploads; uploads "
        "go on in the meantime.\n"
        "\n"
        "With --dry-run nothing is changed; the exit status is 3 if something differs.",
    .examples = examples,
    .role = ROLE_OPERATOR,
    .action = true,
    .run = run,
};
