#include "core/history/trends.h"

#include <string.h>

#include "core/history/rows.h"

#define DAY_MS INT64_C(86400000)
/* 1970-01-01 was a Thursday. */
#define MONDAY_MS (-3 * DAY_MS)

int64_t trend_period_ms(enum trend_period period)
{
    return period == TREND_BY_WEEK ? 7 * DAY_MS : DAY_MS;
}

int64_t trend_period_begin(enum trend_period period, int64_t ms)
{
    int64_t length = trend_period_ms(period);
    int64_t origin = period == TREND_BY_WEEK ? MONDAY_MS : 0;
    int64_t past = (ms - origin) % length;
    return ms - past - (past < 0 ? length : 0);
}

static const struct row_column trend_columns[] = {
    ROW_AS(trend, ROW_TIME, from, "period"), ROW(trend, ROW_TEXT, vendor_id),
    ROW(trend, ROW_NUMBER, uploads),         ROW(trend, ROW_NUMBER, failed_uploads),
    ROW(trend, ROW_NUMBER, records),         ROW(trend, ROW_NUMBER, valid),
    ROW(trend, ROW_NUMBER, errors),          ROW(trend, ROW_TEXT, errors_by_type),
    ROW(trend, ROW_TEXT, first_type),
};

static const struct row_table trend_rows = {ROW_TABLE(trend, trend_columns)};

static const char *period_name(const struct trend_filter *filter)
{
    return filter->period == TREND_BY_WEEK ? "week" : "day";
}

/* As vendor_day_counts has it, summed up once. */
#define DAYS "SELECT vendor_id, day, uploads, failed_uploads, records, valid, errors FROM "

/* From the counters. Here and below the vendor '' is of uploads that name none, for comparing. */
static void uploads_query(struct query *query, const struct trend_filter *filter)
{
    query_init(query, "WITH p AS (SELECT");
    query_format(query, " date_trunc('%s', day::timestamp) AT TIME ZONE 'UTC' AS period,",
                 period_name(filter));
    query_add(query, " vendor_id, sum(uploads)::bigint AS uploads,"
                     " sum(failed_uploads)::bigint AS failed_uploads,"
                     " sum(records)::bigint AS records, sum(valid)::bigint AS valid,"
                     " sum(errors)::bigint AS errors FROM (" DAYS "vendor_days"
                     " UNION ALL " DAYS "vendor_deltas) d");
    query_time(query, " WHERE day >= (?::timestamptz AT TIME ZONE 'UTC')::date",
               trend_period_begin(filter->period, filter->since_ms));
    query_among(query, "vendor_id", filter->vendor, false);
    query_add(query, " GROUP BY 1, 2 HAVING sum(uploads) > 0)");
}

static void rejecting_query(struct query *query, const struct trend_filter *filter)
{
    query_add(query, ", h AS MATERIALIZED (SELECT upload_id, coalesce(vendor_id, '') AS vendor_id,"
                     " pruned_at, pruned_errors,");
    query_format(query,
                 " date_trunc('%s', upload_timestamp AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'"
                 " AS period FROM upload_history WHERE error_records > 0",
                 period_name(filter));
    query_time(query, " AND upload_timestamp >= ?",
               trend_period_begin(filter->period, filter->since_ms));
    query_among(query, "vendor_id", filter->vendor, false);
    query_add(query, ")");
}

/* Types of each period as one JSON text, the most frequent one first: sorted once, an aggregate
 * with an order of its own sorts each group anew (PostgreSQL manual, 9.21). Of uploads whose
 * records were pruned the counts by type were kept. */
static void types_query(struct query *query, const struct trend_filter *filter)
{
    rejecting_query(query, filter);
    query_add(query, ", k AS (SELECT h.period, h.vendor_id, r.error_type, 1 AS records"
                     " FROM h JOIN upload_records r ON r.upload_id = h.upload_id"
                     " WHERE r.outcome = 'error' AND h.pruned_at IS NULL"
                     " UNION ALL SELECT h.period, h.vendor_id, e.key, e.value::bigint"
                     " FROM h CROSS JOIN LATERAL jsonb_each_text(h.pruned_errors) e),"
                     " c AS (SELECT period, vendor_id, error_type, sum(records) AS records FROM k");
    if (filter->type)
        query_text(query, " WHERE error_type = ?", filter->type);
    query_add(query, " GROUP BY period, vendor_id, error_type), t AS ("
                     "SELECT period, vendor_id, sum(records)::bigint AS errors,"
                     " (array_agg(error_type))[1] AS first_type,"
                     " '{' || string_agg(to_json(error_type)::text || ': ' || records, ', ') || '}'"
                     "   AS errors_by_type"
                     " FROM (SELECT * FROM c"
                     "   ORDER BY period, vendor_id, records DESC, error_type) c"
                     " GROUP BY period, vendor_id)"
                     " SELECT p.period, nullif(p.vendor_id, '') AS vendor_id, p.uploads,"
                     " p.failed_uploads, p.records, p.valid,");
    query_add(query, filter->type ? " coalesce(t.errors, 0) AS errors," : " p.errors,");
    query_add(query, " coalesce(t.errors_by_type, '{}') AS errors_by_type, t.first_type"
                     " FROM p LEFT JOIN t ON t.period = p.period"
                     " AND t.vendor_id = p.vendor_id");
}

enum error_code trends_list(struct db *db, const struct trend_filter *filter,
                            struct trend_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    memset(list, 0, sizeof *list);
    uploads_query(&query, filter);
    if (filter->without_types)
        query_add(&query, " SELECT p.period, nullif(p.vendor_id, '') AS vendor_id, p.uploads,"
                          " p.failed_uploads, p.records, p.valid, p.errors,"
                          " '{}' AS errors_by_type, NULL AS first_type FROM p");
    else
        types_query(&query, filter);
    query_add(&query, " ORDER BY p.period, nullif(p.vendor_id, '')");
    enum error_code code = rows_read(&rows, &trend_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

void trend_list_release(struct trend_list *list)
{
    ROWS_RELEASE(list);
}

void trends_sum(const struct trend_list *list, enum trend_period period, const char *vendor,
                int64_t from, struct trend_sum *sums, size_t periods)
{
    memset(sums, 0, periods * sizeof *sums);
    for (size_t i = 0; i < list->count; i++) {
        const struct trend *trend = &list->rows[i];
        int64_t place = (trend->from - from) / trend_period_ms(period);
        if (trend->from < from || (uint64_t)place >= periods)
            continue;
        if (vendor && (!trend->vendor_id || strcmp(vendor, trend->vendor_id) != 0))
            continue;
        sums[place].uploads += trend->uploads;
        sums[place].records += trend->records;
        sums[place].errors += trend->errors;
    }
}
