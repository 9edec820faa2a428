#include "core/history/history.h"

#include <stdlib.h>
#include <string.h>

#include "core/history/search.h"
#include "core/history/upload.h"
#include "core/history/vendors_find.h"

enum { WALKED = 2000 };

#define TEXT(sql) "(" sql " COLLATE \"C\")", "text"

/* As failure_text puts it together. */
#define FAILURE                                                                                    \
    "CASE WHEN starts_with(h.failure_reason, h.failure_code) THEN h.failure_reason"                \
    " ELSE coalesce(h.failure_code || ': ' || h.failure_reason, h.failure_reason, h.failure_code)" \
    " END"

static const struct order_column upload_order_columns[] = {
    [UPLOAD_BY_ITSELF] = {.sql = NULL},
    [UPLOAD_BY_TIME] = {.sql = NULL},
    [UPLOAD_BY_ID] = {"h.upload_id", "text", false},
    [UPLOAD_BY_STATUS] = {TEXT("CASE WHEN " UPLOAD_STUCK " THEN 'stuck' ELSE h.status END"), false},
    [UPLOAD_BY_VALID] = {"h.valid_records", "integer", false},
    [UPLOAD_BY_ERRORS] = {"h.error_records", "integer", false},
    [UPLOAD_BY_TOTAL] = {"h.total_records", "integer", false},
    [UPLOAD_BY_DURATION] = {"h.processing_duration_seconds", "numeric", true},
    [UPLOAD_BY_VENDOR] = {TEXT("coalesce(v.vendor_name, h.vendor_id)"), true},
    [UPLOAD_BY_FILE] = {TEXT("h.file_name"), false},
    [UPLOAD_BY_REASON] = {TEXT(FAILURE), true},
};

static const struct order_table upload_orders = {
    .columns = upload_order_columns,
    .count = sizeof upload_order_columns / sizeof upload_order_columns[0],
    .number = "h.upload_timestamp",
    .number_value = "(extract(epoch FROM h.upload_timestamp) * 1000000)::bigint",
    .number_param = "timestamptz 'epoch' + ?::bigint * interval '1 microsecond'",
    .id = "h.upload_id",
    .id_param = "?",
    .id_least = "",
    .newest_first = true,
};

static const char *failure_text(struct arena *arena, const struct db_result *result, int row,
                                bool *failed)
{
    const char *code = db_row_text(result, row, "failure_code");
    const char *reason = db_row_text(result, row, "failure_reason");
    char text[1024];
    if (!code && !reason)
        return NULL;
    if (code && reason && strncmp(reason, code, strlen(code)) != 0)
        snprintf(text, sizeof text, "%s: %s", code, reason);
    else
        snprintf(text, sizeof text, "%s", reason ? reason : code);
    const char *copy = arena_copy_text(arena, text, strlen(text));
    *failed = *failed || !copy;
    return copy;
}

static enum error_code upload_complete(struct arena *arena, const struct db_result *result, int row,
                                       void *out, struct error *error)
{
    struct upload *upload = out;
    bool failed = false;
    const char *duration = db_row_text(result, row, "processing_duration_seconds");
    upload->processing_duration_seconds = duration ? strtod(duration, NULL) : -1;
    upload->failure_reason = failure_text(arena, result, row, &failed);
    return history_memory(failed, error);
}

static const struct row_column upload_columns[] = {
    ROW(upload, ROW_TEXT, upload_id),
    ROW(upload, ROW_TEXT, vendor_id),
    ROW(upload, ROW_TEXT, vendor_name),
    ROW(upload, ROW_TEXT, file_name),
    ROW(upload, ROW_TEXT, s3_key),
    ROW_AS(upload, ROW_TEXT, s3_version_id, "object_version"),
    ROW(upload, ROW_TEXT, status),
    ROW(upload, ROW_TEXT, error_file_s3_key),
    ROW(upload, ROW_TEXT, failure_code),
    ROW(upload, ROW_NUMBER, total_records),
    ROW(upload, ROW_NUMBER, valid_records),
    ROW(upload, ROW_NUMBER, error_records),
    ROW(upload, ROW_TIME, upload_timestamp),
    ROW(upload, ROW_TIME, processing_started_at),
    ROW(upload, ROW_TIME, processing_completed_at),
    ROW(upload, ROW_FLAG, stuck),
    ROW(upload, ROW_FLAG, acknowledged),
    ROW(upload, ROW_TEXT, assignee),
    ROW(upload, ROW_TIME, pruned_at),
    ROW(upload, ROW_TIME, prune_finished_at),
    ROW(upload, ROW_TEXT, pruned_by),
    ROW(upload, ROW_NUMBER, prune_days),
    ROW(upload, ROW_TEXT, pruned),
};

const struct row_table upload_rows = {ROW_TABLE(upload, upload_columns),
                                      .complete = upload_complete};

static const struct row_table upload_page_rows = {ROW_TABLE(upload, upload_columns),
                                                  .key = offsetof(struct upload, key),
                                                  .complete = upload_complete};

const char *const upload_statuses[] = {"processing", "completed", "partial",
                                       "failed",     "stuck",     NULL};
const char *const upload_notices[] = {"unknown", "failed", "pending", "outgoing", NULL};

static const char *const notice_sql[] = {NOTICE_UNKNOWN, NOTICE_FAILED, NOTICE_PENDING,
                                         NOTICE_OUTGOING};
_Static_assert(sizeof notice_sql == sizeof upload_notices - sizeof *upload_notices,
               "each notice has its condition");

/* One alternative after the other. */
static const char *next_value(const char *values, char one[64])
{
    size_t len = strcspn(values, (const char[]){HISTORY_OR, '\0'});
    snprintf(one, 64, "%.*s", (int)len, values);
    return values[len] ? values + len + 1 : NULL;
}

static void notices_add(struct query *query, const char *notices, bool negated)
{
    char one[64];
    query_add(query, negated ? " AND h.upload_id NOT IN (" : " AND h.upload_id IN (");
    for (const char *at = notices; at;) {
        const char *of = " FROM notifications n WHERE false";
        query_add(query, at == notices ? "SELECT n.upload_id" : " UNION ALL SELECT n.upload_id");
        at = next_value(at, one);
        for (size_t i = 0; upload_notices[i]; i++) {
            if (strcmp(upload_notices[i], one) == 0)
                of = notice_sql[i];
        }
        query_add(query, of);
        if (negated)
            query_add(query, " AND n.upload_id IS NOT NULL");
    }
    query_add(query, ")");
}

static void statuses_add(struct query *query, const char *statuses, bool negated)
{
    char one[64];
    bool stuck = false;
    for (const char *at = statuses; at;) {
        at = next_value(at, one);
        stuck = stuck || strcmp(one, "stuck") == 0;
    }
    if (!stuck) {
        query_among(query, "h.status", statuses, negated);
        return;
    }
    query_add(query, " AND ((" UPLOAD_STUCK ")");
    if (strcmp(statuses, "stuck") != 0)
        query_text(query, " OR h.status = ANY (string_to_array(?, E'\\x1f'))", statuses);
    query_add(query, negated ? ") IS NOT TRUE" : ")");
}

static void filter_add(struct query *query, const struct upload_filter *filter)
{
    query_among(query, "h.vendor_id", filter->vendor, false);
    query_among(query, "h.vendor_id", filter->not_vendor, true);
    if (filter->status)
        statuses_add(query, filter->status, false);
    if (filter->not_status)
        statuses_add(query, filter->not_status, true);
    if (filter->notice)
        notices_add(query, filter->notice, false);
    if (filter->not_notice)
        notices_add(query, filter->not_notice, true);
    query_among(query, "h.failure_code", filter->code, false);
    query_among(query, "h.failure_code", filter->not_code, true);
    if (filter->since_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp >= ?", filter->since_ms);
    if (filter->until_ms != HISTORY_NEVER)
        query_time(query, " AND h.upload_timestamp < ?", filter->until_ms);
}

static void page_query(struct query *query, const struct upload_filter *filter,
                       const struct upload_search *search, struct page_position position,
                       size_t limit)
{
    query_init(query, "SELECT " UPLOAD_COLUMNS);
    order_select(query, &upload_orders, position.order);
    query_add(query, UPLOAD_FROM " WHERE true");
    filter_add(query, filter);
    upload_search_add(query, search);
    order_page(query, &upload_orders, position, limit);
}

static size_t walk_most(size_t limit)
{
    return 4 * limit + WALKED;
}

/* The same of so many uploads from the position on: words that many of them hold are found there,
 * and none of the others is read. */
static void walk_query(struct query *query, const struct upload_filter *filter,
                       const struct upload_search *search, struct page_position position,
                       size_t limit)
{
    query_init(query, "WITH w AS MATERIALIZED (SELECT h.* FROM upload_history h WHERE true");
    filter_add(query, filter);
    order_page(query, &upload_orders, position, walk_most(limit));
    query_add(query, ") SELECT " UPLOAD_COLUMNS ", (SELECT count(*) FROM w) AS walked");
    order_select(query, &upload_orders, position.order);
    query_add(query, " FROM w h LEFT JOIN vendors v ON v.vendor_id = h.vendor_id WHERE true");
    upload_search_add(query, search);
    order_page(query, &upload_orders, position, limit);
}

/* `walked` is NULL, or hears from how many uploads the page was chosen; -1 where that is unknown.
 */
static enum error_code page_take(struct db *db, struct query *query, struct page_position position,
                                 size_t limit, struct upload_page *page, int64_t *walked,
                                 struct error *error)
{
    struct rows rows = {.arena = &page->arena, .tells_walked = walked != NULL};
    enum error_code code = rows_page(&rows, &upload_page_rows, query, position, limit, db, error);
    ROWS_GIVE_PAGE(page, &rows);
    if (walked)
        *walked = rows.walked;
    return code;
}

static enum error_code page_read(struct db *db, const struct upload_filter *filter,
                                 struct page_position position, size_t limit,
                                 struct upload_page *page, struct error *error)
{
    struct upload_search search;
    struct query query;
    int64_t walked;
    bool back = position.start == PAGE_LAST || position.start == PAGE_BEFORE;
    enum error_code code = upload_search_read(db, &page->arena, filter->search, &search, error);
    if (!code && search.count > 0 && position.order.column == 0 && position.start != PAGE_EXACT) {
        walk_query(&query, filter, &search, position, limit);
        code = page_take(db, &query, position, limit, page, &walked, error);
        bool all = walked >= 0 && walked <= (int64_t)walk_most(limit);
        if (code || all || (back ? page->more_before : page->more_after))
            return code;
    }
    if (code)
        return code;
    page_query(&query, filter, &search, position, limit);
    return page_take(db, &query, position, limit, page, NULL, error);
}

/* A vendor that was typed in another case, or that does not exist, is worth a question only where
 * the answer would be wrong in silence: an empty one, or one of which a part is missing. */
static bool vendor_is_certain(const struct upload_filter *filter, const struct upload_page *page)
{
    return !filter->not_vendor &&
           (!filter->vendor || (page->count > 0 && !strchr(filter->vendor, HISTORY_OR)));
}

enum error_code uploads_list(struct db *db, const struct upload_filter *filter,
                             struct page_position position, size_t limit, struct upload_page *page,
                             struct error *error)
{
    struct upload_filter found = *filter;
    bool changed = false;
    memset(page, 0, sizeof *page);
    enum error_code code = page_read(db, filter, position, limit, page, error);
    if (code || vendor_is_certain(filter, page))
        return code;
    code = vendors_find(db, &page->arena, &found.vendor, &changed, error);
    if (!code)
        code = vendors_find(db, &page->arena, &found.not_vendor, &changed, error);
    if (!code && changed)
        code = page_read(db, &found, position, limit, page, error);
    return code;
}

static bool is_of_vendors_alone(const struct upload_filter *filter)
{
    return !filter->not_vendor && !filter->status && !filter->not_status && !filter->notice &&
           !filter->not_notice && !filter->code && !filter->not_code && !filter->search &&
           filter->since_ms == HISTORY_NEVER && filter->until_ms == HISTORY_NEVER;
}

enum error_code uploads_expect(struct db *db, const struct upload_filter *filter, int64_t *count,
                               struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    struct query query;
    *count = 0;
    if (!is_of_vendors_alone(filter))
        return ERROR_NONE;
    query_init(&query, "SELECT coalesce(sum(uploads), 0)::bigint AS n FROM vendor_counts"
                       " WHERE true");
    query_among(&query, "vendor_id", filter->vendor, false);
    enum error_code code = query_run(&query, db, &row, error);
    if (!code)
        *count = db_row_int(&row, 0, "n");
    query_release(&query);
    db_result_release(&row);
    return code;
}

void upload_page_release(struct upload_page *page)
{
    ROWS_RELEASE(page);
}

int64_t upload_counts_letters(const struct upload_counts *counts, const char *queue)
{
    int64_t letters = 0;
    for (const char *at = counts->letters; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " "), name = strcspn(at, "= ");
        if (at[name] == '=' && (!queue || (strlen(queue) == name && !memcmp(at, queue, name))))
            letters += strtoll(at + name + 1, NULL, 10);
        at += len;
    }
    return letters;
}

bool upload_counts_vendor(const struct upload_counts *counts, const char *vendor_id)
{
    for (const char *at = counts->vendors; *at; at += strspn(at, " ")) {
        size_t len = strcspn(at, " ");
        if (strlen(vendor_id) == len && memcmp(at, vendor_id, len) == 0)
            return true;
        at += len;
    }
    return false;
}

#define NOT_ACKNOWLEDGED " AND NOT " UPLOAD_ACKNOWLEDGED("n.upload_id")

enum error_code uploads_count(struct db *db, struct upload_counts *counts, struct error *error)
{
    static const char sql[] =
        "SELECT (SELECT count(*) FROM upload_history h WHERE h.status = 'processing') AS a,"
        " (SELECT count(*) FROM upload_history h WHERE " UPLOAD_STUCK
        "   AND NOT " UPLOAD_ACKNOWLEDGED(
            "h.upload_id") ") AS b,"
                           " r.failed, r.partial, r.uploads, r.acknowledged,"
                           " (SELECT count(DISTINCT n.upload_id)" NOTICE_UNKNOWN NOT_ACKNOWLEDGED
                           ") AS c,"
                           " (SELECT count(DISTINCT n.upload_id)" NOTICE_FAILED NOT_ACKNOWLEDGED
                           ") AS d,"
                           " (SELECT count(DISTINCT n.upload_id)" NOTICE_PENDING NOT_ACKNOWLEDGED
                           ") AS f,"
                           " (SELECT count(*)" NOTICE_OUTGOING NOT_ACKNOWLEDGED ") AS e,"
                           " (SELECT count(*)" NOTICE_OUTGOING NOT_ACKNOWLEDGED
                           " AND n.refused_at IS NOT NULL) AS g,"
                           " (SELECT string_agg(queue || '=' || letters, ' ') FROM (SELECT k.queue, count(*) AS letters"
                           "    FROM acknowledged k WHERE k.message_id IS NOT NULL GROUP BY k.queue LIMIT 8) q) AS queues,"
                           " (SELECT string_agg(k.vendor_id, ' ') FROM acknowledged k WHERE k.vendor_id IS NOT NULL"
                           "    AND k.subscription IS DISTINCT FROM 'confirmed') AS vendors"
                           " FROM (SELECT count(*) FILTER (WHERE status = 'failed' AND NOT seen) AS failed,"
                           "   count(*) FILTER (WHERE status = 'partial' AND NOT seen) AS partial,"
                           "   count(*) AS uploads, count(*) FILTER (WHERE seen) AS acknowledged"
                           "   FROM (SELECT h.status, h.status IN ('failed', 'partial') AND " UPLOAD_ACKNOWLEDGED(
                               "h.upload_id") " AS seen"
                                              "     FROM upload_history h WHERE h.upload_timestamp >= now() - interval '24 hours') u) r";
    struct db_result result = DB_RESULT_INIT;
    memset(counts, 0, sizeof *counts);
    enum error_code code = db_query(db, sql, NULL, &result, error);
    if (!code) {
        counts->processing = db_row_int(&result, 0, "a");
        counts->stuck = db_row_int(&result, 0, "b");
        counts->failed_recently = db_row_int(&result, 0, "failed");
        counts->partial_recently = db_row_int(&result, 0, "partial");
        counts->uploads_recently = db_row_int(&result, 0, "uploads");
        counts->notices_unknown = db_row_int(&result, 0, "c");
        counts->notices_failed = db_row_int(&result, 0, "d");
        counts->notices_pending = db_row_int(&result, 0, "f");
        counts->outbox_waiting = db_row_int(&result, 0, "e");
        counts->outbox_refused = db_row_int(&result, 0, "g");
        counts->acknowledged = db_row_int(&result, 0, "acknowledged");
        if (!db_row_is_null(&result, 0, "queues"))
            snprintf(counts->letters, sizeof counts->letters, "%s",
                     db_row_text(&result, 0, "queues"));
        if (!db_row_is_null(&result, 0, "vendors"))
            snprintf(counts->vendors, sizeof counts->vendors, "%s",
                     db_row_text(&result, 0, "vendors"));
    }
    db_result_release(&result);
    return code;
}
