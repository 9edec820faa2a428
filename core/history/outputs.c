#include "core/history/outputs.h"

#include <string.h>

#include "core/history/rows.h"
#include "core/pipeline/prune.h"

static const struct row_column notice_columns[] = {
    ROW(sent_notice, ROW_TIME, claimed_at),
    ROW(sent_notice, ROW_TIME, sent_at),
    ROW(sent_notice, ROW_TIME, link_expires_at),
    ROW(sent_notice, ROW_TEXT, kind),
    ROW(sent_notice, ROW_TEXT, outcome),
    ROW(sent_notice, ROW_TEXT, subject),
    ROW(sent_notice, ROW_TEXT, body),
    ROW(sent_notice, ROW_TEXT, message_id),
    ROW_AS(sent_notice, ROW_TEXT, operator_name, "operator"),
    ROW(sent_notice, ROW_TEXT, reason),
    ROW(sent_notice, ROW_TEXT, detail),
    ROW(sent_notice, ROW_TEXT, pruned),
};

static const struct row_table notice_rows = {ROW_TABLE(sent_notice, notice_columns)};

static const struct row_column report_columns[] = {
    ROW(written_report, ROW_TIME, built_at),   ROW(written_report, ROW_NUMBER, size),
    ROW(written_report, ROW_TEXT, kind),       ROW(written_report, ROW_TEXT, s3_key),
    ROW(written_report, ROW_TEXT, version_id), ROW(written_report, ROW_TEXT, sha256),
    ROW(written_report, ROW_TEXT, bucket),
};

static const struct row_table report_rows = {ROW_TABLE(written_report, report_columns)};

enum error_code sent_notices_read(struct db *db, const char *upload_id, size_t most,
                                  struct sent_notice_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query, "SELECT claimed_at, sent_at, link_expires_at, kind, outcome, subject, body,"
                       " message_id, operator, reason, detail, " PRUNED_SQL " AS pruned"
                       " FROM notifications n JOIN upload_history h USING (upload_id)");
    query_text(&query, " WHERE upload_id = ?", upload_id);
    query_number(&query, " ORDER BY id DESC LIMIT ?", (int64_t)most);
    enum error_code code = rows_read(&rows, &notice_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

void sent_notices_release(struct sent_notice_list *list)
{
    ROWS_RELEASE(list);
}

enum error_code written_reports_read(struct db *db, const char *upload_id,
                                     struct written_report_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    query_init(&query,
               "SELECT r.built_at, r.size, r.kind, r.s3_key, r.version_id, r.sha256, h.bucket"
               " FROM upload_reports r JOIN upload_history h USING (upload_id)");
    query_text(&query, " WHERE r.upload_id = ? ORDER BY r.kind", upload_id);
    enum error_code code = rows_read(&rows, &report_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

void written_reports_release(struct written_report_list *list)
{
    ROWS_RELEASE(list);
}
