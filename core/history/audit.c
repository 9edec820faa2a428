#include <string.h>

#include "core/history/lists.h"
#include "core/history/rows.h"

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

static const struct order_column audit_order_columns[] = {
    [AUDIT_BY_ITSELF] = {.sql = NULL},
    [AUDIT_BY_TIME] = {.sql = NULL},
    [AUDIT_BY_ACTOR] = {TEXT("a.actor"), false},
    [AUDIT_BY_ROLE] = {TEXT("a.role"), false},
    [AUDIT_BY_ACTION] = {TEXT("a.action"), false},
    [AUDIT_BY_TARGET] = {TEXT("a.target"), true},
    [AUDIT_BY_OUTCOME] = {TEXT("a.outcome"), false},
    [AUDIT_BY_REASON] = {TEXT("a.reason"), true},
};

static const struct order_table audit_orders = {
    .columns = audit_order_columns,
    .count = sizeof audit_order_columns / sizeof audit_order_columns[0],
    .number = "a.at",
    .number_value = "(extract(epoch FROM a.at) * 1000000)::bigint",
    .number_param = "timestamptz 'epoch' + ?::bigint * interval '1 microsecond'",
    .id = "a.id",
    .id_param = "?::bigint",
    .id_least = "0",
    .newest_first = true,
};

static void audit_query(struct query *query, struct arena *arena, const struct audit_filter *filter,
                        struct page_position position, size_t limit)
{
    query_init(query, "SELECT a.id, a.at, a.actor, a.role, a.action, a.target, a.reason, a.plan,"
                      " a.outcome, a.detail");
    order_select(query, &audit_orders, position.order);
    query_add(query, " FROM audit_log a WHERE true");
    query_among(query, "a.target", filter->target, false);
    query_among(query, "a.target", filter->not_target, true);
    query_among(query, "a.actor", filter->actor, false);
    query_among(query, "a.actor", filter->not_actor, true);
    query_among(query, "a.action", filter->action, false);
    query_among(query, "a.action", filter->not_action, true);
    query_words(query, arena,
                "(a.actor ILIKE ? OR a.action ILIKE ? OR a.target ILIKE ? OR a.reason ILIKE ?)",
                filter->search);
    if (filter->until_ms != HISTORY_NEVER)
        query_time(query, " AND a.at < ?", filter->until_ms);
    if (filter->since_ms != HISTORY_NEVER)
        query_time(query, " AND a.at >= ?", filter->since_ms);
    order_page(query, &audit_orders, position, limit);
}

static const struct row_column audit_columns[] = {
    ROW(audit_entry, ROW_NUMBER, id),    ROW(audit_entry, ROW_TIME, at),
    ROW(audit_entry, ROW_TEXT, actor),   ROW(audit_entry, ROW_TEXT, role),
    ROW(audit_entry, ROW_TEXT, action),  ROW(audit_entry, ROW_TEXT, target),
    ROW(audit_entry, ROW_TEXT, reason),  ROW(audit_entry, ROW_TEXT, plan),
    ROW(audit_entry, ROW_TEXT, outcome), ROW(audit_entry, ROW_TEXT, detail),
};

static const struct row_table audit_rows = {ROW_TABLE(audit_entry, audit_columns),
                                            .key = offsetof(struct audit_entry, key)};

enum error_code audit_entries_list(struct db *db, const struct audit_filter *filter,
                                   struct page_position position, size_t limit,
                                   struct audit_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    audit_query(&query, &list->arena, filter, position, limit);
    enum error_code code = rows_page(&rows, &audit_rows, &query, position, limit, db, error);
    ROWS_GIVE_PAGE(list, &rows);
    return code;
}

void audit_list_release(struct audit_list *list)
{
    ROWS_RELEASE(list);
}
