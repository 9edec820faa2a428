#include <inttypes.h>
#include <string.h>

#include "core/base/json.h"
#include "core/history/history.h"
#include "core/record/message_groups.h"
#include "core/record/record.h"
#include "core/record/report_text.h"
#include "core/record/rules.h"
#include "tui/base/choices.h"
#include "tui/cli/command.h"
#include "tui/cli/listing.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { PAGE_ROWS = 200, CSV_ROW_MAX = 64 * 1024 * 1024 };

static const char *const yes_or_no[] = {"yes", "no", NULL};

static const struct option options[] = {
    OPTION("type", OPTION_CHOICES, "TYPE", "errors of this type: INVALID_PRICE",
           .word = choice_error_type),
    OPTION("field", OPTION_CHOICES, "FIELD",
           "errors in this column; '' for errors of a whole "
           "record",
           .word = choice_column),
    OPTION("sku", OPTION_VALUES, "SKU", "errors of the record with this SKU"),
    OPTION("product", OPTION_VALUES, "ID", "errors of the record with this vendor product id"),
    OPTION("unchanged", OPTION_CHOICE, "yes|no",
           "yes: only products that are in the catalogue already, unchanged; no: all others",
           .choices = yes_or_no),
    OPTION("row", OPTION_NUMBER, "N", "errors of this record"),
    OPTION("search", OPTION_SEARCH, "TEXT", "search message and product id"),
    OPTION("limit", OPTION_NUMBER, "N", "at most N errors"),
    {.name = "all", .help = "show every line, including repeated messages"},
    {.name = "csv",
     .help = "CSV in the format of the vendor's error report, safe for "
             "spreadsheets"},
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake errors UPLOAD_20260131_080000_VEND001", "all errors, by line of the file"},
    {"intake errors UPLOAD_20260131_080000_VEND001 --type INVALID_PRICE", "one error type only"},
    {"intake errors UPLOAD_20260131_080000_VEND001 --csv > errors.csv", "for a spreadsheet"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "LINE", .right = true},
    {.title = "ROW", .right = true},
    {.title = "PRODUCT", .flexible = true, .least = 8},
    {.title = "ERROR TYPE"},
    {.title = "FIELD"},
    {.title = "MESSAGE", .flexible = true, .least = 24},
    {.title = NULL},
};

struct printing {
    struct output *output;
    struct listing listing;
    struct message_groups groups;
    bool csv, all;
    bool first;
    size_t printed;
};

static struct text_slice column_slice(const struct violation *row, const char *column)
{
    struct text_slice slice = {NULL, 0};
    for (size_t i = 0; i < row->original_count; i++) {
        if (strcmp(row->original[i].column, column) == 0 && row->original[i].value) {
            slice.text = row->original[i].value;
            slice.len = strlen(slice.text);
        }
    }
    return slice;
}

static void violation_csv(struct output *output, const struct violation *row)
{
    struct buffer out;
    const struct report_row report = {
        .row_number = (uint32_t)row->row_number,
        .line_number = (uint32_t)row->line_number,
        .delimiter = ',',
        .error_type = row->error_type,
        .error_message = row->error_message,
        .vendor_product_id = column_slice(row, "vendor_product_id"),
        .sku = column_slice(row, "sku"),
        .product_name = column_slice(row, "product_name"),
        .category = column_slice(row, "category"),
        .price = column_slice(row, "price"),
        .stock_quantity = column_slice(row, "stock_quantity"),
        .brand = column_slice(row, "brand"),
        .description = column_slice(row, "description"),
    };
    buffer_init(&out, CSV_ROW_MAX);
    report_append(&out, &report);
    output_lines(output, out.data, out.len);
    if (out.failed != ERROR_NONE)
        output->text.failed = out.failed;
    buffer_release(&out);
}

static void violation_list(struct listing *listing, const struct violation *row)
{
    if (row->line_number > 0)
        listing_cell_number(listing, row->line_number);
    else
        listing_cell(listing, NULL);
    listing_cell_number(listing, row->row_number);
    listing_cell(listing, row->vendor_product_id);
    listing_cell(listing, row->error_type);
    listing_cell(listing, row->error_field);
    listing_cell(listing, row->error_message);
}

/* The first of each kind, with --all each one. */
static enum error_code violation_group(struct printing *printing, const struct violation *row,
                                       struct error *error)
{
    const char *field = row->error_field ? row->error_field : "";
    enum rule rule = rule_find(row->error_type, strlen(row->error_type));
    bool shown = true;
    enum error_code code = ERROR_NONE;
    if (!printing->all && rule != RULE_COUNT)
        code = message_groups_add(&printing->groups, rule, column_find(field, strlen(field)),
                                  row->error_message, row->line_number, &shown, error);
    if (!code && shown)
        violation_list(&printing->listing, row);
    return code;
}

static void rest_print(struct output *output, const struct message_groups *groups)
{
    bool any = false;
    for (size_t i = 0; i < groups->count; i++) {
        any = message_group_append_rest(&output->text, &groups->list[i]) || any;
        if (groups->list[i].count > MESSAGE_GROUP_SHOWN)
            output_format(output, "\n");
    }
    if (any)
        output_format(output, "(--all shows every line)\n");
}

static enum error_code page_print(struct printing *printing, const struct violation_page *page,
                                  struct error *error)
{
    struct output *output = printing->output;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < page->count && !code; i++) {
        if (output->json) {
            json_element(&output->text, &printing->first);
            buffer_char(&output->text, '{');
            violation_members_json(&output->text, &page->rows[i]);
            buffer_char(&output->text, '}');
        } else if (printing->csv) {
            violation_csv(output, &page->rows[i]);
        } else {
            code = violation_group(printing, &page->rows[i], error);
        }
    }
    if (code)
        return code;
    printing->printed += page->count;
    if (output->json || printing->csv || printing->printed == 0)
        return ERROR_NONE;
    return listing_print(&printing->listing, output, error);
}

static enum error_code pages_print(struct db *db, const char *id,
                                   const struct violation_filter *filter, size_t limit,
                                   struct printing *printing, struct error *error)
{
    struct page_position position = page_first();
    char place[PAGE_ID_SIZE];
    struct violation_page page = {.count = 0};
    enum error_code code = ERROR_NONE;
    bool more = true;
    while (!code && more && limit > 0) {
        code = violations_list(db, id, filter, position, limit < PAGE_ROWS ? limit : PAGE_ROWS,
                               &page, error);
        if (!code)
            code = page_print(printing, &page, error);
        more = page.more_after && page.count > 0;
        limit -= page.count;
        if (more)
            page_step(&position, &page.rows[page.count - 1].key, place);
        violation_page_release(&page);
        if (!output_flush_some(printing->output))
            break;
    }
    return code;
}

static void head_print(struct output *output, const struct upload_detail *detail)
{
    const struct upload *upload = &detail->upload;
    output_visible(output, upload->file_name);
    output_format(output, ": ");
    output_styled(output, output_status_style(upload->status), upload->status);
    if (upload->failure_reason) {
        output_format(output, ", ");
        output_visible(output, upload->failure_reason);
    }
    output_format(output, "; %" PRId64 " of %" PRId64 " records invalid\n", upload->error_records,
                  upload->total_records);
    for (size_t i = 0; i < detail->errors_by_type_count; i++) {
        output_format(output, "%6" PRId64 "  ", detail->errors_by_type[i].records);
        output_visible(output, detail->errors_by_type[i].name);
        output_format(output, "\n");
    }
    if (detail->errors_by_type_count > 0)
        output_format(output, "\n");
}

/* Where the records are gone, no list of errors says that there were none. */
static void pruned_note(struct output *output, const struct upload *upload)
{
    if (upload->pruned)
        output_note(output, "%s: %s: its errors can no longer be listed", upload->upload_id,
                    upload->pruned);
}

/* What every record of the file breaks, before the single lines. */
static enum error_code common_print(struct db *db, const char *id, struct output *output,
                                    struct error *error)
{
    struct violation_groups common;
    enum error_code code =
        violations_group(db, id, GROUP_BY_KIND_OF_ALL, FINDINGS_MAX, &common, error);
    for (size_t i = 0; i < common.count && !code; i++) {
        const struct advice *advice = advice_find(common.rows[i].name);
        if (!advice)
            continue;
        advice_append_all(&output->text, advice, common.rows[i].field, common.rows[i].records);
        output_format(output, i + 1 == common.count ? "\n\n" : "\n");
    }
    violation_groups_release(&common);
    return code;
}

static void head_csv(struct output *output)
{
    struct buffer out;
    buffer_init(&out, CSV_ROW_MAX);
    report_begin(&out, ',');
    output_lines(output, out.data, out.len);
    if (out.failed != ERROR_NONE)
        output->text.failed = out.failed;
    buffer_release(&out);
}

static void frame_begin(struct printing *printing, const struct upload_detail *detail)
{
    if (printing->output->json)
        buffer_char(&printing->output->text, '[');
    else if (printing->csv)
        head_csv(printing->output);
    else
        head_print(printing->output, detail);
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct db *db = NULL;
    struct upload_detail detail = {.pending_records = 0};
    struct printing printing = {.output = call->output,
                                .csv = options_flag(call->options, "csv"),
                                .all = options_flag(call->options, "all"),
                                .first = true};
    const struct violation_filter filter = {
        .type = options_text(call->options, "type"),
        .not_type = options_text_not(call->options, "type"),
        .field = options_text(call->options, "field"),
        .not_field = options_text_not(call->options, "field"),
        .sku = options_text(call->options, "sku"),
        .not_sku = options_text_not(call->options, "sku"),
        .product = options_text(call->options, "product"),
        .not_product = options_text_not(call->options, "product"),
        .unchanged = options_text(call->options, "unchanged"),
        .search = options_text(call->options, "search"),
        .row_number = options_number(call->options, "row", 0),
    };
    const char *id = options_operand(call->options, 0);
    size_t limit = (size_t)options_number(call->options, "limit", INT64_MAX);
    if (printing.csv && call->output->json)
        return command_misused(call, "--csv and --json cannot be used together");
    if (filter.unchanged && strcmp(filter.unchanged, "yes") != 0 &&
        strcmp(filter.unchanged, "no") != 0)
        return command_misused(call, "--unchanged must be yes or no");
    listing_init(&printing.listing, columns);
    message_groups_init(&printing.groups);
    enum error_code code = session_database(call->session, &db, &error);
    if (!code)
        code = upload_find(db, id, &detail, &error);
    if (!code) {
        frame_begin(&printing, &detail);
        pruned_note(call->output, &detail.upload);
        if (!call->output->json && !printing.csv)
            code = common_print(db, id, call->output, &error);
        if (!code)
            code = pages_print(db, id, &filter, limit, &printing, &error);
        rest_print(call->output, &printing.groups);
    }
    if (!code && call->output->json)
        buffer_text(&call->output->text, "]\n");
    listing_release(&printing.listing);
    message_groups_release(&printing.groups);
    upload_detail_release(&detail);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_errors = {
    .name = "errors",
    .summary = "List the validation errors of an upload",
    COMMAND_OPERAND("ID"),
    .description = "Lists every error by row, then by rule. LINE is the line in the vendor's "
                   "file, ROW the number of the record.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
