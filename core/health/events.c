#include "core/health/events.h"

#include <stdio.h>
#include <string.h>

#include "aws/sqs.h"
#include "core/history/upload.h"

/* A transaction that ends late tells an earlier time. */
#define LATE "interval '5 minutes'"

struct found {
    const char *kind, *upload_id, *vendor_id, *text;
    int64_t at;
    bool earlier; /* than the moment from which on failures are told */
};

static const struct row_column found_columns[] = {
    ROW(found, ROW_TEXT, kind), ROW(found, ROW_TEXT, upload_id), ROW(found, ROW_TEXT, vendor_id),
    ROW(found, ROW_TEXT, text), ROW(found, ROW_TIME, at),        ROW(found, ROW_FLAG, earlier),
};

static const struct row_table found_rows = {ROW_TABLE(found, found_columns)};

void watch_init(struct watch *watch, int64_t since_ms, watch_event_fn *event, void *context)
{
    *watch = (struct watch){
        .since_ms = since_ms, .clock_ms = HISTORY_NEVER, .event = event, .context = context};
}

void watch_release(struct watch *watch)
{
    arena_release(&watch->memory);
    watch->seen = NULL;
    watch->seen_count = 0;
}

static void watch_query(struct query *query, const struct watch *watch)
{
    int64_t from = watch->begun ? watch->clock_ms : watch->since_ms;
    query_init(query, "WITH m AS (SELECT ");
    if (from != HISTORY_NEVER)
        query_time(query, "?::timestamptz AS since)", from);
    else
        query_add(query, "now() AS since)");
    query_add(query, "SELECT 'clock' AS kind, NULL AS upload_id, NULL AS vendor_id, now() AS at,"
                     " NULL AS text, false AS earlier"
                     " UNION ALL SELECT * FROM (SELECT 'failed', h.upload_id, h.vendor_id, e.at,"
                     " coalesce(h.failure_code || ': ' || h.failure_reason, h.failure_reason,"
                     "   h.failure_code, CASE WHEN h.total_records > 0"
                     "   THEN 'none of ' || h.total_records || ' records is valid'"
                     "   ELSE 'failed' END), e.at < m.since");
    query_add(query, " FROM upload_history h, m, LATERAL (SELECT coalesce("
                     "   h.processing_completed_at, h.upload_timestamp) AS at) e"
                     " WHERE h.status = 'failed' AND h.upload_timestamp >= m.since"
                     "   - interval '2 days' AND e.at >= m.since - " LATE);
    query_format(query, " ORDER BY e.at LIMIT %d) f", WATCH_UPLOADS_MAX);
    query_add(query, " UNION ALL SELECT * FROM (SELECT 'stuck', h.upload_id, h.vendor_id, now(),"
                     " 'processing, and nothing has moved for 15 minutes: '"
                     "   || (h.valid_records + h.error_records) || ' of ' || h.total_records"
                     "   || ' records have an outcome', false"
                     " FROM upload_history h WHERE " UPLOAD_STUCK " ORDER BY h.upload_timestamp");
    query_format(query, " LIMIT %d) s", WATCH_UPLOADS_MAX);
}

static bool was_seen(const struct watch *watch, const struct found *found)
{
    for (size_t i = 0; i < watch->seen_count; i++) {
        if (strcmp(watch->seen[i].upload_id, found->upload_id) == 0 &&
            strcmp(watch->seen[i].kind, found->kind) == 0)
            return true;
    }
    return false;
}

/* What ended before the watching began is no news; later it is, however late it is seen. */
static bool is_news(const struct watch *watch, const struct found *found)
{
    if (was_seen(watch, found))
        return false;
    return watch->begun || !found->earlier;
}

static void found_tell(const struct watch *watch, const struct found *found)
{
    const struct watch_event event = {.at = found->at,
                                      .kind = found->kind,
                                      .upload_id = found->upload_id,
                                      .vendor_id = found->vendor_id,
                                      .text = found->text};
    watch->event(watch->context, &event);
}

enum error_code watch_uploads(struct watch *watch, struct db *db, struct error *error)
{
    struct arena memory = ARENA_INIT;
    struct rows rows = {.arena = &memory};
    struct query query;
    struct watch_seen *seen = NULL;
    size_t count = 0;
    watch_query(&query, watch);
    enum error_code code = rows_read(&rows, &found_rows, &query, db, error);
    if (!code && !(seen = arena_new(&memory, rows.count + 1, sizeof *seen)))
        code = error_set(error, ERROR_MEMORY, "out of memory for events");
    if (code) {
        arena_release(&memory);
        return code;
    }
    const struct found *list = rows.list;
    for (size_t i = 0; i < rows.count; i++) {
        if (!list[i].upload_id) {
            watch->clock_ms = list[i].at;
            continue;
        }
        if (is_news(watch, &list[i]))
            found_tell(watch, &list[i]);
        seen[count++] = (struct watch_seen){list[i].kind, list[i].upload_id};
    }
    arena_release(&watch->memory);
    watch->memory = memory;
    watch->seen = seen;
    watch->seen_count = count;
    watch->begun = true;
    return ERROR_NONE;
}

enum error_code watch_queue(struct watch *watch, struct aws_client *aws, const char *queue_url,
                            int64_t now_ms, int64_t *known, struct error *error)
{
    struct sqs_queue queue;
    char text[256];
    const char *name = sqs_queue_name(queue_url);
    enum error_code code = sqs_get_queue_attributes(aws, queue_url, &queue, error);
    if (code)
        return code;
    int64_t count = queue.messages + queue.in_flight;
    if (count > *known) {
        snprintf(text, sizeof text, "%.80s: %lld dead letter%s, %lld new", name, (long long)count,
                 count == 1 ? "" : "s", (long long)(count - *known));
        const struct watch_event event = {
            .at = now_ms, .kind = "dead_letter", .queue = name, .text = text};
        watch->event(watch->context, &event);
    }
    *known = count;
    return ERROR_NONE;
}
