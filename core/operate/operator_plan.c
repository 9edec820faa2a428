#include "core/operate/operator_plan.h"

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/operate/audit.h"

#define NOTE_MAX (64u << 10) /* an address that is in the table may be any length */

enum error_code plan_keep(struct arena *memory, const char *text, const char **copy,
                          struct error *error)
{
    *copy = text ? arena_copy_text(memory, text, strlen(text)) : NULL;
    if (text && !*copy)
        return error_set(error, ERROR_MEMORY, "out of memory for a plan");
    return ERROR_NONE;
}

enum error_code plan_note(struct plan_notes *notes, struct arena *memory, struct error *error,
                          const char *format, ...)
{
    const char **list = arena_new(memory, notes->count + 1, sizeof *list);
    struct buffer text;
    va_list arguments;
    if (!list)
        return error_set(error, ERROR_MEMORY, "out of memory for a note");
    buffer_init(&text, NOTE_MAX);
    va_start(arguments, format);
    buffer_format_list(&text, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < notes->count; i++)
        list[i] = notes->list[i];
    enum error_code code = buffer_check(&text, error);
    if (!code)
        code = plan_keep(memory, text.data, &list[notes->count], error);
    if (!code) {
        notes->list = list;
        notes->count++;
    }
    buffer_release(&text);
    return code;
}

void plan_append_visible(struct buffer *out, const char *text)
{
    text_append_visible(out, text, strlen(text));
}

void plan_notes_text(const struct plan_notes *notes, struct buffer *out)
{
    for (size_t i = 0; i < notes->count; i++) {
        buffer_text(out, "Note: ");
        plan_append_visible(out, notes->list[i]);
        buffer_char(out, '\n');
    }
}

static bool is_unseen(uint32_t code_point)
{
    return text_is_control(code_point) || text_is_invisible(code_point) ||
           (text_is_white_space(code_point) && code_point != ' ');
}

enum error_code plan_name_check(const char *what, const char *name, size_t most,
                                struct error *error)
{
    const char *at = name, *end = name + strlen(name);
    size_t count = utf8_count(name, strlen(name));
    uint32_t code_point;
    if (!*name)
        return error_set(error, ERROR_USAGE, "%s is empty", what);
    if (*name == ' ' || end[-1] == ' ')
        return error_set(error, ERROR_USAGE, "%s must not start or end with a space", what);
    if (count > most)
        return error_set(error, ERROR_USAGE, "%s has %zu characters; %zu are allowed", what, count,
                         most);
    for (size_t place = 1; at < end; place++) {
        if (!utf8_decode(&at, end, &code_point))
            return error_set(error, ERROR_USAGE, "%s is not UTF-8 (character %zu)", what, place);
        if (is_unseen(code_point))
            return error_set(error, ERROR_USAGE,
                             "%s has an invisible character: U+%04X, character %zu", what,
                             (unsigned)code_point, place);
    }
    return ERROR_NONE;
}

static const char *outcome_word(enum error_code failed)
{
    if (!failed)
        return AUDIT_DONE;
    if (failed == ERROR_CANCELLED)
        return AUDIT_CANCELLED;
    return failed == ERROR_CONFLICT ? AUDIT_REFUSED : AUDIT_FAILED;
}

enum error_code plan_audit(struct pipeline *pipeline, const struct plan_outcome *outcome,
                           const struct buffer *plan, struct error *error)
{
    struct buffer detail;
    buffer_init(&detail, 1 << 16);
    buffer_char(&detail, '{');
    json_append_member_bool(&detail, "changed", outcome->changed);
    json_append_member(&detail, "why", outcome->why);
    buffer_char(&detail, '}');
    const struct audit_note note = {.action = outcome->action,
                                    .target = outcome->target,
                                    .reason = outcome->reason,
                                    .plan = plan->data,
                                    .outcome = outcome_word(outcome->failed),
                                    .detail = detail.data};
    enum error_code code = buffer_check(plan, error);
    if (!code)
        code = buffer_check(&detail, error);
    if (!code)
        code = audit_write_last(pipeline->db, pipeline->cancel, &note, error);
    buffer_release(&detail);
    return code;
}

enum error_code plan_conclude(struct pipeline *pipeline, const struct plan_outcome *outcome,
                              const struct buffer *plan, struct lease *lease, struct error *error)
{
    struct error unwritten = ERROR_INIT;
    enum error_code noted = plan_audit(pipeline, outcome, plan, &unwritten);
    if (lease)
        lease_drop(pipeline, lease);
    if (outcome->failed || !noted)
        return outcome->failed;
    *error = unwritten;
    return error_wrap(error, "%s was done", outcome->action);
}
