#include "core/history/timeline.h"

#include <string.h>

#include "core/history/rows.h"

/* `place` orders what happened in the same millisecond as the pipeline does it. Replays of one
 * minute are one event: an upload may have thousands of messages. */
static const char timeline_sql[] =
    "SELECT * FROM ("
    " SELECT upload_timestamp AS at, 1 AS place, 's3' AS source, 'uploaded' AS event,"
    "   s3_key || coalesce(' (' || object_size || ' bytes)', '') AS detail, file_name AS reference"
    "   FROM upload_history WHERE upload_id = $1"
    " UNION ALL SELECT processing_started_at, 2, 'parser', 'processing started', NULL, NULL"
    "   FROM upload_history WHERE upload_id = $1"
    " UNION ALL SELECT items_written_at, 3, 'parser', 'records written',"
    "   total_records || ' records', NULL FROM upload_history WHERE upload_id = $1"
    " UNION ALL SELECT min(judged_at), 4, 'validator', 'first record judged', NULL, NULL"
    "   FROM upload_records JOIN upload_history USING (upload_id)"
    "  WHERE upload_id = $1 AND pruned_at IS NULL"
    " UNION ALL SELECT max(judged_at), 5, 'validator', 'last record judged',"
    "   count(*) FILTER (WHERE outcome = 'valid') || ' valid, '"
    "   || count(*) FILTER (WHERE outcome = 'error') || ' invalid', NULL"
    "   FROM upload_records JOIN upload_history USING (upload_id)"
    "  WHERE upload_id = $1 AND pruned_at IS NULL"
    " UNION ALL SELECT min(created_at), 6, 'queue', 'messages wait in the outbox',"
    "   count(*)::text, 'outbox' FROM outbox WHERE upload_id = $1"
    " UNION ALL SELECT processing_completed_at, 7,"
    "   CASE WHEN failure_code IS NULL THEN 'validator' ELSE 'parser' END,"
    "   CASE WHEN failure_code IS NULL THEN status ELSE 'refused' END,"
    "   CASE WHEN failure_code IS NULL THEN valid_records || ' of ' || total_records || ' valid'"
    "     ELSE failure_code || coalesce(': ' || failure_reason, '') END, NULL"
    "   FROM upload_history WHERE upload_id = $1"
    " UNION ALL SELECT built_at, 8, 'report', kind || ' file written', s3_key, kind"
    "   FROM upload_reports WHERE upload_id = $1"
    " UNION ALL SELECT coalesce(sent_at, claimed_at), 9, 'notice',"
    "   CASE kind WHEN 'resend' THEN 'notice resent: ' ELSE 'notice: ' END || outcome,"
    "   concat_ws('; ', subject, 'by ' || operator, detail), NULL"
    "   FROM notifications WHERE upload_id = $1"
    " UNION ALL SELECT pruned_at, 13, 'retention', 'records pruned',"
    "   concat('older than ', prune_days, ' days; by ', pruned_by), NULL"
    "   FROM upload_history WHERE upload_id = $1"
    " UNION ALL SELECT min(at), 10, 'queue', 'dead letters replayed',"
    "   count(*) || ' of ' || regexp_replace(queue, '^.*:', '') || '; ' || engine || ' by ' || operator,"
    "   regexp_replace(queue, '^.*:', '') FROM dead_letter_replays WHERE upload_id = $1"
    "   GROUP BY queue, engine, operator, date_trunc('minute', at)"
    " UNION ALL SELECT at, 11, 'queue',"
    "   CASE action WHEN 'dlq discard' THEN 'dead letters discarded: '"
    "     ELSE 'dead letters replayed: ' END || outcome,"
    "   concat_ws('; ', 'plan of ' || (plan ->> 'planned') || ' in ' || target,"
    "     'by ' || actor || ' (' || role || ')', reason), target"
    "   FROM audit_log WHERE action IN ('dlq replay', 'dlq discard')"
    "   AND plan -> 'uploads' @> jsonb_build_array(jsonb_build_object('name', $1::text))"
    " UNION ALL SELECT at, 12, 'operator', action || ': ' || outcome,"
    "   concat_ws('; ', 'by ' || actor || ' (' || role || ')',"
    "     CASE action WHEN 'note' THEN plan ->> 'text'"
    "       WHEN 'assign' THEN 'to ' || coalesce(plan ->> 'assignee', 'no one')"
    "       WHEN 'ack' THEN concat_ws(' ', CASE plan ->> 'undo' WHEN 'true' THEN 'undone' END,"
    "         plan ->> 'text', 'until ' || (plan ->> 'until')) END,"
    "     reason, detail ->> 'why', 'sent as ' || (detail ->> 'sent_as'),"
    "     CASE WHEN action NOT IN ('note', 'assign', 'ack') THEN 'plan: ' || left(plan::text, 300) END),"
    "   id::text FROM (SELECT * FROM audit_log WHERE target = $1 ORDER BY id DESC LIMIT 500) newest"
    ") e WHERE at IS NOT NULL ORDER BY at, place";

static const struct row_column event_columns[] = {
    ROW(timeline_event, ROW_TIME, at),        ROW(timeline_event, ROW_TEXT, source),
    ROW(timeline_event, ROW_TEXT, event),     ROW(timeline_event, ROW_TEXT, detail),
    ROW(timeline_event, ROW_TEXT, reference),
};

static const struct row_table event_rows = {ROW_TABLE(timeline_event, event_columns)};

enum error_code timeline_read(struct db *db, const char *upload_id, struct timeline *timeline,
                              struct error *error)
{
    struct rows rows = {.arena = &timeline->arena};
    struct query query;
    memset(timeline, 0, sizeof *timeline);
    query_init(&query, timeline_sql);
    query_param(&query, upload_id);
    enum error_code code = rows_read(&rows, &event_rows, &query, db, error);
    timeline->events = rows.list;
    timeline->count = rows.count;
    return code;
}

void timeline_release(struct timeline *timeline)
{
    arena_release(&timeline->arena);
    timeline->events = NULL;
    timeline->count = 0;
}
