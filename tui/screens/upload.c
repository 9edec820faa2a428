#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "core/history/timeline.h"
#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/screens/upload_actions.h"
#include "tui/screens/upload_shift.h"
#include "tui/screens/upload_timeline.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"
#include "tui/widgets/chart.h"

#define BAR_WIDTH 30
#define BAR_MAX 256

static void add_time(struct document *document, const char *label, int64_t ms)
{
    char at[CELL_SIZE];
    char line[CELL_SIZE + 8];
    snprintf(line, sizeof line, "%s%s", cell_time(ms, at), ms != HISTORY_NEVER ? " UTC" : "");
    document_field(document, label, TONE_NORMAL, line);
    document_when(document);
}

/* Whoever sent it may not hear of it. */
static void add_lost(struct document *document, const struct upload *upload)
{
    char lost[256];
    if (!upload->vendor_id || !subscriptions_say_lost(upload->vendor_id, lost, sizeof lost))
        return;
    document_field(document, "Mail", TONE_BAD, lost);
    document_link(document, "vendor", upload->vendor_id);
}

static void add_head(struct document *document, const struct upload *upload)
{
    const char *status = upload->stuck ? "stuck" : upload->status;
    char took[CELL_SIZE];
    char filter[FILTER_SIZE], *vendor;
    document_field(document, "Upload", TONE_TITLE, upload->upload_id);
    document_field(document, "Status", cell_status_tone(status), status);
    if (upload->failure_reason)
        document_field(document, "Reason", TONE_BAD, upload->failure_reason);
    if (upload->pruned)
        document_field(document, "Records", TONE_WARN, upload->pruned);
    vendor = console_format("%s  %s", cell_text(upload->vendor_id), cell_text(upload->vendor_name));
    document_field(document, "Vendor", TONE_NORMAL, vendor);
    document_link(document, "vendor", upload->vendor_id);
    free(vendor);
    add_lost(document, upload);
    document_field(document, "File", TONE_NORMAL, upload->s3_key);
    if (filter_quote(cell_text(upload->file_name), filter))
        document_link_filtered(document, "uploads", "", filter);
    document_about(document, ID_FILE, upload->file_name);
    add_time(document, "Uploaded", upload->upload_timestamp);
    add_time(document, "Finished", upload->processing_completed_at);
    document_field(document, "Took", TONE_NORMAL,
                   cell_duration(upload->processing_duration_seconds, took));
    if (upload->error_file_s3_key) {
        document_field(document, "Report", TONE_NORMAL, upload->error_file_s3_key);
        document_link(document, "reports", upload->upload_id);
    }
}

static void add_counts(struct document *document, const struct upload_detail *detail)
{
    const struct upload *upload = &detail->upload;
    double total = upload->total_records > 0 ? (double)upload->total_records : 1;
    char line[96];
    document_head(document, "Records");
    snprintf(line, sizeof line, "%lld", (long long)upload->total_records);
    document_field(document, "Total", TONE_NORMAL, line);
    snprintf(line, sizeof line, "%lld  (%.1f%%)", (long long)upload->valid_records,
             100.0 * (double)upload->valid_records / total);
    document_field(document, "Valid", TONE_GOOD, line);
    if (upload->valid_records > 0)
        document_link(document, "products", upload->upload_id);
    snprintf(line, sizeof line, "%lld  (%.1f%%)", (long long)upload->error_records,
             100.0 * (double)upload->error_records / total);
    document_field(document, "With errors", upload->error_records > 0 ? TONE_BAD : TONE_NORMAL,
                   line);
    if (upload->error_records > 0)
        document_link(document, "groups", upload->upload_id);
    if (detail->pending_records > 0) {
        snprintf(line, sizeof line, "%lld", (long long)detail->pending_records);
        document_field(document, "No outcome yet", TONE_WARN, line);
    }
}

static void add_types(struct document *document, const struct upload_detail *detail)
{
    int64_t most = 1;
    if (detail->errors_by_type_count == 0)
        return;
    document_head(document, "Errors by type");
    for (size_t i = 0; i < detail->errors_by_type_count; i++) {
        if (detail->errors_by_type[i].records > most)
            most = detail->errors_by_type[i].records;
    }
    for (size_t i = 0; i < detail->errors_by_type_count; i++) {
        const struct type_count *type = &detail->errors_by_type[i];
        struct buffer line;
        char *argument = console_format("%s type:%s", detail->upload.upload_id, type->name);
        buffer_init(&line, BAR_MAX);
        buffer_format(&line, "%6lld  ", (long long)type->records);
        chart_bar(&line, chart_has_blocks(), (double)type->records, (double)most, BAR_WIDTH);
        document_field(document, type->name, TONE_BAD, line.data);
        buffer_release(&line);
        document_link(document, "errors", argument);
        free(argument);
    }
}

static void add_notices(struct document *document, const struct upload_detail *detail)
{
    char lost[256];
    document_head(document, "Notices (UTC)");
    document_when(document);
    if (detail->upload.vendor_id &&
        subscriptions_say_lost(detail->upload.vendor_id, lost, sizeof lost))
        document_text(document, TONE_BAD, lost);
    if (detail->notifications_count == 0)
        document_text(document, TONE_DIM, "none yet");
    for (size_t i = 0; i < detail->notifications_count; i++) {
        const struct notification *notice = &detail->notifications[i];
        char at[CELL_SIZE];
        char line[512];
        snprintf(line, sizeof line, "%s%s%s, %s: %s",
                 strcmp(notice->kind, "resend") == 0 ? "resent" : "automatic",
                 notice->operator_name ? " by " : "", cell_text(notice->operator_name),
                 strcmp(notice->outcome, "accepted") == 0 ? "accepted by SNS" : notice->outcome,
                 cell_text(notice->subject));
        document_field(document, cell_time(notice->sent_at, at), cell_status_tone(notice->outcome),
                       line);
        document_when(document);
        document_link(document, "notices", detail->upload.upload_id);
    }
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct upload_detail detail = {0};
    struct timeline timeline = {0};
    struct upload_shift shift = {.note_count = 0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = upload_find(db, argument, &detail, error);
    if (!code)
        code = timeline_read(db, argument, &timeline, error);
    if (!code)
        code = upload_shift_read(db, argument, &shift, error);
    if (!code) {
        add_head(document, &detail.upload);
        upload_shift_fields(document, &shift);
        add_counts(document, &detail);
        add_types(document, &detail);
        add_notices(document, &detail);
        upload_shift_notes(document, argument, &shift);
        upload_timeline_add(document, &detail.upload, &timeline);
    }
    upload_shift_release(&shift);
    timeline_release(&timeline);
    upload_detail_release(&detail);
    return code;
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    int64_t due = subscriptions_watch(screen->console, now_ms);
    int64_t own = page_tick(screen, now_ms);
    return own >= 0 && own < due ? own : due;
}

static const struct page_spec spec = {
    .refresh_ms = 2000, .fetch = fetch, .command = "intake upload %s"};

const struct screen_ops screen_upload = {
    .name = "upload",
    .title = "Upload",
    .help = "one upload: counts, errors by type, notices, timeline",
    .argument = "UPLOAD",
    .actions = &upload_actions,
    PAGE_SCREEN_TICKED(&spec, tick),
};
