#include "core/history/lists.h"

#include <string.h>

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

static void vendors_query(struct query *query, const char *vendor)
{
    query_init(query, "SELECT v.vendor_id, v.vendor_name, v.email, v.status,"
                      " coalesce(c.uploads, 0) AS uploads, coalesce(c.records, 0) AS records,"
                      " coalesce(c.errors, 0) AS errors, coalesce(c.products, 0) AS products,"
                      " c.last_upload_at"
                      " FROM vendors v LEFT JOIN vendor_counts c ON c.vendor_id = v.vendor_id");
    if (vendor)
        query_text(query, " WHERE v.vendor_id = ?", vendor);
    query_add(query, " ORDER BY v.vendor_id");
}

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
    vendors_query(&query, vendor);
    enum error_code code = rows_read(&rows, &vendor_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    if (!code && vendor && !list->count)
        code = vendor_missing(db, vendor, error);
    return code;
}

void vendor_list_release(struct vendor_list *list)
{
    ROWS_RELEASE(list);
}
