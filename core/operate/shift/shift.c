#include "core/operate/shift/shift_private.h"

#include <string.h>

#include "core/base/text.h"
#include "core/history/history.h"

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

enum error_code shift_text_check(const char *what, const char *text, struct error *error)
{
    const char *at = text, *end = text + strlen(text);
    uint32_t code_point;
    size_t count = 0;
    if (is_blank(text))
        return error_set(error, ERROR_USAGE, "%s is empty", what);
    for (; at < end; count++) {
        if (!utf8_decode(&at, end, &code_point))
            return error_set(error, ERROR_USAGE, "%s is not UTF-8 (character %zu)", what,
                             count + 1);
    }
    if (count > SHIFT_TEXT_MAX)
        return error_set(error, ERROR_USAGE, "%s has %zu characters; %d are allowed", what, count,
                         SHIFT_TEXT_MAX);
    return ERROR_NONE;
}

enum error_code shift_keep(struct arena *memory, const struct db_result *row, const char *column,
                           const char **out, struct error *error)
{
    const char *text = db_row_is_null(row, 0, column) ? NULL : db_row_text(row, 0, column);
    return plan_keep(memory, text, out, error);
}

enum error_code shift_upload_check(struct pipeline *pipeline, const char *upload_id,
                                   struct error *error)
{
    struct upload_detail detail;
    enum error_code code = upload_find(pipeline->db, upload_id, &detail, error);
    upload_detail_release(&detail);
    return code;
}

enum error_code shift_write(struct pipeline *pipeline, const char *sql,
                            const struct db_params *params, const char *conflict,
                            struct shift_result *result, struct error *error)
{
    struct db_result row = DB_RESULT_INIT;
    enum error_code code = db_query(pipeline->db, sql, params, &row, error);
    if (!code && row.count == 0)
        code = error_set(error, ERROR_CONFLICT, "%s; nothing was done", conflict);
    if (!code) {
        result->changed = true;
        result->at = db_row_time(&row, 0, "at");
        snprintf(result->by, sizeof result->by, "%s", db_row_text(&row, 0, "by"));
    }
    db_result_release(&row);
    return code;
}

enum error_code shift_conclude(struct pipeline *pipeline, const char *action, const char *target,
                               const char *reason, enum error_code failed, struct buffer *plan,
                               const struct shift_result *result, struct error *error)
{
    const struct plan_outcome outcome = {.action = action,
                                         .target = target,
                                         .reason = reason,
                                         .changed = result->changed,
                                         .failed = failed,
                                         .why = failed ? error->message : NULL};
    enum error_code code = plan_conclude(pipeline, &outcome, plan, NULL, error);
    buffer_release(plan);
    return code;
}
