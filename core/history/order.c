#include "core/history/order.h"

#include <stdio.h>

static const struct order_column own = {.sql = NULL};

struct page_position page_first(void)
{
    return (struct page_position){.start = PAGE_FIRST};
}

struct page_position page_last(void)
{
    return (struct page_position){.start = PAGE_LAST};
}

struct page_position page_after(struct page_key key)
{
    return (struct page_position){.start = PAGE_AFTER, .key = key};
}

struct page_position page_before(struct page_key key)
{
    return (struct page_position){.start = PAGE_BEFORE, .key = key};
}

void page_step(struct page_position *position, const struct page_key *last, char id[PAGE_ID_SIZE])
{
    *position = page_after(*last);
    if (!last->id)
        return;
    snprintf(id, PAGE_ID_SIZE, "%s", last->id);
    position->key.id = id;
}

struct page_position page_at(struct page_order order, int64_t ms)
{
    bool newest_first = order.column == 0 || order.descending;
    return (struct page_position){.start = PAGE_AFTER,
                                  .order = order,
                                  .key = {.number = ms * 1000 + (newest_first ? 1000 : 0)}};
}

static const struct order_column *column_of(const struct order_table *table,
                                            struct page_order order)
{
    if (order.column <= 0 || (size_t)order.column >= table->count)
        return &own;
    return &table->columns[order.column];
}

static bool goes_back(struct page_position position)
{
    return position.start == PAGE_LAST || position.start == PAGE_BEFORE;
}

/* Whether the list's own key falls, read forward. */
static bool key_descends(const struct order_table *table, struct page_order order)
{
    bool by_key = !column_of(table, order)->sql;
    return by_key && order.column > 0 ? order.descending : table->newest_first;
}

void order_select(struct query *query, const struct order_table *table, struct page_order order)
{
    const struct order_column *column = column_of(table, order);
    query_format(query, ", (%s)::text AS page_value, %s AS page_number, %s AS page_id",
                 column->sql ? column->sql : "NULL", table->number ? table->number_value : "0",
                 table->id ? table->id : "NULL");
}

static void key_where(struct query *query, const struct order_table *table,
                      const struct page_key *key, const char *compare)
{
    if (!table->id) {
        query_format(query, "%s %s ", table->number, compare);
        query_number(query, table->number_param, key->number);
        return;
    }
    if (!table->number) {
        query_format(query, "%s %s ", table->id, compare);
        query_text(query, table->id_param, key->id ? key->id : table->id_least);
        return;
    }
    query_format(query, "(%s, %s) %s (", table->number, table->id, compare);
    query_number(query, table->number_param, key->number);
    query_add(query, ", ");
    query_text(query, table->id_param, key->id ? key->id : table->id_least);
    query_add(query, ")");
}

static void value_where(struct query *query, const struct order_column *column, const char *value,
                        bool descends)
{
    int place = query_param(query, value);
    const char *compare = descends ? "<" : ">";
    /* The first part is what an index can be asked for. */
    if (!column->nullable)
        query_format(query, "%s %s= $%d::%s AND ", column->sql, compare, place, column->type);
    query_format(query, "(%s %s $%d::%s OR (%s = $%d::%s AND ", column->sql, compare, place,
                 column->type, column->sql, place, column->type);
}

static void page_where(struct query *query, const struct order_table *table,
                       struct page_position position)
{
    const struct order_column *column = column_of(table, position.order);
    bool back = position.start == PAGE_BEFORE;
    const char *beyond = key_descends(table, position.order) != back ? "<" : ">";
    if (position.start == PAGE_FIRST || position.start == PAGE_LAST)
        return;
    query_add(query, " AND (");
    if (position.start == PAGE_EXACT) {
        key_where(query, table, &position.key, "=");
    } else if (!column->sql) {
        key_where(query, table, &position.key, beyond);
    } else if (!position.key.value) {
        query_format(query, "%s IS %sNULL %s ", column->sql, back ? "NOT " : "",
                     back ? "OR" : "AND");
        key_where(query, table, &position.key, beyond);
    } else {
        value_where(query, column, position.key.value, position.order.descending != back);
        key_where(query, table, &position.key, beyond);
        query_add(query, "))");
        if (column->nullable && !back)
            query_format(query, " OR %s IS NULL", column->sql);
    }
    query_add(query, ")");
}

static void page_order_by(struct query *query, const struct order_table *table,
                          struct page_position position)
{
    const struct order_column *column = column_of(table, position.order);
    bool back = goes_back(position);
    const char *key_way = key_descends(table, position.order) != back ? " DESC" : "";
    query_add(query, " ORDER BY ");
    if (column->sql) {
        query_format(query, "%s%s", column->sql, position.order.descending != back ? " DESC" : "");
        if (column->nullable)
            query_add(query, back ? " NULLS FIRST" : " NULLS LAST");
        query_add(query, ", ");
    }
    if (table->number)
        query_format(query, "%s%s", table->number, key_way);
    if (table->id)
        query_format(query, "%s%s%s", table->number ? ", " : "", table->id, key_way);
}

void order_page(struct query *query, const struct order_table *table, struct page_position position,
                size_t limit)
{
    page_where(query, table, position);
    page_order_by(query, table, position);
    query_number(query, " LIMIT ?", (int64_t)limit + 1);
}

size_t order_count(const struct db_result *result, struct page_position position, size_t limit,
                   bool *more_before, bool *more_after)
{
    bool back = goes_back(position);
    bool more = (size_t)result->count > limit;
    *more_before = back ? more : position.start == PAGE_AFTER;
    *more_after = back ? position.start == PAGE_BEFORE : more;
    return more ? limit : (size_t)result->count;
}

size_t order_place(struct page_position position, size_t count, size_t row)
{
    return goes_back(position) ? count - 1 - row : row;
}

void order_read(struct arena *arena, const struct db_result *result, int row, struct page_key *key,
                bool *failed)
{
    key->value = history_text(arena, result, row, "page_value", failed);
    key->number = db_row_int(result, row, "page_number");
    key->id = history_text(arena, result, row, "page_id", failed);
}
