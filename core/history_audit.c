#include <string.h>

#include "core/history_lists.h"
#include "core/history_order.h"
#include "core/history_query.h"
#include "sql/db.h"

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

static const struct order_column audit_columns[] = {
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
    .columns = audit_columns,
    .count = sizeof audit_columns / sizeof audit_columns[0],
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
                      " a.outcome");
    order_select(query, &audit_orders, position.order);
    query_add(query, " FROM audit_log a WHERE true");
    if (filter->target != NULL)
        query_text(query, " AND a.target = ?", filter->target);
    if (filter->actor != NULL)
        query_text(query, " AND a.actor = ?", filter->actor);
    if (filter->action != NULL)
        query_text(query, " AND a.action = ?", filter->action);
    if (filter->search != NULL)
        query_like(
            query, arena,
            " AND (a.actor ILIKE ? OR a.action ILIKE ? OR a.target ILIKE ? OR a.reason ILIKE ?)",
            filter->search);
    if (filter->since_ms != HISTORY_NEVER)
        query_time(query, " AND a.at >= ?", filter->since_ms);
    order_page(query, &audit_orders, position, limit);
}

static void entry_read(struct arena *arena, const struct db_result *result, int row,
                       struct audit_entry *entry, bool *failed)
{
    entry->id = db_row_int(result, row, "id");
    entry->at = history_time(result, row, "at");
    entry->actor = history_text(arena, result, row, "actor", failed);
    entry->role = history_text(arena, result, row, "role", failed);
    entry->action = history_text(arena, result, row, "action", failed);
    entry->target = history_text(arena, result, row, "target", failed);
    entry->reason = history_text(arena, result, row, "reason", failed);
    entry->plan = history_text(arena, result, row, "plan", failed);
    entry->outcome = history_text(arena, result, row, "outcome", failed);
    order_read(arena, result, row, &entry->key, failed);
}

enum error_code audit_entries_list(struct db *db, const struct audit_filter *filter,
                                   struct page_position position, size_t limit,
                                   struct audit_list *list, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct query query;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    audit_query(&query, &list->arena, filter, position, limit);
    enum error_code code =
        history_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = order_count(&result, position, limit, &list->more_before, &list->more_after);
    for (size_t i = 0; i < list->count; i++)
        entry_read(&list->arena, &result, (int)i,
                   &list->rows[order_place(position, list->count, i)], &failed);
    code = history_memory(failed, error);
done:
    db_result_release(&result);
    return code;
}

void audit_list_release(struct audit_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}
