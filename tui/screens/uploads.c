#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "tui/base/choices.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/frames/list_place.h"
#include "tui/screens/upload_actions.h"
#include "tui/session/session.h"

static const struct grid_column columns[] = {
    GRID_COLUMN("id", "UPLOAD", 32, 24, .grow = 3, .id = ID_UPLOAD, .order = UPLOAD_BY_ID),
    GRID_COLUMN("status", "STATUS", 11, 6, .order = UPLOAD_BY_STATUS),
    GRID_COLUMN("valid", "VALID", 6, 5, GRID_NUMBER, .drop = 2, .order = UPLOAD_BY_VALID),
    GRID_COLUMN("errors", "ERRORS", 6, 6, GRID_NUMBER, .drop = 1, .order = UPLOAD_BY_ERRORS),
    GRID_COLUMN("total", "TOTAL", 6, 5, GRID_NUMBER, .drop = 3, .order = UPLOAD_BY_TOTAL),
    GRID_COLUMN("uploaded", "UPLOADED (UTC)", 19, 19, .drop = 4, .order = UPLOAD_BY_TIME),
    GRID_COLUMN("took", "TOOK", 7, 6, .align = DRAW_RIGHT, .drop = 6, .order = UPLOAD_BY_DURATION),
    GRID_COLUMN("vendor", "VENDOR", 16, 8, .grow = 2, .drop = 7, .order = UPLOAD_BY_VENDOR),
    GRID_COLUMN("file", "FILE", 24, 12, .grow = 2, .drop = 8, .id = ID_FILE,
                .order = UPLOAD_BY_FILE),
    GRID_COLUMN("reason", "REASON", 30, 10, .grow = 4, .drop = 9, .order = UPLOAD_BY_REASON),
    GRID_COLUMN("assignee", "ASSIGNED TO", 12, 8, .drop = 10),
};

enum { COLUMN_STATUS = 1 };

#define ACKNOWLEDGED_MARK " ack"

static struct row *make_row(const struct upload *upload)
{
    char numbers[3][CELL_SIZE];
    char uploaded[CELL_SIZE];
    char took[CELL_SIZE];
    char *cursor = list_cursor(&upload->key);
    const char *status = upload->stuck ? "stuck" : upload->status;
    char marked[CELL_SIZE];
    const char *cells[] = {upload->upload_id,
                           upload->acknowledged ? marked : status,
                           cell_number(upload->valid_records, numbers[0]),
                           cell_number(upload->error_records, numbers[1]),
                           cell_number(upload->total_records, numbers[2]),
                           cell_time(upload->upload_timestamp, uploaded),
                           cell_duration(upload->processing_duration_seconds, took),
                           upload->vendor_name ? upload->vendor_name : upload->vendor_id,
                           upload->file_name,
                           upload->failure_reason,
                           cell_text(upload->assignee)};
    snprintf(marked, sizeof marked, "%s" ACKNOWLEDGED_MARK, status);
    struct row *row = row_new(upload->upload_id, cursor, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_STATUS;
    row->accent_tone = upload->acknowledged ? TONE_DIM : (uint8_t)cell_status_tone(status);
    free(cursor);
    return row;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct upload_filter filter = UPLOAD_FILTER_INIT;
    struct upload_page found = {0};
    struct list_place place;
    struct db *db;
    filter.vendor = filter_value(query->filter, "vendor");
    filter.not_vendor = filter_value_not(query->filter, "vendor");
    filter.status = filter_value(query->filter, "status");
    filter.not_status = filter_value_not(query->filter, "status");
    filter.notice = filter_value(query->filter, "notice");
    filter.not_notice = filter_value_not(query->filter, "notice");
    filter.code = filter_value(query->filter, "code");
    filter.not_code = filter_value_not(query->filter, "code");
    filter.search = cell_search(query->filter);
    filter.since_ms = cell_filter_time(query->filter, "since", query->now_ms);
    filter.until_ms = cell_filter_time(query->filter, "until", query->now_ms);
    if (query->argument[0] != '\0')
        filter.vendor = query->argument;
    list_place_read(&place, query);
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = uploads_list(db, &filter, place.position, query->limit, &found, error);
    for (size_t i = 0; !code && i < found.count; i++)
        window_page_add(page, make_row(&found.rows[i]));
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    upload_page_release(&found);
    return code;
}

static struct effect open_upload(struct screen *screen, const struct row *row)
{
    (void)screen;
    return effect_push("upload", row_key(row));
}

static char *command(const struct screen *screen, const struct filter *filter)
{
    struct shell_line line;
    int64_t now_ms = console_clock();
    shell_line_begin(&line, "intake uploads");
    if (screen->argument[0] != '\0')
        shell_line_option(&line, "vendor", screen->argument);
    else
        shell_line_term(&line, "vendor", filter, "vendor");
    shell_line_term(&line, "status", filter, "status");
    shell_line_term(&line, "notice", filter, "notice");
    shell_line_term(&line, "code", filter, "code");
    shell_line_moment(&line, "since", filter_value(filter, "since"), now_ms);
    shell_line_moment(&line, "until", filter_value(filter, "until"), now_ms);
    shell_line_option(&line, "search", cell_search_typed(filter));
    return shell_line_end(&line);
}

static const struct filter_words words[] = {
    {.key = "status", .words = upload_statuses}, {.key = "notice", .words = upload_notices},
    {.key = "code", .word = choice_refusal},     {.key = "since", .words = filter_moments},
    {.key = "until", .words = filter_moments},   {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .ordered = true,
    .filter_words = words,
    .filter_keys = "vendor status notice code since until",
    .empty = "no uploads yet: put a file into uploads/<VENDOR>/ or run `intake submit FILE`",
    .refresh_ms = 2000,
    .dated = UPLOAD_BY_TIME,
    .fetch = fetch,
    .open = open_upload,
    .detail = true,
    .filtered_command = command,
};

const struct screen_ops screen_uploads = {
    .name = "uploads",
    .title = "Uploads",
    .help = "uploads and their results, newest first",
    .actions = &upload_actions,
    LIST_SCREEN(&spec),
};
