#include "core/record/error_message.h"

#include "core/base/json.h"
#include "core/base/time_text.h"

#define TAIL_MAX 64                      /* "timestamp" and the closing brace */
#define HEAD_MAX (ERROR_MESSAGE_MAX / 2) /* everything before product_data */

static void append_finding(struct buffer *out, const char *type, const char *field,
                           const char *message)
{
    buffer_text(out, out->data[out->len - 1] == '[' ? "{" : ",{");
    json_append_member(out, "type", type);
    json_append_member(out, "field", field);
    json_append_member(out, "message", message);
    buffer_char(out, '}');
}

/* `limit`: of out->len. What does not fit any more is told by a mark. */
static void append_findings(struct buffer *out, const struct findings *findings, size_t limit)
{
    char mark[64];
    json_append_key(out, "errors");
    buffer_char(out, '[');
    for (uint32_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];
        size_t before = out->len;
        append_finding(out, rule_name(finding->rule), column_name(finding->column),
                       findings_message(findings, i));
        if (out->len <= limit)
            continue;
        buffer_cut(out, before);
        snprintf(mark, sizeof mark, "[cut: %u more violations]", (unsigned)(findings->count - i));
        append_finding(out, rule_name(finding->rule), NULL, mark);
        break;
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
    append_findings(out, findings, start + HEAD_MAX);
    json_append_key(out, "product_data");
    size_t used = out->len - start + TAIL_MAX;
    size_t room = used < ERROR_MESSAGE_MAX ? ERROR_MESSAGE_MAX - used : 0;
    record_append_json(out, record, true, room > RECORD_JSON_MIN ? room : RECORD_JSON_MIN);
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
