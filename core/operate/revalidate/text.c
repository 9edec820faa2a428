#include "core/base/json.h"
#include "core/base/text.h"
#include "core/operate/revalidate/revalidate_private.h"

static void append_visible(struct buffer *out, const char *text)
{
    text_append_visible(out, text, strlen(text));
}

static void append_change(const struct revalidate_change *change, struct buffer *out)
{
    buffer_format(out, "  row %u", (unsigned)change->row_number);
    if (change->line_number)
        buffer_format(out, " (line %u)", (unsigned)change->line_number);
    buffer_format(out, ": %s -> %s: ", revalidate_state_name(change->before),
                  revalidate_state_name(change->after));
    append_visible(out, change->reason);
    buffer_char(out, '\n');
    for (size_t i = 0; i < change->error_count; i++) {
        buffer_format(out, "      %s: ", change->errors[i].error_type);
        append_visible(out, change->errors[i].error_message);
        buffer_char(out, '\n');
    }
}

static void append_left(const struct revalidate_plan *plan, struct buffer *out)
{
    if (plan->take_in_again)
        buffer_format(out,
                      "The file is read again from its object version: %lld of its records are not "
                      "in the table.\n",
                      (long long)plan->not_written);
    if (plan->items_unmarked)
        buffer_format(out, "%lld items without their final status are updated.\n",
                      (long long)plan->items_unmarked);
    if (plan->pending && plan->outbox_waiting)
        buffer_format(out, "%lld messages that a failed function left unsent are sent.\n",
                      (long long)plan->outbox_waiting);
    if (plan->pending && plan->outbox_refused)
        buffer_format(out, "%lld messages that the error queue refused are resent.\n",
                      (long long)plan->outbox_refused);
}

void revalidate_plan_text(const struct revalidate_plan *plan, size_t most, struct buffer *out)
{
    const struct revalidate_changes *changes = &plan->changes;
    append_visible(out, plan->upload_id);
    buffer_format(out, ": %s, %lld records, %lld valid, %lld invalid", plan->status,
                  (long long)plan->total, (long long)plan->valid, (long long)plan->invalid);
    if (plan->without_outcome > 0)
        buffer_format(out, ", %lld without an outcome", (long long)plan->without_outcome);
    buffer_format(out,
                  "\n%lld records validated: %lld would change (%lld to valid, %lld to error), "
                  "%lld unchanged.\n",
                  (long long)changes->records, (long long)changes->changed,
                  (long long)changes->now_valid, (long long)changes->now_error,
                  (long long)changes->unchanged);
    for (size_t i = 0; i < changes->count && i < most; i++)
        append_change(&changes->list[i], out);
    if (changes->count > most)
        buffer_format(out, "  ... and %zu more\n", changes->count - most);
    append_left(plan, out);
    if (changes->changed)
        buffer_format(out,
                      "The upload would be %s: %lld valid, %lld invalid; its report is "
                      "rebuilt%s.\n",
                      plan->status_after, (long long)plan->valid_after,
                      (long long)plan->invalid_after, plan->notify ? ", and a notice is sent" : "");
    for (size_t i = 0; i < plan->warning_count; i++) {
        buffer_text(out, "Note: ");
        append_visible(out, plan->warnings[i]);
        buffer_text(out, ".\n");
    }
}

void revalidate_plan_json(const struct revalidate_plan *plan, struct buffer *out)
{
    const struct revalidate_changes *changes = &plan->changes;
    uint32_t *rows = memory_new(changes->count + 1, sizeof *rows);
    struct buffer text;
    buffer_init(&text, 1 << 20);
    for (size_t i = 0; i < changes->count && rows; i++)
        rows[i] = changes->list[i].row_number;
    if (rows)
        revalidate_rows_append(&text, rows, changes->count, 1000);
    buffer_char(out, '{');
    json_append_member_bool(out, "pending", plan->pending);
    json_append_member_bool(out, "notify", plan->notify);
    json_append_member_integer(out, "records", changes->records);
    json_append_member_integer(out, "changed", changes->changed);
    json_append_member_integer(out, "now_valid", changes->now_valid);
    json_append_member_integer(out, "now_error", changes->now_error);
    json_append_member_bool(out, "take_in_again", plan->take_in_again);
    json_append_key(out, "rows");
    json_append_string(out, text.data ? text.data : "", text.len);
    buffer_char(out, '}');
    buffer_release(&text);
    free(rows);
}
