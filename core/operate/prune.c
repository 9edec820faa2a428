#include "core/operate/prune.h"

#include <inttypes.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/operate/audit.h"

#define COUNT_MAX_MS (10 * 60 * 1000) /* half a million uploads, on a busy machine */

static const char before_sql[] =
    "SELECT date_trunc('second', clock_timestamp()) - $1::int * interval '24 hours' AS before";

static const char count_sql[] =
    "WITH c AS MATERIALIZED (SELECT *, kept IS NULL AND pruned_at IS NULL AS due"
    "  FROM prune_candidates"
    "  WHERE pruned_at IS NOT NULL OR (upload_timestamp < $1 AND settled_at < $1))"
    " SELECT count(*) FILTER (WHERE due) AS uploads,"
    "       coalesce(sum(c.total_records) FILTER (WHERE due), 0) AS records,"
    "       count(*) FILTER (WHERE c.pruned_at IS NOT NULL) AS half,"
    "       count(*) FILTER (WHERE c.kept = 'acknowledged') AS acknowledged,"
    "       count(*) FILTER (WHERE c.kept = 'assigned') AS assigned,"
    "       count(*) FILTER (WHERE c.kept = 'open') AS open,"
    "       count(*) FILTER (WHERE c.kept = 'processing') AS processing,"
    "       min(c.upload_timestamp) FILTER (WHERE due) AS oldest_at,"
    "       max(c.upload_timestamp) FILTER (WHERE due) AS newest_at"
    "  FROM c";

static enum error_code read_before(struct pipeline *pipeline, struct prune_plan *plan,
                                   struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_int(&params, plan->rule.days);
    enum error_code code = db_query(pipeline->db, before_sql, &params, &row, error);
    if (!code)
        plan->rule.before_ms = db_row_time(&row, 0, "before");
    db_result_release(&row);
    return code;
}

static int64_t time_or_none(const struct db_result *row, const char *column)
{
    return db_row_is_null(row, 0, column) ? 0 : db_row_time(row, 0, column);
}

static enum error_code count(struct pipeline *pipeline, struct prune_plan *plan,
                             struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_time(&params, plan->rule.before_ms);
    enum error_code code = db_statement_timeout(pipeline->db, COUNT_MAX_MS, error);
    if (!code)
        code = db_query(pipeline->db, count_sql, &params, &row, error);
    if (!code) {
        plan->uploads = db_row_int(&row, 0, "uploads");
        plan->records = db_row_int(&row, 0, "records");
        plan->half = db_row_int(&row, 0, "half");
        plan->acknowledged = db_row_int(&row, 0, "acknowledged");
        plan->assigned = db_row_int(&row, 0, "assigned");
        plan->open = db_row_int(&row, 0, "open");
        plan->processing = db_row_int(&row, 0, "processing");
        plan->oldest_at = time_or_none(&row, "oldest_at");
        plan->newest_at = time_or_none(&row, "newest_at");
    }
    db_result_release(&row);
    db_statement_timeout_reset(pipeline->db);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct prune_request *request = asked;
    struct prune_plan *plan = made;
    *plan = (struct prune_plan){.rule.days = request->days, .bounds = request->bounds};
    if (request->days < PRUNE_DAYS_LEAST || request->days > PRUNE_DAYS_MOST)
        return error_set(error, ERROR_USAGE,
                         "%" PRId64 " days: records are kept for at least %d days, and a rule has "
                         "at most %d",
                         request->days, PRUNE_DAYS_LEAST, PRUNE_DAYS_MOST);
    enum error_code code = db_ensure(pipeline->db, error);
    if (!code)
        code = read_before(pipeline, plan, error);
    return code ? code : count(pipeline, plan, error);
}

static bool changes(const void *made)
{
    const struct prune_plan *plan = made;
    return plan->uploads || plan->half;
}

static size_t size(const void *made)
{
    const struct prune_plan *plan = made;
    return (size_t)(plan->uploads + plan->half + plan->records);
}

static void append_kept(const struct prune_plan *plan, struct buffer *out)
{
    const struct {
        int64_t count;
        const char *why;
    } kept[] = {{plan->acknowledged, "acknowledged"},
                {plan->assigned, "assigned to a person"},
                {plan->open, "open: messages or notices"},
                {plan->processing, "processing"}};
    const char *before = "kept, whatever their age: ";
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        if (!kept[i].count)
            continue;
        buffer_format(out, "%s%" PRId64 " %s", before, kept[i].count, kept[i].why);
        before = ", ";
    }
    if (*before == ',')
        buffer_char(out, '\n');
}

static void append_text(const void *made, struct buffer *out)
{
    const struct prune_plan *plan = made;
    char before[TIME_TEXT_SIZE], oldest[TIME_TEXT_SIZE], newest[TIME_TEXT_SIZE];
    time_text_iso8601(plan->rule.before_ms, before);
    time_text_iso8601(plan->oldest_at, oldest);
    time_text_iso8601(plan->newest_at, newest);
    buffer_format(out, "records of uploads settled more than %" PRId64 " days ago, before %s: ",
                  plan->rule.days, before);
    if (plan->uploads)
        buffer_format(out, "%" PRId64 " uploads of %.10s to %.10s, %" PRId64 " records\n",
                      plan->uploads, oldest, newest, plan->records);
    else
        buffer_text(out, plan->half ? "none\n" : "none: nothing to do\n");
    if (plan->half)
        buffer_format(out, "%" PRId64 " uploads that an earlier prune left half done\n",
                      plan->half);
    append_kept(plan, out);
    if (changes(plan))
        buffer_text(out, "Deleted for good: which records there were, their errors, messages and "
                         "the text of notices. Counts, history, notes, the audit log and products "
                         "stay; files in S3 are kept by the bucket's own life cycle.\n");
}

static void append_json(const struct prune_plan *plan, struct buffer *out)
{
    char before[TIME_TEXT_SIZE];
    time_text_iso8601(plan->rule.before_ms, before);
    buffer_char(out, '{');
    json_append_member_integer(out, "older_than_days", plan->rule.days);
    json_append_member(out, "before", before);
    json_append_member_integer(out, "uploads", plan->uploads);
    json_append_member_integer(out, "records", plan->records);
    json_append_member_integer(out, "half_done", plan->half);
    buffer_char(out, '}');
}

static void append_done(const struct prune_result *result, const char *why, struct buffer *out)
{
    buffer_char(out, '{');
    json_append_member_bool(out, "changed", result->changed);
    json_append_member_integer(out, "uploads", result->done.uploads);
    json_append_member_integer(out, "records", result->done.records);
    json_append_member_integer(out, "messages", result->done.messages);
    json_append_member_integer(out, "notices", result->done.notices);
    json_append_member_integer(out, "passed_over", result->done.passed_over);
    json_append_member_bool(out, "more", result->done.more);
    json_append_member(out, "why", why);
    buffer_char(out, '}');
}

static const char *outcome_word(enum error_code failed, const struct prune_result *result)
{
    if (!failed)
        return AUDIT_DONE;
    if (result->changed)
        return AUDIT_PARTLY;
    return failed == ERROR_CANCELLED ? AUDIT_CANCELLED : AUDIT_FAILED;
}

static enum error_code audit(struct pipeline *pipeline, const struct prune_plan *plan,
                             const char *reason, enum error_code failed, const char *why,
                             const struct prune_result *result, struct error *error)
{
    struct buffer planned, detail;
    buffer_init(&planned, 4096);
    buffer_init(&detail, 8192);
    append_json(plan, &planned);
    append_done(result, why, &detail);
    const struct audit_note note = {.action = "prune",
                                    .reason = reason,
                                    .plan = planned.data,
                                    .outcome = outcome_word(failed, result),
                                    .detail = detail.data};
    enum error_code code = buffer_check(&planned, error);
    if (!code)
        code = buffer_check(&detail, error);
    if (!code)
        code = audit_write_last(pipeline->db, pipeline->cancel, &note, error);
    buffer_release(&planned);
    buffer_release(&detail);
    return code;
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *told, struct error *error)
{
    const struct prune_plan *plan = made;
    struct prune_result *result = told;
    struct error unwritten = ERROR_INIT;
    *result = (struct prune_result){.changed = false};
    enum error_code code = prune_run(pipeline, &plan->rule, &plan->bounds, &result->done, error);
    const struct prune_outcome *done = &result->done;
    result->changed = done->uploads || done->records || done->messages || done->notices;
    enum error_code noted = audit(pipeline, plan, operator_reason, code,
                                  code ? error->message : NULL, result, &unwritten);
    if (code)
        return error_wrap(error, "%" PRId64 " uploads were pruned; to continue, run it again",
                          done->uploads);
    if (!noted)
        return ERROR_NONE;
    *error = unwritten;
    return error_wrap(error, "%" PRId64 " uploads were pruned", done->uploads);
}

static void release(void *made)
{
    (void)made;
}

const struct operation prune_operation = {
    .plan_size = sizeof(struct prune_plan),
    .result_size = sizeof(struct prune_result),
    .make = make,
    .changes = changes,
    .size = size,
    .text = append_text,
    .apply = apply,
    .release = release,
};
