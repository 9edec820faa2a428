#include <string.h>

#include "core/history/history.h"
#include "core/history/upload.h"

static enum error_code detail_queue(struct db *db, const char *sql, const char *upload_id,
                                    struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, upload_id);
    return db_pipeline_queue(db, sql, &params, error);
}

static enum error_code detail_ask(struct db *db, const char *upload_id, struct error *error)
{
    enum error_code code = db_pipeline_begin(db, error);
    if (!code)
        code = detail_queue(db, UPLOAD_SELECT " WHERE h.upload_id = $1", upload_id, error);
    if (!code)
        code =
            detail_queue(db,
                         "SELECT error_type, records FROM (SELECT r.error_type, count(*) AS records"
                         "   FROM upload_records r JOIN upload_history h USING (upload_id)"
                         "  WHERE upload_id = $1 AND r.outcome = 'error'"
                         "    AND h.pruned_at IS NULL GROUP BY r.error_type"
                         " UNION ALL SELECT e.key, e.value::bigint FROM upload_history h"
                         "  CROSS JOIN LATERAL jsonb_each_text(h.pruned_errors) e"
                         "  WHERE h.upload_id = $1) t ORDER BY records DESC, error_type",
                         upload_id, error);
    if (!code)
        code = detail_queue(db,
                            "SELECT coalesce(sent_at, claimed_at) AS at, kind, subject, message_id,"
                            " outcome, operator FROM notifications WHERE upload_id = $1"
                            " ORDER BY id",
                            upload_id, error);
    if (!code)
        code = detail_queue(
            db,
            "SELECT coalesce(metadata->'ignored_columns', '[]')::text AS ignored,"
            " (SELECT string_agg((c.value->>'name')"
            "   || coalesce(' (looks like ' || (c.value->>'looks_like') || ')', ''), ', '"
            "   ORDER BY c.ordinality)"
            "  FROM jsonb_array_elements(metadata->'ignored_columns') WITH ORDINALITY c) AS shown"
            " FROM upload_history WHERE upload_id = $1",
            upload_id, error);
    return !code ? db_pipeline_sync(db, error) : code;
}

static const struct row_column type_columns[] = {
    ROW_AS(type_count, ROW_TEXT, name, "error_type"),
    ROW(type_count, ROW_NUMBER, records),
};

static const struct row_table type_rows = {ROW_TABLE(type_count, type_columns)};

static const struct row_column notice_columns[] = {
    ROW_AS(notification, ROW_TIME, sent_at, "at"),
    ROW(notification, ROW_TEXT, kind),
    ROW(notification, ROW_TEXT, subject),
    ROW(notification, ROW_TEXT, message_id),
    ROW(notification, ROW_TEXT, outcome),
    ROW_AS(notification, ROW_TEXT, operator_name, "operator"),
};

static const struct row_table notice_rows = {ROW_TABLE(notification, notice_columns)};

/* Columns of the file that nobody reads: for documents, and for people. */
struct ignored {
    const char *ignored, *shown;
};

static const struct row_column ignored_columns[] = {
    ROW(ignored, ROW_TEXT, ignored),
    ROW(ignored, ROW_TEXT, shown),
};

static const struct row_table ignored_rows = {ROW_TABLE(ignored, ignored_columns)};

/* What the next statement of detail_ask answered. */
static enum error_code next_read(struct db *db, struct rows *rows, const struct row_table *table,
                                 struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = db_pipeline_next(db, &result, error);
    if (!code)
        code = rows_take(rows, table, &result, error);
    db_result_release(&result);
    return code;
}

static enum error_code detail_read(struct db *db, struct upload_detail *detail, bool *found,
                                   struct error *error)
{
    struct rows uploads = {.arena = &detail->arena}, types = uploads, notices = uploads,
                ignored = uploads;
    enum error_code code = next_read(db, &uploads, &upload_rows, error);
    if (!code)
        code = next_read(db, &types, &type_rows, error);
    if (!code)
        code = next_read(db, &notices, &notice_rows, error);
    if (!code)
        code = next_read(db, &ignored, &ignored_rows, error);
    if (code)
        return code;
    *found = uploads.count == 1;
    if (*found)
        detail->upload = *(const struct upload *)uploads.list;
    detail->pending_records =
        detail->upload.total_records - detail->upload.valid_records - detail->upload.error_records;
    detail->errors_by_type = types.list;
    detail->errors_by_type_count = types.count;
    detail->notifications = notices.list;
    detail->notifications_count = notices.count;
    if (ignored.count == 1) {
        const struct ignored *columns = ignored.list;
        detail->ignored_columns = columns->ignored;
        detail->ignored_shown = columns->shown;
    }
    return ERROR_NONE;
}

/* Ids that hold the text, else the neighbours in order: a slip of the finger is often next door. */
static enum error_code upload_missing(struct db *db, const char *upload_id, struct error *error)
{
    struct arena arena = ARENA_INIT;
    struct query query;
    char near[512];
    query_init(&query, "(SELECT upload_id AS id, 0 AS place FROM upload_history h");
    query_like(&query, &arena, " WHERE " UPLOAD_SEARCHED " ILIKE ?", upload_id);
    query_add(&query, " ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 3) UNION ALL");
    query_text(&query,
               " (SELECT upload_id, 1 FROM upload_history WHERE upload_id < ?"
               " ORDER BY upload_id DESC LIMIT 1) UNION ALL"
               " (SELECT upload_id, 1 FROM upload_history WHERE upload_id > ?"
               " ORDER BY upload_id LIMIT 1) ORDER BY place LIMIT 3",
               upload_id);
    enum error_code code = query_near(&query, db, near, sizeof near, error);
    arena_release(&arena);
    if (code)
        return code;
    if (near[0] == '\0')
        return error_set(error, ERROR_NOT_FOUND, "no upload %.100s; there are none yet", upload_id);
    return error_set(error, ERROR_NOT_FOUND, "no upload %.100s; near it: %s", upload_id, near);
}

enum error_code upload_find(struct db *db, const char *upload_id, struct upload_detail *detail,
                            struct error *error)
{
    bool found = false;
    memset(detail, 0, sizeof *detail);
    enum error_code code = detail_ask(db, upload_id, error);
    if (!code)
        code = detail_read(db, detail, &found, error);
    db_pipeline_end(db);
    if (!code && !found)
        code = upload_missing(db, upload_id, error);
    return code;
}

enum error_code upload_pruned(struct db *db, const char *upload_id, char *out, size_t size,
                              struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, upload_id);
    enum error_code code =
        db_query(db, "SELECT " PRUNED_SQL " AS pruned FROM upload_history h WHERE h.upload_id = $1",
                 &params, &row, error);
    bool pruned = !code && row.count && !db_row_is_null(&row, 0, "pruned");
    snprintf(out, size, "%s", pruned ? db_row_text(&row, 0, "pruned") : "");
    db_result_release(&row);
    return code;
}

void upload_detail_release(struct upload_detail *detail)
{
    arena_release(&detail->arena);
    memset(detail, 0, sizeof *detail);
}
