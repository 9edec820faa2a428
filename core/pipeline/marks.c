#include "core/pipeline/marks.h"

#include "aws/dynamodb.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/point.h"
#include "core/base/time_text.h"
#include "core/pipeline/ledger.h"
#include "core/record/item.h"
#include "core/record/record.h"

#define PARAMETERS_MAX ((size_t)64 * 1024 * 1024)

/* Bytes of error_details, with its mark where it is cut: of the first attempt, and of those that
   follow where the table refuses an item for good, which may be as large as an item can be. */
static const size_t details_max[] = {2000, 200, 0};
#define ATTEMPTS (sizeof details_max / sizeof *details_max)
#define MARK_MAX 48

struct statements {
    char valid[2][320], error[2][320]; /* of a first verdict, and of a revised one */
    struct buffer text;                /* parameters, NUL separated */
    size_t *offsets;
    struct dynamodb_statement *list;
    struct dynamodb_outcome *outcomes;
};

static void append_value(struct buffer *out, const char *text, size_t len)
{
    if (out->data[out->len - 1] != '[')
        buffer_char(out, ',');
    buffer_text(out, "{\"S\":");
    json_append_string(out, text, len);
    buffer_char(out, '}');
}

static bool is_revised(const struct db_result *due, int row)
{
    return db_row_int(due, row, "revision") > 0;
}

static void append_details(struct buffer *out, const char *text, size_t max_bytes)
{
    struct buffer details;
    size_t len = text ? strlen(text) : 0, kept = len;
    if (len > max_bytes) {
        kept = max_bytes > MARK_MAX ? max_bytes - MARK_MAX : 0;
        while (kept && ((unsigned char)text[kept] & 0xC0) == 0x80)
            kept--;
    }
    buffer_init(&details, len + MARK_MAX);
    buffer_append(&details, text ? text : "", kept);
    if (kept < len && max_bytes > MARK_MAX)
        record_append_cut_mark(&details, len - kept);
    if (details.failed)
        out->failed = details.failed;
    append_value(out, details.len ? details.data : "", details.len);
    buffer_release(&details);
}

static void append_parameters(struct buffer *out, const struct db_result *due, int row,
                              size_t max_details)
{
    char judged[TIME_TEXT_SIZE];
    const char *error_type = db_row_text(due, row, "error_type");
    const char *upload_id = db_row_text(due, row, "upload_id");
    const char *record_id = db_row_text(due, row, "record_id");
    const char *status = error_type ? ITEM_STATUS_ERROR : ITEM_STATUS_VALIDATED;
    time_text_iso8601_ms(db_row_time(due, row, "judged_at"), judged);
    buffer_char(out, '[');
    append_value(out, status, strlen(status));
    append_value(out, judged, strlen(judged));
    if (error_type) {
        append_value(out, error_type, strlen(error_type));
        append_details(out, db_row_text(due, row, "details"), max_details);
    }
    append_value(out, upload_id, strlen(upload_id));
    append_value(out, record_id, strlen(record_id));
    if (is_revised(due, row))
        append_value(out, judged, strlen(judged));
    buffer_append(out, "]", 2);
}

static void write_texts(struct statements *statements, const char *table)
{
    static const char *const over[] = {
        "\"status\"='" ITEM_STATUS_PENDING "'",
        "NOT processed_at>?",
    };
    for (int revised = 0; revised < 2; revised++) {
        snprintf(statements->valid[revised], sizeof statements->valid[revised],
                 "UPDATE \"%s\" SET \"status\"=? SET processed_at=?%s WHERE upload_id=? AND "
                 "record_id=? AND %s",
                 table, revised ? " REMOVE error_reason REMOVE error_details" : "", over[revised]);
        snprintf(statements->error[revised], sizeof statements->error[revised],
                 "UPDATE \"%s\" SET \"status\"=? SET processed_at=? SET error_reason=? SET "
                 "error_details=? WHERE upload_id=? AND record_id=? AND %s",
                 table, over[revised]);
    }
}

static enum error_code build(struct statements *statements, const char *table,
                             const struct db_result *due, struct error *error)
{
    size_t count = (size_t)due->count;
    write_texts(statements, table);
    statements->offsets = memory_new(count, sizeof *statements->offsets);
    statements->list = memory_new(count, sizeof *statements->list);
    statements->outcomes = memory_new(count, sizeof *statements->outcomes);
    if (!statements->offsets || !statements->list || !statements->outcomes)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu marks", count);
    for (size_t i = 0; i < count; i++) {
        statements->offsets[i] = statements->text.len;
        append_parameters(&statements->text, due, (int)i, details_max[0]);
    }
    enum error_code code = buffer_check(&statements->text, error);
    for (size_t i = 0; i < count && !code; i++) {
        bool revised = is_revised(due, (int)i);
        statements->list[i].statement = db_row_is_null(due, (int)i, "error_type")
                                            ? statements->valid[revised]
                                            : statements->error[revised];
        statements->list[i].parameters = statements->text.data + statements->offsets[i];
    }
    return code;
}

#define RECORD_ID LEDGER_RECORD_ID_SQL("r")
#define MARKED LEDGER_MARKED_SQL("r")
#define NUMBER_ID LEDGER_NUMBER_ID_SQL("k")

static const char due_sql[] =
    "SELECT r.upload_id, r.row_number, " RECORD_ID " AS record_id, r.error_type,"
    "       coalesce(r.revision, 0) AS revision, r.judged_at,"
    "       (SELECT string_agg(e.error_message, '; ' ORDER BY e.rule_order)"
    "          FROM validation_errors e"
    "         WHERE e.upload_id = r.upload_id AND e.row_number = r.row_number"
    "           AND r.error_type IS NOT NULL) AS details"
    "  FROM unnest($1::text[], $2::int[]) AS k (upload_id, row_number)"
    "  JOIN upload_records r USING (upload_id, row_number)"
    " WHERE NOT " MARKED
    " UNION ALL " /* of an upload that was given up: no record of it is judged any more */
    "SELECT h.upload_id, k.row_number, " NUMBER_ID ","
    "       h.failure_code, 0, h.processing_completed_at, h.failure_reason"
    "  FROM unnest($1::text[], $2::int[]) AS k (upload_id, row_number)"
    "  JOIN upload_history h USING (upload_id)"
    " WHERE h.failure_code IS NOT NULL"
    "   AND NOT EXISTS (SELECT FROM upload_records r"
    "                    WHERE r.upload_id = k.upload_id AND r.row_number = k.row_number)";

/* The first verdict's mark is in marks_due; what was unmarked since is so in the ledger. */
static const char note_sql[] =
    "WITH k AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::int[], $3::int[])"
    "                          AS k (upload_id, row_number, revision)),"
    " done AS (DELETE FROM marks_due d USING k"
    "           WHERE d.upload_id = k.upload_id AND d.row_number = k.row_number)"
    "UPDATE upload_records r SET item_marked_at = clock_timestamp() FROM k"
    " WHERE r.upload_id = k.upload_id AND r.row_number = k.row_number"
    "   AND r.revision = k.revision AND r.item_marked_at IS NULL";

/* A statement over arrays: upload ids, row numbers and, where there are any, their revisions. */
struct row_arrays {
    struct db_array uploads, rows, revisions;
};

static void row_arrays_init(struct row_arrays *arrays)
{
    db_array_init(&arrays->uploads, 16 << 20);
    db_array_init(&arrays->rows, 16 << 20);
    db_array_init(&arrays->revisions, 16 << 20);
}

static void row_arrays_release(struct row_arrays *arrays)
{
    db_array_release(&arrays->uploads);
    db_array_release(&arrays->rows);
    db_array_release(&arrays->revisions);
}

static enum error_code query_rows(struct db *db, const char *sql, struct row_arrays *arrays,
                                  struct db_result *result, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *literal = NULL;
    enum error_code code = db_array_literal(&arrays->uploads, &literal, error);
    if (code)
        return code;
    db_param_text(&params, literal);
    if ((code = db_array_literal(&arrays->rows, &literal, error)))
        return code;
    db_param_text(&params, literal);
    if (arrays->revisions.count && (code = db_array_literal(&arrays->revisions, &literal, error)))
        return code;
    if (arrays->revisions.count)
        db_param_text(&params, literal);
    return db_query(db, sql, &params, result, error);
}

/* Notes the rows whose item has its final status now, had one, or is gone; a verdict that was
 * revised meanwhile has its mark still before it. An item that the table refuses for good fails
 * nobody: its row stays unmarked, where doctor and the sweep find it. */
/* tests/model: marks_note */
static enum error_code note(struct db *db, const struct db_result *due,
                            const struct dynamodb_outcome *outcomes, bool *left,
                            struct error *error)
{
    struct row_arrays arrays;
    row_arrays_init(&arrays);
    *left = false;
    for (int i = 0; i < due->count; i++) {
        if (outcomes[i].code && outcomes[i].code != ERROR_CONFLICT) {
            *left = *left || outcomes[i].code != ERROR_INVALID;
            continue;
        }
        db_array_add_string(&arrays.uploads, db_row_text(due, i, "upload_id"));
        db_array_add_int(&arrays.rows, db_row_int(due, i, "row_number"));
        db_array_add_int(&arrays.revisions, db_row_int(due, i, "revision"));
    }
    enum error_code code =
        arrays.rows.count ? query_rows(db, note_sql, &arrays, NULL, error) : ERROR_NONE;
    row_arrays_release(&arrays);
    return code;
}

static enum error_code mark_one(struct pipeline *pipeline, struct statements *statements,
                                const struct db_result *due, size_t at, size_t max_details,
                                struct error *error)
{
    struct buffer parameters;
    struct dynamodb_statement statement = statements->list[at];
    buffer_init(&parameters, PARAMETERS_MAX);
    append_parameters(&parameters, due, (int)at, max_details);
    enum error_code code = buffer_check(&parameters, error);
    statement.parameters = parameters.data;
    if (!code)
        code =
            dynamodb_batch_execute(pipeline->aws, &statement, 1, &statements->outcomes[at], error);
    buffer_release(&parameters);
    return code;
}

/* What the table refuses for good is too large with its details, as far as it can be mended. */
static enum error_code mark_refused(struct pipeline *pipeline, struct statements *statements,
                                    const struct db_result *due, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < (size_t)due->count && !code; i++) {
        struct dynamodb_outcome *outcome = &statements->outcomes[i];
        if (!db_row_is_null(due, (int)i, "error_type"))
            for (size_t k = 1; k < ATTEMPTS && outcome->code == ERROR_INVALID && !code; k++)
                code = mark_one(pipeline, statements, due, i, details_max[k], error);
        if (!code && outcome->code == ERROR_INVALID)
            log_line(LOG_ERROR, "the table refuses the final status of an item", "upload_id",
                     db_row_text(due, (int)i, "upload_id"), "record_id",
                     db_row_text(due, (int)i, "record_id"), "detail", outcome->service_code, NULL);
    }
    return code;
}

static enum error_code write_due(struct pipeline *pipeline, const struct db_result *due,
                                 struct error *error)
{
    struct statements statements = {.list = NULL};
    const char *table = NULL;
    bool left = false;
    struct error failure = ERROR_INIT;
    size_t count = (size_t)due->count;
    buffer_init(&statements.text, PARAMETERS_MAX);
    enum error_code code = settings_require(pipeline->settings, SETTING_TABLE, &table, error);
    if (!code)
        code = build(&statements, table, due, error);
    if (code)
        goto done;
    for (size_t i = 0; i < count; i++)
        statements.outcomes[i].code = ERROR_UNAVAILABLE;
    point_reached("before items are marked");
    enum error_code marking = dynamodb_batch_execute(pipeline->aws, statements.list, count,
                                                     statements.outcomes, &failure);
    if (!marking)
        marking = mark_refused(pipeline, &statements, due, &failure);
    point_reached("after items are marked");
    code = note(pipeline->db, due, statements.outcomes, &left, error);
    point_reached("after marks are noted");
    if (!code && marking) {
        if (error)
            *error = failure;
        code = error_wrap(error, "marking %zu items", count);
    } else if (!code && left) {
        code = error_set(error, ERROR_UNAVAILABLE, "some of %zu items could not be marked", count);
    }
done:
    buffer_release(&statements.text);
    free(statements.offsets);
    free(statements.list);
    free(statements.outcomes);
    return code;
}

/* tests/model: marks_item */
enum error_code marks_write(struct pipeline *pipeline, const struct ledger_row *rows, size_t count,
                            struct error *error)
{
    struct row_arrays arrays;
    struct db_result due = DB_RESULT_INIT;
    if (!count)
        return ERROR_NONE;
    row_arrays_init(&arrays);
    for (size_t i = 0; i < count; i++) {
        db_array_add_string(&arrays.uploads, rows[i].upload_id);
        db_array_add_int(&arrays.rows, rows[i].row_number);
    }
    enum error_code code = query_rows(pipeline->db, due_sql, &arrays, &due, error);
    if (!code && due.count)
        code = write_due(pipeline, &due, error);
    db_result_release(&due);
    row_arrays_release(&arrays);
    return code;
}
