#include "core/history/rows.h"

static void member_read(const struct row_column *column, struct arena *arena,
                        const struct db_result *result, int row, char *out, bool *failed)
{
    void *member = out + column->offset;
    switch (column->kind) {
    case ROW_TEXT:
        *(const char **)member = history_text(arena, result, row, column->name, failed);
        break;
    case ROW_NUMBER:
        *(int64_t *)member = db_row_int(result, row, column->name);
        break;
    case ROW_TIME:
        *(int64_t *)member = history_time(result, row, column->name);
        break;
    case ROW_FLAG:
        *(bool *)member = db_row_bool(result, row, column->name);
        break;
    }
}

static enum error_code row_read(const struct row_table *table, struct arena *arena,
                                const struct db_result *result, int row, char *out,
                                struct error *error)
{
    bool failed = false;
    for (size_t i = 0; i < table->count; i++)
        member_read(&table->columns[i], arena, result, row, out, &failed);
    if (table->key)
        order_read(arena, result, row, (struct page_key *)(void *)(out + table->key), &failed);
    enum error_code code = history_memory(failed, error);
    if (!code && table->complete)
        code = table->complete(arena, result, row, out, error);
    return code;
}

static enum error_code take(struct rows *rows, const struct row_table *table,
                            const struct db_result *result, const struct page_position *position,
                            struct error *error)
{
    rows->list = arena_new(rows->arena, rows->count ? rows->count : 1, table->size);
    enum error_code code = history_memory(!rows->list, error);
    for (size_t i = 0; i < rows->count && !code; i++) {
        size_t place = position ? order_place(*position, rows->count, i) : i;
        code = row_read(table, rows->arena, result, (int)i,
                        (char *)rows->list + place * table->size, error);
    }
    if (code)
        rows->count = 0;
    return code;
}

enum error_code rows_take(struct rows *rows, const struct row_table *table,
                          const struct db_result *result, struct error *error)
{
    rows->count = (size_t)result->count;
    return take(rows, table, result, NULL, error);
}

enum error_code rows_read(struct rows *rows, const struct row_table *table, struct query *query,
                          struct db *db, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = query_run(query, db, &result, error);
    query_release(query);
    if (!code)
        code = rows_take(rows, table, &result, error);
    db_result_release(&result);
    return code;
}

enum error_code rows_page(struct rows *rows, const struct row_table *table, struct query *query,
                          struct page_position position, size_t limit, struct db *db,
                          struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = query_run(query, db, &result, error);
    query_release(query);
    if (!code) {
        rows->walked = rows->tells_walked && result.count ? db_row_int(&result, 0, "walked") : -1;
        rows->count = order_count(&result, position, limit, &rows->more_before, &rows->more_after);
        code = take(rows, table, &result, &position, error);
    }
    db_result_release(&result);
    return code;
}
