#include "core/base/json.h"
#include "core/base/world.h"
#include "core/operate/shift/shift.h"
#include "tui/base/typed.h"
#include "tui/commands/operate.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct option ack_options[] = {
    OPTION("until", OPTION_TEXT, "WHEN", "until a time, or for as long: 8h, 2d, tomorrow"),
    OPTION("queue", OPTION_TEXT, "QUEUE", "of a dead letter: the queue that it is in"),
    {.name = "undo", .help = "remove the acknowledgement"},
    OPTIONS_END,
};

static const struct option assign_options[] = {
    {.name = "undo", .help = "release the upload"},
    {.name = "force", .help = "take it over from whoever has it"},
    OPTIONS_END,
};

static const struct command_example ack_examples[] = {
    {"intake ack UPLOAD_20260131_080000_VEND001 'vendor sends it again tonight' --until tomorrow",
     "needs no attention until then"},
    {"intake ack VEND002 'changes the mailbox this week'", "a vendor that gets no e-mail"},
    {"intake ack UPLOAD_20260131_080000_VEND001 --undo", "needs attention again"},
    {NULL, NULL},
};

static const struct command_example note_examples[] = {
    {"intake note UPLOAD_20260131_080000_VEND001 'called them, ticket 4711'",
     "on its timeline, and in the next handover"},
    {NULL, NULL},
};

static const struct command_example assign_examples[] = {
    {"intake assign UPLOAD_20260131_080000_VEND001", "take it yourself"},
    {"intake assign UPLOAD_20260131_080000_VEND001 ann", "ann has it"},
    {"intake assign UPLOAD_20260131_080000_VEND001 --undo", "release it"},
    {NULL, NULL},
};

static void append_begin(struct buffer *out, const char *key, const char *id, bool changes,
                         const struct shift_result *result)
{
    buffer_char(out, '{');
    json_append_member(out, key, id);
    json_append_member_bool(out, "dry_run", !result);
    json_append_member_bool(out, "changed", result ? result->changed : changes);
}

static void ack_json(struct buffer *out, const void *made, const void *told)
{
    const struct ack_plan *plan = made;
    const struct shift_result *result = told;
    bool wrote = result && result->changed && !plan->undo;
    const struct acknowledgement after = {.at = wrote ? result->at : HISTORY_NEVER,
                                          .by = wrote ? result->by : plan->before_by,
                                          .until = plan->until_ms,
                                          .text = plan->text};
    append_begin(out, "id", plan->id, plan->changes, result);
    json_append_member(out, "kind", ack_kind_name(plan->kind));
    json_append_member(out, "queue", plan->queue);
    acknowledgement_json(out, "acknowledged", plan->undo ? NULL : &after);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static int run_ack(struct command_call *call)
{
    const char *until = options_text(call->options, "until");
    const char *text = options_operand(call->options, 1);
    struct ack_request request = {.id = options_operand(call->options, 0),
                                  .queue = options_text(call->options, "queue"),
                                  .text = text ? text : command_reason(call),
                                  .until_ms = HISTORY_NEVER,
                                  .undo = options_flag(call->options, "undo")};
    const struct operate operate = {
        .operation = &ack_operation, .request = &request, .target = request.id, .json = ack_json};
    if (request.undo && (until || text))
        return command_misused(call, "--undo takes neither a text nor --until");
    if (request.undo)
        request.text = NULL;
    if (until && !typed_time_ahead(until, world_now_ms(&world_real), &request.until_ms))
        return command_misused(call,
                               "--until %.80s: must be a date, a time or a span: 8h, 2d, "
                               "tomorrow, 2026-01-31, 2026-01-31T08:00+01:00",
                               until);
    if (until && request.until_ms <= world_now_ms(&world_real))
        return command_misused(call, "--until %.80s is not in the future", until);
    return command_operate(call, &operate);
}

static void note_json(struct buffer *out, const void *made, const void *told)
{
    const struct note_plan *plan = made;
    const struct shift_result *result = told;
    append_begin(out, "upload_id", plan->upload_id, true, result);
    json_append_key(out, "note");
    buffer_char(out, '{');
    json_member_time(out, "at", result ? result->at : HISTORY_NEVER);
    json_append_member(out, "by", result ? result->by : NULL);
    json_append_member(out, "text", plan->text);
    buffer_text(out, "}}\n");
}

static int run_note(struct command_call *call)
{
    const struct note_request request = {.upload_id = options_operand(call->options, 0),
                                         .text = options_operand(call->options, 1)};
    const struct operate operate = {.operation = &note_operation,
                                    .request = &request,
                                    .target = request.upload_id,
                                    .json = note_json};
    return command_operate(call, &operate);
}

static void assign_json(struct buffer *out, const void *made, const void *told)
{
    const struct assign_plan *plan = made;
    append_begin(out, "upload_id", plan->upload_id, plan->changes, told);
    json_append_member(out, "assignee", plan->assignee);
    json_append_member(out, "previous", plan->before);
    json_texts(out, "notes", plan->notes.list, plan->notes.count);
    buffer_text(out, "}\n");
}

static int run_assign(struct command_call *call)
{
    const struct assign_request request = {.upload_id = options_operand(call->options, 0),
                                           .assignee = options_operand(call->options, 1),
                                           .undo = options_flag(call->options, "undo"),
                                           .force = options_flag(call->options, "force")};
    const struct operate operate = {.operation = &assign_operation,
                                    .request = &request,
                                    .target = request.upload_id,
                                    .json = assign_json};
    if (request.undo && request.assignee)
        return command_misused(call, "--undo takes no name");
    return command_operate(call, &operate);
}

const struct command command_ack = {
    .name = "ack",
    .summary = "Acknowledge an upload, a vendor or a dead letter",
    .operands = "ID [TEXT]",
    .operands_least = 1,
    .operands_most = 2,
    .description =
        "ID is an upload, a vendor, or the message id of a dead letter. What is acknowledged no "
        "longer counts as needing attention; lists still show it, marked. It comes back when "
        "something new happens to it: another status, a notice that fails, another address of the "
        "vendor. --until makes it come back at a time as well.\n\n"
        "TEXT says why, for whoever comes next; without it --reason does.",
    .options = ack_options,
    .examples = ack_examples,
    .role = ROLE_SUPPORT,
    .action = true,
    .run = run_ack,
};

const struct command command_note_add = {
    .name = "note",
    .summary = "Add a note to an upload",
    .operands = "ID TEXT",
    .operands_least = 2,
    .operands_most = 2,
    .description = "Notes are shown with the upload, on its timeline and in the handover, with who "
                   "wrote them and when. They cannot be changed or deleted.",
    .examples = note_examples,
    .role = ROLE_SUPPORT,
    .action = true,
    .run = run_note,
};

const struct command command_assign = {
    .name = "assign",
    .summary = "Assign an upload to a person",
    .operands = "ID [WHO]",
    .operands_least = 1,
    .operands_most = 2,
    .description = "WHO is any name; without one, or with \"me\", it is your own database user. "
                   "An upload that is assigned to another person is refused with that name; "
                   "--force takes it over.",
    .options = assign_options,
    .examples = assign_examples,
    .role = ROLE_SUPPORT,
    .action = true,
    .run = run_assign,
};
