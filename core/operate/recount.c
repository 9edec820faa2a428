#include "core/operate/recount.h"

#include "core/base/json.h"
#include "core/history/rows.h"

static const struct row_column difference_columns[] = {
    ROW(recount_difference, ROW_TEXT, vendor_id),
    ROW(recount_difference, ROW_TEXT, day),
    ROW(recount_difference, ROW_NUMBER, uploads),
    ROW(recount_difference, ROW_NUMBER, failed_uploads),
    ROW(recount_difference, ROW_NUMBER, records),
    ROW(recount_difference, ROW_NUMBER, valid),
    ROW(recount_difference, ROW_NUMBER, errors),
    ROW(recount_difference, ROW_NUMBER, products),
};

static const struct row_table difference_rows = {ROW_TABLE(recount_difference, difference_columns)};

#define NUMBERS                                                                      \
    "uploads::bigint AS uploads, failed_uploads::bigint AS failed_uploads,"          \
    " records::bigint AS records, valid::bigint AS valid, errors::bigint AS errors," \
    " products::bigint AS products"

/* One statement, so that rows and counters are of the same moment. */
#define DIFFERENCES                                                                 \
    "SELECT vendor_id, day::text AS day, " NUMBERS " FROM vendor_count_differences" \
    " UNION ALL SELECT vendor_id, NULL, " NUMBERS " FROM vendor_total_differences"

static enum error_code look(struct pipeline *pipeline, struct recount_plan *plan,
                            struct error *error)
{
    struct rows rows = {.arena = &plan->memory};
    struct query query;
    query_init(&query, DIFFERENCES " ORDER BY day NULLS FIRST, vendor_id");
    enum error_code code = rows_read(&rows, &difference_rows, &query, pipeline->db, error);
    plan->differences = rows.list;
    plan->difference_count = code ? 0 : rows.count;
    for (size_t i = 0; i < plan->difference_count; i++) {
        plan->wrong_days += plan->differences[i].day != NULL;
        plan->wrong_totals += !plan->differences[i].day;
    }
    if (plan->difference_count > RECOUNT_SHOWN)
        plan->difference_count = RECOUNT_SHOWN;
    return code;
}

static enum error_code count(struct pipeline *pipeline, struct recount_plan *plan,
                             struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    enum error_code code = db_query(pipeline->db,
                                    "SELECT (SELECT count(*) FROM vendor_totals) AS vendors,"
                                    " (SELECT count(*) FROM vendor_days) AS days",
                                    NULL, &row, error);
    if (!code) {
        plan->vendors = db_row_int(&row, 0, "vendors");
        plan->days = db_row_int(&row, 0, "days");
    }
    db_result_release(&row);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    struct recount_plan *plan = made;
    (void)asked;
    *plan = (struct recount_plan){.vendors = 0};
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = count(pipeline, plan, error);
    return code ? code : look(pipeline, plan, error);
}

static bool changes(const void *made)
{
    const struct recount_plan *plan = made;
    return plan->difference_count > 0;
}

static void release(void *made)
{
    struct recount_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct recount_plan){.vendors = 0};
}

/* ---- the plan as text */

static void append_difference(const struct recount_difference *difference, struct buffer *out)
{
    const struct {
        const char *name;
        int64_t lacks;
    } numbers[] = {{"uploads", difference->uploads}, {"failed", difference->failed_uploads},
                   {"records", difference->records}, {"valid", difference->valid},
                   {"errors", difference->errors},   {"products", difference->products}};
    buffer_text(out, "  ");
    plan_append_visible(out, difference->vendor_id[0] ? difference->vendor_id : "(no vendor)");
    buffer_format(out, "  %-10s", difference->day ? difference->day : "total");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (numbers[i].lacks)
            buffer_format(out, "  %s %+lld", numbers[i].name, (long long)numbers[i].lacks);
    buffer_char(out, '\n');
}

static void append_text(const void *made, struct buffer *out)
{
    const struct recount_plan *plan = made;
    int64_t wrong = plan->wrong_days + plan->wrong_totals;
    buffer_format(out, "%lld vendors, %lld days: ", (long long)plan->vendors,
                  (long long)plan->days);
    if (!wrong) {
        buffer_text(out, "every counter is what the rows say\n");
        return;
    }
    buffer_format(out, "%lld days and %lld totals differ from the rows\n",
                  (long long)plan->wrong_days, (long long)plan->wrong_totals);
    for (size_t i = 0; i < plan->difference_count; i++)
        append_difference(&plan->differences[i], out);
    if (wrong > (int64_t)plan->difference_count)
        buffer_format(out, "  and %lld more\n",
                      (long long)wrong - (long long)plan->difference_count);
}

/* ---- doing it */

static enum error_code correct(struct pipeline *pipeline, struct recount_result *result,
                               struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    enum error_code code =
        db_query(pipeline->db, "SELECT vendor_recount() AS corrected", NULL, &row, error);
    if (!code)
        result->corrected = db_row_int(&row, 0, "corrected");
    result->changed = !code && result->corrected > 0;
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
    enum error_code code = correct(pipeline, result, error);
    buffer_init(&planned, 4096);
    buffer_char(&planned, '{');
    json_append_member_integer(&planned, "wrong_days", plan->wrong_days);
    json_append_member_integer(&planned, "wrong_totals", plan->wrong_totals);
    json_append_member_integer(&planned, "corrected", result->corrected);
    buffer_char(&planned, '}');
    const struct plan_outcome outcome = {.action = "recount",
                                         .target = "the counters of vendors",
                                         .reason = operator_reason,
                                         .changed = result->changed,
                                         .failed = code,
                                         .why = code ? error->message : NULL};
    code = plan_conclude(pipeline, &outcome, &planned, NULL, error);
    buffer_release(&planned);
    return code;
}

const struct operation recount_operation = {
    .database_only = true,
    .plan_size = sizeof(struct recount_plan),
    .result_size = sizeof(struct recount_result),
    .make = make,
    .changes = changes,
    .text = append_text,
    .apply = apply,
    .release = release,
};
