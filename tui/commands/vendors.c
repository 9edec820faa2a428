#include <string.h>

#include "core/base/json.h"
#include "core/history/lists.h"
#include "core/history/subscriptions.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

/* Policies cost a call each: of a short list all are asked for, else those of the vendors that are
 * shown, if these are few. */
enum { POLICIES_MOST = 50, PAGE_ROWS = 500 };

static const char *const statuses[] = {"active", "suspended", "inactive", "pending_approval", NULL};
static const char *const orders[] = {"vendor",  "name",   "status",   "email", "uploads",
                                     "records", "errors", "products", "last",  NULL};
static const struct page_order page_orders[] = {
    {VENDOR_BY_ID, false},    {VENDOR_BY_NAME, false},    {VENDOR_BY_STATUS, false},
    {VENDOR_BY_EMAIL, false}, {VENDOR_BY_UPLOADS, true},  {VENDOR_BY_RECORDS, true},
    {VENDOR_BY_ERRORS, true}, {VENDOR_BY_PRODUCTS, true}, {VENDOR_BY_LAST_UPLOAD, true},
};
_Static_assert(sizeof page_orders / sizeof *page_orders == sizeof orders / sizeof *orders - 1,
               "each word has its order");

static const struct option options[] = {
    OPTION("status", OPTION_CHOICES, "STATUS",
           "status: active, suspended, inactive or pending_approval", .choices = statuses),
    OPTION("search", OPTION_SEARCH, "TEXT", "search vendor id, name and e-mail"),
    OPTION("sort", OPTION_CHOICE, "COLUMN",
           "order by vendor, name, status, email, uploads, records, errors, products or last "
           "(upload)",
           .choices = orders),
    OPTION("limit", OPTION_NUMBER, "N", "at most N vendors"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake vendors", "all vendors with their totals"},
    {"intake vendors VEND002", "one vendor"},
    {"intake vendors --sort errors --limit 10", "the ten with the most rejected records"},
    {"intake vendors --json | jq -r '.[] | select(.subscription != \"confirmed\").email'",
     "vendors that receive no e-mail"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "VENDOR"},
    {.title = "STATUS"},
    {.title = "UPLOADS", .right = true},
    {.title = "RECORDS", .right = true},
    {.title = "ERRORS", .right = true},
    {.title = "PRODUCTS", .right = true},
    {.title = "LAST UPLOAD"},
    {.title = "SUBSCRIPTION"},
    {.title = "NAME", .flexible = true, .least = 8},
    {.title = "EMAIL", .flexible = true, .least = 12},
    {.title = NULL},
};

/* NULL: not known, and a note says why. */
static const char *state_of(const struct subscription_list *subscriptions,
                            const struct vendor *vendor)
{
    if (!subscriptions)
        return NULL;
    return subscription_state_name(
        subscription_of_vendor(subscriptions, vendor->vendor_id, vendor->email));
}

struct shown_vendor {
    const struct vendor *vendor;
    const char *subscription;
};

static void vendor_json(struct buffer *out, const void *listed)
{
    const struct shown_vendor *shown = listed;
    const struct vendor *vendor = shown->vendor;
    json_append_member(out, "vendor_id", vendor->vendor_id);
    json_append_member(out, "vendor_name", vendor->vendor_name);
    json_append_member(out, "email", vendor->email);
    json_append_member(out, "status", vendor->status);
    json_append_member_integer(out, "uploads", vendor->uploads);
    json_append_member_integer(out, "records", vendor->records);
    json_append_member_integer(out, "errors", vendor->errors);
    json_append_member_integer(out, "products", vendor->products);
    json_member_time(out, "last_upload_at", vendor->last_upload_at);
    json_append_member(out, "subscription", shown->subscription);
}

static void vendor_cells(struct listing *listing, const void *listed)
{
    const struct shown_vendor *shown = listed;
    const struct vendor *vendor = shown->vendor;
    listing_cell(listing, vendor->vendor_id);
    listing_cell_status(listing, vendor->status);
    listing_cell_number(listing, vendor->uploads);
    listing_cell_number(listing, vendor->records);
    listing_cell_number(listing, vendor->errors);
    listing_cell_number(listing, vendor->products);
    listing_cell_time(listing, vendor->last_upload_at);
    listing_cell_status(listing, shown->subscription ? shown->subscription : "?");
    listing_cell(listing, vendor->vendor_name);
    listing_cell(listing, vendor->email);
}

static const struct row_shape vendor_shape = {.size = sizeof(struct shown_vendor),
                                              .columns = columns,
                                              .cells = vendor_cells,
                                              .members = vendor_json,
                                              .what = "vendors"};

static enum error_code subscriptions_find(struct command_call *call,
                                          const struct vendor_list *vendors,
                                          struct subscription_list *list, struct error *error)
{
    struct aws_client *aws = NULL;
    const char *topic = NULL;
    enum error_code code = session_resource(call->session, SETTING_TOPIC_ARN, &topic, error);
    if (!code)
        code = session_aws(call->session, &aws, error);
    if (!code)
        code = subscriptions_read(aws, topic, list, error);
    if (!code && list->count <= POLICIES_MOST)
        return subscriptions_ask_policies(aws, list, NULL, POLICIES_MOST, error);
    for (size_t i = 0; vendors->count <= POLICIES_MOST && i < vendors->count && !code; i++) {
        if (vendors->rows[i].email)
            code =
                subscriptions_ask_policies(aws, list, vendors->rows[i].email, POLICIES_MOST, error);
    }
    return code;
}

struct vendors_shown {
    struct subscription_list subscriptions;
    bool asked, known;
    struct error unseen;
};

/* With the first page, for all of them. */
static void ask_subscriptions(struct command_call *call, const struct vendor_list *page,
                              struct vendors_shown *shown)
{
    if (shown->asked)
        return;
    shown->asked = true;
    shown->known = !subscriptions_find(call, page, &shown->subscriptions, &shown->unseen);
    if (!shown->known && shown->unseen.code != ERROR_CANCELLED)
        output_note(call->output, "intake vendors: cannot read subscriptions: %s",
                    shown->unseen.message);
}

static enum error_code page_print(struct command_call *call, const struct vendor_list *page,
                                  struct vendors_shown *shown, struct row_printer *rows,
                                  struct error *error)
{
    ask_subscriptions(call, page, shown);
    const struct subscription_list *known = shown->known ? &shown->subscriptions : NULL;
    for (size_t i = 0; i < page->count; i++) {
        const struct vendor *vendor = &page->rows[i];
        rows_add(rows, &(const struct shown_vendor){vendor, state_of(known, vendor)});
    }
    return rows_flush(rows, error);
}

static struct page_order order_given(const struct options *given)
{
    const char *word = options_text(given, "sort");
    for (size_t i = 0; word && orders[i]; i++) {
        if (strcmp(word, orders[i]) == 0)
            return page_orders[i];
    }
    return (struct page_order){.column = VENDOR_BY_ITSELF};
}

static enum error_code pages_print(struct command_call *call, struct db *db,
                                   struct vendors_shown *shown, struct row_printer *rows,
                                   struct error *error)
{
    const struct options *given = call->options;
    struct vendor_list pages[2] = {{.count = 0}, {.count = 0}}; /* a key borrows from its page */
    const struct vendor_filter filter = {.status = options_text(given, "status"),
                                         .not_status = options_text_not(given, "status"),
                                         .search = options_text(given, "search")};
    struct page_position position = {.start = PAGE_FIRST, .order = order_given(given)};
    size_t limit = (size_t)options_number(given, "limit", INT64_MAX);
    enum error_code code = ERROR_NONE;
    bool more = true;
    for (int turn = 0; more && limit > 0 && !code; turn = 1 - turn) {
        struct vendor_list *page = &pages[turn];
        size_t most = limit < PAGE_ROWS ? limit : PAGE_ROWS;
        struct vendor_list next;
        code = vendors_page(db, &filter, position, most, &next, error);
        vendor_list_release(page);
        *page = next;
        if (!code)
            code = page_print(call, page, shown, rows, error);
        more = page->more_after && page->count > 0 && output_flush_some(call->output);
        limit -= page->count;
        position.start = PAGE_AFTER;
        if (page->count > 0)
            position.key = page->rows[page->count - 1].key;
    }
    vendor_list_release(&pages[0]);
    vendor_list_release(&pages[1]);
    return code;
}

static enum error_code one_print(struct command_call *call, struct db *db, const char *vendor,
                                 struct vendors_shown *shown, struct row_printer *rows,
                                 struct error *error)
{
    struct vendor_list list = {.count = 0};
    enum error_code code = vendors_list(db, vendor, &list, error);
    if (!code)
        code = page_print(call, &list, shown, rows, error);
    vendor_list_release(&list);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct vendors_shown shown = {.unseen = ERROR_INIT};
    struct row_printer rows;
    const char *vendor = options_operand(call->options, 0);
    rows_begin(&rows, call->output, &vendor_shape);
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = vendor ? one_print(call, db, vendor, &shown, &rows, &error)
                      : pages_print(call, db, &shown, &rows, &error);
    rows_end(&rows);
    subscriptions_release(&shown.subscriptions);
    if (code) {
        buffer_clear(&call->output->text);
        return command_fail(call, &error);
    }
    return shown.unseen.code == ERROR_UNAUTHENTICATED ||
                   shown.unseen.code == ERROR_EXPIRED_CREDENTIALS
               ? EXIT_FAILED
               : EXIT_DONE;
}

const struct command command_vendors = {
    .name = "vendors",
    .summary = "List vendors with their totals and subscriptions",
    .operands = "[VENDOR]",
    .operands_most = 1,
    .description =
        "SUBSCRIPTION is the state of the vendor's e-mail subscription: confirmed, pending (the vendor "
        "has not followed the link yet) or none. A subscription counts if its address is the "
        "vendor's and its FilterPolicy matches the vendor's notices; with more than 50 vendors "
        "and subscriptions, filter policies are not checked, and `intake vendors VENDOR` checks "
        "one vendor.\n"
        "\n"
        "--sort orders all vendors by a column: numbers with the largest first, last (the last "
        "upload) with the newest first.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
