#include "core/history/error_search.h"

#include <string.h>

#include "core/history/error_where.h"
#include "core/history/rows.h"
#include "core/history/violation_read.h"

/* Among so many of the newest errors is what is frequent. What fills a page within DEEP of them,
 * by what was found among these, is looked for there, and all else by the indexes. */
#define WALKED 2000
#define DEEP 80000
/* Of what an index found, the nearest: of a frequent value they fill a page. */
#define FOUND(limit) (2 * (int64_t)(limit) + 300)

/* A row's own violation, and with a record's first those that lie together. */
#define VIOLATIONS                                                                           \
    " CROSS JOIN LATERAL (SELECT r.rule_order, r.error_type, r.error_field, r.error_message" \
    " UNION ALL SELECT (j.place + 1)::smallint, j.one ->> 0, j.one ->> 1, j.one ->> 2"       \
    "   FROM violation_packs p"                                                              \
    "  CROSS JOIN LATERAL json_array_elements(p.violations) WITH ORDINALITY j (one, place)"  \
    "  WHERE r.rule_order = 1 AND p.upload_id = r.upload_id"                                 \
    "    AND p.row_number = r.row_number) v"

static const struct order_column own_order[] = {{.sql = NULL}};

static const struct order_table search_orders = {
    .columns = own_order,
    .count = 1,
    .number = "r.id",
    .number_value = "r.id",
    .number_param = "?::bigint",
    .id = "v.rule_order",
    .id_param = "?::smallint",
    .id_least = "0",
    .newest_first = true,
};

static const struct row_column found_columns[] = {
    ROW(found_error, ROW_TEXT, upload_id),
    ROW(found_error, ROW_TEXT, vendor_id),
    ROW(found_error, ROW_TIME, upload_timestamp),
    ROW_AS(found_error, ROW_NUMBER, violation.row_number, "row_number"),
    ROW_AS(found_error, ROW_NUMBER, violation.line_number, "line_number"),
    ROW_AS(found_error, ROW_NUMBER, violation.order, "rule_order"),
    ROW_AS(found_error, ROW_TEXT, violation.record_id, "record_id"),
    ROW_AS(found_error, ROW_TEXT, violation.vendor_product_id, "vendor_product_id"),
    ROW_AS(found_error, ROW_TEXT, violation.sku, "sku"),
    ROW_AS(found_error, ROW_TEXT, violation.error_type, "error_type"),
    ROW_AS(found_error, ROW_TEXT, violation.error_field, "error_field"),
    ROW_AS(found_error, ROW_TEXT, violation.error_message, "error_message"),
};

static enum error_code found_complete(struct arena *arena, const struct db_result *result, int row,
                                      void *out, struct error *error)
{
    struct found_error *found = out;
    return violation_original_read(arena, result, row, &found->violation, error);
}

static const struct row_table found_rows = {ROW_TABLE(found_error, found_columns),
                                            .key = offsetof(struct found_error, violation.key),
                                            .complete = found_complete};

/* ---- the ways */

static const char select_sql[] =
    "SELECT r.upload_id, h.vendor_id, h.upload_timestamp, r.row_number, r.line_number,"
    " v.rule_order, r.record_id, r.vendor_product_id, v.error_type, v.error_field,"
    " v.error_message, " ERROR_ORIGINAL " AS original_data, " ERROR_SKU " AS sku";

static void finish(struct query *query, struct arena *arena, const struct error_search *search,
                   struct page_position position, size_t limit)
{
    query_add(query,
              " JOIN upload_history h ON h.upload_id = r.upload_id" VIOLATIONS " WHERE true");
    errors_where(query, arena, search);
    order_page(query, &search_orders, position, limit);
}

/* At how many of the nearest errors a statement looks, 0: at all of these; and at which numbers. */
struct reach {
    int64_t most;
    struct error_range range;
};

/* Of `w` those from the position on that are in reach. */
static void nearest(struct query *query, struct page_position position, struct reach reach)
{
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    if (position.start == PAGE_EXACT)
        query_number(query, " AND w.id = ?::bigint", position.key.number);
    else if (position.start == PAGE_AFTER)
        query_number(query, " AND w.id <= ?::bigint", position.key.number);
    else if (position.start == PAGE_BEFORE)
        query_number(query, " AND w.id >= ?::bigint", position.key.number);
    if (reach.range.to_id) {
        query_number(query, " AND w.id > ?::bigint", reach.range.from_id);
        query_number(query, " AND w.id <= ?::bigint", reach.range.to_id);
    }
    if (reach.most > 0) {
        query_add(query, back ? " ORDER BY w.id" : " ORDER BY w.id DESC");
        query_number(query, " LIMIT ?::bigint", reach.most);
    }
}

/* No error of an upload of before `until` has a greater number, but for those of late_errors: that
 * of one which came an hour after the last that is not late was given. */
static void number_bound(struct query *query, const char *compare, int64_t until_ms)
{
    query_format(query, " AND w.id %s (SELECT coalesce(min(e.id), 9223372036854775807) FROM",
                 compare);
    query_time(query,
               " (SELECT u.upload_id FROM upload_history u"
               "   WHERE u.upload_timestamp >= ?::timestamptz + interval '2 hours'"
               "     AND u.error_records > 0 ORDER BY u.upload_timestamp, u.upload_id LIMIT 20) f"
               " JOIN violation_rows e USING (upload_id))",
               until_ms);
}

/* Towards older ones, of an old time: from where that ends. */
static void walk_from_time(struct query *query, const struct error_search *search,
                           struct page_position position, struct reach reach)
{
    query_add(query, "SELECT * FROM (SELECT * FROM violation_rows w WHERE true");
    number_bound(query, "<=", search->until_ms);
    query_among(query, "w.vendor_id", search->vendor, false);
    nearest(query, position, reach);
    query_add(query, ") n UNION ALL SELECT w.* FROM late_errors l"
                     " JOIN upload_history h ON h.upload_id = l.upload_id"
                     " JOIN violation_rows w ON w.upload_id = l.upload_id WHERE true");
    errors_when(query, search);
    number_bound(query, ">", search->until_ms);
    nearest(query, position, (struct reach){.range = reach.range});
}

/* Among the errors from the position on; of named vendors alone. Where they are many each is asked
 * for its violations only when it looks like one that is wanted. */
static void walk_query(struct query *query, struct arena *arena, const struct error_search *search,
                       struct page_position position, size_t limit, struct reach reach)
{
    bool likely = reach.most != WALKED && error_search_says(search, BY_VIOLATION);
    query_init(query, "");
    if (likely)
        errors_aside(query, arena, search, reach.range);
    query_add(query, select_sql);
    order_select(query, &search_orders, position.order);
    query_add(query, " FROM (SELECT * FROM (");
    if (search->until_ms != HISTORY_NEVER && position.start != PAGE_LAST &&
        position.start != PAGE_BEFORE) {
        walk_from_time(query, search, position, reach);
    } else {
        query_add(query, "SELECT * FROM violation_rows w WHERE true");
        query_among(query, "w.vendor_id", search->vendor, false);
        nearest(query, position, reach);
    }
    query_add(query, ") o WHERE true");
    if (likely)
        errors_likely(query, arena, search);
    query_add(query, ") r");
    finish(query, arena, search, position, limit);
}

static void index_query(struct query *query, struct arena *arena, const struct error_search *search,
                        enum criterion by, struct page_position position, size_t limit,
                        struct reach reach)
{
    bool timed =
        by != BY_UPLOAD && (search->since_ms != HISTORY_NEVER || search->until_ms != HISTORY_NEVER);
    query_init(query, "WITH m AS MATERIALIZED (SELECT DISTINCT upload_id, row_number FROM (");
    errors_from(query, arena, search, by, reach.range);
    query_add(query, ") c) ");
    query_add(query, select_sql);
    order_select(query, &search_orders, position.order);
    query_add(query, " FROM (SELECT w.* FROM m JOIN violation_rows w ON w.upload_id = m.upload_id"
                     " AND w.row_number = m.row_number");
    if (timed)
        query_add(query, " JOIN upload_history h ON h.upload_id = m.upload_id");
    query_add(query, " WHERE true");
    if (timed)
        errors_when(query, search);
    nearest(query, position, reach);
    query_add(query, ") r");
    finish(query, arena, search, position, limit);
}

static enum error_code finds_few(struct db *db, struct arena *arena,
                                 const struct error_search *search, enum criterion by, int64_t most,
                                 bool *few, struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    struct query query;
    /* Of a time the first few come at once; all else has to be planned for all of it. */
    query_init(&query,
               by == BY_UPLOAD ? "WITH c AS NOT MATERIALIZED (" : "WITH c AS MATERIALIZED (");
    errors_from(&query, arena, search, by, (struct error_range){0});
    query_number(&query, ") SELECT count(*) AS n FROM (SELECT FROM c LIMIT ?) n", most + 1);
    enum error_code code = query_run(&query, db, &row, error);
    *few = !code && db_row_int(&row, 0, "n") <= most;
    query_release(&query);
    db_result_release(&row);
    return code;
}

/* By what the index is asked: where there is a choice what finds few, as far as that takes to
 * count. CRITERIA: by nothing that an index knows. */
static enum error_code choose(struct db *db, struct arena *arena, const struct error_search *search,
                              enum criterion *by, struct error *error)
{
    static const int64_t tiers[] = {3000, 30000, 300000};
    enum criterion any = CRITERIA;
    size_t count = 0;
    for (*by = 0; *by < CRITERIA; (*by)++) {
        if (error_search_says(search, *by)) {
            any = *by;
            count++;
        }
    }
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers && count > 1; i++) {
        for (*by = 0; *by < CRITERIA; (*by)++) {
            bool few = false;
            enum error_code code = ERROR_NONE;
            if (error_search_says(search, *by))
                code = finds_few(db, arena, search, *by, tiers[i], &few, error);
            if (code || few)
                return code;
        }
    }
    *by = count > 1 ? CRITERIA : any;
    return ERROR_NONE;
}

/* *filled: there are more behind it, so that none before them is missing. */
static enum error_code page_read(struct db *db, struct query *query, struct page_position position,
                                 size_t limit, struct found_errors *found, bool *filled,
                                 struct error *error)
{
    struct rows rows = {.arena = &found->arena};
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    enum error_code code = rows_page(&rows, &found_rows, query, position, limit, db, error);
    ROWS_GIVE_PAGE(found, &rows);
    *filled = back ? found->more_before : found->more_after;
    return code;
}

/* Where by what was found among the nearest of them a page is full within DEEP errors: whether it
 * is. Values are asked of their index, but only as far down as that; what comes before the first
 * that was found is no longer of interest. */
static enum error_code read_deep(struct db *db, const struct error_search *search,
                                 struct page_position position, size_t limit,
                                 struct found_errors *found, bool *filled, struct error *error)
{
    struct query query;
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    enum criterion by = search->sku ? BY_SKU : search->value ? BY_VALUE : CRITERIA;
    if (!found->count)
        return ERROR_NONE;
    int64_t first = found->rows[0].violation.key.number;
    struct reach reach = {.most = (int64_t)((limit + 1) * WALKED / found->count * 3 / 2)};
    if (!back && !search->vendor && first > reach.most)
        reach.range = (struct error_range){first - reach.most, first};
    if (reach.most > DEEP || (by < CRITERIA && !reach.range.to_id))
        return ERROR_NONE;
    if (by < CRITERIA)
        index_query(&query, &found->arena, search, by, position, limit, reach);
    else
        walk_query(&query, &found->arena, search, position, limit, reach);
    return page_read(db, &query, position, limit, found, filled, error);
}

enum error_code errors_search(struct db *db, const struct error_search *search,
                              struct page_position position, size_t limit,
                              struct found_errors *found, struct error *error)
{
    struct query query;
    enum criterion by = CRITERIA;
    bool filled = false;
    memset(found, 0, sizeof *found);
    walk_query(&query, &found->arena, search, position, limit, (struct reach){.most = WALKED});
    enum error_code code = page_read(db, &query, position, limit, found, &filled, error);
    if (code || filled || position.start == PAGE_EXACT)
        return code;
    code = read_deep(db, search, position, limit, found, &filled, error);
    if (code || filled)
        return code;
    code = choose(db, &found->arena, search, &by, error);
    if (!code && by == BY_VALUE) {
        index_query(&query, &found->arena, search, by, position, limit,
                    (struct reach){.most = FOUND(limit)});
        code = page_read(db, &query, position, limit, found, &filled, error);
    }
    if (code || filled)
        return code;
    struct reach all = {0};
    if (by < CRITERIA)
        index_query(&query, &found->arena, search, by, position, limit, all);
    else
        walk_query(&query, &found->arena, search, position, limit, all);
    return page_read(db, &query, position, limit, found, &filled, error);
}

void found_errors_release(struct found_errors *found)
{
    ROWS_RELEASE(found);
}
