#include "core/pipeline/sweep.h"

#include "core/base/log.h"
#include "core/base/point.h"
#include "core/pipeline/finish.h"
#include "core/pipeline/items_compare.h"
#include "core/pipeline/marks.h"
#include "core/pipeline/outbox.h"
#include "core/pipeline/upload_end.h"
#include "core/pipeline/upload_lock.h"

#define UPLOADS_PAGE 10
#define MARKS_PAGE 500
#define DOUBTED_MAX "10"  /* uploads a sweep: each of up to 10,000 items */
#define TIME_KEPT_MS 3000 /* for the last words */
#define TIME_MAX_MS (INT64_C(4) * 60 * 1000)

/* A final upload whose vendor has not heard, or whose report is missing. */
#define SWEEP_DUE                                                                               \
    " h.status <> 'processing' AND h.upload_timestamp > now() - interval '" SWEEP_DAYS "'"      \
    " AND h.processing_completed_at < now() - interval '" SWEEP_AGE "'"                         \
    " AND (NOT EXISTS (SELECT FROM notifications n WHERE n.upload_id = h.upload_id"             \
    "          AND (n.outcome = 'accepted' OR n.kind = 'completed' AND n.outcome <> 'failed'))" \
    "      OR (h.error_records > 0 AND h.error_file_s3_key IS NULL))"
#define SWEEP_TURN " coalesce(h.swept_at, '-infinity') < now() - interval '50 seconds'"
#define TAKE_TURN                                                        \
    " UPDATE upload_history h SET swept_at = clock_timestamp() FROM due" \
    " WHERE h.upload_id = due.upload_id RETURNING h.upload_id"

static const char due_sql[] =
    "WITH due AS (SELECT h.upload_id FROM upload_history h WHERE" SWEEP_DUE " AND" SWEEP_TURN
    " ORDER BY coalesce(h.swept_at, h.processing_completed_at) LIMIT $1"
    " FOR UPDATE OF h SKIP LOCKED)" TAKE_TURN;

static const char unsettled_sql[] =
    "WITH due AS (SELECT h.upload_id FROM upload_history h"
    " WHERE h.status = 'processing' AND h.total_records > 0 AND" SWEEP_TURN
    "   AND greatest(h.upload_timestamp, h.processing_started_at)"
    "       < now() - interval '" SWEEP_AGE "'"
    "   AND (SELECT count(*) FROM upload_records r WHERE r.upload_id = h.upload_id)"
    "       >= h.total_records"
    " ORDER BY h.swept_at NULLS FIRST LIMIT $1 FOR UPDATE OF h SKIP LOCKED)" TAKE_TURN;

/* One that a validator is at just now is locked, and is left to it. */
static const char settle_sql[] =
    "WITH mine AS (SELECT h.upload_id, h.total_records FROM upload_history h"
    "   WHERE h.upload_id = $1 AND h.status = 'processing' FOR UPDATE SKIP LOCKED),"
    " counted AS (SELECT count(*) FILTER (WHERE outcome = 'valid') AS valid,"
    "   count(*) FILTER (WHERE outcome = 'error') AS invalid"
    "   FROM upload_records WHERE upload_id = $1),"
    " done AS (UPDATE upload_history h SET valid_records = c.valid, error_records = c.invalid,"
    "   processing_completed_at = clock_timestamp(),"
    "   status = CASE WHEN c.invalid = 0 THEN 'completed' WHEN c.valid = 0 THEN 'failed'"
    "            ELSE 'partial' END"
    "   FROM mine m, counted c WHERE h.upload_id = m.upload_id"
    "    AND c.valid + c.invalid = m.total_records"
    "   RETURNING h.upload_id, coalesce(h.vendor_id, '') AS vendor_id, h.status)"
    " INSERT INTO outbox (upload_id, body, attributes, created_at)"
    " SELECT upload_id, jsonb_build_object('type', 'upload_finished', 'upload_id', upload_id,"
    "   'vendor_id', vendor_id, 'status', status, 'timestamp',"
    "   to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'))::text,"
    "   jsonb_build_object('upload_id', upload_id, 'vendor_id', vendor_id, 'status', status),"
    "   clock_timestamp() - interval '1 hour' FROM done"; /* nobody else is about to send it */

/* Of these one may have lost what it is made from; what somebody takes in just now is his. */
static const char stranded_sql[] =
    "WITH due AS (SELECT h.upload_id FROM upload_history h"
    " WHERE h.status = 'processing' AND" SWEEP_TURN
    "   AND greatest(h.upload_timestamp, h.processing_started_at)"
    "       < now() - interval '" SWEEP_AGE "'"
    "   AND (h.items_written_at IS NULL"
    "        OR NOT EXISTS (SELECT FROM vendors v WHERE v.vendor_id = h.vendor_id))"
    "   AND NOT EXISTS (SELECT FROM leases l WHERE l.until > clock_timestamp()"
    "        AND l.name = 'upload ' || h.bucket || '/' || h.s3_key || '@' || h.object_version)"
    " ORDER BY h.swept_at NULLS FIRST LIMIT $1 FOR UPDATE OF h SKIP LOCKED)" TAKE_TURN;

/* A request that nobody heard of any more has come by then. */
static const char doubted_sql[] =
    "SELECT upload_id FROM upload_history"
    " WHERE items_doubted_at < now() - interval '" ITEMS_DOUBTED_FOR "'"
    " ORDER BY random() LIMIT " DOUBTED_MAX;

static const char unmarked_sql[] =
    "SELECT r.upload_id, r.row_number FROM upload_records r"
    " WHERE r.item_marked_at IS NULL AND r.judged_at < now() - interval '" SWEEP_AGE "'"
    "   AND (r.upload_id, r.row_number) > ($1, $2) ORDER BY r.upload_id, r.row_number LIMIT $3";

static const char unmarked_of_one_sql[] = "SELECT r.upload_id, r.row_number FROM unmarked_records r"
                                          " WHERE r.upload_id = $1 AND r.row_number > $2"
                                          " ORDER BY r.row_number LIMIT $3";

/* Where the marks begin: each upload has the same chance to be the first. */
static const char begin_sql[] =
    "SELECT upload_id FROM upload_records WHERE item_marked_at IS NULL ORDER BY random() LIMIT 1";

#define MOVED_AT                                                                \
    "greatest(h.upload_timestamp, h.processing_started_at, h.items_written_at," \
    " (SELECT max(r.judged_at) FROM upload_records r WHERE r.upload_id = h.upload_id))"

static const char left_sql[] =
    "SELECT greatest(0, extract(epoch FROM clock_timestamp() - least("
    " (SELECT min(created_at) FROM outbox WHERE refused_at IS NULL),"
    " (SELECT min(judged_at) FROM upload_records WHERE item_marked_at IS NULL),"
    " (SELECT min(judged_at) FROM marks_due),"
    " (SELECT min(items_doubted_at) + interval '" ITEMS_DOUBTED_FOR "' FROM upload_history"
    "   WHERE items_doubted_at IS NOT NULL),"
    " (SELECT min(h.processing_completed_at) FROM upload_history h WHERE" SWEEP_DUE "),"
    " p.moved_at)))::bigint, p.stuck, (SELECT count(*) FROM notifications"
    "   WHERE outcome = 'failed' AND claimed_at > now() - interval '" SWEEP_DAYS "')"
    " FROM (SELECT min(m.moved_at) AS moved_at, count(*) FILTER (WHERE m.moved_at < clock_timestamp()"
    "   - interval '" SWEEP_STUCK_AGE "') AS stuck FROM (SELECT " MOVED_AT " AS moved_at"
    "   FROM upload_history h WHERE h.status = 'processing') m) p";

static const char note_sql[] =
    "INSERT INTO sweeps (ended_at, oldest_waiting_seconds, failure)"
    " VALUES (clock_timestamp(), $1, $2) ON CONFLICT (only_one) DO UPDATE"
    " SET ended_at = excluded.ended_at, failure = excluded.failure,"
    "     oldest_waiting_seconds = excluded.oldest_waiting_seconds";

struct sweep {
    struct pipeline pipeline; /* ours: the deadline is the step's */
    int64_t ends_ms;          /* of the whole sweep */
    struct sweep_outcome *outcome;
    struct error first;
};

/* Whether the step's time is over, with nothing wrong otherwise. */
static bool out_of_time(const struct sweep *sweep, const struct error *failure)
{
    return failure->code == ERROR_TIMEOUT && pipeline_time_left_ms(&sweep->pipeline) <= 0;
}

static void note_failure(struct sweep *sweep, const struct error *failure, const char *upload_id)
{
    if (out_of_time(sweep, failure))
        return;
    log_line(LOG_ERROR, failure->message, "upload_id", upload_id, "error_type",
             error_name(failure->code), NULL);
    if (!sweep->first.code)
        sweep->first = *failure;
}

static enum error_code take_turns(struct sweep *sweep, const char *sql, struct db_result *due,
                                  struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_int(&params, UPLOADS_PAGE);
    enum error_code code = pipeline_check(&sweep->pipeline, error);
    if (!code)
        code = db_ensure(sweep->pipeline.db, error);
    return code ? code : db_query(sweep->pipeline.db, sql, &params, due, error);
}

/* Each upload that is due, one by one; one that fails is noted, and the next has its turn. */
static enum error_code each_due(struct sweep *sweep, const char *sql,
                                enum error_code (*work)(struct sweep *sweep, const char *upload_id,
                                                        struct error *error),
                                struct error *error)
{
    struct db_result due = DB_RESULT_INIT;
    enum error_code code = ERROR_NONE;
    do {
        code = take_turns(sweep, sql, &due, error);
        for (int i = 0; i < due.count && !code; i++) {
            const char *upload_id = db_row_text(&due, i, "upload_id");
            struct error failure = ERROR_INIT;
            code = pipeline_check(&sweep->pipeline, error);
            if (!code && work(sweep, upload_id, &failure))
                note_failure(sweep, &failure, upload_id);
        }
    } while (!code && due.count == UPLOADS_PAGE);
    db_result_release(&due);
    return code;
}

static enum error_code settle_one(struct sweep *sweep, const char *upload_id, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    db_param_text(&params, upload_id);
    point_reached("before an upload is settled late");
    enum error_code code = db_query(sweep->pipeline.db, settle_sql, &params, &result, error);
    point_reached("after an upload is settled late");
    if (!code && result.affected) {
        sweep->outcome->settled++;
        log_line(LOG_WARN, "every record has its outcome: the upload is final", "upload_id",
                 upload_id, NULL);
    }
    db_result_release(&result);
    return code;
}

static enum error_code settle_uploads(struct sweep *sweep, struct error *error)
{
    return each_due(sweep, unsettled_sql, settle_one, error);
}

static enum error_code end_one(struct sweep *sweep, const char *upload_id, struct error *error)
{
    bool ended = false;
    int64_t left = 0;
    enum error_code code = upload_end_lost(&sweep->pipeline, upload_id, &ended, error);
    if (!code && ended) {
        sweep->outcome->ended++;
        code = outbox_flush_own(&sweep->pipeline, &upload_id, 1, &left, error);
    }
    return code;
}

static enum error_code end_uploads(struct sweep *sweep, struct error *error)
{
    return each_due(sweep, stranded_sql, end_one, error);
}

static enum error_code send_messages(struct sweep *sweep, struct error *error)
{
    return outbox_flush(&sweep->pipeline, SWEEP_MESSAGE_AGE_S, &sweep->outcome->messages, error);
}

static enum error_code finish_one(struct sweep *sweep, const char *upload_id, struct error *error)
{
    struct finish_outcome outcome = {.result = FINISH_NOT_YET};
    enum error_code code = finish_upload(&sweep->pipeline, upload_id, &outcome, error);
    if (!code) {
        sweep->outcome->finished++;
        sweep->outcome->notices += outcome.result == FINISH_NOTIFIED;
        log_line(LOG_WARN, "an upload that was left without its end has it", "upload_id", upload_id,
                 "notice", outcome.result == FINISH_NOTIFIED ? "sent" : "was sent before", NULL);
    }
    return code;
}

static enum error_code finish_uploads(struct sweep *sweep, struct error *error)
{
    return each_due(sweep, due_sql, finish_one, error);
}

struct mark_place {
    char upload_id[UPLOAD_ID_SIZE];
    int64_t row_number;
};

/* One page of marks behind the place; *more: there may be others. Those that fail are passed over.
 */
static enum error_code mark_page(struct sweep *sweep, const char *sql, struct mark_place *place,
                                 bool *more, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result found = DB_RESULT_INIT;
    struct error failure = ERROR_INIT;
    struct ledger_row rows[MARKS_PAGE];
    db_param_text(&params, place->upload_id);
    db_param_int(&params, place->row_number);
    db_param_int(&params, MARKS_PAGE);
    enum error_code code = pipeline_check(&sweep->pipeline, error);
    if (!code)
        code = db_ensure(sweep->pipeline.db, error);
    if (!code)
        code = db_query(sweep->pipeline.db, sql, &params, &found, error);
    *more = !code && found.count == MARKS_PAGE;
    for (int i = 0; i < found.count && !code; i++)
        rows[i] = (struct ledger_row){db_row_text(&found, i, "upload_id"),
                                      (uint32_t)db_row_int(&found, i, "row_number")};
    if (!code && marks_write(&sweep->pipeline, rows, (size_t)found.count, &failure))
        note_failure(sweep, &failure, NULL);
    else if (!code)
        sweep->outcome->marked += found.count;
    if (!code && found.count) {
        snprintf(place->upload_id, sizeof place->upload_id, "%s",
                 db_row_text(&found, found.count - 1, "upload_id"));
        place->row_number = db_row_int(&found, found.count - 1, "row_number");
    }
    db_result_release(&found);
    return code;
}

/* Under the operators' lock: where one of them is at work, he compares. */
static enum error_code compare_one(struct sweep *sweep, const char *upload_id, struct error *error)
{
    struct lease lease;
    struct mark_place place = {.row_number = 0};
    int64_t count = 0;
    enum error_code code = upload_lock_take(&sweep->pipeline, upload_id, &lease, error);
    if (code == ERROR_CONFLICT) {
        error_clear(error);
        return ERROR_NONE;
    }
    if (!code)
        code = items_compare(&sweep->pipeline, upload_id, &lease, &count, error);
    snprintf(place.upload_id, sizeof place.upload_id, "%s", upload_id);
    for (bool more = count > 0; more && !code;)
        code = mark_page(sweep, unmarked_of_one_sql, &place, &more, error);
    lease_drop(&sweep->pipeline, &lease);
    if (!code && count) {
        char items[24];
        snprintf(items, sizeof items, "%lld", (long long)count);
        sweep->outcome->differed += count;
        log_line(LOG_WARN, "items that did not bear their final status are marked again",
                 "upload_id", upload_id, "items", items, NULL);
    }
    return code;
}

static enum error_code compare_items(struct sweep *sweep, struct error *error)
{
    struct db_result doubted = DB_RESULT_INIT;
    enum error_code code = db_ensure(sweep->pipeline.db, error);
    if (!code)
        code = db_query(sweep->pipeline.db, doubted_sql, NULL, &doubted, error);
    for (int i = 0; i < doubted.count && !code; i++) {
        const char *upload_id = db_row_text(&doubted, i, "upload_id");
        struct error failure = ERROR_INIT;
        code = pipeline_check(&sweep->pipeline, error);
        if (!code && compare_one(sweep, upload_id, &failure))
            note_failure(sweep, &failure, upload_id);
    }
    db_result_release(&doubted);
    return code;
}

/* From an upload by chance to the last one, then from the first on. */
static enum error_code mark_items(struct sweep *sweep, struct error *error)
{
    struct mark_place place = {.row_number = 0};
    struct db_result first = DB_RESULT_INIT;
    bool more = false;
    enum error_code code = db_ensure(sweep->pipeline.db, error);
    if (!code)
        code = db_query(sweep->pipeline.db, begin_sql, NULL, &first, error);
    if (!code && first.count)
        snprintf(place.upload_id, sizeof place.upload_id, "%s",
                 db_row_text(&first, 0, "upload_id"));
    bool rounds = first.count > 0;
    db_result_release(&first);
    for (int round = 0; round < 2 && rounds && !code; round++) {
        do
            code = mark_page(sweep, unmarked_sql, &place, &more, error);
        while (more && !code);
        place = (struct mark_place){.row_number = 0};
    }
    return code;
}

/* What the transactions appended to the counters (migration 0014), and the marks that nobody wrote
   (0018): from there on the ledger says of them that they are due. */
static enum error_code fold_counters(struct sweep *sweep, struct error *error)
{
    struct db_result folded = DB_RESULT_INIT;
    enum error_code code = db_ensure(sweep->pipeline.db, error);
    do {
        if (!code)
            code = pipeline_check(&sweep->pipeline, error);
        if (!code)
            code =
                db_query(sweep->pipeline.db, "SELECT intake_fold_counters()", NULL, &folded, error);
    } while (!code && db_result_int(&folded, 0, 0) > 0);
    db_result_release(&folded);
    return code;
}

/* ---- the whole */

static void step(struct sweep *sweep, int64_t share,
                 enum error_code (*work)(struct sweep *sweep, struct error *error))
{
    struct error failure = ERROR_INIT;
    int64_t now = world_monotonic_ms(sweep->pipeline.world);
    int64_t left = sweep->ends_ms - now;
    sweep->pipeline.deadline_ms = now + (left > 0 ? left / share : 0);
    if (work(sweep, &failure))
        note_failure(sweep, &failure, NULL);
    db_pipeline_end(sweep->pipeline.db);
    db_rollback(sweep->pipeline.db);
}

static enum error_code last_words(struct sweep *sweep, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    enum error_code code = db_ensure(sweep->pipeline.db, error);
    if (!code)
        code = db_query(sweep->pipeline.db, left_sql, NULL, &row, error);
    if (!code) {
        sweep->outcome->oldest_waiting_s = db_result_int(&row, 0, 0);
        sweep->outcome->stuck = db_result_int(&row, 0, 1);
        sweep->outcome->failing_notices = db_result_int(&row, 0, 2);
    }
    db_result_release(&row);
    db_param_int(&params, sweep->outcome->oldest_waiting_s);
    db_param_text(&params, sweep->first.code ? sweep->first.message : NULL);
    point_reached("before a sweep is noted");
    if (!code)
        code = db_query(sweep->pipeline.db, note_sql, &params, NULL, error);
    point_reached("after a sweep is noted");
    return code;
}

/* tests/model: sweep */
enum error_code sweep_run(struct pipeline *pipeline, struct sweep_outcome *outcome,
                          struct error *error)
{
    struct sweep sweep = {.pipeline = *pipeline, .outcome = outcome, .first = ERROR_INIT};
    struct error failure = ERROR_INIT;
    int64_t left = pipeline_time_left_ms(pipeline) - TIME_KEPT_MS;
    *outcome = (struct sweep_outcome){.settled = 0};
    sweep.ends_ms = world_monotonic_ms(pipeline->world) + (left < TIME_MAX_MS ? left : TIME_MAX_MS);
    step(&sweep, 7, fold_counters);
    step(&sweep, 6, settle_uploads);
    step(&sweep, 5, end_uploads);
    step(&sweep, 4, send_messages);
    step(&sweep, 3, finish_uploads);
    step(&sweep, 2, compare_items);
    step(&sweep, 1, mark_items);
    sweep.pipeline.deadline_ms = pipeline->deadline_ms;
    if (last_words(&sweep, &failure) && !sweep.first.code)
        sweep.first = failure;
    if (sweep.first.code && error)
        *error = sweep.first;
    return sweep.first.code;
}
