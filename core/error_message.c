#include "core/error_message.h"

#include "core/base/json.h"
#include "core/base/time_text.h"

#define TAIL_MAX 64 /* "timestamp" and the closing brace */

static void append_findings(struct buffer *out, const struct findings *findings)
{
    json_append_key(out, "errors");
    buffer_char(out, '[');
    for (uint32_t i = 0; i < findings->count; i++) {
        buffer_text(out, i ? ",{" : "{");
        json_append_member(out, "type", rule_name(findings->list[i].rule));
        json_append_member(out, "field", column_name(findings->list[i].column));
        json_append_member(out, "message", findings_message(findings, i));
        buffer_char(out, '}');
    }
    buffer_char(out, ']');
}

static void append_timestamp(struct buffer *out, int64_t now_ms)
{
    char timestamp[TIME_TEXT_SIZE];
    time_text_iso8601(now_ms, timestamp);
    json_append_member(out, "timestamp", timestamp);
}

void error_message_append(struct buffer *out, const char *upload_id, const char *vendor_id,
                          const struct record *record, const struct findings *findings,
                          int64_t now_ms)
{
    char record_id[RECORD_ID_SIZE];
    size_t start = out->len;
    record_id_text(record->row_number, record_id);
    buffer_char(out, '{');
    json_append_member(out, "upload_id", upload_id);
    json_append_member(out, "vendor_id", vendor_id);
    json_append_member(out, "record_id", record_id);
    json_append_member_integer(out, "row_number", record->row_number);
    json_append_member(out, "error_type", rule_name(findings->list[0].rule));
    json_append_member(out, "error_message", findings_message(findings, 0));
    append_findings(out, findings);
    json_append_key(out, "product_data");
    record_append_json(out, record, true, ERROR_MESSAGE_MAX - (out->len - start) - TAIL_MAX);
    append_timestamp(out, now_ms);
    buffer_char(out, '}');
}

void upload_finished_append(struct buffer *out, const char *upload_id, const char *vendor_id,
                            const char *status, int64_t now_ms)
{
    buffer_char(out, '{');
    json_append_member(out, "type", "upload_finished");
    json_append_member(out, "upload_id", upload_id);
    json_append_member(out, "vendor_id", vendor_id);
    json_append_member(out, "status", status);
    append_timestamp(out, now_ms);
    buffer_char(out, '}');
}
