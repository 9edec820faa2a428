#include "core/operate/revalidate/revalidate_private.h"

static const char records_sql[] =
    "SELECT r.row_number, r.line_number, r.outcome FROM upload_records r"
    " WHERE r.upload_id = $1 AND r.row_number = ANY ($2::int[]) ORDER BY r.row_number";

static const char violations_sql[] =
    "SELECT e.row_number, e.error_type, e.error_field, e.error_message FROM validation_errors e"
    " WHERE e.upload_id = $1 AND e.row_number = ANY ($2::int[])"
    " ORDER BY e.row_number, e.rule_order";

static const char *keep_text(struct arena *memory, const struct db_result *rows, int row,
                             const char *column)
{
    const char *text = db_row_text(rows, row, column);
    return text ? arena_copy_text(memory, text, db_row_length(rows, row, column)) : NULL;
}

static enum error_code fill_standing(struct standing *standing, struct arena *memory,
                                     const struct db_result *records,
                                     const struct db_result *violations, struct error *error)
{
    struct revalidate_violation *all =
        arena_new(memory, (size_t)violations->count + 1, sizeof *all);
    standing->list = arena_new(memory, (size_t)records->count + 1, sizeof *standing->list);
    standing->lines = arena_new(memory, (size_t)records->count + 1, sizeof *standing->lines);
    int at = 0;
    if (!all || !standing->list || !standing->lines)
        return error_set(error, ERROR_MEMORY, "out of memory for verdicts");
    for (int row = 0; row < records->count; row++) {
        struct revalidate_verdict *verdict = &standing->list[standing->count];
        standing->lines[standing->count++] = (uint32_t)db_row_int(records, row, "line_number");
        verdict->row_number = (uint32_t)db_row_int(records, row, "row_number");
        verdict->state = strcmp(db_row_text(records, row, "outcome"), "valid") == 0
                             ? REVALIDATE_VALID
                             : REVALIDATE_ERROR;
        while (at < violations->count &&
               db_row_int(violations, at, "row_number") < verdict->row_number)
            at++;
        verdict->list = &all[at];
        for (; at < violations->count &&
               db_row_int(violations, at, "row_number") == verdict->row_number;
             at++) {
            all[at].error_type = keep_text(memory, violations, at, "error_type");
            all[at].error_field = keep_text(memory, violations, at, "error_field");
            all[at].error_message = keep_text(memory, violations, at, "error_message");
            if (!all[at].error_type || !all[at].error_message)
                return error_set(error, ERROR_MEMORY, "out of memory for verdicts");
            verdict->count++;
        }
    }
    return ERROR_NONE;
}

enum error_code standing_read(struct db *db, const char *upload_id, struct db_array *rows,
                              const struct lease *lease, struct arena *memory,
                              struct standing *standing, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT, target = DB_PARAMS_INIT;
    struct db_result records = DB_RESULT_INIT, violations = DB_RESULT_INIT;
    const char *literal = NULL;
    bool mine = true;
    *standing = (struct standing){.list = NULL};
    enum error_code code = db_array_literal(rows, &literal, error);
    if (lease)
        lease_params(&target, lease);
    db_param_text(&params, upload_id);
    db_param_text(&params, literal);
    if (!code)
        code = db_pipeline_begin(db, error);
    if (!code && lease)
        code = db_pipeline_queue(db, LEASE_IN_TRANSACTION, &target, error);
    if (!code)
        code = db_pipeline_queue(db, records_sql, &params, error);
    if (!code)
        code = db_pipeline_queue(db, violations_sql, &params, error);
    if (!code)
        code = db_pipeline_sync(db, error);
    if (!code && lease && !(code = db_pipeline_next(db, &records, error)))
        mine = db_row_bool(&records, 0, "held");
    if (!code)
        code = db_pipeline_next(db, &records, error);
    if (!code)
        code = db_pipeline_next(db, &violations, error);
    db_pipeline_end(db);
    if (!code && !mine)
        code = error_set(error, ERROR_CONFLICT,
                         "the lock on %s was lost: another user is working on it", upload_id);
    if (!code)
        code = fill_standing(standing, memory, &records, &violations, error);
    db_result_release(&records);
    db_result_release(&violations);
    return code;
}

const struct revalidate_verdict *standing_find(const struct standing *standing, uint32_t row_number)
{
    for (size_t i = 0; i < standing->count; i++)
        if (standing->list[i].row_number == row_number)
            return &standing->list[i];
    return NULL;
}
