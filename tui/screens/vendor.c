#include <stdlib.h>

#include "core/history/history.h"
#include "core/history/lists.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/screens/vendor_actions.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"

#define UPLOADS_SHOWN 20

static void add_mail(struct document *document, const struct vendor *vendor)
{
    char state[SUBSCRIPTION_TEXT_SIZE];
    char when[256];
    subscriptions_say(vendor->vendor_id, vendor->email, state);
    subscriptions_say_when(when, sizeof when);
    char *line = console_format("%s (%s)", state, when);
    document_field(document, "Subscription", cell_status_tone(state), line);
    free(line);
}

static void add_vendor(struct document *document, const struct vendor *vendor)
{
    char text[CELL_SIZE];
    document_field(document, "Vendor", TONE_TITLE, vendor->vendor_id);
    document_field(document, "Name", TONE_NORMAL, vendor->vendor_name);
    document_field(document, "E-mail", TONE_NORMAL, vendor->email);
    document_field(document, "Status", cell_status_tone(vendor->status), vendor->status);
    add_mail(document, vendor);
    document_field(document, "Products", TONE_NORMAL, cell_number(vendor->products, text));
    document_link(document, "products", vendor->vendor_id);
    document_field(document, "Uploads", TONE_NORMAL, cell_number(vendor->uploads, text));
    document_link(document, "uploads", vendor->vendor_id);
    document_field(document, "Trends", TONE_NORMAL, "records and error rate by day or week");
    document_link(document, "trends", vendor->vendor_id);
}

static void add_uploads(struct document *document, const struct upload_page *page)
{
    document_head(document, "Newest uploads (UTC)");
    document_when(document);
    for (size_t i = 0; i < page->count; i++) {
        const struct upload *upload = &page->rows[i];
        const char *status = upload->stuck ? "stuck" : upload->status;
        char at[CELL_SIZE];
        char *line =
            console_format("%-10s %s  %lld of %lld valid", status, upload->upload_id,
                           (long long)upload->valid_records, (long long)upload->total_records);
        document_field(document, cell_time(upload->upload_timestamp, at), cell_status_tone(status),
                       line);
        document_when(document);
        document_link(document, "upload", upload->upload_id);
        free(line);
    }
    if (page->count == 0)
        document_text(document, TONE_DIM, "none yet");
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct upload_filter filter = UPLOAD_FILTER_INIT;
    struct vendor_list list = {0};
    struct upload_page page = {0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    filter.vendor = argument;
    if (!code)
        code = vendors_list(db, argument, &list, error);
    if (!code)
        code = uploads_list(db, &filter, page_first(), UPLOADS_SHOWN, &page, error);
    if (!code && list.count > 0) {
        add_vendor(document, &list.rows[0]);
        add_uploads(document, &page);
    }
    upload_page_release(&page);
    vendor_list_release(&list);
    return code;
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    int64_t due = subscriptions_watch(screen->console, now_ms);
    int64_t own = page_tick(screen, now_ms);
    return own >= 0 && own < due ? own : due;
}

static const struct page_spec spec = {
    .refresh_ms = 5000,
    .fetch = fetch,
    .command = "intake uploads --vendor %s",
    .again = subscriptions_again,
};

const struct screen_ops screen_vendor = {
    .name = "vendor",
    .title = "Vendor",
    .help = "a vendor with its newest uploads",
    .actions = &vendor_actions,
    .argument = "VENDOR",
    PAGE_SCREEN_TICKED(&spec, tick),
};
