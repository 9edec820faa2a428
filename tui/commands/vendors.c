#include "core/base/json.h"
#include "core/history/lists.h"
#include "core/history/subscriptions.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

/* Policies cost a call each: of a short list all are asked for, else those of the vendors that are
 * shown, if these are few. */
enum { POLICIES_MOST = 50 };

static const struct command_example examples[] = {
    {"intake vendors", "all vendors with their totals"},
    {"intake vendors VEND002", "one vendor"},
    {"intake vendors --json | jq -r '.[] | select(.subscription != \"confirmed\").email'",
     "vendors that receive no e-mail"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "VENDOR"},
    {.title = "STATUS"},
    {.title = "UPLOADS", .right = true},
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
    listing_cell_number(listing, vendor->products);
    listing_cell_time(listing, vendor->last_upload_at);
    listing_cell_status(listing, shown->subscription ? shown->subscription : "?");
    listing_cell(listing, vendor->vendor_name);
    listing_cell(listing, vendor->email);
}

static const struct row_shape vendor_shape = {.size = sizeof(struct shown_vendor),
                                              .columns = columns,
                                              .cells = vendor_cells,
                                              .members = vendor_json};

static enum error_code vendors_print(struct output *output, const struct vendor_list *vendors,
                                     const struct subscription_list *subscriptions,
                                     struct error *error)
{
    struct row_printer rows;
    rows_begin(&rows, output, &vendor_shape);
    for (size_t i = 0; i < vendors->count; i++) {
        const struct vendor *vendor = &vendors->rows[i];
        rows_add(&rows, &(const struct shown_vendor){vendor, state_of(subscriptions, vendor)});
    }
    enum error_code code = rows_flush(&rows, error);
    rows_end(&rows);
    return code;
}

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

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT, unseen = ERROR_INIT;
    struct db *db = NULL;
    struct vendor_list vendors = {.count = 0};
    struct subscription_list subscriptions = {.count = 0};
    bool known = false;
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = vendors_list(db, options_operand(call->options, 0), &vendors, &error);
    if (!code) {
        known = !subscriptions_find(call, &vendors, &subscriptions, &unseen);
        if (!known && unseen.code != ERROR_CANCELLED)
            output_note(call->output, "intake vendors: cannot read subscriptions: %s",
                        unseen.message);
        code = vendors_print(call->output, &vendors, known ? &subscriptions : NULL, &error);
    }
    vendor_list_release(&vendors);
    subscriptions_release(&subscriptions);
    if (code)
        return command_fail(call, &error);
    return unseen.code == ERROR_UNAUTHENTICATED || unseen.code == ERROR_EXPIRED_CREDENTIALS
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
        "one vendor.",
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
