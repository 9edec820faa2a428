#include <stdio.h>
#include <stdlib.h>

#include "core/history.h"
#include "tui/console_memory.h"
#include "tui/screens/cells.h"
#include "tui/screens/list.h"
#include "tui/screens/list_place.h"
#include "tui/screens/upload_actions.h"
#include "tui/session.h"

static const struct grid_column columns[] = {
    {.name = "id", .title = "UPLOAD", .width = 32, .least = 24, .grow = 3, .id = ID_UPLOAD},
    {.name = "status", .title = "STATUS", .width = 10, .least = 6},
    {.name = "valid", .title = "VALID", .width = 6, .least = 5, .align = DRAW_RIGHT,
     .number = true, .drop = 2},
    {.name = "errors", .title = "ERRORS", .width = 6, .least = 6, .align = DRAW_RIGHT,
     .number = true, .drop = 1},
    {.name = "total", .title = "TOTAL", .width = 6, .least = 5, .align = DRAW_RIGHT,
     .number = true, .drop = 3},
    {.name = "uploaded", .title = "UPLOADED (UTC)", .width = 19, .least = 19, .drop = 4},
    {.name = "took", .title = "TOOK", .width = 7, .least = 6, .align = DRAW_RIGHT, .drop = 6},
    {.name = "vendor", .title = "VENDOR", .width = 16, .least = 8, .grow = 2, .drop = 7},
    {.name = "file", .title = "FILE", .width = 24, .least = 12, .grow = 2, .drop = 8,
     .id = ID_FILE},
    {.name = "reason", .title = "REASON", .width = 30, .least = 10, .grow = 4, .drop = 9},
};

enum { COLUMN_STATUS = 1 };

static const int orders[] = {
    UPLOAD_BY_ID,   UPLOAD_BY_STATUS,   UPLOAD_BY_VALID,  UPLOAD_BY_ERRORS, UPLOAD_BY_TOTAL,
    UPLOAD_BY_TIME, UPLOAD_BY_DURATION, UPLOAD_BY_VENDOR, UPLOAD_BY_FILE,   UPLOAD_BY_REASON,
};
_Static_assert(sizeof(orders) / sizeof(orders[0]) == sizeof(columns) / sizeof(columns[0]),
               "an order for each column");

static struct row *make_row(const struct upload *upload)
{
    char numbers[3][CELL_SIZE];
    char uploaded[CELL_SIZE];
    char took[CELL_SIZE];
    char *cursor = list_cursor(&upload->key);
    const char *status = upload->stuck ? "stuck" : upload->status;
    const char *cells[] = {upload->upload_id,
                           status,
                           cell_number(upload->valid_records, numbers[0]),
                           cell_number(upload->error_records, numbers[1]),
                           cell_number(upload->total_records, numbers[2]),
                           cell_time(upload->upload_timestamp, uploaded),
                           cell_duration(upload->processing_duration_seconds, took),
                           upload->vendor_name != NULL ? upload->vendor_name : upload->vendor_id,
                           upload->file_name,
                           upload->failure_reason};
    struct row *row =
        row_new(upload->upload_id, cursor, cells, sizeof(cells) / sizeof(cells[0]));

    row->accent = COLUMN_STATUS;
    row->accent_tone = (uint8_t)cell_status_tone(status);
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
    enum error_code code;

    filter.vendor = filter_value(query->filter, "vendor");
    filter.status = filter_value(query->filter, "status");
    filter.notice = filter_value(query->filter, "notice");
    filter.search = cell_search(query->filter);
    filter.since_ms = cell_filter_time(query->filter, "since", query->now_ms);
    filter.until_ms = cell_filter_time(query->filter, "until", query->now_ms);
    if (query->argument[0] != '\0')
        filter.vendor = query->argument;
    list_place_read(&place, query);
    code = session_database(context->session, &db, error);
    if (code == ERROR_NONE)
        code = uploads_list(db, &filter, place.position, query->limit, &found, error);
    for (size_t i = 0; code == ERROR_NONE && i < found.count; i++)
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

static char *command(const struct screen *screen)
{
    const char *text = list_filter_text(screen);
    struct filter filter;
    char *line = console_copy("intake uploads");

    filter_parse(&filter, text, "vendor status since until");
    for (size_t i = 0; i < filter.count; i++) {
        char *longer =
            console_format("%s --%s %s", line, filter.terms[i].key, filter.terms[i].value);

        free(line);
        line = longer;
    }
    if (filter.search[0] != '\0') {
        char *longer = console_format("%s --search '%s'", line, filter.search);

        free(line);
        line = longer;
    }
    return line;
}

static const struct list_spec spec = {
    .columns = columns,
    .column_count = sizeof(columns) / sizeof(columns[0]),
    .orders = orders,
    .filter_keys = "vendor status notice since until",
    .empty = "no upload yet: put a file into uploads/<VENDOR>/ or run `intake submit FILE`",
    .refresh_ms = 2000,
    .dated = UPLOAD_BY_TIME,
    .lane = JOB_DATABASE,
    .timeout_ms = 15000,
    .fetch = fetch,
    .open = open_upload,
    .command = command,
};

const struct screen_ops screen_uploads = {
    .name = "uploads",
    .title = "Uploads",
    .help = "the uploads, newest first, with what they came to",
    .actions = &upload_actions,
    LIST_SCREEN(&spec),
};
