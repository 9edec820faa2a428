#include "core/history/lists.h"

#include <string.h>

#include "core/history/order.h"
#include "core/history/rows.h"
#include "core/history/vendors_find.h"

static const struct row_column vendor_columns[] = {
    ROW(vendor, ROW_TEXT, vendor_id),      ROW(vendor, ROW_TEXT, vendor_name),
    ROW(vendor, ROW_TEXT, email),          ROW(vendor, ROW_TEXT, status),
    ROW(vendor, ROW_NUMBER, uploads),      ROW(vendor, ROW_NUMBER, records),
    ROW(vendor, ROW_NUMBER, errors),       ROW(vendor, ROW_NUMBER, products),
    ROW(vendor, ROW_TIME, last_upload_at),
};

static const struct row_table vendor_rows = {ROW_TABLE(vendor, vendor_columns)};

static const struct row_table vendor_page_rows = {ROW_TABLE(vendor, vendor_columns),
                                                  .key = offsetof(struct vendor, key)};

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

/* As the view vendor_counts has them, by joins: to add up all rows of it takes longer. */
#define COUNT(name) "(coalesce(t." name ", 0) + coalesce(d." name ", 0))"
#define LAST "greatest(t.last_upload_at, d.last_upload_at)"

static const struct order_column vendor_order_columns[] = {
    [VENDOR_BY_ITSELF] = {.sql = NULL},
    [VENDOR_BY_ID] = {.sql = NULL},
    [VENDOR_BY_NAME] = {TEXT("v.vendor_name"), false},
    [VENDOR_BY_STATUS] = {TEXT("v.status"), false},
    [VENDOR_BY_EMAIL] = {TEXT("v.email"), true},
    [VENDOR_BY_UPLOADS] = {COUNT("uploads"), "bigint", false},
    [VENDOR_BY_RECORDS] = {COUNT("records"), "bigint", false},
    [VENDOR_BY_ERRORS] = {COUNT("errors"), "bigint", false},
    [VENDOR_BY_PRODUCTS] = {COUNT("products"), "bigint", false},
    [VENDOR_BY_LAST_UPLOAD] = {LAST, "timestamptz", true},
};

static const struct order_table vendor_orders = {
    .columns = vendor_order_columns,
    .count = sizeof vendor_order_columns / sizeof vendor_order_columns[0],
    .id = "v.vendor_id",
    .id_param = "?",
    .id_least = "",
};

static const char vendors_sql[] = "SELECT v.vendor_id, v.vendor_name, v.email, v.status, " COUNT(
    "uploads") " AS uploads,"
               " " COUNT("records") " AS records, " COUNT(
                   "errors") " AS errors,"
                             " " COUNT("products") " AS products, " LAST " AS last_upload_at";
static const char vendors_from[] =
    " FROM vendors v LEFT JOIN vendor_totals t ON t.vendor_id = v.vendor_id"
    " LEFT JOIN (SELECT vendor_id, sum(uploads)::bigint AS uploads, sum(records)::bigint AS records,"
    "   sum(errors)::bigint AS errors, sum(products)::bigint AS products,"
    "   max(last_upload_at) AS last_upload_at FROM vendor_deltas GROUP BY vendor_id) d"
    " ON d.vendor_id = v.vendor_id";

enum error_code vendors_addresses(struct db *db, struct vendor_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, "SELECT vendor_id, vendor_name, email, status, 0::bigint AS uploads,"
                       " 0::bigint AS records, 0::bigint AS errors, 0::bigint AS products,"
                       " NULL::timestamptz AS last_upload_at FROM vendors"
                       " WHERE status = 'active' ORDER BY vendor_id");
    enum error_code code = rows_read(&rows, &vendor_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

enum error_code vendors_list(struct db *db, const char *vendor, struct vendor_list *list,
                             struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, vendors_sql);
    query_add(&query, vendors_from);
    if (vendor)
        query_text(&query, " WHERE v.vendor_id = ?", vendor);
    query_add(&query, " ORDER BY v.vendor_id");
    enum error_code code = rows_read(&rows, &vendor_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    if (!code && vendor && !list->count)
        code = vendor_missing(db, vendor, error);
    return code;
}

enum error_code vendors_page(struct db *db, const struct vendor_filter *filter,
                             struct page_position position, size_t limit, struct vendor_list *list,
                             struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, vendors_sql);
    order_select(&query, &vendor_orders, position.order);
    query_add(&query, vendors_from);
    query_add(&query, " WHERE true");
    query_among(&query, "v.status", filter->status, false);
    query_among(&query, "v.status", filter->not_status, true);
    query_words(&query, &list->arena,
                "(v.vendor_id ILIKE ? OR v.vendor_name ILIKE ? OR v.email ILIKE ?)",
                filter->search);
    order_page(&query, &vendor_orders, position, limit);
    enum error_code code = rows_page(&rows, &vendor_page_rows, &query, position, limit, db, error);
    ROWS_GIVE_PAGE(list, &rows);
    return code;
}

void vendor_list_release(struct vendor_list *list)
{
    ROWS_RELEASE(list);
}
