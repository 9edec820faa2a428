#include "core/base/json.h"
#include "core/health/stuck.h"
#include "core/history/history.h"
#include "core/pipeline/pipeline.h"
#include "tui/base/choices.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

/* Each page of a search looks through the vendors first. */
enum { PAGE_ROWS = 500, SEARCH_ROWS = 20000, TERMINAL_ROWS = 100, STUCK_SHOWN = 5 };

static const struct option options[] = {
    OPTION("vendor", OPTION_VALUES, "VENDOR", "uploads of this vendor"),
    OPTION("status", OPTION_CHOICES, "STATUS",
           "status: processing, completed, partial, failed "
           "or stuck",
           .choices = upload_statuses),
    OPTION("code", OPTION_CHOICES, "CODE", "uploads refused for this reason: MALFORMED_CSV",
           .word = choice_refusal),
    OPTION("notice", OPTION_CHOICES, "STATE",
           "uploads whose notice is unknown, failed or pending; outgoing: any unsent message",
           .choices = upload_notices),
    OPTION("since", OPTION_TIME, "WHEN", "at or after this time, or within this age: 7d"),
    OPTION("until", OPTION_TIME, "WHEN", "before this time or age"),
    OPTION("search", OPTION_SEARCH, "TEXT",
           "search upload id, file name, vendor id, name and e-mail"),
    OPTION("limit", OPTION_NUMBER, "N", "at most N uploads"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake uploads --status failed --since 2d", "failed uploads of the last two days"},
    {"intake uploads --vendor VEND002 --limit 5", "the five newest uploads of one vendor"},
    {"intake uploads --json --search 20260131 | jq -r '.[].upload_id'", "ids for a script"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "UPLOAD"},
    {.title = "STATUS"},
    {.title = "TOTAL", .right = true},
    {.title = "VALID", .right = true},
    {.title = "INVALID", .right = true},
    {.title = "RECEIVED"},
    {.title = "FILE", .flexible = true, .least = 12},
    {.title = NULL},
};

static void row_list(struct listing *listing, const void *listed)
{
    const struct upload *upload = listed;
    listing_cell(listing, upload->upload_id);
    listing_cell_status(listing, upload->stuck ? "stuck" : upload->status);
    listing_cell_number(listing, upload->total_records);
    listing_cell_number(listing, upload->valid_records);
    listing_cell_number(listing, upload->error_records);
    listing_cell_time(listing, upload->upload_timestamp);
    listing_cell(listing, upload->file_name);
}

/* What a person is told of the stuck ones that were listed; the first few of them. */
struct stuck_notes {
    size_t count;
    char ids[STUCK_SHOWN][160];
};

static void stuck_remember(struct stuck_notes *stuck, const struct upload *upload)
{
    if (upload->stuck && stuck->count < STUCK_SHOWN)
        snprintf(stuck->ids[stuck->count], sizeof stuck->ids[0], "%s", upload->upload_id);
    stuck->count += upload->stuck;
}

static void stuck_tell(struct command_call *call, const struct stuck_notes *stuck)
{
    struct pipeline pipeline = {.settings = session_settings(call->session),
                                .world = &world_real,
                                .cancel = session_cancel(call->session)};
    struct error error = ERROR_INIT;
    for (size_t i = 0; i < stuck->count && i < STUCK_SHOWN; i++) {
        struct stuck_report report = {.sentence_count = 0};
        if (!session_database(call->session, &pipeline.db, &error) &&
            !stuck_explain(&pipeline, stuck->ids[i], false, &report, &error)) {
            output_note(call->output, "%s is stuck:", stuck->ids[i]);
            for (size_t k = 0; k < report.sentence_count; k++)
                output_note(call->output, "  %s", report.sentences[k]);
            if (report.remedy)
                output_note(call->output, "  fix: %s", report.remedy);
        }
        stuck_report_release(&report);
    }
    if (stuck->count > STUCK_SHOWN)
        output_note(call->output, "%zu more are stuck: intake uploads --status stuck",
                    stuck->count - STUCK_SHOWN);
}

static void row_json(struct buffer *out, const void *listed)
{
    const struct upload *upload = listed;
    upload_json(out, upload);
    json_append_member_bool(out, "acknowledged", upload->acknowledged);
    json_append_member(out, "assignee", upload->assignee);
}

static const struct row_shape upload_shape = {.size = sizeof(struct upload),
                                              .columns = columns,
                                              .cells = row_list,
                                              .members = row_json,
                                              .what = "uploads"};

static enum error_code pages_print(struct command_call *call, const struct upload_filter *filter,
                                   size_t limit, struct stuck_notes *stuck, bool *more,
                                   struct error *error)
{
    struct db *db = NULL;
    struct upload_page page = {.count = 0};
    struct row_printer rows;
    struct page_position position = page_first();
    char id[PAGE_ID_SIZE];
    size_t most = filter->search ? SEARCH_ROWS : PAGE_ROWS;
    rows_begin(&rows, call->output, &upload_shape);
    enum error_code code = session_database(call->session, &db, error);
    if (!code && limit == INT64_MAX && output_shows_progress(call->output))
        code = uploads_expect(db, filter, &rows.total, error);
    *more = true;
    while (!code && limit > 0 && *more) {
        code = uploads_list(db, filter, position, limit < most ? limit : most, &page, error);
        for (size_t i = 0; !code && i < page.count; i++) {
            stuck_remember(stuck, &page.rows[i]);
            rows_add(&rows, &page.rows[i]);
        }
        if (!code)
            code = rows_flush(&rows, error);
        *more = page.more_after;
        limit -= page.count;
        if (page.count > 0)
            page_step(&position, &page.rows[page.count - 1].key, id);
        upload_page_release(&page);
        if (!output_flush_some(call->output))
            break;
    }
    rows_end(&rows);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct output *output = call->output;
    const struct options *given = call->options;
    bool short_list = output->terminal && !output->json, more = false;
    struct stuck_notes stuck = {.count = 0};
    struct upload_filter filter = {
        .vendor = options_text(given, "vendor"),
        .not_vendor = options_text_not(given, "vendor"),
        .status = options_text(given, "status"),
        .not_status = options_text_not(given, "status"),
        .code = options_text(given, "code"),
        .not_code = options_text_not(given, "code"),
        .notice = options_text(given, "notice"),
        .not_notice = options_text_not(given, "notice"),
        .search = options_text(given, "search"),
        .since_ms = options_time(given, "since", HISTORY_NEVER),
        .until_ms = options_time(given, "until", HISTORY_NEVER),
    };
    size_t limit = (size_t)options_number(given, "limit", short_list ? TERMINAL_ROWS : INT64_MAX);
    if (options_interval(given, "since", "until", &error))
        return command_misused(call, "%s", error.message);
    if (pages_print(call, &filter, limit, &stuck, &more, &error)) {
        buffer_clear(&output->text);
        return command_fail(call, &error);
    }
    if (!output->json && more && short_list && !options_flag(given, "limit"))
        output_note(output, "showing the newest %zu; use --limit N or --since WHEN for more",
                    limit);
    if (!output->json)
        stuck_tell(call, &stuck);
    return EXIT_DONE;
}

const struct command command_uploads = {
    .name = "uploads",
    .summary = "List uploads, newest first",
    .operands = "",
    .description =
        "Lists uploads and their results. An upload is stuck if it is processing and has made "
        "no progress for 15 minutes; the reason is shown on standard error for the first ones, "
        "and by `intake upload ID`.\n"
        "\n"
        "Separate alternative values with commas, and exclude values with a leading dash: "
        "--status failed,partial, --status=-completed, --search '-draft red,blue'. Times are "
        "ages, today, yesterday, dates, or times with an offset; the default is UTC.\n"
        "\n"
        "On a terminal the newest 100 are shown unless --limit is given; otherwise all.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
