#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "core/record/advice.h"
#include "tui/base/choices.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/screens/upload_argument.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("line", "LINE", 6, 5, GRID_NUMBER, .order = VIOLATION_BY_LINE),
    GRID_COLUMN("row", "ROW", 6, 5, GRID_NUMBER, .drop = 4, .id = ID_ROW,
                .order = VIOLATION_BY_ROW),
    GRID_COLUMN("type", "TYPE", 24, 14, .order = VIOLATION_BY_TYPE),
    GRID_COLUMN("field", "FIELD", 18, 8, .drop = 3, .order = VIOLATION_BY_FIELD),
    GRID_COLUMN("value", "VALUE", 18, 6, .grow = 1, .drop = 2, .order = VIOLATION_BY_VALUE),
    GRID_COLUMN("message", "MESSAGE", 40, 16, .grow = 4, .order = VIOLATION_BY_MESSAGE),
    GRID_COLUMN("product", "PRODUCT ID", 14, 8, .grow = 1, .drop = 5,
                .order = VIOLATION_BY_PRODUCT),
    GRID_COLUMN("sku", "SKU", 14, 8, .grow = 1, .drop = 6, .id = ID_SKU, .order = VIOLATION_BY_SKU),
};

enum { COLUMN_VALUE = 4 };

static struct row *make_row(const struct violation *violation)
{
    char line[CELL_SIZE] = "";
    char number[CELL_SIZE];
    char *key =
        console_format("%lld:%lld", (long long)violation->row_number, (long long)violation->order);
    char *cursor = list_cursor(&violation->key);
    const char *cells[] = {violation->line_number > 0 ? cell_number(violation->line_number, line)
                                                      : "",
                           cell_number(violation->row_number, number),
                           violation->error_type,
                           cell_text(violation->error_field),
                           cell_text(violation_value(violation)),
                           violation->error_message,
                           cell_text(violation->vendor_product_id),
                           cell_text(violation->sku)};
    struct row *row = row_new(key, cursor, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_VALUE;
    row->accent_tone = TONE_BAD;
    free(cursor);
    free(key);
    return row;
}

static const char *narrowed(const struct filter *filter, const struct upload_argument *argument,
                            const char *key)
{
    const char *value = filter_value(filter, key);
    return value ? value : filter_value(&argument->narrowed, key);
}

/* What every record of the file breaks: the cause is one, and mended in one go. */
static enum error_code note_fetch(struct db *db, const char *upload_id, struct window_page *page,
                                  struct error *error)
{
    struct violation_groups common;
    struct buffer note;
    buffer_init(&note, (size_t)64 << 10);
    enum error_code code =
        violations_group(db, upload_id, GROUP_BY_KIND_OF_ALL, FINDINGS_MAX, &common, error);
    for (size_t i = 0; i < common.count && !code; i++) {
        const struct advice *advice = advice_find(common.rows[i].name);
        if (!advice)
            continue;
        if (note.len)
            buffer_text(&note, "; ");
        advice_append_all(&note, advice, common.rows[i].field, common.rows[i].records);
    }
    snprintf(page->note, sizeof page->note, "%s", note.len ? note.data : "");
    violation_groups_release(&common);
    buffer_release(&note);
    return code;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct violation_filter filter = {0};
    struct violation_page found = {0};
    struct upload_argument argument = {.upload_id = ""};
    struct list_place place;
    struct db *db;
    upload_argument_parse(&argument, query->argument);
    filter.type = narrowed(query->filter, &argument, "type");
    filter.not_type = filter_value_not(query->filter, "type");
    filter.field = narrowed(query->filter, &argument, "field");
    filter.not_field = filter_value_not(query->filter, "field");
    filter.sku = filter_value(query->filter, "sku");
    filter.not_sku = filter_value_not(query->filter, "sku");
    filter.product = filter_value(query->filter, "product");
    filter.not_product = filter_value_not(query->filter, "product");
    filter.unchanged = narrowed(query->filter, &argument, "unchanged");
    const char *row = narrowed(query->filter, &argument, "row");
    filter.row_number = row ? strtoll(row, NULL, 10) : 0;
    filter.search = cell_search(query->filter);
    filter.value = argument.value;
    filter.absent = argument.absent;
    list_place_read(&place, query);
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = violations_list(db, argument.upload_id, &filter, place.position, query->limit,
                               &found, error);
    if (!code)
        code = note_fetch(db, argument.upload_id, page, error);
    if (!code && !found.count && !page->note[0])
        code = upload_pruned(db, argument.upload_id, page->note, sizeof page->note, error);
    for (size_t i = 0; !code && i < found.count; i++)
        window_page_add(page, make_row(&found.rows[i]));
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    violation_page_release(&found);
    return code;
}

static struct effect open_record(struct screen *screen, const struct row *row)
{
    struct upload_argument argument = {.upload_id = ""};
    upload_argument_parse(&argument, screen->argument);
    char *text = console_format("%s row:%s", argument.upload_id, row_cell(row, 1));
    struct effect effect = effect_push("record", text);
    free(text);
    return effect;
}

/* The filter's word, else what the argument narrows by. */
static void add_narrowed(struct shell_line *line, const struct filter *filter,
                         const struct upload_argument *argument, const char *key)
{
    const char *value = filter_value(&argument->narrowed, key);
    if (filter_value(filter, key) || filter_value_not(filter, key) || !value)
        shell_line_term(line, key, filter, key);
    else
        shell_line_option(line, key, value);
}

static char *command(const struct screen *screen, const struct filter *filter)
{
    struct upload_argument argument = {.upload_id = ""};
    struct shell_line line;
    upload_argument_parse(&argument, screen->argument);
    const char *row = narrowed(filter, &argument, "row");
    shell_line_begin(&line, "intake errors");
    shell_line_operand(&line, argument.upload_id);
    add_narrowed(&line, filter, &argument, "type");
    add_narrowed(&line, filter, &argument, "field");
    add_narrowed(&line, filter, &argument, "unchanged");
    shell_line_term(&line, "sku", filter, "sku");
    shell_line_term(&line, "product", filter, "product");
    shell_line_option(&line, "row", row && strtoll(row, NULL, 10) > 0 ? row : NULL);
    shell_line_option(&line, "search", cell_search_typed(filter));
    shell_line_lack(&line, argument.value);
    shell_line_lack(&line, argument.absent ? "absent" : NULL);
    return shell_line_end(&line);
}

static const char *unchanged_at(size_t index)
{
    static const char *const answers[] = {"no", "yes"};
    return index < 2 ? answers[index] : NULL;
}

static const struct filter_words words[] = {{.key = "type", .word = choice_error_type},
                                            {.key = "field", .word = choice_column},
                                            {.key = "unchanged", .word = unchanged_at},
                                            {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .ordered = true,
    .filter_words = words,
    .filter_keys = "type field unchanged row sku product",
    .empty = "no errors; if the file was refused, see its upload for the reason",
    .refresh_ms = 5000,
    .fetch = fetch,
    .open = open_record,
    .detail = true,
    .filtered_command = command,
};

const struct screen_ops screen_errors = {
    .name = "errors",
    .title = "Errors of",
    .help = "errors of an upload by row, with line and value",
    .argument = "UPLOAD",
    LIST_SCREEN(&spec),
};
