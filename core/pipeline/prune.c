#include "core/pipeline/prune.h"

#include "core/pipeline/upload_lock.h"

#define PAGE "500"
#define STEP_MS 10       /* of one transaction; no lock is held for longer than 50 */
#define STEP_USUAL_MS 18 /* with the last statement, the commit and the way there and back */
#define STEP_LONG_MS 40  /* with the way to the server and back: the next takes half */
#define STEP_ROWS 16
#define REST_MAX_MS 100
#define APART 8 /* one by one where another run is at the same ones, or an operator */

/* The oldest first; those that a run left half before all others. */
static const char half_sql[] =
    "SELECT c.upload_id, c.total_records FROM prune_candidates c"
    " WHERE c.pruned_at IS NOT NULL AND c.upload_id > $1 ORDER BY c.upload_id LIMIT " PAGE;

static const char due_sql[] =
    "SELECT c.upload_id, c.upload_timestamp::text AS place, c.total_records FROM prune_candidates c"
    " WHERE c.upload_timestamp < $1 AND c.settled_at < $1 AND c.pruned_at IS NULL"
    "   AND c.kept IS NULL AND (c.upload_timestamp, c.upload_id) > ($3::timestamptz, $2)"
    " ORDER BY c.upload_timestamp, c.upload_id LIMIT " PAGE;

static const char step_sql[] =
    "SELECT * FROM intake_prune_step($1, $2, $3::int, $4, $5::int, $6::int)";

/* A row for each that is apart, one at least. */
static const char batch_sql[] =
    "SELECT b.*, a.upload_id FROM intake_prune_batch($1::text[], $2::int[], $3, $4::int, $5,"
    " $6::int, $7::int) b LEFT JOIN LATERAL unnest(b.apart) a (upload_id) ON true";

static const char note_sql[] =
    "INSERT INTO prunes (ended_at, older_than_days, uploads, records, more, failure)"
    " VALUES (clock_timestamp(), $1::int, $2, $3, $4, $5) ON CONFLICT (only_one) DO UPDATE"
    " SET ended_at = excluded.ended_at, older_than_days = excluded.older_than_days,"
    "     uploads = excluded.uploads, records = excluded.records, more = excluded.more,"
    "     failure = excluded.failure";

/* How much one transaction takes: what the last one took decides, of whatever upload it was. */
struct pace {
    int64_t budget_ms;
    int64_t rows; /* at once, to begin with */
};

struct run {
    struct pipeline *pipeline;
    const struct prune_rule *rule;
    const struct prune_bounds *bounds;
    struct prune_outcome *outcome;
    struct pace *pace;
};

/* Where a step takes longer than it should others are at work: they get as much time. */
static void set_pace(const struct run *run, int64_t began_ms, int64_t rows)
{
    struct pace *pace = run->pace;
    int64_t took_ms = world_monotonic_ms(run->pipeline->world) - began_ms;
    pace->rows = rows;
    if (took_ms > STEP_USUAL_MS)
        world_sleep_ms(run->pipeline->world, took_ms < REST_MAX_MS ? took_ms : REST_MAX_MS);
    if (took_ms > STEP_LONG_MS) {
        pace->budget_ms = pace->budget_ms > 1 ? pace->budget_ms / 2 : 1;
        pace->rows = rows > 1 ? rows / 2 : 1;
    } else if (pace->budget_ms < STEP_MS) {
        pace->budget_ms++;
    }
}

static void add_outcome(const struct run *run, const struct db_result *told)
{
    run->outcome->records += db_row_int(told, 0, "records");
    run->outcome->messages += db_row_int(told, 0, "messages");
    run->outcome->notices += db_row_int(told, 0, "notices");
    if (run->bounds->progress)
        run->bounds->progress(run->bounds->progress_context, run->outcome->uploads,
                              run->outcome->records);
}

static enum error_code step(const struct run *run, const char *upload_id, const struct lease *lease,
                            struct db_result *told, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code = pipeline_check(run->pipeline, error);
    db_param_text(&params, upload_id);
    db_param_time(&params, run->rule->before_ms);
    db_param_int(&params, run->rule->days);
    db_param_text(&params, lease->token);
    db_param_int(&params, run->pace->budget_ms);
    db_param_int(&params, run->pace->rows);
    int64_t began_ms = world_monotonic_ms(run->pipeline->world);
    if (!code)
        code = db_query(run->pipeline->db, step_sql, &params, told, error);
    if (!code)
        set_pace(run, began_ms, db_row_int(told, 0, "step"));
    return code;
}

static enum error_code prune_locked(const struct run *run, const char *upload_id,
                                    const struct lease *lease, struct error *error)
{
    struct prune_outcome *outcome = run->outcome;
    struct db_result told = DB_RESULT_INIT;
    enum error_code code = ERROR_NONE;
    bool more = true;
    while (more && !code) {
        code = step(run, upload_id, lease, &told, error);
        if (code)
            break;
        const char *state = db_row_text(&told, 0, "state");
        bool finished = strcmp(state, "finished") == 0;
        more = strcmp(state, "begun") == 0;
        outcome->uploads += finished;
        outcome->passed_over += !finished && !more;
        add_outcome(run, &told);
    }
    db_result_release(&told);
    return code;
}

static enum error_code prune_upload(const struct run *run, const char *upload_id,
                                    struct error *error)
{
    struct lease lease;
    enum error_code code = pipeline_check(run->pipeline, error);
    if (!code)
        code = upload_lock_take(run->pipeline, upload_id, &lease, error);
    if (code == ERROR_CONFLICT) {
        run->outcome->passed_over++;
        error_clear(error);
        return ERROR_NONE;
    }
    if (code)
        return code;
    code = prune_locked(run, upload_id, &lease, error);
    lease_drop(run->pipeline, &lease);
    return code;
}

/* ---- many small ones at once */

/* Rows of a page. */
struct range {
    const struct db_result *found;
    int from, end;
};

static enum error_code batch(const struct run *run, struct range rows, struct db_result *told,
                             struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_array uploads, records;
    const char *ids = NULL, *counts = NULL;
    char token[LEASE_TOKEN_SIZE];
    lease_token_make(run->pipeline, token);
    db_array_init(&uploads, 1 << 20);
    db_array_init(&records, 1 << 20);
    for (int row = rows.from; row < rows.end; row++) {
        db_array_add_string(&uploads, db_row_text(rows.found, row, "upload_id"));
        db_array_add_int(&records, db_row_int(rows.found, row, "total_records"));
    }
    enum error_code code = db_array_literal(&uploads, &ids, error);
    if (!code)
        code = db_array_literal(&records, &counts, error);
    if (!code)
        code = pipeline_check(run->pipeline, error);
    if (!code) {
        db_param_text(&params, ids);
        db_param_text(&params, counts);
        db_param_time(&params, run->rule->before_ms);
        db_param_int(&params, run->rule->days);
        db_param_text(&params, token);
        db_param_int(&params, run->pace->budget_ms);
        db_param_int(&params, run->pace->rows);
        int64_t began_ms = world_monotonic_ms(run->pipeline->world);
        code = db_query(run->pipeline->db, batch_sql, &params, told, error);
        if (!code)
            set_pace(run, began_ms, db_row_int(told, 0, "step"));
    }
    db_array_release(&uploads);
    db_array_release(&records);
    return code;
}

static enum error_code prune_each(const struct run *run, struct range rows, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (int row = rows.from; row < rows.end && !code; row++)
        code = prune_upload(run, db_row_text(rows.found, row, "upload_id"), error);
    return code;
}

static enum error_code prune_rows(const struct run *run, struct range rows, struct error *error)
{
    struct db_result told = DB_RESULT_INIT;
    enum error_code code = ERROR_NONE;
    if (rows.end - rows.from == 1)
        return prune_each(run, rows, error);
    while (rows.from < rows.end && !code) {
        code = batch(run, rows, &told, error);
        if (code && strcmp(error->service_code, "55P03") == 0) { /* a lease came up meanwhile */
            error_clear(error);
            int end = rows.from + APART < rows.end ? rows.from + APART : rows.end;
            code = prune_each(run, (struct range){rows.found, rows.from, end}, error);
            rows.from = end;
            continue;
        }
        if (code)
            break;
        rows.from += (int)db_row_int(&told, 0, "looked_at");
        run->outcome->uploads += db_row_int(&told, 0, "uploads");
        run->outcome->passed_over += db_row_int(&told, 0, "passed_over");
        add_outcome(run, &told);
        for (int row = 0; row < told.count && !code; row++) {
            if (!db_row_is_null(&told, row, "upload_id"))
                code = prune_upload(run, db_row_text(&told, row, "upload_id"), error);
        }
    }
    db_result_release(&told);
    return code;
}

/* How many from `row` on go at once: one that one step may not hold goes by itself. */
static int together(const struct run *run, const struct db_result *found, int row)
{
    int end = row;
    while (end < found->count && db_row_int(found, end, "total_records") <= run->pace->rows)
        end++;
    return end > row ? end - row : 1;
}

/* As many rows of a page as the bound allows. */
static int allowed(const struct run *run, const struct db_result *found)
{
    int64_t records = run->outcome->records;
    for (int row = 0; row < found->count; row++) {
        int64_t before = records;
        records += db_row_int(found, row, "total_records");
        if (run->bounds->records && before && records > run->bounds->records)
            return row;
    }
    return found->count;
}

/* The place behind which the next page begins. */
struct place {
    char upload_id[UPLOAD_ID_SIZE];
    char at[64];
};

static enum error_code page(const struct run *run, const char *sql, struct place *place, bool *more,
                            struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result found = DB_RESULT_INIT;
    bool half = sql == half_sql;
    if (!half)
        db_param_time(&params, run->rule->before_ms);
    db_param_text(&params, place->upload_id);
    if (!half)
        db_param_text(&params, place->at);
    enum error_code code = pipeline_check(run->pipeline, error);
    if (!code)
        code = db_ensure(run->pipeline->db, error);
    if (!code)
        code = db_query(run->pipeline->db, sql, &params, &found, error);
    int end = code ? 0 : allowed(run, &found);
    for (int row = 0, count; row < end && !code; row += count) {
        count = half ? 1 : together(run, &found, row);
        if (row + count > end)
            count = end - row;
        code = prune_rows(run, (struct range){&found, row, row + count}, error);
    }
    run->outcome->more = run->outcome->more || end < found.count;
    *more = end > 0 && end == found.count;
    if (*more) {
        snprintf(place->upload_id, sizeof place->upload_id, "%s",
                 db_row_text(&found, end - 1, "upload_id"));
        if (!half)
            snprintf(place->at, sizeof place->at, "%s", db_row_text(&found, end - 1, "place"));
    }
    db_result_release(&found);
    return code;
}

enum error_code prune_run(struct pipeline *pipeline, const struct prune_rule *rule,
                          const struct prune_bounds *bounds, struct prune_outcome *outcome,
                          struct error *error)
{
    static const char *const orders[] = {half_sql, due_sql};
    struct pace pace = {STEP_MS, STEP_ROWS};
    const struct run run = {pipeline, rule, bounds, outcome, &pace};
    struct error local = ERROR_INIT;
    enum error_code code = ERROR_NONE;
    error = error ? error : &local;
    *outcome = (struct prune_outcome){.uploads = 0};
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        struct place place = {.upload_id = "", .at = "-infinity"};
        bool more = true;
        while (more && !code && !outcome->more)
            code = page(&run, orders[i], &place, &more, error);
    }
    if (code == ERROR_TIMEOUT && pipeline_time_left_ms(pipeline) <= 0) {
        outcome->more = true;
        error_clear(error);
        code = ERROR_NONE;
    }
    return code;
}

enum error_code prune_note(struct pipeline *pipeline, const struct prune_rule *rule,
                           const struct prune_outcome *outcome, const char *failure,
                           struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    enum error_code code = db_ensure(pipeline->db, error);
    db_param_int(&params, rule->days);
    db_param_int(&params, outcome->uploads);
    db_param_int(&params, outcome->records);
    db_param_bool(&params, outcome->more);
    db_param_text(&params, failure);
    return code ? code : db_query(pipeline->db, note_sql, &params, NULL, error);
}
