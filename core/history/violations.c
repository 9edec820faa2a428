#include <stdlib.h>
#include <string.h>

#include "core/base/json.h"
#include "core/history/history.h"
#include "core/history/rows.h"
#include "core/history/violation_read.h"
#include "core/pipeline/ledger.h"
#include "core/record/record.h"

#define RECORD_ID LEDGER_RECORD_ID_SQL("l")

static int column_place(const char *name)
{
    return (int)column_find(name, strlen(name));
}

static int column_compare(const void *a, const void *b)
{
    const struct column_value *left = a, *right = b;
    int difference = column_place(left->column) - column_place(right->column);
    return difference != 0 ? difference : strcmp(left->column, right->column);
}

/* Texts as they are; numbers and the like, which we never write ourselves, as JSON prints them. */
static enum error_code original_read(struct arena *arena, const char *text, size_t len,
                                     struct violation *violation, struct error *error)
{
    struct json_object *document = NULL;
    bool failed = false;
    enum error_code code = json_parse(text, len, &document, error);
    if (code)
        return error_wrap(error, "original_data of row %lld", (long long)violation->row_number);
    if (!json_object_is_type(document, json_type_object))
        goto done;
    violation->original = arena_new(arena, (size_t)json_object_object_length(document) + 1,
                                    sizeof *violation->original);
    code = history_memory(!violation->original, error);
    if (code)
        goto done;
    json_object_object_foreach(document, key, member)
    {
        struct column_value *value = &violation->original[violation->original_count++];
        value->column = arena_copy_text(arena, key, strlen(key));
        failed = failed || !value->column;
        if (!member)
            continue;
        const char *shown = json_object_get_string(member);
        size_t shown_len = json_object_is_type(member, json_type_string)
                               ? (size_t)json_object_get_string_len(member)
                               : strlen(shown);
        value->value = arena_copy_text(arena, shown, shown_len);
        failed = failed || !value->value;
    }
    code = history_memory(failed, error);
    if (!code && violation->original_count > 1)
        qsort(violation->original, violation->original_count, sizeof *violation->original,
              column_compare);
done:
    json_object_put(document);
    return code;
}

enum error_code violation_original_read(struct arena *arena, const struct db_result *result,
                                        int row, struct violation *violation, struct error *error)
{
    if (db_row_is_null(result, row, "original_data"))
        return ERROR_NONE;
    return original_read(arena, db_row_text(result, row, "original_data"),
                         db_row_length(result, row, "original_data"), violation, error);
}

static enum error_code violation_complete(struct arena *arena, const struct db_result *result,
                                          int row, void *out, struct error *error)
{
    return violation_original_read(arena, result, row, out, error);
}

const char *violation_value(const struct violation *violation)
{
    for (size_t i = 0; violation->error_field && i < violation->original_count; i++) {
        if (strcmp(violation->original[i].column, violation->error_field) == 0)
            return violation->original[i].value;
    }
    return NULL;
}

static const struct row_column violation_columns[] = {
    ROW(violation, ROW_NUMBER, row_number),
    ROW(violation, ROW_NUMBER, line_number),
    ROW_AS(violation, ROW_NUMBER, order, "rule_order"),
    ROW(violation, ROW_TEXT, record_id),
    ROW(violation, ROW_TEXT, vendor_product_id),
    ROW(violation, ROW_TEXT, sku),
    ROW(violation, ROW_TEXT, error_type),
    ROW(violation, ROW_TEXT, error_field),
    ROW(violation, ROW_TEXT, error_message),
};

static const struct row_table violation_rows = {ROW_TABLE(violation, violation_columns),
                                                .key = offsetof(struct violation, key),
                                                .complete = violation_complete};

/* The record's: with its first violation, older ones with each or in the ledger. */
#define ORIGINAL "coalesce(e.original_data, f.original_data, l.original_data)"
#define SKU "coalesce(l.sku, coalesce(e.original_data, f.original_data) ->> 'sku')"
#define VALUE "left(" ORIGINAL " ->> e.error_field, 200)"

static void filter_add(struct query *query, struct arena *arena,
                       const struct violation_filter *filter)
{
    query_among(query, "e.error_type", filter->type, false);
    query_among(query, "e.error_type", filter->not_type, true);
    if (filter->field && filter->field[0] == '\0')
        query_add(query, " AND e.error_field IS NULL");
    else
        query_among(query, "e.error_field", filter->field, false);
    query_among(query, "e.error_field", filter->not_field, true);
    query_among(query, SKU, filter->sku, false);
    query_among(query, SKU, filter->not_sku, true);
    query_among(query, "e.vendor_product_id", filter->product, false);
    query_among(query, "e.vendor_product_id", filter->not_product, true);
    if (filter->unchanged)
        query_text(query, " AND e.unchanged = ?::boolean", filter->unchanged);
    if (filter->value)
        query_text(query, " AND " VALUE " = ?", filter->value);
    if (filter->absent)
        query_add(query, " AND " VALUE " IS NULL");
    if (filter->row_number != 0)
        query_number(query, " AND e.row_number = ?::bigint", filter->row_number);
    query_words(query, arena, "(e.error_message ILIKE ? OR e.vendor_product_id ILIKE ?)",
                filter->search);
}

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"
#define LINE "coalesce(e.line_number, l.line_number)"

static const struct order_column violation_order_columns[] = {
    [VIOLATION_BY_ITSELF] = {.sql = NULL},
    [VIOLATION_BY_ROW] = {.sql = NULL},
    [VIOLATION_BY_LINE] = {LINE, "integer", true},
    [VIOLATION_BY_TYPE] = {TEXT("e.error_type"), false},
    [VIOLATION_BY_FIELD] = {TEXT("e.error_field"), true},
    [VIOLATION_BY_VALUE] = {TEXT("(" ORIGINAL " ->> e.error_field)"), true},
    [VIOLATION_BY_MESSAGE] = {TEXT("e.error_message"), false},
    [VIOLATION_BY_PRODUCT] = {"e.vendor_product_id", "text", true},
    [VIOLATION_BY_SKU] = {TEXT(SKU), true},
};

static const struct order_table violation_orders = {
    .columns = violation_order_columns,
    .count = sizeof violation_order_columns / sizeof violation_order_columns[0],
    .number = "e.row_number",
    .number_value = "e.row_number",
    .number_param = "?::integer",
    .id = "e.rule_order",
    .id_param = "?::smallint",
    .id_least = "0",
};

enum error_code violations_list(struct db *db, const char *upload_id,
                                const struct violation_filter *filter,
                                struct page_position position, size_t limit,
                                struct violation_page *page, struct error *error)
{
    struct rows rows = {.arena = &page->arena};
    struct query query;
    memset(page, 0, sizeof *page);
    query_init(&query, "SELECT e.row_number, e.rule_order, " LINE " AS line_number,"
                       " coalesce(e.record_id, " RECORD_ID ") AS record_id,"
                       " e.vendor_product_id,"
                       " " SKU " AS sku, e.error_type, e.error_field, e.error_message,"
                       " " ORIGINAL " AS original_data");
    order_select(&query, &violation_orders, position.order);
    query_add(&query, " FROM validation_errors e LEFT JOIN upload_records l"
                      " ON l.upload_id = e.upload_id AND l.row_number = e.row_number"
                      " LEFT JOIN violation_rows f ON f.upload_id = e.upload_id"
                      " AND f.row_number = e.row_number AND f.rule_order = 1");
    query_text(&query,
               " WHERE e.upload_id = ? AND NOT EXISTS (SELECT FROM upload_history h"
               " WHERE h.upload_id = ? AND h.pruned_at IS NOT NULL)",
               upload_id);
    filter_add(&query, &page->arena, filter);
    order_page(&query, &violation_orders, position, limit);
    enum error_code code = rows_page(&rows, &violation_rows, &query, position, limit, db, error);
    ROWS_GIVE_PAGE(page, &rows);
    return code;
}

void violation_page_release(struct violation_page *page)
{
    ROWS_RELEASE(page);
}

static const struct row_column group_columns[] = {
    ROW(type_count, ROW_TEXT, name),
    ROW(type_count, ROW_TEXT, field),
    ROW(type_count, ROW_NUMBER, records),
};

static const struct row_table group_rows = {ROW_TABLE(type_count, group_columns)};

enum error_code violations_group(struct db *db, const char *upload_id,
                                 enum violation_grouping grouping, size_t limit,
                                 struct violation_groups *groups, struct error *error)
{
    static const char *const statements[] = {
        [GROUP_BY_TYPE] = "SELECT error_type AS name, NULL AS field, count(*) AS records"
                          " FROM validation_errors WHERE upload_id = $1"
                          " GROUP BY 1 ORDER BY 3 DESC, 1",
        [GROUP_BY_FIELD] = "SELECT error_field AS name, error_field AS field, count(*) AS records"
                           " FROM validation_errors WHERE upload_id = $1"
                           " GROUP BY 1, 2 ORDER BY 3 DESC, 1",
        [GROUP_BY_VALUE] =
            "SELECT left(e.original_data ->> e.error_field, 200) AS name, e.error_field AS field,"
            " count(*) AS records FROM (SELECT v.error_field,"
            "   coalesce(v.original_data, f.original_data, l.original_data) AS original_data"
            "   FROM validation_errors v LEFT JOIN upload_records l USING (upload_id, row_number)"
            "   LEFT JOIN violation_rows f ON f.upload_id = v.upload_id"
            "    AND f.row_number = v.row_number AND f.rule_order = 1"
            "   WHERE v.upload_id = $1 AND v.error_field IS NOT NULL) e"
            " GROUP BY 1, 2 ORDER BY 3 DESC, 2, 1",
        [GROUP_BY_KIND_OF_ALL] =
            "SELECT v.kind AS name, v.error_field AS field, count(*) AS records"
            "  FROM validation_errors v JOIN upload_history h USING (upload_id)"
            " WHERE v.upload_id = $1 AND v.kind IS NOT NULL AND h.total_records > 1"
            "   AND h.error_records = h.total_records"
            " GROUP BY v.error_type, v.error_field, v.kind, h.total_records"
            " HAVING count(*) = h.total_records ORDER BY min(v.rule_order), v.error_field",
    };
    struct rows rows = {.arena = &groups->arena};
    struct query query;
    memset(groups, 0, sizeof *groups);
    query_init(&query, statements[grouping]);
    query_param(&query, upload_id);
    query_number(&query, " LIMIT ?", (int64_t)limit);
    enum error_code code = rows_read(&rows, &group_rows, &query, db, error);
    ROWS_GIVE(groups, &rows);
    return code;
}

void violation_groups_release(struct violation_groups *groups)
{
    ROWS_RELEASE(groups);
}
