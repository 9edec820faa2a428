#include "tui/commands/upload_json.h"

#include "core/base/json.h"
#include "core/base/time_text.h"

void json_member_time(struct buffer *out, const char *key, int64_t ms)
{
    char text[TIME_TEXT_SIZE];
    if (ms == HISTORY_NEVER) {
        json_append_member(out, key, NULL);
        return;
    }
    time_text_iso8601(ms, text);
    json_append_member(out, key, text);
}

void json_element(struct buffer *out, bool *first)
{
    if (!*first)
        buffer_text(out, ",\n ");
    *first = false;
}

void json_array(struct buffer *out, const char *key)
{
    json_append_key(out, key);
    buffer_char(out, '[');
}

void json_objects(struct buffer *out, const char *key, const void *list, size_t count, size_t size,
                  void (*members)(struct buffer *out, const void *listed))
{
    bool first = true;
    json_array(out, key);
    for (size_t i = 0; i < count; i++) {
        json_element(out, &first);
        buffer_char(out, '{');
        members(out, (const char *)list + i * size);
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

void json_texts(struct buffer *out, const char *key, const char *const *texts, size_t count)
{
    bool first = true;
    json_array(out, key);
    for (size_t i = 0; i < count; i++) {
        json_element(out, &first);
        json_append_text(out, texts[i]);
    }
    buffer_char(out, ']');
}

void violation_members_json(struct buffer *out, const struct violation *row)
{
    json_append_member_integer(out, "row_number", row->row_number);
    if (row->line_number > 0)
        json_append_member_integer(out, "line_number", row->line_number);
    else
        json_append_member(out, "line_number", NULL);
    json_append_member(out, "record_id", row->record_id);
    json_append_member(out, "vendor_product_id", row->vendor_product_id);
    json_append_member(out, "sku", row->sku);
    json_append_member(out, "error_type", row->error_type);
    json_append_member(out, "error_field", row->error_field);
    json_append_member(out, "error_message", row->error_message);
    json_append_key(out, "original_data");
    buffer_char(out, '{');
    for (size_t i = 0; i < row->original_count; i++)
        json_append_member(out, row->original[i].column, row->original[i].value);
    buffer_char(out, '}');
}

void upload_json(struct buffer *out, const struct upload *upload)
{
    json_append_member(out, "upload_id", upload->upload_id);
    json_append_member(out, "vendor_id", upload->vendor_id);
    json_append_member(out, "vendor_name", upload->vendor_name);
    json_append_member(out, "file_name", upload->file_name);
    json_append_member(out, "s3_key", upload->s3_key);
    json_append_member(out, "status", upload->status);
    json_append_member_integer(out, "total_records", upload->total_records);
    json_append_member_integer(out, "valid_records", upload->valid_records);
    json_append_member_integer(out, "error_records", upload->error_records);
    json_member_time(out, "upload_timestamp", upload->upload_timestamp);
    json_member_time(out, "processing_started_at", upload->processing_started_at);
    json_member_time(out, "processing_completed_at", upload->processing_completed_at);
    json_append_key(out, "processing_duration_seconds");
    if (upload->processing_duration_seconds < 0)
        buffer_text(out, "null");
    else
        buffer_format(out, "%.3f", upload->processing_duration_seconds);
    json_append_member(out, "error_file_s3_key", upload->error_file_s3_key);
    json_append_member_bool(out, "stuck", upload->stuck);
}

static void notification_json(struct buffer *out, const void *listed)
{
    const struct notification *notice = listed;
    json_member_time(out, "sent_at", notice->sent_at);
    json_append_member(out, "kind", notice->kind);
    json_append_member(out, "subject", notice->subject);
    json_append_member(out, "message_id", notice->message_id);
    json_append_member(out, "outcome", notice->outcome);
    json_append_member(out, "operator", notice->operator_name);
}

static void event_json(struct buffer *out, const void *listed)
{
    const struct timeline_event *event = listed;
    json_member_time(out, "at", event->at);
    json_append_member(out, "source", event->source);
    json_append_member(out, "event", event->event);
    json_append_member(out, "detail", event->detail);
}

void acknowledgement_json(struct buffer *out, const char *key,
                          const struct acknowledgement *acknowledged)
{
    if (!acknowledged) {
        json_append_member(out, key, NULL);
        return;
    }
    json_append_key(out, key);
    buffer_char(out, '{');
    json_member_time(out, "at", acknowledged->at);
    json_append_member(out, "by", acknowledged->by);
    json_member_time(out, "until", acknowledged->until);
    json_append_member(out, "text", acknowledged->text);
    buffer_char(out, '}');
}

static void note_json(struct buffer *out, const void *listed)
{
    const struct upload_note *note = listed;
    json_member_time(out, "at", note->at);
    json_append_member(out, "by", note->by);
    json_append_member(out, "text", note->text);
}

void upload_shift_json(struct buffer *out, const struct upload_shift *shift)
{
    acknowledgement_json(out, "acknowledged", shift->acknowledged);
    json_append_member(out, "assignee", shift->assignee);
    json_objects(out, "notes", shift->notes, shift->note_count, sizeof *shift->notes, note_json);
    json_append_member_integer(out, "notes_total", shift->notes_total);
    json_append_member(out, "made_of", shift->made_of);
    json_append_member(out, "made_into", shift->made_into);
}

static void pruned_json(struct buffer *out, const struct upload *upload)
{
    if (!upload->pruned) {
        json_append_member(out, "pruned", NULL);
        return;
    }
    json_append_key(out, "pruned");
    buffer_char(out, '{');
    json_member_time(out, "at", upload->pruned_at);
    json_member_time(out, "finished_at", upload->prune_finished_at);
    json_append_member(out, "by", upload->pruned_by);
    json_append_member_integer(out, "older_than_days", upload->prune_days);
    buffer_char(out, '}');
}

void upload_detail_json(struct buffer *out, const struct upload_detail *detail,
                        const struct timeline *timeline)
{
    json_append_member(out, "failure_reason", detail->upload.failure_reason);
    json_append_member_integer(out, "pending_records", detail->pending_records);
    pruned_json(out, &detail->upload);
    json_append_key(out, "errors_by_type");
    buffer_char(out, '{');
    for (size_t i = 0; i < detail->errors_by_type_count; i++)
        json_append_member_integer(out, detail->errors_by_type[i].name,
                                   detail->errors_by_type[i].records);
    buffer_char(out, '}');
    json_append_key(out, "ignored_columns");
    buffer_text(out, detail->ignored_columns != NULL ? detail->ignored_columns : "[]");
    json_objects(out, "notifications", detail->notifications, detail->notifications_count,
                 sizeof *detail->notifications, notification_json);
    /* A dead-letter queue cannot be searched without receiving from it: that is `dlq peek`. */
    json_append_member(out, "dead_letters", NULL);
    if (timeline)
        json_objects(out, "timeline", timeline->events, timeline->count, sizeof *timeline->events,
                     event_json);
}
