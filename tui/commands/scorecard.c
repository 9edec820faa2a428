#include "core/operate/guide/scorecard.h"

#include "core/base/json.h"
#include "core/base/world.h"
#include "core/history/lists.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

#define DAY_MS INT64_C(86400000)
enum { DAYS_SHOWN_SINGLY = 14, WEEKS_SHOWN = 12 };

static const struct option options[] = {
    {.name = "html", .help = "a page instead of Markdown"},
    OPTION("since", OPTION_TIME, "WHEN", "from a time or an age: 30d (default 12 weeks)"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake vendors scorecard VEND001 --html > VEND001.html", "a page to send to the vendor"},
    {"intake vendors scorecard VEND001 --since 14d", "the last two weeks, day by day"},
    {NULL, NULL},
};

static enum error_code numbers_read(struct command_call *call, struct scorecard_request *request,
                                    struct vendor_list *vendors, struct trend_list *trends,
                                    struct error *error)
{
    struct db *db = NULL;
    const struct trend_filter filter = {
        .period = request->period,
        .vendor = request->vendor_id,
        .since_ms = request->from_ms - (int64_t)request->periods * trend_period_ms(request->period),
    };
    enum error_code code = session_database(call->session, &db, error);
    if (!code)
        code = vendors_list(db, request->vendor_id, vendors, error);
    if (!code)
        code = trends_list(db, &filter, trends, error);
    if (!code)
        request->vendor_name = vendors->rows[0].vendor_name;
    return code;
}

static void card_print(struct command_call *call, const struct scorecard_request *request,
                       const struct buffer *text)
{
    struct buffer *out = &call->output->text;
    if (!call->output->json) {
        buffer_append(out, text->data, text->len);
        return;
    }
    buffer_char(out, '{');
    json_append_member(out, "vendor_id", request->vendor_id);
    json_member_time(out, "from", request->from_ms);
    json_member_time(out, "until", request->now_ms);
    json_append_key(out, "text");
    json_append_string(out, text->data, text->len);
    buffer_text(out, "}\n");
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct vendor_list vendors = {.count = 0};
    struct trend_list trends = {.count = 0};
    struct buffer text;
    struct scorecard_request request = {
        .format = options_flag(call->options, "html") ? GUIDE_HTML : GUIDE_MARKDOWN,
        .vendor_id = options_operand(call->options, 0),
        .now_ms = world_now_ms(&world_real),
        .trends = &trends,
    };
    int64_t since =
        options_time(call->options, "since", request.now_ms - (WEEKS_SHOWN - 1) * 7 * DAY_MS);
    if (since > request.now_ms)
        return command_misused(call, "--since is in the future");
    request.period =
        request.now_ms - since > DAYS_SHOWN_SINGLY * DAY_MS ? TREND_BY_WEEK : TREND_BY_DAY;
    request.from_ms = trend_period_begin(request.period, since);
    request.periods =
        (size_t)((request.now_ms - request.from_ms) / trend_period_ms(request.period)) + 1;
    if (request.periods > SCORECARD_PERIODS_MAX)
        return command_misused(call, "--since is too long ago: at most %d weeks",
                               SCORECARD_PERIODS_MAX);
    buffer_init(&text, 1 << 20);
    enum error_code code = numbers_read(call, &request, &vendors, &trends, &error);
    if (!code)
        code = scorecard_append(&text, &request, &error);
    if (!code)
        card_print(call, &request, &text);
    buffer_release(&text);
    trend_list_release(&trends);
    vendor_list_release(&vendors);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_vendors_scorecard = {
    .name = "vendors scorecard",
    .summary = "Write a vendor's results as a page for the vendor",
    COMMAND_OPERAND("VENDOR"),
    .description =
        "Writes files, records and rejected records week by week (day by day up to 14 days), "
        "compared with the period of the same length before, and the error types with what to do "
        "about each. Markdown, which also reads as plain text, or HTML. Weeks start on Monday, "
        "UTC.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
