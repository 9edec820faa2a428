#include "core/history/trends.h"

#include <inttypes.h>
#include <string.h>

#include "core/base/json.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "core/history/lists.h"
#include "tui/base/choices.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { PERIODS_SHOWN_DAYS = 30, PERIODS_SHOWN_WEEKS = 12 };

static const char *const periods[] = {"day", "week", NULL};

static const struct option options[] = {
    OPTION("vendor", OPTION_TEXT, "VENDOR", "uploads of this vendor"),
    OPTION("type", OPTION_CHOICE, "TYPE", "count only errors of this type: INVALID_PRICE",
           .word = choice_error_type),
    OPTION("by", OPTION_CHOICE, "PERIOD", "day (default) or week", .choices = periods),
    OPTION("since", OPTION_TIME, "WHEN", "from a time or an age: 7d (default 30 days or 12 weeks)"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake trends --since 7d", "the last week, day by day"},
    {"intake trends --vendor VEND001 --by week", "one vendor over 12 weeks"},
    {"intake trends --type INVALID_PRICE --json | jq 'map(.errors) | add'",
     "records rejected for their price in 30 days"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "FROM"},
    {.title = "VENDOR"},
    {.title = "UPLOADS", .right = true},
    {.title = "RECORDS", .right = true},
    {.title = "VALID", .right = true},
    {.title = "ERRORS", .right = true},
    {.title = "ERROR RATE", .right = true},
    {.title = "MOST FREQUENT", .flexible = true, .least = 12},
    {.title = NULL},
};

static void trend_json(struct buffer *out, const void *listed)
{
    const struct trend *trend = listed;
    json_member_time(out, "from", trend->from);
    json_append_member(out, "vendor_id", trend->vendor_id);
    json_append_member_integer(out, "uploads", trend->uploads);
    json_append_member_integer(out, "records", trend->records);
    json_append_member_integer(out, "valid", trend->valid);
    json_append_member_integer(out, "errors", trend->errors);
    json_append_key(out, "errors_by_type");
    buffer_text(out, trend->errors_by_type);
}

static void trend_cells(struct listing *listing, const void *listed)
{
    const struct trend *trend = listed;
    char from[TIME_TEXT_SIZE], rate[16] = "-";
    time_text_iso8601(trend->from, from);
    from[strlen("2026-01-02")] = '\0';
    if (trend->records > 0)
        snprintf(rate, sizeof rate, "%.1f%%",
                 100.0 * (double)trend->errors / (double)trend->records);
    listing_cell(listing, from);
    listing_cell(listing, trend->vendor_id);
    listing_cell_number(listing, trend->uploads);
    listing_cell_number(listing, trend->records);
    listing_cell_number(listing, trend->valid);
    listing_cell_number(listing, trend->errors);
    listing_cell(listing, rate);
    listing_cell(listing, trend->first_type);
}

static const struct row_shape trend_shape = {
    .size = sizeof(struct trend), .columns = columns, .cells = trend_cells, .members = trend_json};

/* Nothing of a vendor who does not exist is a mistake, not an answer. */
static enum error_code vendor_must_exist(struct db *db, const char *vendor, struct error *error)
{
    struct vendor_list vendors = {.count = 0};
    enum error_code code = vendors_list(db, vendor, &vendors, error);
    vendor_list_release(&vendors);
    return code;
}

static enum error_code answer(struct command_call *call, const struct trend_filter *filter,
                              struct error *error)
{
    struct db *db = NULL;
    struct trend_list list = {.count = 0};
    enum error_code code = session_database(call->session, &db, error);
    if (!code)
        code = trends_list(db, filter, &list, error);
    if (!code && !list.count && filter->vendor)
        code = vendor_must_exist(db, filter->vendor, error);
    if (!code)
        code = rows_print(call->output, &trend_shape, list.rows, list.count, error);
    if (!code && !list.count)
        output_note(call->output, "intake trends: no uploads in that time");
    trend_list_release(&list);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    const char *by = options_text(call->options, "by");
    struct trend_filter filter = {
        .period = by && strcmp(by, "week") == 0 ? TREND_BY_WEEK : TREND_BY_DAY,
        .vendor = options_text(call->options, "vendor"),
        .type = options_text(call->options, "type"),
    };
    int shown = filter.period == TREND_BY_WEEK ? PERIODS_SHOWN_WEEKS : PERIODS_SHOWN_DAYS;
    int64_t now = world_now_ms(&world_real);
    filter.since_ms =
        options_time(call->options, "since", now - (shown - 1) * trend_period_ms(filter.period));
    if (filter.since_ms > now)
        return command_misused(call, "--since is in the future");
    return answer(call, &filter, &error) ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_trends = {
    .name = "trends",
    .summary = "Show uploads, records and errors by day or week",
    .operands = "",
    .description =
        "Shows one row per vendor and day, or per week from Monday (UTC), oldest first: uploads, "
        "records, how many were valid and how many were rejected. The error rate is rejected "
        "records per record. Days without an upload have no row. --since is rounded down to the "
        "start of its day or week.\n\n"
        "A record counts under its first error. With --type, ERRORS counts only records rejected "
        "for that type; uploads, records and valid ones are counted as before.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
