/* Retention and space: how long records are kept, and when the database will be full. */
#include <inttypes.h>
#include <stdlib.h>

#include "aws/s3.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "core/health/doctor_private.h"

#define DAY_MS INT64_C(86400000)
#define GIB 1073741824.0
#define PRUNED_LONG_AGO_S (INT64_C(3) * 24 * 60 * 60)
#define FULL_SOON_DAYS 60
#define FULL_FAR_DAYS 3650 /* beyond, no day is named */
#define FREE_LEAST 0.05    /* of the storage */
#define RECORDS_LEAST 1000 /* fewer tell nothing of growth */
#define RETENTION_REMEDY \
    "intake prune --older-than 400d --dry-run; intake logs error-processor --since 2d"
#define SPACE_REMEDY                                                                               \
    "intake prune --older-than 400d --dry-run; deploy with a larger MaxAllocatedStorage or fewer " \
    "RetentionDays"

static const char retention_sql[] =
    "SELECT extract(epoch FROM clock_timestamp() - p.ended_at)::bigint AS age, p.older_than_days,"
    "       p.uploads, p.records, p.more, p.failure,"
    "       (SELECT count(*) FROM upload_history"
    "         WHERE pruned_at IS NOT NULL AND prune_finished_at IS NULL) AS half"
    "  FROM (VALUES (1)) AS one LEFT JOIN prunes p ON true";

static void judge_retention(struct doctor_visit *visit, const struct db_result *row)
{
    int64_t age = db_row_int(row, 0, "age"), days = db_row_int(row, 0, "older_than_days");
    const char *failure = db_row_text(row, 0, "failure");
    bool more = db_row_bool(row, 0, "more");
    if (failure)
        doctor_add(visit, "record retention", DOCTOR_WARN, RETENTION_REMEDY,
                   "%" PRId64 " days; the last prune, %" PRId64 " h ago, failed: %.300s", days,
                   age / 3600, failure);
    else
        doctor_expect(visit, "record retention", age < PRUNED_LONG_AGO_S && !more, DOCTOR_WARN,
                      RETENTION_REMEDY,
                      "records are kept for %" PRId64 " days; last prune %" PRId64
                      " h ago: %" PRId64 " uploads, %" PRId64 " records%s",
                      days, age / 3600, db_row_int(row, 0, "uploads"),
                      db_row_int(row, 0, "records"), more ? ", and more is left" : "");
}

void doctor_see_retention(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    if (db_query(visit->db, retention_sql, NULL, &row, &error)) {
        doctor_unseen(visit, "record retention", &error, "intake migrate");
    } else if (db_row_is_null(&row, 0, "age")) {
        int64_t half = db_row_int(&row, 0, "half");
        doctor_expect(visit, "record retention", !half, DOCTOR_WARN,
                      "intake prune --older-than 400d continues it",
                      half ? "no schedule prunes, and %" PRId64 " uploads are left half pruned"
                           : "no schedule prunes: records are kept until `intake prune`",
                      half);
    } else {
        judge_retention(visit, &row);
    }
    db_result_release(&row);
}

#define LIFE_CYCLE_REMEDY                                                                          \
    "deploy lambda/template.yaml again: RetentionDays sets the bucket's life cycle and the daily " \
    "prune"

static void judge_reports(struct doctor_visit *visit, int64_t kept, int64_t pruned)
{
    static const char name[] = "report retention";
    if (!pruned)
        doctor_add(visit, name, DOCTOR_OK, NULL,
                   kept ? "reports are kept for %" PRId64 " days; no schedule has pruned yet"
                        : "reports are kept, and no schedule prunes",
                   kept);
    else if (!kept)
        doctor_add(visit, name, DOCTOR_WARN, LIFE_CYCLE_REMEDY,
                   "the bucket's life cycle keeps all reports, but records are pruned after "
                   "%" PRId64 " days",
                   pruned);
    else
        doctor_expect(visit, name, kept == pruned, DOCTOR_WARN, LIFE_CYCLE_REMEDY,
                      kept == pruned ? "reports and records are kept for %" PRId64 " days"
                                     : "the bucket's life cycle deletes reports after %" PRId64
                                       " days, but records are pruned after %" PRId64,
                      kept, pruned);
}

void doctor_see_report_retention(struct doctor_visit *visit, const char *bucket)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    int64_t kept;
    if (s3_get_expiration(visit->aws, bucket, "errors/", &kept, &error))
        doctor_unseen(visit, "report retention", &error,
                      "grant s3:GetLifecycleConfiguration: deploy lambda/template.yaml again");
    else if (!visit->db)
        doctor_unseen(visit, "report retention", &visit->db_error, "intake doctor");
    else if (db_query(visit->db, "SELECT max(older_than_days) AS days FROM prunes", NULL, &row,
                      &error))
        doctor_unseen(visit, "report retention", &error, "intake migrate");
    else
        judge_reports(visit, kept, db_row_int(&row, 0, "days"));
    db_result_release(&row);
}

/* Space that a prune freed is used again and not given back, so that size is what there ever was.
 * `lasting` is what no prune takes away. Sizes are those of tables with their indexes. */
static const char space_sql[] =
    "SELECT pg_database_size(current_database()) AS bytes,"
    "       (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
    "         WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'"
    "           AND c.relname NOT IN ('upload_records', 'violation_rows', 'violation_packs'))"
    "         AS lasting,"
    "       (SELECT greatest(reltuples, 0)::bigint FROM pg_class"
    "         WHERE oid = 'upload_records'::regclass) AS records,"
    "       (SELECT greatest(reltuples, 0)::bigint FROM pg_class"
    "         WHERE oid = 'products'::regclass) AS products,"
    "       (SELECT coalesce(sum(total_records), 0) FROM upload_history"
    "         WHERE upload_timestamp > now() - interval '30 days') AS month,"
    "       (SELECT extract(epoch FROM now() - min(upload_timestamp))::bigint"
    "          FROM upload_history) AS since,"
    "       (SELECT extract(epoch FROM now() - min(upload_timestamp))::bigint"
    "          FROM upload_history WHERE prune_finished_at IS NULL) AS kept_since,"
    "       (SELECT older_than_days FROM prunes) AS days";

struct space {
    double bytes, storage; /* storage 0: unknown */
    double a_day, lasting_a_day;
    double unpruned_days; /* until the prune begins to take away as much as comes */
};

static void read_space(struct space *space, const struct db_result *row, const char *storage)
{
    double records = (double)db_row_int(row, 0, "records");
    double products = (double)db_row_int(row, 0, "products");
    double lasting = (double)db_row_int(row, 0, "lasting");
    double days = (double)db_row_int(row, 0, "since") / 86400;
    double arrived = (double)db_row_int(row, 0, "month") / (days < 1 ? 1 : days < 30 ? days : 30);
    double ever = products > records ? products : records;
    *space = (struct space){.bytes = (double)db_row_int(row, 0, "bytes"),
                            .storage = storage ? strtod(storage, NULL) * GIB : 0,
                            .unpruned_days = FULL_FAR_DAYS};
    if (records < RECORDS_LEAST)
        return;
    space->lasting_a_day = arrived * lasting / ever;
    space->a_day = arrived * (space->bytes - lasting) / records + space->lasting_a_day;
    if (!db_row_is_null(row, 0, "days")) {
        space->unpruned_days =
            (double)db_row_int(row, 0, "days") - (double)db_row_int(row, 0, "kept_since") / 86400;
        if (space->unpruned_days < 0)
            space->unpruned_days = 0;
    }
}

/* Days until it is full: first at the whole rate, then at that of what stays. */
static double days_left(const struct space *space)
{
    double room = space->storage - space->bytes;
    double first = space->unpruned_days * space->a_day;
    if (room <= 0)
        return 0;
    if (space->a_day <= 0)
        return FULL_FAR_DAYS;
    if (room <= first)
        return room / space->a_day;
    if (space->lasting_a_day <= 0)
        return FULL_FAR_DAYS;
    double days = space->unpruned_days + (room - first) / space->lasting_a_day;
    return days < FULL_FAR_DAYS ? days : FULL_FAR_DAYS;
}

static void judge_space(struct doctor_visit *visit, const struct space *space)
{
    double free_bytes = space->storage > space->bytes ? space->storage - space->bytes : 0;
    double days = days_left(space);
    char full[TIME_TEXT_SIZE];
    bool scarce = free_bytes < FREE_LEAST * space->storage;
    time_text_iso8601(world_now_ms(&world_real) + (int64_t)(days * (double)DAY_MS), full);
    enum doctor_status otherwise = scarce ? DOCTOR_FAIL : DOCTOR_WARN;
    if (space->a_day <= 0)
        doctor_expect(visit, "space", !scarce, otherwise, SPACE_REMEDY,
                      "%.1f of %.0f GiB used, %.1f free; too few records to estimate the growth",
                      space->bytes / GIB, space->storage / GIB, free_bytes / GIB);
    else
        doctor_expect(
            visit, "space", !scarce && days > FULL_SOON_DAYS, otherwise, SPACE_REMEDY,
            "%.1f of %.0f GiB used, %.1f free; at the rate of the last month full %s%.10s",
            space->bytes / GIB, space->storage / GIB, free_bytes / GIB,
            days < FULL_FAR_DAYS ? "on " : "in more than ",
            days < FULL_FAR_DAYS ? full : "10 years");
}

void doctor_see_space(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    struct space space;
    const char *storage = settings_get(visit->settings, SETTING_DATABASE_STORAGE);
    if (db_query(visit->db, space_sql, NULL, &row, &error)) {
        doctor_unseen(visit, "space", &error, "intake migrate");
        db_result_release(&row);
        return;
    }
    read_space(&space, &row, storage);
    db_result_release(&row);
    if (space.storage > 0)
        judge_space(visit, &space);
    else
        doctor_add(visit, "space", DOCTOR_OK, NULL,
                   "%.1f GiB used, grows by %.1f a month; what is free cannot be seen from here "
                   "(set database_storage to the GiB that it has)",
                   space.bytes / GIB, space.a_day * 30 / GIB);
}
