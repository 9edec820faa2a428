#include "core/history/shift.h"

#include <string.h>

#include "core/history/history.h"
#include "core/history/rows.h"
#include "core/history/upload.h"

#define ACKNOWLEDGEMENT                                                                      \
    "SELECT CASE WHEN k.upload_id IS NOT NULL THEN 'upload'"                                 \
    "            WHEN k.vendor_id IS NOT NULL THEN 'vendor' ELSE 'dead letter' END AS kind," \
    " coalesce(k.upload_id, k.vendor_id, k.message_id) AS id, k.queue, k.at, k.by, k.until, k.text"

static const struct row_column acknowledgement_columns[] = {
    ROW(acknowledgement, ROW_TEXT, kind),  ROW(acknowledgement, ROW_TEXT, id),
    ROW(acknowledgement, ROW_TEXT, queue), ROW(acknowledgement, ROW_TIME, at),
    ROW(acknowledgement, ROW_TEXT, by),    ROW(acknowledgement, ROW_TIME, until),
    ROW(acknowledgement, ROW_TEXT, text),
};
static const struct row_table acknowledgement_rows = {
    ROW_TABLE(acknowledgement, acknowledgement_columns)};

static const struct row_column note_columns[] = {
    ROW(upload_note, ROW_TIME, at),
    ROW(upload_note, ROW_TEXT, by),
    ROW(upload_note, ROW_TEXT, text),
};
static const struct row_table note_rows = {ROW_TABLE(upload_note, note_columns)};

static const char links_sql[] =
    "SELECT (SELECT a.assignee FROM upload_assignments a WHERE a.upload_id = $1) AS assignee,"
    " (SELECT count(*) FROM upload_notes n WHERE n.upload_id = $1) AS notes,"
    " (SELECT f.made_of FROM upload_history h JOIN fixed_uploads f USING (bucket, s3_key,"
    "   object_version) WHERE h.upload_id = $1) AS made_of,"
    " (SELECT h.upload_id FROM fixed_uploads f JOIN upload_history h USING (bucket, s3_key,"
    "   object_version) WHERE f.made_of = $1"
    "   ORDER BY h.upload_timestamp DESC, h.upload_id DESC LIMIT 1) AS made_into";

static enum error_code links_read(struct db *db, const char *upload_id, struct upload_shift *shift,
                                  struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    bool failed = false;
    db_param_text(&params, upload_id);
    enum error_code code = db_query(db, links_sql, &params, &row, error);
    if (!code) {
        shift->assignee = history_text(&shift->arena, &row, 0, "assignee", &failed);
        shift->made_of = history_text(&shift->arena, &row, 0, "made_of", &failed);
        shift->made_into = history_text(&shift->arena, &row, 0, "made_into", &failed);
        shift->notes_total = db_row_int(&row, 0, "notes");
        code = history_memory(failed, error);
    }
    db_result_release(&row);
    return code;
}

static enum error_code notes_read(struct db *db, const char *upload_id, struct upload_shift *shift,
                                  struct error *error)
{
    struct rows rows = {.arena = &shift->arena};
    struct query query;
    query_init(&query, "SELECT at, by, text FROM (SELECT id, at, by, text FROM upload_notes");
    query_text(&query, " WHERE upload_id = ?", upload_id);
    query_number(&query, " ORDER BY id DESC LIMIT ?", NOTES_READ);
    query_add(&query, ") newest ORDER BY id");
    enum error_code code = rows_read(&rows, &note_rows, &query, db, error);
    shift->notes = rows.list;
    shift->note_count = rows.count;
    return code;
}

static enum error_code acknowledgement_read(struct db *db, const char *upload_id,
                                            struct upload_shift *shift, struct error *error)
{
    struct rows rows = {.arena = &shift->arena};
    struct query query;
    query_init(&query, ACKNOWLEDGEMENT " FROM acknowledged k");
    query_text(&query, " WHERE k.upload_id = ?", upload_id);
    enum error_code code = rows_read(&rows, &acknowledgement_rows, &query, db, error);
    shift->acknowledged = !code && rows.count > 0 ? rows.list : NULL;
    return code;
}

enum error_code upload_shift_read(struct db *db, const char *upload_id, struct upload_shift *shift,
                                  struct error *error)
{
    memset(shift, 0, sizeof *shift);
    enum error_code code = links_read(db, upload_id, shift, error);
    if (!code && shift->notes_total > 0)
        code = notes_read(db, upload_id, shift, error);
    return code ? code : acknowledgement_read(db, upload_id, shift, error);
}

void upload_shift_release(struct upload_shift *shift)
{
    arena_release(&shift->arena);
    memset(shift, 0, sizeof *shift);
}

enum error_code acknowledgements_list(struct db *db, size_t limit,
                                      struct acknowledgement_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, ACKNOWLEDGEMENT " FROM acknowledged k ORDER BY k.id DESC");
    query_number(&query, " LIMIT ?", (int64_t)limit);
    enum error_code code = rows_read(&rows, &acknowledgement_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

void acknowledgement_list_release(struct acknowledgement_list *list)
{
    ROWS_RELEASE(list);
}

static const struct row_column open_columns[] = {
    ROW(open_upload, ROW_TEXT, upload_id),
    ROW(open_upload, ROW_TEXT, vendor_id),
    ROW(open_upload, ROW_TEXT, file_name),
    ROW(open_upload, ROW_TEXT, status),
    ROW(open_upload, ROW_TEXT, why),
    ROW(open_upload, ROW_TIME, upload_timestamp),
    ROW(open_upload, ROW_NUMBER, total_records),
    ROW(open_upload, ROW_NUMBER, error_records),
    ROW(open_upload, ROW_TEXT, assignee),
    ROW(open_upload, ROW_TIME, assigned_at),
    ROW(open_upload, ROW_FLAG, acknowledged),
    ROW(open_upload, ROW_NUMBER, notes),
    ROW(open_upload, ROW_TIME, note_at),
    ROW(open_upload, ROW_TEXT, note_by),
    ROW(open_upload, ROW_TEXT, note_text),
};
static const struct row_table open_rows = {ROW_TABLE(open_upload, open_columns)};

/* What is in several of these is named by the first. They are few, which the planner cannot know:
 * OFFSET keeps it from reading the whole history to join it. */
static const char open_sql[] =
    "WITH found AS (SELECT DISTINCT ON (upload_id) upload_id, why, place FROM ("
    " SELECT h.upload_id, h.status AS why, 1 AS place FROM upload_history h"
    "  WHERE h.status IN ('failed', 'partial')"
    "    AND h.upload_timestamp >= least($1::timestamptz, now() - interval '24 hours')"
    " UNION ALL SELECT h.upload_id, 'stuck', 2 FROM upload_history h WHERE " UPLOAD_STUCK
    " UNION ALL SELECT n.upload_id, 'notice failed', 3" NOTICE_FAILED
    " UNION ALL SELECT n.upload_id, 'notice unknown', 4" NOTICE_UNKNOWN
    " UNION ALL SELECT n.upload_id, 'notice pending', 5" NOTICE_PENDING
    " UNION ALL SELECT a.upload_id, 'assigned', 6 FROM upload_assignments a) every"
    " ORDER BY upload_id, place)"
    "SELECT h.upload_id, h.vendor_id, h.file_name, f.why, h.upload_timestamp, h.total_records,"
    " CASE WHEN " UPLOAD_STUCK " THEN 'stuck' ELSE h.status END AS status, h.error_records,"
    " a.assignee, a.at AS assigned_at, " UPLOAD_ACKNOWLEDGED(
        "h.upload_id") " AS acknowledged,"
                       " (SELECT count(*) FROM upload_notes c WHERE c.upload_id = h.upload_id) AS notes,"
                       " l.at AS note_at, l.by AS note_by, l.text AS note_text"
                       " FROM found f CROSS JOIN LATERAL (SELECT * FROM upload_history u"
                       "   WHERE u.upload_id = f.upload_id OFFSET 0) h"
                       " LEFT JOIN upload_assignments a ON a.upload_id = h.upload_id"
                       " LEFT JOIN LATERAL (SELECT n.at, n.by, n.text FROM upload_notes n"
                       "   WHERE n.upload_id = h.upload_id ORDER BY n.id DESC LIMIT 1) l ON true"
                       " WHERE a.upload_id IS NOT NULL OR NOT " UPLOAD_ACKNOWLEDGED(
                           "h.upload_id") " ORDER BY h.upload_timestamp DESC, h.upload_id DESC LIMIT $2";

enum error_code open_uploads_list(struct db *db, int64_t since_ms, size_t limit,
                                  struct open_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, open_sql);
    db_param_time(&query.params, since_ms);
    db_param_int(&query.params, (int64_t)limit);
    enum error_code code = rows_read(&rows, &open_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

void open_list_release(struct open_list *list)
{
    ROWS_RELEASE(list);
}
