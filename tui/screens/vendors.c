#include <stdlib.h>
#include <string.h>

#include "core/base/world.h"
#include "core/history/lists.h"
#include "core/history/trends.h"
#include "core/history/words.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/screens/vendor_actions.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"
#include "tui/widgets/chart.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("id", "VENDOR", 10, 8, .grow = 1, .id = ID_VENDOR, .order = VENDOR_BY_ID),
    GRID_COLUMN("name", "NAME", 16, 10, .grow = 2, .order = VENDOR_BY_NAME),
    GRID_COLUMN("status", "STATUS", 16, 8, .order = VENDOR_BY_STATUS),
    GRID_COLUMN("mail", "SUBSCRIPTION", 13, 9, .drop = 1),
    GRID_COLUMN("uploads", "UPLOADS", 8, 7, GRID_NUMBER, .drop = 3, .order = VENDOR_BY_UPLOADS),
    GRID_COLUMN("products", "PRODUCTS", 9, 8, GRID_NUMBER, .drop = 2, .order = VENDOR_BY_PRODUCTS),
    GRID_COLUMN("last", "LAST UPLOAD (UTC)", 19, 19, .drop = 4, .order = VENDOR_BY_LAST_UPLOAD),
    GRID_COLUMN("trend", "ERRORS 14 DAYS", 14, 14, .drop = 5),
    GRID_COLUMN("email", "E-MAIL", 28, 10, .grow = 2, .drop = 6, .order = VENDOR_BY_EMAIL),
    GRID_COLUMN("records", "RECORDS", 9, 8, GRID_NUMBER, .drop = 7, .order = VENDOR_BY_RECORDS),
    GRID_COLUMN("errors", "ERRORS", 9, 7, GRID_NUMBER, .drop = 8, .order = VENDOR_BY_ERRORS),
};

enum { COLUMN_STATUS = 2, TREND_DAYS = 14, VENDORS_MOST = 1000000, IDS_MAX = 1 << 20 };

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

static struct row *make_row(const struct vendor *vendor, const char *mail, const char *trend)
{
    char numbers[4][CELL_SIZE];
    char last[CELL_SIZE];
    char *cursor = list_cursor(&vendor->key);
    const char *cells[] = {vendor->vendor_id,
                           cell_text(vendor->vendor_name),
                           cell_text(vendor->status),
                           mail,
                           cell_number(vendor->uploads, numbers[0]),
                           cell_number(vendor->products, numbers[1]),
                           cell_time(vendor->last_upload_at, last),
                           trend,
                           cell_text(vendor->email),
                           cell_number(vendor->records, numbers[2]),
                           cell_number(vendor->errors, numbers[3])};
    struct row *row = row_new(vendor->vendor_id, cursor, cells, sizeof cells / sizeof cells[0]);
    free(cursor);
    row->accent = COLUMN_STATUS;
    row->accent_tone = (uint8_t)cell_status_tone(vendor->status);
    return row;
}

/* SNS knows the subscriptions, the database does not: with a filter by them all vendors are read,
 * and the rows that remain are counted here. */
static bool by_subscription(const struct filter *filter)
{
    return filter_value(filter, "subscription") || filter_value_not(filter, "subscription");
}

static void keep_subscribed(struct vendor_list *list, const struct list_query *query)
{
    bool back = query->place == WINDOW_LAST || query->place == WINDOW_BEFORE;
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        char mail[SUBSCRIPTION_TEXT_SIZE];
        subscriptions_say(list->rows[i].vendor_id, list->rows[i].email, mail);
        if (filter_key_is(query->filter, "subscription", mail))
            list->rows[kept++] = list->rows[i];
    }
    list->count = kept < query->limit ? kept : query->limit;
    if (back)
        memmove(list->rows, list->rows + kept - list->count, list->count * sizeof *list->rows);
    list->more_before = list->more_before || (back && kept > list->count);
    list->more_after = list->more_after || (!back && kept > list->count);
}

static enum error_code read_vendors(struct db *db, const struct list_query *query,
                                    struct vendor_list *list, struct error *error)
{
    struct list_place place;
    const struct vendor_filter filter = {
        .status = filter_value(query->filter, "status"),
        .not_status = filter_value_not(query->filter, "status"),
        .search = cell_search(query->filter),
    };
    bool here = by_subscription(query->filter);
    list_place_read(&place, query);
    enum error_code code =
        vendors_page(db, &filter, place.position, here ? VENDORS_MOST : query->limit, list, error);
    if (!code && here)
        keep_subscribed(list, query);
    return code;
}

static enum error_code read_trends(struct db *db, const struct vendor_list *list, int64_t since_ms,
                                   struct trend_list *trends, struct error *error)
{
    struct buffer ids;
    buffer_init(&ids, IDS_MAX);
    for (size_t i = 0; i < list->count; i++) {
        if (i > 0)
            buffer_char(&ids, HISTORY_OR);
        buffer_text(&ids, list->rows[i].vendor_id);
    }
    enum error_code code = buffer_check(&ids, error);
    if (!code && list->count > 0) {
        const struct trend_filter days = {.period = TREND_BY_DAY,
                                          .vendor = ids.data,
                                          .since_ms = since_ms,
                                          .without_types = true};
        code = trends_list(db, &days, trends, error);
    }
    buffer_release(&ids);
    return code;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct vendor_list list = {0};
    struct trend_list trends = {.count = 0};
    struct db *db;
    struct buffer trend;
    int64_t since = trend_period_begin(TREND_BY_DAY, world_now_ms(&world_real)) -
                    (TREND_DAYS - 1) * trend_period_ms(TREND_BY_DAY);
    buffer_init(&trend, 256);
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = read_vendors(db, query, &list, error);
    if (!code)
        code = read_trends(db, &list, since, &trends, error);
    for (size_t i = 0; !code && i < list.count; i++) {
        char mail[SUBSCRIPTION_TEXT_SIZE];
        subscriptions_say(list.rows[i].vendor_id, list.rows[i].email, mail);
        buffer_clear(&trend);
        spark(&trend, &trends, list.rows[i].vendor_id, since);
        window_page_add(page, make_row(&list.rows[i], mail, trend.data));
    }
    page->more_before = list.more_before;
    page->more_after = list.more_after;
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
    LIST_COLUMNS(columns),
    .ordered = true,
    .filter_words = words,
    .filter_keys = "status subscription",
    .empty = "no vendors",
    .refresh_ms = 15000,
    .fetch = fetch,
    .open = open_vendor,
    .detail = true,
    .command = "intake vendors",
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
