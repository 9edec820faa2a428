#include "core/base/json.h"
#include "core/operate/shift/shift_private.h"

static enum error_code count_notes(struct pipeline *pipeline, struct note_plan *plan,
                                   struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result row = DB_RESULT_INIT;
    db_param_text(&params, plan->upload_id);
    enum error_code code =
        db_query(pipeline->db, "SELECT count(*) AS notes FROM upload_notes WHERE upload_id = $1",
                 &params, &row, error);
    if (!code)
        plan->there = db_row_int(&row, 0, "notes");
    db_result_release(&row);
    return code;
}

static enum error_code make(struct pipeline *pipeline, const void *asked, void *made,
                            struct error *error)
{
    const struct note_request *request = asked;
    struct note_plan *plan = made;
    *plan = (struct note_plan){.upload_id = NULL};
    enum error_code code = shift_text_check("the note", request->text, error);
    if (!code)
        code = db_ensure(pipeline->db, error);
    if (!code)
        code = shift_upload_check(pipeline, request->upload_id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->upload_id, &plan->upload_id, error);
    if (!code)
        code = plan_keep(&plan->memory, request->text, &plan->text, error);
    return code ? code : count_notes(pipeline, plan, error);
}

static void append_text(const void *made, struct buffer *out)
{
    const struct note_plan *plan = made;
    plan_append_visible(out, plan->upload_id);
    buffer_text(out, ": note: ");
    plan_append_visible(out, plan->text);
    buffer_char(out, '\n');
    if (plan->there > 0)
        buffer_format(out, "Note: it has %lld notes already\n", (long long)plan->there);
}

static enum error_code apply(struct pipeline *pipeline, const void *made,
                             const char *operator_reason, void *told, struct error *error)
{
    static const char sql[] = "INSERT INTO upload_notes (upload_id, text)"
                              " SELECT h.upload_id, $2 FROM upload_history h WHERE h.upload_id = $1"
                              " RETURNING at, by";
    const struct note_plan *plan = made;
    struct shift_result *result = told;
    struct db_params params = DB_PARAMS_INIT;
    struct buffer planned;
    *result = (struct shift_result){.changed = false};
    buffer_init(&planned, 1 << 20);
    db_param_text(&params, plan->upload_id);
    db_param_text(&params, plan->text);
    enum error_code code = shift_write(pipeline, sql, &params,
                                       "the upload was deleted in the meantime", result, error);
    buffer_char(&planned, '{');
    json_append_member(&planned, "upload_id", plan->upload_id);
    json_append_member(&planned, "text", plan->text);
    buffer_char(&planned, '}');
    return shift_conclude(pipeline, "note", plan->upload_id, operator_reason, code, &planned,
                          result, error);
}

static void release(void *made)
{
    struct note_plan *plan = made;
    arena_release(&plan->memory);
    *plan = (struct note_plan){.upload_id = NULL};
}

const struct operation note_operation = {
    .database_only = true,
    .plan_size = sizeof(struct note_plan),
    .result_size = sizeof(struct shift_result),
    .make = make,
    .text = append_text,
    .apply = apply,
    .release = release,
};
