#include "core/history_lists.h"

#include <string.h>

#include "core/history_query.h"
#include "sql/db.h"

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
        history_ask(&query, db, &list->arena, sizeof *list->rows, result, &rows, error);
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
        history_ask(&query, db, &list->arena, sizeof *list->rows, &result, &rows, error);
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
