#include <stdlib.h>
#include <string.h>

#include "core/history/error_search.h"
#include "tui/base/choices.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("upload", "UPLOAD", 32, 24, .grow = 2, .id = ID_UPLOAD),
    GRID_COLUMN("row", "ROW", 6, 5, GRID_NUMBER, .drop = 3, .id = ID_ROW),
    GRID_COLUMN("type", "TYPE", 22, 14, .drop = 1),
    GRID_COLUMN("field", "FIELD", 18, 8, .drop = 4),
    GRID_COLUMN("value", "VALUE", 16, 6, .grow = 1, .drop = 5),
    GRID_COLUMN("message", "MESSAGE", 40, 16, .grow = 4),
    GRID_COLUMN("sku", "SKU", 14, 8, .grow = 1, .drop = 2, .id = ID_SKU),
    GRID_COLUMN("product", "PRODUCT ID", 14, 8, .grow = 1, .drop = 6),
    GRID_COLUMN("vendor", "VENDOR", 12, 8, .drop = 8, .id = ID_VENDOR),
    GRID_COLUMN("uploaded", "UPLOADED (UTC)", 19, 19, .drop = 7),
};

enum { COLUMN_ROW = 1, COLUMN_VALUE = 4 };

static struct row *make_row(const struct found_error *found)
{
    const struct violation *violation = &found->violation;
    char number[CELL_SIZE], at[CELL_SIZE];
    char *key = console_format("%s:%lld:%lld", found->upload_id, (long long)violation->row_number,
                               (long long)violation->order);
    char *cursor = list_cursor(&violation->key);
    const char *cells[] = {found->upload_id,
                           cell_number(violation->row_number, number),
                           violation->error_type,
                           cell_text(violation->error_field),
                           cell_text(violation_value(violation)),
                           violation->error_message,
                           cell_text(violation->sku),
                           cell_text(violation->vendor_product_id),
                           cell_text(found->vendor_id),
                           cell_time(found->upload_timestamp, at)};
    struct row *row = row_new(key, cursor, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_VALUE;
    row->accent_tone = TONE_BAD;
    free(cursor);
    free(key);
    return row;
}

/* The filter's words narrow as the command's options of the same names do. */
static const char *const narrowing[] = {"sku", "product", "value", "type", "field", "vendor"};

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    const struct filter *filter = query->filter;
    const struct error_search search = {
        .text = cell_search(filter),
        .sku = filter_value(filter, "sku"),
        .product = filter_value(filter, "product"),
        .value = filter_value(filter, "value"),
        .type = filter_value(filter, "type"),
        .field = filter_value(filter, "field"),
        .vendor = filter_value(filter, "vendor"),
        .not_sku = filter_value_not(filter, "sku"),
        .not_product = filter_value_not(filter, "product"),
        .not_value = filter_value_not(filter, "value"),
        .not_type = filter_value_not(filter, "type"),
        .not_field = filter_value_not(filter, "field"),
        .not_vendor = filter_value_not(filter, "vendor"),
        .since_ms = cell_filter_time(filter, "since", query->now_ms),
        .until_ms = cell_filter_time(filter, "until", query->now_ms)};
    struct found_errors found = {.count = 0};
    struct list_place place;
    struct db *db;
    list_place_read(&place, query);
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = errors_search(db, &search, place.position, query->limit, &found, error);
    for (size_t i = 0; !code && i < found.count; i++)
        window_page_add(page, make_row(&found.rows[i]));
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    found_errors_release(&found);
    return code;
}

static struct effect open_record(struct screen *screen, const struct row *row)
{
    char *argument = console_format("%s row:%s", row_cell(row, 0), row_cell(row, COLUMN_ROW));
    struct effect effect = effect_push("record", argument);
    (void)screen;
    free(argument);
    return effect;
}

static char *command(const struct screen *screen, const struct filter *filter)
{
    struct shell_line line;
    (void)screen;
    shell_line_begin(&line, "intake search");
    if (cell_search_typed(filter))
        shell_line_operand(&line, cell_search_typed(filter));
    for (size_t i = 0; i < sizeof narrowing / sizeof *narrowing; i++)
        shell_line_term(&line, narrowing[i], filter, narrowing[i]);
    shell_line_moment(&line, "since", filter_value(filter, "since"), console_clock());
    shell_line_moment(&line, "until", filter_value(filter, "until"), console_clock());
    return shell_line_end(&line);
}

static const struct filter_words words[] = {{.key = "type", .word = choice_error_type},
                                            {.key = "field", .word = choice_column},
                                            {.key = "since", .words = filter_moments},
                                            {.key = "until", .words = filter_moments},
                                            {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .ordered = true,
    .filter_words = words,
    .filter_keys = "sku product value type field vendor since until",
    .empty = "no errors in any upload",
    .fetch = fetch,
    .open = open_record,
    .detail = true,
    .filtered_command = command,
};

const struct screen_ops screen_search = {
    .name = "search",
    .title = "Errors of all uploads",
    .help = "errors of all uploads, newest first, by SKU, product id, value, message, type",
    LIST_SCREEN(&spec),
};
