#include "core/history/vendors_find.h"

#include <string.h>

#include "core/history/query.h"
#include "core/history/words.h"

enum error_code vendor_missing(struct db *db, const char *vendor, struct error *error)
{
    struct arena arena = ARENA_INIT;
    struct query query;
    char near[256];
    query_init(&query, "SELECT vendor_id AS id, 0 AS place FROM vendors");
    query_like(&query, &arena, " WHERE vendor_id ILIKE ? OR vendor_name ILIKE ?", vendor);
    query_text(&query, " OR left(lower(vendor_id), 4) = left(lower(?), 4)", vendor);
    query_add(&query, " ORDER BY vendor_id LIMIT 3");
    enum error_code code = query_near(&query, db, near, sizeof near, error);
    arena_release(&arena);
    if (code)
        return code;
    return error_set(error, ERROR_NOT_FOUND, "no vendor %.60s%s%s", vendor,
                     near[0] != '\0' ? "; near it: " : "", near);
}

static const char vendors_find_sql[] =
    "SELECT w.typed, coalesce((SELECT v.vendor_id FROM vendors v WHERE v.vendor_id = w.typed),"
    "   (SELECT v.vendor_id FROM vendors v WHERE lower(v.vendor_id) = lower(w.typed) LIMIT 1),"
    "   (SELECT h.vendor_id FROM upload_history h WHERE h.vendor_id = w.typed LIMIT 1)) AS found"
    " FROM unnest(string_to_array($1, E'\\x1f')) WITH ORDINALITY w (typed, place) ORDER BY w.place";

enum error_code vendors_find(struct db *db, struct arena *arena, const char **vendors,
                             bool *changed, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    struct buffer found;
    if (!*vendors || (*vendors)[0] == '\0')
        return ERROR_NONE;
    buffer_init(&found, 1 << 16);
    db_param_text(&params, *vendors);
    enum error_code code = db_query(db, vendors_find_sql, &params, &result, error);
    for (int i = 0; !code && i < result.count; i++) {
        if (db_row_is_null(&result, i, "found"))
            code = vendor_missing(db, db_row_text(&result, i, "typed"), error);
        else
            buffer_format(&found, "%s%s", i > 0 ? (const char[]){HISTORY_OR, '\0'} : "",
                          db_row_text(&result, i, "found"));
    }
    if (!code)
        code = buffer_check(&found, error);
    if (!code && strcmp(found.data, *vendors) != 0) {
        *vendors = arena_copy_text(arena, found.data, found.len);
        *changed = true;
        code = history_memory(!*vendors, error);
    }
    db_result_release(&result);
    buffer_release(&found);
    return code;
}
