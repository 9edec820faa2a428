#include <inttypes.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/health/stuck.h"
#include "core/history/history.h"
#include "core/history/timeline.h"
#include "core/pipeline/pipeline.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct command_example examples[] = {
    {"intake upload UPLOAD_20260131_080000_VEND001", "counts, errors by type and timeline"},
    {"intake upload UPLOAD_20260131_080000_VEND001 --json | jq .timeline", "for a ticket"},
    {NULL, NULL},
};

static void label(struct output *output, const char *name)
{
    output_style_begin(output, STYLE_DIM);
    output_format(output, "%-10s", name);
    output_style_end(output, STYLE_DIM);
}

static void line(struct output *output, const char *name, const char *text)
{
    label(output, name);
    output_visible(output, text);
    output_format(output, "\n");
}

static void head_print(struct output *output, const struct upload_detail *detail)
{
    const struct upload *upload = &detail->upload;
    const char *status = upload->stuck ? "stuck" : upload->status;
    char received[TIME_TEXT_SIZE];
    line(output, "upload", upload->upload_id);
    label(output, "vendor");
    output_visible(output, upload->vendor_id);
    output_format(output, "  ");
    output_visible(output, upload->vendor_name);
    output_format(output, "\n");
    line(output, "file", upload->file_name);
    line(output, "s3", upload->s3_key);
    time_text_iso8601(upload->upload_timestamp, received);
    line(output, "received", received);
    label(output, "status");
    output_styled(output, output_status_style(status), status);
    if (upload->processing_duration_seconds >= 0)
        output_format(output, " in %.1f s", upload->processing_duration_seconds);
    output_format(output, "\n");
    if (upload->failure_reason)
        line(output, "refused", upload->failure_reason);
    if (upload->pruned)
        line(output, "pruned", upload->pruned);
    label(output, "records");
    output_format(output, "%" PRId64 ": %" PRId64 " valid, %" PRId64 " invalid",
                  upload->total_records, upload->valid_records, upload->error_records);
    if (detail->pending_records > 0)
        output_format(output, ", %" PRId64 " without an outcome yet", detail->pending_records);
    output_format(output, "\n");
    if (detail->ignored_shown)
        line(output, "ignored", detail->ignored_shown);
    if (upload->error_file_s3_key)
        line(output, "report", upload->error_file_s3_key);
}

static void type_cells(struct listing *listing, const void *listed)
{
    const struct type_count *type = listed;
    listing_cell_number(listing, type->records);
    listing_cell(listing, type->name);
}

static void notice_cells(struct listing *listing, const void *listed)
{
    const struct notification *notice = listed;
    listing_cell(listing, notice->kind);
    listing_cell_status(listing, notice->outcome);
    listing_cell_time(listing, notice->sent_at);
    listing_cell(listing, notice->operator_name);
    listing_cell(listing, notice->message_id);
}

static void event_cells(struct listing *listing, const void *listed)
{
    const struct timeline_event *event = listed;
    listing_cell_time(listing, event->at);
    listing_cell(listing, event->source);
    listing_cell(listing, event->event);
    listing_cell(listing, event->detail);
}

static const struct listing_column type_columns[] = {
    {.title = "RECORDS", .right = true}, {.title = "ERROR TYPE"}, {.title = NULL}};

static const struct listing_column notice_columns[] = {
    {.title = "NOTICE"},
    {.title = "OUTCOME"},
    {.title = "TIME"},
    {.title = "BY", .flexible = true, .least = 8},
    {.title = "MESSAGE ID", .flexible = true, .least = 12},
    {.title = NULL}};

static const struct listing_column event_columns[] = {
    {.title = "TIME"},
    {.title = "SOURCE"},
    {.title = "EVENT"},
    {.title = "DETAIL", .flexible = true, .least = 16},
    {.title = NULL}};

static const struct row_shape type_shape = {
    .size = sizeof(struct type_count), .columns = type_columns, .cells = type_cells};
static const struct row_shape notice_shape = {
    .size = sizeof(struct notification), .columns = notice_columns, .cells = notice_cells};
static const struct row_shape event_shape = {
    .size = sizeof(struct timeline_event), .columns = event_columns, .cells = event_cells};

static enum error_code tables_print(struct output *output, const struct upload_detail *detail,
                                    const struct timeline *timeline, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (detail->errors_by_type_count > 0) {
        output_format(output, "\n");
        code = rows_print(output, &type_shape, detail->errors_by_type, detail->errors_by_type_count,
                          error);
    }
    if (!code && detail->notifications_count > 0) {
        output_format(output, "\n");
        code = rows_print(output, &notice_shape, detail->notifications, detail->notifications_count,
                          error);
    }
    if (code)
        return code;
    output_format(output, "\n");
    return rows_print(output, &event_shape, timeline->events, timeline->count, error);
}

#define LEFT_ALONE_MS (INT64_C(2) * 60 * 1000)

/* What is left of a final upload is told once the functions have had their time for it. */
static enum error_code left_find(struct pipeline *pipeline, const struct upload *upload,
                                 struct stuck_report *report, struct error *error)
{
    enum error_code code = stuck_explain(pipeline, upload->upload_id, false, report, error);
    bool young = world_now_ms(&world_real) - report->last_moved_at < LEFT_ALONE_MS;
    if (!code && young && !report->outbox_refused)
        stuck_report_release(report);
    return code;
}

/*
 * Why an upload does not come to its end. What the table and the queues know is asked for where
 * nothing has moved for long; a service that is away costs its own sentence alone. */
static enum error_code stuck_find(struct command_call *call, const struct upload *upload,
                                  struct stuck_report *report, struct error *error)
{
    struct pipeline pipeline = {.db = NULL};
    struct error unreached = ERROR_INIT;
    bool look = upload->stuck;
    if (look && session_pipeline(call->session, &pipeline, &unreached))
        look = false;
    if (!look) {
        pipeline = (struct pipeline){.settings = session_settings(call->session),
                                     .world = &world_real,
                                     .cancel = session_cancel(call->session)};
        enum error_code code = session_database(call->session, &pipeline.db, error);
        if (code)
            return code;
    }
    if (strcmp(upload->status, "processing") != 0)
        return left_find(&pipeline, upload, report, error);
    return stuck_explain(&pipeline, upload->upload_id, look, report, error);
}

static void stuck_print(struct output *output, const struct stuck_report *report)
{
    for (size_t i = 0; i < report->sentence_count; i++)
        line(output, i == 0 ? "why" : "", report->sentences[i]);
    if (report->remedy)
        line(output, "remedy", report->remedy);
}

static void stuck_json(struct buffer *out, const struct stuck_report *report)
{
    json_texts(out, "explanation", report->sentences, report->sentence_count);
    json_append_member(out, "remedy", report->remedy);
}

#define NOTES_SHOWN 10

static void note_line(struct output *output, const char *name, int64_t at, const char *by,
                      const char *text)
{
    char when[TIME_TEXT_SIZE];
    time_text_iso8601(at, when);
    label(output, name);
    output_format(output, "%s ", when);
    output_visible(output, by);
    if (text) {
        output_format(output, ": ");
        output_visible(output, text);
    }
}

/* What people said of it: the newest notes, the oldest of them first. */
static void shift_print(struct output *output, const struct upload_shift *shift)
{
    const struct acknowledgement *seen = shift->acknowledged;
    size_t from = shift->note_count > NOTES_SHOWN ? shift->note_count - NOTES_SHOWN : 0;
    if (seen) {
        char until[TIME_TEXT_SIZE];
        note_line(output, "seen", seen->at, seen->by, seen->text);
        if (seen->until != HISTORY_NEVER) {
            time_text_iso8601(seen->until, until);
            output_format(output, " (until %s)", until);
        }
        output_format(output, "\n");
    }
    if (shift->assignee)
        line(output, "assigned", shift->assignee);
    if (shift->made_of)
        line(output, "made of", shift->made_of);
    if (shift->made_into)
        line(output, "made into", shift->made_into);
    if (shift->notes_total > NOTES_SHOWN)
        output_format(output, "%-10s%lld, the newest:\n", "notes", (long long)shift->notes_total);
    for (size_t i = from; i < shift->note_count; i++) {
        const struct upload_note *note = &shift->notes[i];
        note_line(output, "note", note->at, note->by, note->text);
        output_format(output, "\n");
    }
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct output *output = call->output;
    struct db *db = NULL;
    struct upload_detail detail = {.pending_records = 0};
    struct timeline timeline = {.count = 0};
    struct stuck_report stuck = {.sentence_count = 0};
    struct upload_shift shift = {.assignee = NULL};
    const char *id = options_operand(call->options, 0);
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = upload_find(db, id, &detail, &error);
    if (!code)
        code = timeline_read(db, id, &timeline, &error);
    if (!code)
        code = upload_shift_read(db, id, &shift, &error);
    if (!code)
        code = stuck_find(call, &detail.upload, &stuck, &error);
    if (!code && output->json) {
        buffer_char(&output->text, '{');
        upload_json(&output->text, &detail.upload);
        upload_detail_json(&output->text, &detail, &timeline);
        upload_shift_json(&output->text, &shift);
        stuck_json(&output->text, &stuck);
        buffer_text(&output->text, "}\n");
    } else if (!code) {
        head_print(output, &detail);
        stuck_print(output, &stuck);
        shift_print(output, &shift);
        code = tables_print(output, &detail, &timeline, &error);
    }
    upload_detail_release(&detail);
    timeline_release(&timeline);
    upload_shift_release(&shift);
    stuck_report_release(&stuck);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_upload = {
    .name = "upload",
    .summary = "Show an upload: counts, errors by type, notices, timeline",
    COMMAND_OPERAND("ID"),
    .description =
        "Shows an upload with its events, oldest first. Errors are counted by the primary type "
        "of each record; `intake errors` lists them.\n"
        "\n"
        "A notice that is \"accepted\" was accepted by SNS, which does not mean delivered; one "
        "that is \"unknown\" may or may not have been sent.\n"
        "\n"
        "For an upload that is processing, it shows which records have no outcome yet, where "
        "they are, and how to finish it.",
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
