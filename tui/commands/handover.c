#include "core/base/json.h"
#include "core/base/world.h"
#include "core/history/handover.h"
#include "core/history/history.h"
#include "tui/cli/command.h"
#include "tui/commands/audit.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { OPEN_MOST = 500, DONE_MOST = 500 };

static const struct option options[] = {
    OPTION("since", OPTION_TIME, "WHEN", "what was done since a time, or an age; 12h by default"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake handover", "what is open, and what was done in the last 12 hours"},
    {"intake handover --since yesterday --json", "for a ticket"},
    {NULL, NULL},
};

static const struct listing_column open_columns[] = {
    {.title = "UPLOAD"},
    {.title = "VENDOR"},
    {.title = "WHY"},
    {.title = "ASSIGNEE"},
    {.title = "INVALID", .right = true},
    {.title = "NOTES", .right = true},
    {.title = "LAST NOTE", .flexible = true, .least = 12},
    {.title = NULL},
};

static void open_cells(struct listing *listing, const void *listed)
{
    const struct open_upload *upload = listed;
    listing_cell(listing, upload->upload_id);
    listing_cell(listing, upload->vendor_id);
    listing_cell_status(listing, upload->why);
    listing_cell(listing, upload->assignee);
    listing_cell_number(listing, upload->error_records);
    listing_cell_number(listing, upload->notes);
    listing_cell(listing, upload->note_text);
}

static void open_json(struct buffer *out, const void *listed)
{
    const struct open_upload *upload = listed;
    json_append_member(out, "upload_id", upload->upload_id);
    json_append_member(out, "vendor_id", upload->vendor_id);
    json_append_member(out, "file_name", upload->file_name);
    json_append_member(out, "status", upload->status);
    json_append_member(out, "why", upload->why);
    json_member_time(out, "upload_timestamp", upload->upload_timestamp);
    json_append_member_integer(out, "total_records", upload->total_records);
    json_append_member_integer(out, "error_records", upload->error_records);
    json_append_member(out, "assignee", upload->assignee);
    json_member_time(out, "assigned_at", upload->assigned_at);
    json_append_member_bool(out, "acknowledged", upload->acknowledged);
    json_append_member_integer(out, "notes_total", upload->notes);
    json_append_key(out, "last_note");
    if (!upload->notes) {
        buffer_text(out, "null");
        return;
    }
    buffer_char(out, '{');
    json_member_time(out, "at", upload->note_at);
    json_append_member(out, "by", upload->note_by);
    json_append_member(out, "text", upload->note_text);
    buffer_char(out, '}');
}

static const struct listing_column acknowledged_columns[] = {
    {.title = "ACKNOWLEDGED"},
    {.title = "WHAT"},
    {.title = "BY"},
    {.title = "UNTIL"},
    {.title = "TEXT", .flexible = true, .least = 12},
    {.title = NULL},
};

static void acknowledged_cells(struct listing *listing, const void *listed)
{
    const struct acknowledgement *one = listed;
    listing_cell(listing, one->id);
    listing_cell(listing, one->kind);
    listing_cell(listing, one->by);
    if (one->until == HISTORY_NEVER)
        listing_cell(listing, NULL);
    else
        listing_cell_time(listing, one->until);
    listing_cell(listing, one->text);
}

static void acknowledged_json(struct buffer *out, const void *listed)
{
    const struct acknowledgement *one = listed;
    json_append_member(out, "id", one->id);
    json_append_member(out, "kind", one->kind);
    json_append_member(out, "queue", one->queue);
    json_member_time(out, "at", one->at);
    json_append_member(out, "by", one->by);
    json_member_time(out, "until", one->until);
    json_append_member(out, "text", one->text);
}

static const struct listing_column done_columns[] = {
    {.title = "DONE AT"}, {.title = "BY"},     {.title = "ACTION"},
    {.title = "OUTCOME"}, {.title = "TARGET"}, {.title = "REASON", .flexible = true, .least = 12},
    {.title = NULL},
};

static void done_cells(struct listing *listing, const void *listed)
{
    const struct audit_entry *entry = listed;
    listing_cell_time(listing, entry->at);
    listing_cell(listing, entry->actor);
    listing_cell(listing, entry->action);
    listing_cell_status(listing, entry->outcome);
    listing_cell(listing, entry->target);
    listing_cell(listing, entry->reason);
}

static const struct row_shape open_shape = {
    .size = sizeof(struct open_upload), .columns = open_columns, .cells = open_cells};
static const struct row_shape acknowledged_shape = {.size = sizeof(struct acknowledgement),
                                                    .columns = acknowledged_columns,
                                                    .cells = acknowledged_cells};
static const struct row_shape done_shape = {
    .size = sizeof(struct audit_entry), .columns = done_columns, .cells = done_cells};

static void handover_json(struct buffer *out, int64_t since, const struct handover *handover)
{
    buffer_char(out, '{');
    json_member_time(out, "since", since);
    json_objects(out, "open", handover->open.rows, handover->open.count,
                 sizeof *handover->open.rows, open_json);
    json_objects(out, "acknowledged", handover->acknowledged.rows, handover->acknowledged.count,
                 sizeof *handover->acknowledged.rows, acknowledged_json);
    json_objects(out, "done", handover->done.rows, handover->done.count,
                 sizeof *handover->done.rows, audit_entry_json);
    json_append_member_bool(out, "done_cut_short", handover->done.more_after);
    buffer_text(out, "}\n");
}

/* A table, or what it means that there is none. */
static enum error_code part_print(struct output *output, const struct row_shape *shape,
                                  const void *list, size_t count, const char *none,
                                  struct error *error)
{
    if (!count) {
        output_format(output, "%s", none);
        return ERROR_NONE;
    }
    return rows_print(output, shape, list, count, error);
}

static enum error_code handover_print(struct output *output, const struct handover *handover,
                                      struct error *error)
{
    enum error_code code = part_print(output, &open_shape, handover->open.rows,
                                      handover->open.count, "nothing is open\n", error);
    output_format(output, "\n");
    if (!code)
        code = part_print(output, &acknowledged_shape, handover->acknowledged.rows,
                          handover->acknowledged.count, "nothing is acknowledged\n", error);
    output_format(output, "\n");
    if (!code)
        code = part_print(output, &done_shape, handover->done.rows, handover->done.count,
                          "nothing was done\n", error);
    if (handover->done.more_after)
        output_format(output, "and more before that: intake audit\n");
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct handover handover = {.open = {.count = 0}};
    int64_t since =
        options_time(call->options, "since", world_now_ms(&world_real) - HANDOVER_SPAN_MS);
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = handover_read(db, since, OPEN_MOST, DONE_MOST, &handover, &error);
    if (!code && call->output->json)
        handover_json(&call->output->text, since, &handover);
    else if (!code)
        code = handover_print(call->output, &handover, &error);
    handover_release(&handover);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_handover = {
    .name = "handover",
    .summary = "Show open uploads, who has them, and recent actions",
    .operands = "",
    .description =
        "Lists the uploads that need attention and those that are assigned, with their last note; "
        "what is acknowledged; and, from the audit log, what was done since a time. An upload is "
        "open if it failed or has errors since then, or in the last 24 hours, if it is stuck, if "
        "its notice was not accepted, or if it is assigned.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
