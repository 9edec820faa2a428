#include <string.h>

#include "core/base/world.h"
#include "core/history/lists.h"
#include "core/history/trends.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/screens/vendor_actions.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"
#include "tui/widgets/chart.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("id", "VENDOR", 10, 8, .grow = 1, .id = ID_VENDOR),
    GRID_COLUMN("name", "NAME", 16, 10, .grow = 2),
    GRID_COLUMN("status", "STATUS", 16, 8),
    GRID_COLUMN("mail", "SUBSCRIPTION", 13, 9, .drop = 1),
    GRID_COLUMN("uploads", "UPLOADS", 8, 7, GRID_NUMBER, .drop = 3),
    GRID_COLUMN("products", "PRODUCTS", 9, 8, GRID_NUMBER, .drop = 2),
    GRID_COLUMN("last", "LAST UPLOAD (UTC)", 19, 19, .drop = 4),
    GRID_COLUMN("trend", "ERRORS 14 DAYS", 14, 14, .drop = 5),
    GRID_COLUMN("email", "E-MAIL", 28, 10, .grow = 2, .drop = 6),
};

enum { COLUMN_STATUS = 2, TREND_DAYS = 14 };

/* The error rate of each of the last days, 0 to 100 %. */
static void spark(struct buffer *out, const struct trend_list *trends, const char *vendor,
                  int64_t from)
{
    struct trend_sum sums[TREND_DAYS];
    double rates[TREND_DAYS];
    trends_sum(trends, TREND_BY_DAY, vendor, from, sums, TREND_DAYS);
    for (size_t i = 0; i < TREND_DAYS; i++)
        rates[i] = sums[i].records > 0 ? (double)sums[i].errors / (double)sums[i].records : -1;
    chart_spark(out, chart_has_blocks(), rates, TREND_DAYS, 1);
}

static bool wanted(const struct vendor *vendor, const char *mail, const struct filter *filter)
{
    const char *texts[] = {vendor->vendor_id, vendor->vendor_name, vendor->email};
    return filter_key_is(filter, "status", cell_text(vendor->status)) &&
           filter_key_is(filter, "subscription", mail) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

static struct row *make_row(const struct vendor *vendor, const char *mail, const char *trend)
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
                           trend,
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
    struct trend_list trends = {.count = 0};
    struct db *db;
    struct buffer trend;
    const struct trend_filter days = {
        .period = TREND_BY_DAY,
        .since_ms = trend_period_begin(TREND_BY_DAY, world_now_ms(&world_real)) -
                    (TREND_DAYS - 1) * trend_period_ms(TREND_BY_DAY),
        .without_types = true,
    };
    buffer_init(&trend, 256);
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = vendors_list(db, NULL, &list, error);
    if (!code)
        code = trends_list(db, &days, &trends, error);
    for (size_t i = 0; !code && i < list.count; i++) {
        char mail[SUBSCRIPTION_TEXT_SIZE];
        subscriptions_say(list.rows[i].vendor_id, list.rows[i].email, mail);
        if (!wanted(&list.rows[i], mail, query->filter))
            continue;
        buffer_clear(&trend);
        spark(&trend, &trends, list.rows[i].vendor_id, days.since_ms);
        window_page_add(page, make_row(&list.rows[i], mail, trend.data));
    }
    buffer_release(&trend);
    trend_list_release(&trends);
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
    LIST_COLUMNS(columns),        .filter_words = words, .filter_keys = "status subscription",
    .empty = "no vendors",        .refresh_ms = 15000,   .fetch = fetch,
    .open = open_vendor,          .detail = true,        .command = "intake vendors",
    .again = subscriptions_again,
};

const struct screen_ops screen_vendors = {
    .name = "vendors",
    .aliases = "email link resend",
    .title = "Vendors",
    .help = "vendors with their totals and subscriptions",
    .actions = &vendor_actions,
    LIST_SCREEN_TICKED(&spec, tick),
};
