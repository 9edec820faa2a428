#include <stdlib.h>
#include <string.h>

#include "core/history/lists.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("sku", "SKU", 18, 8, .grow = 1, .id = ID_SKU, .order = PRODUCT_BY_SKU),
    GRID_COLUMN("name", "PRODUCT", 32, 12, .grow = 3, .order = PRODUCT_BY_NAME),
    GRID_COLUMN("price", "PRICE", 10, 8, GRID_NUMBER, .order = PRODUCT_BY_PRICE),
    GRID_COLUMN("stock", "STOCK", 8, 6, GRID_NUMBER, .drop = 2, .order = PRODUCT_BY_STOCK),
    GRID_COLUMN("status", "STATUS", 12, 8, .drop = 3, .order = PRODUCT_BY_STATUS),
    GRID_COLUMN("category", "CATEGORY", 18, 8, .grow = 1, .drop = 4, .order = PRODUCT_BY_CATEGORY),
    GRID_COLUMN("vendor", "VENDOR", 10, 8, .drop = 1, .id = ID_VENDOR, .order = PRODUCT_BY_VENDOR),
    GRID_COLUMN("product", "PRODUCT ID", 14, 8, .drop = 5, .order = PRODUCT_BY_VENDOR_PRODUCT),
    GRID_COLUMN("upload", "UPLOAD", 32, 20, .drop = 6, .id = ID_UPLOAD, .order = PRODUCT_BY_UPLOAD),
};

enum { COLUMN_STATUS = 4, COLUMN_UPLOAD = 8 };

static struct row *make_row(const struct product *product)
{
    char key[CELL_SIZE];
    char stock[CELL_SIZE];
    char *cursor = list_cursor(&product->key);
    const char *cells[] = {product->sku,
                           product->product_name,
                           product->price,
                           cell_number(product->stock_quantity, stock),
                           cell_text(product->status),
                           cell_text(product->category),
                           product->vendor_id,
                           product->vendor_product_id,
                           cell_text(product->upload_id)};
    struct row *row = row_new(cell_number(product->product_id, key), cursor, cells,
                              sizeof cells / sizeof cells[0]);
    free(cursor);
    row->accent = COLUMN_STATUS;
    row->accent_tone = (uint8_t)cell_status_tone(product->status);
    return row;
}

static void set_filter(struct product_filter *filter, const struct list_query *query)
{
    filter->vendor = filter_value(query->filter, "vendor");
    filter->not_vendor = filter_value_not(query->filter, "vendor");
    filter->upload_id = filter_value(query->filter, "upload");
    filter->not_upload = filter_value_not(query->filter, "upload");
    filter->sku = filter_value(query->filter, "sku");
    filter->not_sku = filter_value_not(query->filter, "sku");
    filter->search = cell_search(query->filter);
    if (strncmp(query->argument, "UPLOAD_", 7) == 0)
        filter->upload_id = query->argument;
    else if (query->argument[0] != '\0')
        filter->vendor = query->argument;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct product_filter filter = {0};
    struct product_list list = {0};
    struct list_place place;
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    list_place_read(&place, query);
    set_filter(&filter, query);
    if (!code)
        code = products_list(db, &filter, place.position, query->limit, &list, error);
    for (size_t i = 0; !code && i < list.count; i++)
        window_page_add(page, make_row(&list.rows[i]));
    page->more_before = list.more_before;
    page->more_after = list.more_after;
    product_list_release(&list);
    return code;
}

static struct effect open_upload(struct screen *screen, const struct row *row)
{
    (void)screen;
    return effect_push("upload", row_cell(row, COLUMN_UPLOAD));
}

static const struct list_spec spec = {
    LIST_COLUMNS(columns),      .ordered = true,     .filter_keys = "vendor upload sku",
    .empty = "no products yet", .refresh_ms = 10000, .fetch = fetch,
    .open = open_upload,        .detail = true,
};

const struct screen_ops screen_products = {
    .name = "products",
    .title = "Products",
    .help = "the catalogue, or the products of one vendor or upload",
    LIST_SCREEN(&spec),
};
