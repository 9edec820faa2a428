#include <string.h>

#include "core/base/json.h"
#include "core/history/error_search.h"
#include "tui/base/choices.h"
#include "tui/cli/command.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { PAGE_ROWS = 200, TERMINAL_ROWS = 100 };

static const struct option options[] = {
    OPTION("sku", OPTION_VALUES, "SKU", "of the record with this SKU"),
    OPTION("product", OPTION_VALUES, "ID", "of the record with this product id of the vendor"),
    OPTION("value", OPTION_VALUES, "VALUE", "where this was written in the wrong column"),
    OPTION("type", OPTION_CHOICES, "TYPE", "of this error type: INVALID_PRICE",
           .word = choice_error_type),
    OPTION("field", OPTION_CHOICES, "FIELD", "of this column", .word = choice_column),
    OPTION("vendor", OPTION_VALUES, "ID", "of this vendor's uploads"),
    OPTION("since", OPTION_TIME, "WHEN", "of uploads at or after a time, or an age: 7d"),
    OPTION("until", OPTION_TIME, "WHEN", "of uploads before a time, or an age"),
    OPTION("limit", OPTION_NUMBER, "N", "the newest N"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake search --sku ABC-123", "what was ever wrong with one product"},
    {"intake search 'not a number' --type INVALID_PRICE --since 7d", "part of a message"},
    {"intake search --value Gadgets --json | jq -r '.[].upload_id' | sort -u",
     "the uploads that used a category"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "UPLOAD"},
    {.title = "LINE", .right = true},
    {.title = "PRODUCT", .flexible = true, .least = 8},
    {.title = "SKU", .flexible = true, .least = 8},
    {.title = "ERROR TYPE"},
    {.title = "FIELD"},
    {.title = "MESSAGE", .flexible = true, .least = 24},
    {.title = NULL},
};

static void found_cells(struct listing *listing, const void *listed)
{
    const struct found_error *found = listed;
    const struct violation *violation = &found->violation;
    listing_cell(listing, found->upload_id);
    if (violation->line_number > 0)
        listing_cell_number(listing, violation->line_number);
    else
        listing_cell(listing, NULL);
    listing_cell(listing, violation->vendor_product_id);
    listing_cell(listing, violation->sku);
    listing_cell(listing, violation->error_type);
    listing_cell(listing, violation->error_field);
    listing_cell(listing, violation->error_message);
}

static void found_json(struct buffer *out, const void *listed)
{
    const struct found_error *found = listed;
    json_append_member(out, "upload_id", found->upload_id);
    json_append_member(out, "vendor_id", found->vendor_id);
    json_member_time(out, "upload_timestamp", found->upload_timestamp);
    violation_members_json(out, &found->violation);
}

static const struct row_shape found_shape = {.size = sizeof(struct found_error),
                                             .columns = columns,
                                             .cells = found_cells,
                                             .members = found_json,
                                             .what = "errors"};

static enum error_code pages_print(struct command_call *call, const struct error_search *search,
                                   size_t limit, struct error *error)
{
    struct db *db = NULL;
    struct found_errors found = {.count = 0};
    struct row_printer rows;
    struct page_position position = page_first();
    char id[PAGE_ID_SIZE];
    bool more = true;
    rows_begin(&rows, call->output, &found_shape);
    enum error_code code = session_database(call->session, &db, error);
    while (!code && more && limit > 0) {
        code = errors_search(db, search, position, limit < PAGE_ROWS ? limit : PAGE_ROWS, &found,
                             error);
        for (size_t i = 0; !code && i < found.count; i++)
            rows_add(&rows, &found.rows[i]);
        if (!code)
            code = rows_flush(&rows, error);
        more = found.more_after && found.count > 0;
        limit -= found.count;
        if (more)
            page_step(&position, &found.rows[found.count - 1].violation.key, id);
        found_errors_release(&found);
        if (!output_flush_some(call->output))
            break;
    }
    rows_end(&rows);
    return code;
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    bool short_list = call->output->terminal && !call->output->json;
    const struct options *given = call->options;
    const struct error_search search = {
        .text = options_operand(given, 0),
        .sku = options_text(given, "sku"),
        .not_sku = options_text_not(given, "sku"),
        .product = options_text(given, "product"),
        .not_product = options_text_not(given, "product"),
        .value = options_text(given, "value"),
        .not_value = options_text_not(given, "value"),
        .type = options_text(given, "type"),
        .not_type = options_text_not(given, "type"),
        .field = options_text(given, "field"),
        .not_field = options_text_not(given, "field"),
        .vendor = options_text(given, "vendor"),
        .not_vendor = options_text_not(given, "vendor"),
        .since_ms = options_time(given, "since", HISTORY_NEVER),
        .until_ms = options_time(given, "until", HISTORY_NEVER),
    };
    size_t limit = (size_t)options_number(given, "limit", short_list ? TERMINAL_ROWS : INT64_MAX);
    if (options_interval(given, "since", "until", &error))
        return command_misused(call, "%s", error.message);
    if (search.text && search.text[strspn(search.text, " ")] == '\0')
        return command_misused(call, "the text to search for is empty");
    if (pages_print(call, &search, limit, &error)) {
        buffer_clear(&call->output->text);
        return command_fail(call, &error);
    }
    return EXIT_DONE;
}

const struct command command_search = {
    .name = "search",
    .summary = "Search the errors of all uploads",
    .operands = "[TEXT]",
    .operands_least = 0,
    .operands_most = 1,
    .description =
        "Lists violations of all uploads, newest first. Each word of TEXT is part of a message, or "
        "exactly a SKU, a product id or the value that was written; \"-word\" leaves out those "
        "that match it. SKU, product id and value are compared exactly, case included.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
