#include "core/history_lists.h"

#include <string.h>

#include "core/history_query.h"
#include "sql/db.h"

/* What every list does: run, make room, read rows. `more` is told by one row above the limit. */
static enum error_code list_ask(struct query *query, struct db *db, struct arena *arena,
                                size_t size, struct db_result *result, void **rows,
                                struct error *error)
{
    enum error_code code = query_run(query, db, result, error);
    if (code == ERROR_NONE)
        code = history_rows(arena, result->count, size, rows, error);
    query_release(query);
    return code;
}

static size_t list_count(const struct db_result *result, size_t limit, bool *more)
{
    *more = (size_t)result->count > limit;
    return *more ? limit : (size_t)result->count;
}

static enum error_code vendor_missing(struct db *db, const char *vendor, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct arena arena = ARENA_INIT;
    struct query query;
    char near[256] = "";
    size_t used = 0;
    query_init(&query, "SELECT vendor_id FROM vendors");
    query_like(&query, &arena, " WHERE vendor_id ILIKE ? OR vendor_name ILIKE ?", vendor);
    query_text(&query, " OR left(vendor_id, 4) = left(?, 4)", vendor);
    query_add(&query, " ORDER BY vendor_id LIMIT 3");
    enum error_code code = query_run(&query, db, &result, error);
    for (int i = 0; code == ERROR_NONE && i < result.count; i++) {
        int n = snprintf(near + used, sizeof near - used, "%s%s", i > 0 ? ", " : "",
                         db_row_text(&result, i, "vendor_id"));
        if (n > 0 && (size_t)n < sizeof near - used)
            used += (size_t)n;
    }
    query_release(&query);
    arena_release(&arena);
    db_result_release(&result);
    if (code != ERROR_NONE)
        return code;
    return error_set(error, ERROR_NOT_FOUND, "no vendor %.60s%s%s", vendor,
                     near[0] != '\0' ? "; near it: " : "", near);
}

static enum error_code vendors_ask(struct db *db, const char *vendor, struct vendor_list *list,
                                   struct db_result *result, struct error *error)
{
    struct query query;
    void *rows = NULL;
    query_init(&query, "SELECT v.vendor_id, v.vendor_name, v.email, v.status,"
                       " coalesce(h.uploads, 0) AS uploads, h.last_upload_at,"
                       " coalesce(p.products, 0) AS products FROM vendors v"
                       " LEFT JOIN (SELECT vendor_id, count(*) AS uploads,"
                       "   max(upload_timestamp) AS last_upload_at FROM upload_history");
    if (vendor != NULL)
        query_text(&query, " WHERE vendor_id = ?", vendor);
    query_add(&query, " GROUP BY vendor_id) h ON h.vendor_id = v.vendor_id"
                      " LEFT JOIN (SELECT vendor_id, count(*) AS products FROM products");
    if (vendor != NULL)
        query_add(&query, " WHERE vendor_id = $1");
    query_add(&query, " GROUP BY vendor_id) p ON p.vendor_id = v.vendor_id");
    if (vendor != NULL)
        query_add(&query, " WHERE v.vendor_id = $1");
    query_add(&query, " ORDER BY v.vendor_id");
    enum error_code code =
        list_ask(&query, db, &list->arena, sizeof *list->rows, result, &rows, error);
    list->rows = rows;
    return code;
}

enum error_code vendors_list(struct db *db, const char *vendor, struct vendor_list *list,
                             struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    bool failed = false;
    memset(list, 0, sizeof *list);
    enum error_code code = vendors_ask(db, vendor, list, &result, error);
    if (code != ERROR_NONE)
        goto done;
    list->count = (size_t)result.count;
    for (int i = 0; i < result.count; i++) {
        struct vendor *row = &list->rows[i];
        row->vendor_id = history_text(&list->arena, &result, i, "vendor_id", &failed);
        row->vendor_name = history_text(&list->arena, &result, i, "vendor_name", &failed);
        row->email = history_text(&list->arena, &result, i, "email", &failed);
        row->status = history_text(&list->arena, &result, i, "status", &failed);
        row->uploads = db_row_int(&result, i, "uploads");
        row->products = db_row_int(&result, i, "products");
        row->last_upload_at = history_time(&result, i, "last_upload_at");
    }
    code = history_memory(failed, error);
    if (code == ERROR_NONE && vendor != NULL && list->count == 0)
        code = vendor_missing(db, vendor, error);
done:
    db_result_release(&result);
    return code;
}

void vendor_list_release(struct vendor_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}

static void records_query(struct query *query, const char *upload_id, const char *outcome,
                          int64_t after_row, size_t limit)
{
    query_init(query, "SELECT n.row_number, 'REC_' || lpad(n.row_number::text,"
                      " greatest(5, length(n.row_number::text)), '0') AS record_id,"
                      " l.line_number, l.outcome, l.error_type, l.judged_at"
                      " FROM upload_history h CROSS JOIN LATERAL");
    query_number(query, " generate_series(?::bigint + 1, h.total_records) AS n (row_number)",
                 after_row);
    query_add(query, " LEFT JOIN upload_records l ON l.upload_id = h.upload_id"
                     " AND l.row_number = n.row_number");
    query_text(query, " WHERE h.upload_id = ?", upload_id);
    if (outcome != NULL && strcmp(outcome, "pending") == 0)
        query_add(query, " AND l.outcome IS NULL");
    else if (outcome != NULL)
        query_text(query, " AND l.outcome = ?", outcome);
    query_number(query, " ORDER BY n.row_number LIMIT ?", (int64_t)limit + 1);
}

enum error_code records_list(struct db *db, const char *upload_id, const char *outcome,
                             int64_t after_row, size_t limit, struct record_list *list,
                             struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct query query;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    records_query(&query, upload_id, outcome, after_row, limit);
    enum error_code code =
        list_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = list_count(&result, limit, &list->more_after);
    for (int i = 0; i < (int)list->count; i++) {
        struct record_state *row = &list->rows[i];
        row->record_id = history_text(&list->arena, &result, i, "record_id", &failed);
        row->row_number = db_row_int(&result, i, "row_number");
        row->line_number = db_row_int(&result, i, "line_number");
        row->outcome = history_text(&list->arena, &result, i, "outcome", &failed);
        row->primary_type = history_text(&list->arena, &result, i, "error_type", &failed);
        row->settled_at = history_time(&result, i, "judged_at");
    }
    code = history_memory(failed, error);
done:
    db_result_release(&result);
    return code;
}

void record_list_release(struct record_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}

static void products_query(struct query *query, struct arena *arena,
                           const struct product_filter *filter, int64_t after_id, size_t limit)
{
    query_init(query, "SELECT p.product_id, p.vendor_id, p.vendor_product_id, p.sku,"
                      " p.product_name, p.category, p.subcategory, p.brand, p.price,"
                      " p.stock_quantity, p.status, p.upload_id, p.updated_at FROM products p");
    query_number(query, " WHERE p.product_id > ?", after_id);
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
    query_number(query, " ORDER BY p.product_id LIMIT ?", (int64_t)limit + 1);
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
}

enum error_code products_list(struct db *db, const struct product_filter *filter, int64_t after_id,
                              size_t limit, struct product_list *list, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct query query;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    products_query(&query, &list->arena, filter, after_id, limit);
    enum error_code code =
        list_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = list_count(&result, limit, &list->more_after);
    for (size_t i = 0; i < list->count; i++)
        product_read(&list->arena, &result, (int)i, &list->rows[i], &failed);
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

static void audit_query(struct query *query, const struct audit_filter *filter, int64_t before_id,
                        size_t limit)
{
    query_init(query, "SELECT id, at, actor, role, action, target, reason, plan, outcome"
                      " FROM audit_log WHERE true");
    if (before_id > 0)
        query_number(query, " AND id < ?", before_id);
    if (filter->target != NULL)
        query_text(query, " AND target = ?", filter->target);
    if (filter->actor != NULL)
        query_text(query, " AND actor = ?", filter->actor);
    if (filter->action != NULL)
        query_text(query, " AND action = ?", filter->action);
    if (filter->since_ms != HISTORY_NEVER)
        query_time(query, " AND at >= ?", filter->since_ms);
    query_number(query, " ORDER BY id DESC LIMIT ?", (int64_t)limit + 1);
}

enum error_code audit_entries_list(struct db *db, const struct audit_filter *filter,
                                   int64_t before_id, size_t limit, struct audit_list *list,
                                   struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct query query;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    audit_query(&query, filter, before_id, limit);
    enum error_code code =
        list_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = list_count(&result, limit, &list->more_after);
    for (int i = 0; i < (int)list->count; i++) {
        struct audit_entry *row = &list->rows[i];
        row->id = db_row_int(&result, i, "id");
        row->at = history_time(&result, i, "at");
        row->actor = history_text(&list->arena, &result, i, "actor", &failed);
        row->role = history_text(&list->arena, &result, i, "role", &failed);
        row->action = history_text(&list->arena, &result, i, "action", &failed);
        row->target = history_text(&list->arena, &result, i, "target", &failed);
        row->reason = history_text(&list->arena, &result, i, "reason", &failed);
        row->plan = history_text(&list->arena, &result, i, "plan", &failed);
        row->outcome = history_text(&list->arena, &result, i, "outcome", &failed);
    }
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
