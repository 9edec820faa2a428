#include <string.h>

#include "core/history_lists.h"
#include "core/history_order.h"
#include "core/history_query.h"
#include "sql/db.h"

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

static const struct order_column product_columns[] = {
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
    .columns = product_columns,
    .count = sizeof product_columns / sizeof product_columns[0],
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
    if (filter->vendor != NULL)
        query_text(query, " AND p.vendor_id = ?", filter->vendor);
    if (filter->upload_id != NULL)
        query_text(query, " AND p.upload_id = ?", filter->upload_id);
    if (filter->sku != NULL)
        query_text(query, " AND p.sku = ?", filter->sku);
    if (filter->search != NULL)
        query_like(query, arena,
                   " AND (p.product_name ILIKE ? OR p.sku ILIKE ? OR p.vendor_product_id ILIKE ?)",
                   filter->search);
    order_page(query, &product_orders, position, limit);
}

static void product_read(struct arena *arena, const struct db_result *result, int row,
                         struct product *product, bool *failed)
{
    product->product_id = db_row_int(result, row, "product_id");
    product->vendor_id = history_text(arena, result, row, "vendor_id", failed);
    product->vendor_product_id = history_text(arena, result, row, "vendor_product_id", failed);
    product->sku = history_text(arena, result, row, "sku", failed);
    product->product_name = history_text(arena, result, row, "product_name", failed);
    product->category = history_text(arena, result, row, "category", failed);
    product->subcategory = history_text(arena, result, row, "subcategory", failed);
    product->brand = history_text(arena, result, row, "brand", failed);
    product->price = history_text(arena, result, row, "price", failed);
    product->stock_quantity = db_row_int(result, row, "stock_quantity");
    product->status = history_text(arena, result, row, "status", failed);
    product->upload_id = history_text(arena, result, row, "upload_id", failed);
    product->updated_at = history_time(result, row, "updated_at");
    order_read(arena, result, row, &product->key, failed);
}

enum error_code products_list(struct db *db, const struct product_filter *filter,
                              struct page_position position, size_t limit,
                              struct product_list *list, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct query query;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    products_query(&query, &list->arena, filter, position, limit);
    enum error_code code =
        history_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = order_count(&result, position, limit, &list->more_before, &list->more_after);
    for (size_t i = 0; i < list->count; i++)
        product_read(&list->arena, &result, (int)i,
                     &list->rows[order_place(position, list->count, i)], &failed);
    code = history_memory(failed, error);
done:
    db_result_release(&result);
    return code;
}

void product_list_release(struct product_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}
