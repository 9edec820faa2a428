#include <string.h>

#include "core/history/lists.h"
#include "core/history/rows.h"

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

/* What a search looks in: the very expression of the index products_search. */
#define SEARCHED \
    "((p.sku || E'\\n' || p.vendor_product_id || E'\\n' || p.product_name) COLLATE \"default\")"

static const struct order_column product_order_columns[] = {
    [PRODUCT_BY_ITSELF] = {.sql = NULL},
    [PRODUCT_BY_SKU] = {"p.sku", "text", false},
    [PRODUCT_BY_NAME] = {TEXT("p.product_name"), false},
    [PRODUCT_BY_PRICE] = {"p.price", "numeric", false},
    [PRODUCT_BY_STOCK] = {"p.stock_quantity", "integer", false},
    [PRODUCT_BY_STATUS] = {TEXT("p.status"), false},
    [PRODUCT_BY_CATEGORY] = {"p.category", "text", false},
    [PRODUCT_BY_VENDOR] = {"p.vendor_id", "text", false},
    [PRODUCT_BY_VENDOR_PRODUCT] = {"p.vendor_product_id", "text", false},
    [PRODUCT_BY_UPLOAD] = {"p.upload_id", "text", true},
};

static const struct order_table product_orders = {
    .columns = product_order_columns,
    .count = sizeof product_order_columns / sizeof product_order_columns[0],
    .number = "p.product_id",
    .number_value = "p.product_id",
    .number_param = "?::bigint",
};

static void products_query(struct query *query, struct arena *arena,
                           const struct product_filter *filter, struct page_position position,
                           size_t limit)
{
    query_init(query, "SELECT p.product_id, p.vendor_id, p.vendor_product_id, p.sku,"
                      " p.product_name, p.category, p.subcategory, p.brand, p.price,"
                      " p.stock_quantity, p.status, p.upload_id, p.updated_at");
    order_select(query, &product_orders, position.order);
    query_add(query, " FROM products p WHERE true");
    query_among(query, "p.vendor_id", filter->vendor, false);
    query_among(query, "p.vendor_id", filter->not_vendor, true);
    query_among(query, "p.upload_id", filter->upload_id, false);
    query_among(query, "p.upload_id", filter->not_upload, true);
    query_among(query, "p.sku", filter->sku, false);
    query_among(query, "p.sku", filter->not_sku, true);
    query_words(query, arena, SEARCHED " ILIKE ?", filter->search);
    order_page(query, &product_orders, position, limit);
}

static const struct row_column product_columns[] = {
    ROW(product, ROW_NUMBER, product_id),
    ROW(product, ROW_TEXT, vendor_id),
    ROW(product, ROW_TEXT, vendor_product_id),
    ROW(product, ROW_TEXT, sku),
    ROW(product, ROW_TEXT, product_name),
    ROW(product, ROW_TEXT, category),
    ROW(product, ROW_TEXT, subcategory),
    ROW(product, ROW_TEXT, brand),
    ROW(product, ROW_TEXT, price),
    ROW(product, ROW_NUMBER, stock_quantity),
    ROW(product, ROW_TEXT, status),
    ROW(product, ROW_TEXT, upload_id),
    ROW(product, ROW_TIME, updated_at),
};

static const struct row_table product_rows = {ROW_TABLE(product, product_columns),
                                              .key = offsetof(struct product, key)};

enum error_code products_list(struct db *db, const struct product_filter *filter,
                              struct page_position position, size_t limit,
                              struct product_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    products_query(&query, &list->arena, filter, position, limit);
    enum error_code code = rows_page(&rows, &product_rows, &query, position, limit, db, error);
    ROWS_GIVE_PAGE(list, &rows);
    return code;
}

void product_list_release(struct product_list *list)
{
    ROWS_RELEASE(list);
}
