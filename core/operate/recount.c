#include "core/operate/recount.h"

#include <string.h>

#include "core/base/json.h"

#define SHOWN "100"
#define TIME_MAX_MS (30 * 60 * 1000)

#define VALUE(column)                                                                            \
    "CASE WHEN counter = 'last_upload_at' THEN"                                                  \
    " to_char((timestamptz 'epoch' + " column " * interval '1 microsecond') AT TIME ZONE 'UTC'," \
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') ELSE " column "::text END AS " column

static const char differences_sql[] =
    "WITH d AS MATERIALIZED (SELECT * FROM counter_differences)"
    " SELECT vendor_id, day::text AS day, counter, " VALUE("kept") ", " VALUE(
        "counted") ","
                   " (SELECT count(*) FROM d) AS differing, (SELECT count(DISTINCT vendor_id) FROM d) AS vendors"
                   "  FROM d ORDER BY d.vendor_id, d.day NULLS FIRST, counter LIMIT " SHOWN;

static enum error_code read_difference(struct recount_plan *plan, const struct db_result *rows,
                                       int row, struct error *error)
{
    struct recount_difference *difference = &plan->differences[plan->count++];
    const struct {
        const char *column;
        const char **kept;
    } texts[] = {{"vendor_id", &difference->vendor_id},
                 {"day", &difference->day},
                 {"counter", &difference->counter},
                 {"kept", &difference->kept},
                 {"counted", &difference->counted}};
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < sizeof texts / sizeof *texts && !code; i++)
        code = plan_keep(&plan->memory,
                         db_row_is_null(rows, row, texts[i].column)
                             ? NULL
                             : db_row_text(rows, row, texts[i].column),
                         texts[i].kept, error);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *request, void *made,
                            struct error *error)
{
    struct recount_plan *plan = made;
    struct db_result rows = DB_RESULT_INIT;
    (void)request;
    *plan = (struct recount_plan){.count = 0};
    enum error_code code = db_statement_timeout(pipeline->db, TIME_MAX_MS, error);
    if (!code)
        code = db_query(pipeline->db, differences_sql, NULL, &rows, error);
    db_statement_timeout_reset(pipeline->db);
    if (!code && rows.count) {
        plan->differing = db_row_int(&rows, 0, "differing");
        plan->vendors = db_row_int(&rows, 0, "vendors");
        plan->differences = arena_new(&plan->memory, (size_t)rows.count, sizeof *plan->differences);
        if (!plan->differences)
            code = error_set(error, ERROR_MEMORY, "out of memory for a plan");
    }
    for (int row = 0; row < rows.count && !code; row++)
        code = read_difference(plan, &rows, row, error);
    db_result_release(&rows);
    return code;
}

static bool changes(const void *made)
{
    const struct recount_plan *plan = made;
    return plan->differing > 0;
}

static void append_difference(const struct recount_difference *difference, struct buffer *out)
{
    buffer_text(out, "  ");
    plan_append_visible(out, difference->vendor_id[0] ? difference->vendor_id : "(no vendor)");
    buffer_format(out, " %s %s: %s is kept, the rows say %s\n",
                  difference->day ? difference->day : "in all", difference->counter,
                  difference->kept ? difference->kept : "none",
                  difference->counted ? difference->counted : "none");
}

static void append_text(const void *made, struct buffer *out)
{
    const struct recount_plan *plan = made;
    if (!plan->differing) {
        buffer_text(out, "every counter is what the rows say: nothing to do\n");
        return;
    }
    buffer_format(out, "%lld counters of %lld vendors differ from the rows, which win\n",
                  (long long)plan->differing, (long long)plan->vendors);
    for (size_t i = 0; i < plan->count; i++)
        append_difference(&plan->differences[i], out);
    if (plan->differing > (int64_t)plan->count)
        buffer_format(out, "  and %lld others\n",
                      (long long)plan->differing - (long long)plan->count);
}

static enum error_code change(struct pipeline *pipeline, struct recount_result *result,
                              struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    enum error_code code = db_statement_timeout(pipeline->db, TIME_MAX_MS, error);
    if (!code)
        code = db_query(pipeline->db, "SELECT intake_recount()", NULL, &row, error);
    db_statement_timeout_reset(pipeline->db);
    if (!code)
        result->mended = db_result_int(&row, 0, 0);
    result->changed = !code && result->mended > 0;
    db_result_release(&row);
    return code;
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *given, struct error *error)
{
    const struct recount_plan *plan = made;
    struct recount_result *result = given;
    struct buffer planned;
    *result = (struct recount_result){.changed = false};
    enum error_code code = plan->differing ? change(pipeline, result, error) : ERROR_NONE;
    buffer_init(&planned, 1024);
    buffer_char(&planned, '{');
    json_append_member_integer(&planned, "differing", plan->differing);
    json_append_member_integer(&planned, "vendors", plan->vendors);
    json_append_member_integer(&planned, "mended", result->mended);
    buffer_char(&planned, '}');
    const struct plan_outcome outcome = {.action = "recount",
                                         .target = "counters",
                                         .reason = operator_reason,
                                         .changed = result->changed,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    code = plan_conclude(pipeline, &outcome, &planned, NULL, error);
    buffer_release(&planned);
    return code;
}

static void release(void *made)
{
    struct recount_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct recount_plan){.count = 0};
}

const struct operation recount_operation = {
    .plan_size = sizeof(struct recount_plan),
    .result_size = sizeof(struct recount_result),
    .database_only = true,
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
