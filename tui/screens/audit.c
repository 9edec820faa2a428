#include <stdlib.h>

#include "core/history/lists.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/console/jump.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("at", "TIME (UTC)", 19, 19, .order = AUDIT_BY_TIME),
    GRID_COLUMN("actor", "ACTOR", 18, 8, .grow = 1, .order = AUDIT_BY_ACTOR),
    GRID_COLUMN("role", "ROLE", 9, 8, .drop = 3, .order = AUDIT_BY_ROLE),
    GRID_COLUMN("action", "ACTION", 16, 8, .order = AUDIT_BY_ACTION),
    GRID_COLUMN("target", "TARGET", 32, 12, .grow = 2, .id = ID_ANY, .order = AUDIT_BY_TARGET),
    GRID_COLUMN("outcome", "OUTCOME", 10, 8, .grow = 1, .drop = 1, .order = AUDIT_BY_OUTCOME),
    GRID_COLUMN("reason", "REASON", 24, 8, .grow = 2, .drop = 2, .order = AUDIT_BY_REASON),
    GRID_COLUMN("plan", "PLAN", 30, 10, .grow = 2, .drop = 4),
};

enum { COLUMN_TARGET = 4, COLUMN_OUTCOME = 5 };

static struct row *make_row(const struct audit_entry *entry)
{
    char key[CELL_SIZE];
    char at[CELL_SIZE];
    char *cursor = list_cursor(&entry->key);
    const char *cells[] = {cell_time(entry->at, at), cell_text(entry->actor),
                           cell_text(entry->role),   cell_text(entry->action),
                           cell_text(entry->target), cell_text(entry->outcome),
                           cell_text(entry->reason), cell_text(entry->plan)};
    struct row *row =
        row_new(cell_number(entry->id, key), cursor, cells, sizeof cells / sizeof cells[0]);
    free(cursor);
    row->accent = COLUMN_OUTCOME;
    row->accent_tone = (uint8_t)cell_status_tone(entry->outcome);
    return row;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct audit_filter filter = {
        .target = filter_value(query->filter, "target"),
        .not_target = filter_value_not(query->filter, "target"),
        .actor = filter_value(query->filter, "actor"),
        .not_actor = filter_value_not(query->filter, "actor"),
        .action = filter_value(query->filter, "action"),
        .not_action = filter_value_not(query->filter, "action"),
        .search = cell_search(query->filter),
        .since_ms = cell_filter_time(query->filter, "since", query->now_ms),
        .until_ms = cell_filter_time(query->filter, "until", query->now_ms)};
    struct audit_list list = {0};
    struct list_place place;
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (query->argument[0] != '\0')
        filter.target = query->argument;
    list_place_read(&place, query);
    if (!code)
        code = audit_entries_list(db, &filter, place.position, query->limit, &list, error);
    for (size_t i = 0; !code && i < list.count; i++)
        window_page_add(page, make_row(&list.rows[i]));
    page->more_before = list.more_before;
    page->more_after = list.more_after;
    audit_list_release(&list);
    return code;
}

static struct effect open_target(struct screen *screen, const struct row *row)
{
    struct id_set set = {.values = {""}};
    (void)screen;
    id_set_add(&set, ID_ANY, row_cell(row, COLUMN_TARGET));
    return console_jump_first(&set);
}

static char *command(const struct screen *screen, const struct filter *filter)
{
    struct shell_line line;
    shell_line_begin(&line, "intake audit");
    if (screen->argument[0] != '\0')
        shell_line_option(&line, "target", screen->argument);
    else
        shell_line_term(&line, "target", filter, "target");
    shell_line_term(&line, "actor", filter, "actor");
    shell_line_term(&line, "action", filter, "action");
    shell_line_moment(&line, "since", filter_value(filter, "since"), console_clock());
    shell_line_moment(&line, "until", filter_value(filter, "until"), console_clock());
    shell_line_option(&line, "search", cell_search_typed(filter));
    return shell_line_end(&line);
}

static const struct filter_words words[] = {{.key = "since", .words = filter_moments},
                                            {.key = "until", .words = filter_moments},
                                            {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),     .ordered = true,
    .filter_words = words,     .filter_keys = "target actor action since until",
    .empty = "no actions yet", .refresh_ms = 5000,
    .dated = AUDIT_BY_TIME,    .fetch = fetch,
    .open = open_target,       .filtered_command = command,
};

const struct screen_ops screen_audit = {
    .name = "audit",
    .title = "Audit log",
    .help = "actions of operators, including refused ones",
    LIST_SCREEN(&spec),
};
