#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "core/history/logs.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/frames/cells.h"
#include "tui/frames/list.h"
#include "tui/session/session.h"

#define HOUR_MS 3600000LL
#define LINES_MOST 1000 /* of one function */
#define LATE_MS 30000

static const struct grid_column columns[] = {
    GRID_COLUMN("at", "TIME (UTC)", 19, 19),
    GRID_COLUMN("function", "FUNCTION", 17, 8, .drop = 2),
    GRID_COLUMN("level", "LEVEL", 6, 5, .drop = 1),
    GRID_COLUMN("message", "MESSAGE", 40, 16, .grow = 3),
    GRID_COLUMN("upload", "UPLOAD", 32, 20, .drop = 4, .id = ID_UPLOAD),
    GRID_COLUMN("fields", "FIELDS", 30, 10, .grow = 2, .drop = 3),
};

enum { COLUMN_LEVEL = 2, COLUMN_MESSAGE = 3, COLUMN_UPLOAD = 4, COLUMN_FIELDS = 5 };

static const enum setting functions[LOG_FUNCTIONS_MOST] = {
    SETTING_PARSER_FUNCTION, SETTING_VALIDATOR_FUNCTION, SETTING_ERROR_FUNCTION};

static enum theme_tone level_tone(const char *level)
{
    if (!level)
        return TONE_DIM;
    if (filter_holds(level, "error") || filter_holds(level, "fatal"))
        return TONE_BAD;
    return filter_holds(level, "warn") ? TONE_WARN : TONE_INFO;
}

static struct row *make_row(const struct log_line_read *line, size_t index)
{
    char at[CELL_SIZE];
    char *key = line->event_id ? console_copy(line->event_id)
                               : console_format("%lld-%zu", (long long)line->at, index);
    const char *cells[] = {cell_time(line->at, at),    cell_text(line->function),
                           cell_text(line->level),     cell_text(line->message),
                           cell_text(line->upload_id), cell_text(line->fields)};
    struct row *row = row_new(key, key, cells, sizeof cells / sizeof cells[0]);
    row->accent = COLUMN_LEVEL;
    row->accent_tone = (uint8_t)level_tone(line->level);
    free(key);
    return row;
}

static bool wanted(const struct log_line_read *line, const struct filter *filter)
{
    const char *texts[] = {line->message, line->fields, line->upload_id, line->request_id};
    return filter_key_holds(filter, "level", line->level) &&
           filter_key_holds(filter, "function", line->function) &&
           filter_matches(filter, texts, sizeof texts / sizeof texts[0]);
}

/* The argument is a function, an upload, or nothing for all functions. */
static enum error_code ask(struct job_context *context, const struct list_query *query,
                           struct logs_question *question, struct error *error)
{
    enum error_code code = ERROR_NONE;
    struct upload_detail detail = {.pending_records = 0};
    struct db *db = NULL;
    question->since_ms = cell_filter_time(query->filter, "since", query->now_ms);
    for (size_t i = 0; i < LOG_FUNCTIONS_MOST && !code; i++)
        code = session_resource(context->session, functions[i], &question->functions[i], error);
    if (!code && strncmp(query->argument, "UPLOAD_", 7) == 0) {
        question->text = query->argument;
        code = session_database(context->session, &db, error);
        if (!code)
            code = upload_find(db, query->argument, &detail, error);
        if (!code && question->since_ms == HISTORY_NEVER)
            question->since_ms = (detail.upload.processing_started_at != HISTORY_NEVER
                                      ? detail.upload.processing_started_at
                                      : detail.upload.upload_timestamp) -
                                 LATE_MS;
        upload_detail_release(&detail);
    }
    if (question->since_ms == HISTORY_NEVER)
        question->since_ms = query->now_ms - HOUR_MS;
    return code;
}

static enum error_code fetch(struct job_context *context, const struct list_query *query,
                             struct window_page *page, struct error *error)
{
    struct logs_question question = {.limit = LINES_MOST};
    struct log_lines lines = {.count = 0};
    struct aws_client *aws = NULL;
    enum error_code code = ask(context, query, &question, error);
    if (!code)
        code = session_aws(context->session, &aws, error);
    if (!code)
        code = logs_read(aws, &question, &lines, error);
    for (size_t i = lines.count; !code && i > 0; i--) { /* newest first */
        if (wanted(&lines.rows[i - 1], query->filter))
            window_page_add(page, make_row(&lines.rows[i - 1], i));
    }
    log_lines_release(&lines);
    return code;
}

static struct effect open_line(struct screen *screen, const struct row *row)
{
    const char *upload = row_cell(row, COLUMN_UPLOAD);
    if (upload[0] != '\0' && strcmp(upload, screen->argument) != 0)
        return effect_push("upload", upload);
    return effect_toast(TONE_INFO, "%s %s", row_cell(row, COLUMN_MESSAGE),
                        row_cell(row, COLUMN_FIELDS));
}

static const char *const function_words[] = {"csv-parser", "product-validator", "error-processor",
                                             NULL};

/* The command shows one function, or all of an upload. */
static char *command(const struct screen *screen, const struct filter *filter)
{
    const char *function = filter_value(filter, "function");
    const char *what = screen->argument[0] != '\0' ? screen->argument : function;
    struct shell_line line;
    bool known = what == screen->argument;
    for (size_t i = 0; what && function_words[i]; i++)
        known = known || strcmp(function_words[i], what) == 0;
    if (!known)
        return NULL;
    shell_line_begin(&line, "intake logs");
    shell_line_operand(&line, what);
    shell_line_moment(&line, "since", filter_value(filter, "since"), console_clock());
    shell_line_lack(&line, what == screen->argument ? function : NULL);
    shell_line_lack(&line, filter_value(filter, "level"));
    shell_line_lack(&line, filter_value_not(filter, "level"));
    shell_line_lack(&line, filter_value_not(filter, "function"));
    shell_line_lack(&line, cell_search(filter));
    return shell_line_end(&line);
}

static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
static const struct filter_words words[] = {{.key = "level", .words = levels},
                                            {.key = "function", .words = function_words},
                                            {.key = "since", .words = filter_moments},
                                            {.key = NULL}};

static const struct list_spec spec = {
    LIST_COLUMNS(columns),
    .filter_words = words,
    .filter_keys = "level function since",
    .empty = "no log lines in this period",
    .refresh_ms = 5000,
    .lane = JOB_CLOUD,
    .fetch = fetch,
    .open = open_line,
    .filtered_command = command,
};

const struct screen_ops screen_logs = {
    .name = "logs",
    .title = "Logs",
    .help = "logs of the functions, newest first, or those of one upload",
    LIST_SCREEN(&spec),
};
