#include "core/outputs.h"

#include <string.h>

#include "core/history_query.h"
#include "sql/db.h"

static const char notices_sql[] =
    "SELECT claimed_at, sent_at, link_expires_at, kind, outcome, subject, body, message_id,"
    " operator, reason, detail FROM notifications WHERE upload_id = $1"
    " ORDER BY id DESC LIMIT $2";

static const char reports_sql[] =
    "SELECT r.built_at, r.size, r.kind, r.s3_key, r.version_id, r.sha256, h.bucket"
    " FROM upload_reports r JOIN upload_history h USING (upload_id)"
    " WHERE r.upload_id = $1 ORDER BY r.kind";

static void notice_read(struct arena *arena, const struct db_result *result, int row,
                        struct sent_notice *notice, bool *failed)
{
    notice->claimed_at = history_time(result, row, "claimed_at");
    notice->sent_at = history_time(result, row, "sent_at");
    notice->link_expires_at = history_time(result, row, "link_expires_at");
    notice->kind = history_text(arena, result, row, "kind", failed);
    notice->outcome = history_text(arena, result, row, "outcome", failed);
    notice->subject = history_text(arena, result, row, "subject", failed);
    notice->body = history_text(arena, result, row, "body", failed);
    notice->message_id = history_text(arena, result, row, "message_id", failed);
    notice->operator_name = history_text(arena, result, row, "operator", failed);
    notice->reason = history_text(arena, result, row, "reason", failed);
    notice->detail = history_text(arena, result, row, "detail", failed);
}

enum error_code sent_notices_read(struct db *db, const char *upload_id, size_t most,
                                  struct sent_notice_list *list, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    db_param_text(&params, upload_id);
    db_param_int(&params, (int64_t)most);
    enum error_code code = db_query(db, notices_sql, &params, &result, error);
    if (code == ERROR_NONE)
        code = history_rows(&list->arena, result.count, sizeof *list->rows, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = (size_t)result.count;
    for (int i = 0; i < result.count; i++)
        notice_read(&list->arena, &result, i, &list->rows[i], &failed);
    code = history_memory(failed, error);
done:
    db_result_release(&result);
    return code;
}

void sent_notices_release(struct sent_notice_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}

static void report_read(struct arena *arena, const struct db_result *result, int row,
                        struct written_report *report, bool *failed)
{
    report->built_at = history_time(result, row, "built_at");
    report->size = db_row_int(result, row, "size");
    report->kind = history_text(arena, result, row, "kind", failed);
    report->s3_key = history_text(arena, result, row, "s3_key", failed);
    report->version_id = history_text(arena, result, row, "version_id", failed);
    report->sha256 = history_text(arena, result, row, "sha256", failed);
    report->bucket = history_text(arena, result, row, "bucket", failed);
}

enum error_code written_reports_read(struct db *db, const char *upload_id,
                                     struct written_report_list *list, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    struct db_params params = DB_PARAMS_INIT;
    bool failed = false;
    void *rows = NULL;
    memset(list, 0, sizeof *list);
    db_param_text(&params, upload_id);
    enum error_code code = db_query(db, reports_sql, &params, &result, error);
    if (code == ERROR_NONE)
        code = history_rows(&list->arena, result.count, sizeof *list->rows, &rows, error);
    if (code != ERROR_NONE)
        goto done;
    list->rows = rows;
    list->count = (size_t)result.count;
    for (int i = 0; i < result.count; i++)
        report_read(&list->arena, &result, i, &list->rows[i], &failed);
    code = history_memory(failed, error);
done:
    db_result_release(&result);
    return code;
}

void written_reports_release(struct written_report_list *list)
{
    arena_release(&list->arena);
    list->rows = NULL;
    list->count = 0;
}
