#include <string.h>

#include "core/history/lists.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/screens/vendor_actions.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("id", "VENDOR", 10, 8, .grow = 1, .id = ID_VENDOR),
    GRID_COLUMN("name", "NAME", 16, 10, .grow = 2),
    GRID_COLUMN("status", "STATUS", 16, 8),
    GRID_COLUMN("mail", "SUBSCRIPTION", 13, 9, .drop = 1),
    GRID_COLUMN("uploads", "UPLOADS", 8, 7, GRID_NUMBER, .drop = 3),
    GRID_COLUMN("products", "PRODUCTS", 9, 8, GRID_NUMBER, .drop = 2),
    GRID_COLUMN("last", "LAST UPLOAD (UTC)", 19, 19, .drop = 4),
    GRID_COLUMN("email", "E-MAIL", 28, 10, .grow = 2, .drop = 5),
};

enum { COLUMN_STATUS = 2 };

static bool wanted(const struct vendor *vendor, const char *mail, const struct filter *filter)
{
    const char *texts[] = {vendor->vendor_id, vendor->vendor_name, vendor->email};
    return filter_key_is(filter, "status", cell_text(vendor->status)) &&
           filter_key_is(filter, "subscription", mail) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

static struct row *make_row(const struct vendor *vendor, const char *mail)
{
    char uploads[CELL_SIZE];
    char products[CELL_SIZE];
    char last[CELL_SIZE];
    const char *cells[] = {vendor->vendor_id,
                           cell_text(vendor->vendor_name),
                           cell_text(vendor->status),
                           mail,
                           cell_number(vendor->uploads, uploads),
                           cell_number(vendor->products, products),
                           cell_time(vendor->last_upload_at, last),
                           cell_text(vendor->email)};
    struct row *row =
        row_new(vendor->vendor_id, vendor->vendor_id, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_STATUS;
    row->accent_tone = (uint8_t)cell_status_tone(vendor->status);
    return row;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct vendor_list list = {0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = vendors_list(db, NULL, &list, error);
    for (size_t i = 0; !code && i < list.count; i++) {
        char mail[SUBSCRIPTION_TEXT_SIZE];
        subscriptions_say(list.rows[i].vendor_id, list.rows[i].email, mail);
        if (wanted(&list.rows[i], mail, query->filter))
            window_page_add(page, make_row(&list.rows[i], mail));
    }
    vendor_list_release(&list);
    return code;
}

static struct effect open_vendor(struct screen *screen, const struct row *row)
{
    (void)screen;
    return effect_push("vendor", row_key(row));
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    int64_t due = subscriptions_watch(screen->console, now_ms);
    int64_t own = list_tick(screen, now_ms);
    return own >= 0 && own < due ? own : due;
}

static const char *const statuses[] = {"active", "suspended", "inactive", "pending_approval", NULL};
static const char *const subscriptions[] = {"confirmed", "pending", "none", NULL};
static const struct filter_words words[] = {{.key = "status", .words = statuses},
                                            {.key = "subscription", .words = subscriptions},
                                            {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns), .filter_words = words,       .filter_keys = "status subscription",
    .empty = "no vendors", .refresh_ms = 15000,         .fetch = fetch,
    .open = open_vendor,   .command = "intake vendors", .again = subscriptions_again,
};

const struct screen_ops screen_vendors = {
    .name = "vendors",
    .aliases = "email link resend",
    .title = "Vendors",
    .help = "vendors with their totals and subscriptions",
    .actions = &vendor_actions,
    LIST_SCREEN_TICKED(&spec, tick),
};
