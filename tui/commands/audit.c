#include "core/base/json.h"
#include "core/history/lists.h"
#include "tui/cli/command.h"
#include "tui/commands/audit.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { PAGE_ROWS = 500, TERMINAL_ROWS = 100 };

static const struct option options[] = {
    OPTION("since", OPTION_TIME, "WHEN", "at or after this time, or within this age: 7d"),
    OPTION("until", OPTION_TIME, "WHEN", "before this time or age"),
    OPTION("actor", OPTION_VALUES, "NAME", "actions by this database user"),
    OPTION("action", OPTION_VALUES, "NAME", "actions of this kind: notify"),
    OPTION("target", OPTION_VALUES, "ID", "actions on this upload, queue or vendor"),
    OPTION("search", OPTION_SEARCH, "TEXT", "search actor, action, target and reason"),
    OPTION("limit", OPTION_NUMBER, "N", "at most N entries"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake audit --since 1d", "actions of the last 24 hours"},
    {"intake audit --target UPLOAD_20260131_080000_VEND001", "actions on one upload"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "TIME"},
    {.title = "ACTOR"},
    {.title = "ROLE"},
    {.title = "ACTION"},
    {.title = "OUTCOME"},
    {.title = "TARGET"},
    {.title = "REASON", .flexible = true, .least = 12},
    {.title = NULL},
};

void audit_entry_json(struct buffer *out, const void *listed)
{
    const struct audit_entry *entry = listed;
    json_member_time(out, "at", entry->at);
    json_append_member(out, "actor", entry->actor);
    json_append_member(out, "role", entry->role);
    json_append_member(out, "action", entry->action);
    json_append_member(out, "target", entry->target);
    json_append_member(out, "reason", entry->reason);
    json_append_key(out, "plan");
    buffer_text(out, entry->plan ? entry->plan : "null");
    json_append_member(out, "outcome", entry->outcome);
    json_append_key(out, "detail");
    buffer_text(out, entry->detail ? entry->detail : "null");
}

static void entry_list(struct listing *listing, const void *listed)
{
    const struct audit_entry *entry = listed;
    listing_cell_time(listing, entry->at);
    listing_cell(listing, entry->actor);
    listing_cell(listing, entry->role);
    listing_cell(listing, entry->action);
    listing_cell_status(listing, entry->outcome);
    listing_cell(listing, entry->target);
    listing_cell(listing, entry->reason);
}

static const struct row_shape entry_shape = {.size = sizeof(struct audit_entry),
                                             .columns = columns,
                                             .cells = entry_list,
                                             .members = audit_entry_json,
                                             .what = "entries"};

static enum error_code pages_print(struct command_call *call, const struct audit_filter *filter,
                                   size_t limit, struct error *error)
{
    struct db *db = NULL;
    struct audit_list list = {.count = 0};
    struct row_printer rows;
    bool more = true;
    struct page_position position = page_first();
    char id[PAGE_ID_SIZE];
    rows_begin(&rows, call->output, &entry_shape);
    enum error_code code = session_database(call->session, &db, error);
    while (!code && more && limit > 0) {
        code = audit_entries_list(db, filter, position, limit < PAGE_ROWS ? limit : PAGE_ROWS,
                                  &list, error);
        for (size_t i = 0; !code && i < list.count; i++)
            rows_add(&rows, &list.rows[i]);
        if (!code)
            code = rows_flush(&rows, error);
        more = list.more_after && list.count > 0;
        limit -= list.count;
        if (more)
            page_step(&position, &list.rows[list.count - 1].key, id);
        audit_list_release(&list);
        if (!output_flush_some(call->output))
            break;
    }
    rows_end(&rows);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    bool short_list = call->output->terminal && !call->output->json;
    const struct audit_filter filter = {
        .target = options_text(call->options, "target"),
        .not_target = options_text_not(call->options, "target"),
        .actor = options_text(call->options, "actor"),
        .not_actor = options_text_not(call->options, "actor"),
        .action = options_text(call->options, "action"),
        .not_action = options_text_not(call->options, "action"),
        .search = options_text(call->options, "search"),
        .since_ms = options_time(call->options, "since", HISTORY_NEVER),
        .until_ms = options_time(call->options, "until", HISTORY_NEVER),
    };
    size_t limit =
        (size_t)options_number(call->options, "limit", short_list ? TERMINAL_ROWS : INT64_MAX);
    if (options_interval(call->options, "since", "until", &error))
        return command_misused(call, "%s", error.message);
    if (pages_print(call, &filter, limit, &error)) {
        buffer_clear(&call->output->text);
        return command_fail(call, &error);
    }
    return EXIT_DONE;
}

const struct command command_audit = {
    .name = "audit",
    .summary = "List operators' actions, including refused ones",
    .operands = "",
    .description = "Lists the audit log, newest first. Actor and role are recorded by the "
                   "database server, not by the client.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
