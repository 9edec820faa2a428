#include <string.h>

#include "core/base/json.h"
#include "core/base/memory.h"
#include "core/base/time_text.h"
#include "core/base/world.h"
#include "core/history/history.h"
#include "core/history/logs.h"
#include "tui/cli/command.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

enum { POLL_MS = 2000, LATE_MS = 30 * 1000, HOUR_MS = 3600 * 1000, SLICE_MS = 100 };

static const struct option options[] = {
    OPTION("since", OPTION_TIME, "WHEN",
           "at or after this time, or within this age (default: 1h, or the upload's time)"),
    {.name = "follow", .letter = 'f', .help = "show new lines as they arrive, until interrupted"},
    OPTION("limit", OPTION_NUMBER, "N", "at most the last N lines"),
    OPTIONS_END,
};

static const struct command_example examples[] = {
    {"intake logs UPLOAD_20260131_080000_VEND001", "log lines of the three functions about one "
                                                   "upload"},
    {"intake logs csv-parser --since 15m --follow", "one function, live"},
    {NULL, NULL},
};

static const enum setting functions[] = {SETTING_PARSER_FUNCTION, SETTING_VALIDATOR_FUNCTION,
                                         SETTING_ERROR_FUNCTION};

struct following {
    struct command_call *call;
    struct logs_question question;
    struct arena seen_arena;
    const char **seen; /* event ids of the last round */
    size_t seen_count;
    bool first;
};

static enum error_code function_find(struct command_call *call, const char *what,
                                     struct logs_question *question, struct error *error)
{
    enum error_code code = ERROR_NONE;
    size_t count = 0;
    for (size_t i = 0; i < LOG_FUNCTIONS_MOST && !code; i++) {
        const char *name = NULL;
        code = session_resource(call->session, functions[i], &name, error);
        if (code)
            break;
        if (strcmp(name, what) == 0 || strcmp(setting_default(functions[i]), what) == 0) {
            question->functions[0] = name;
            question->functions[1] = NULL;
            question->text = NULL;
            return ERROR_NONE;
        }
        question->functions[count++] = name;
    }
    return code;
}

/* The lines of an upload may be old: they are looked for from when it came. */
static enum error_code upload_since(struct command_call *call, const char *what,
                                    struct logs_question *question, struct error *error)
{
    struct db *db = NULL;
    struct upload_detail detail = {.pending_records = 0};
    enum error_code code = session_database(call->session, &db, error);
    if (!code)
        code = upload_find(db, what, &detail, error);
    if (!code) {
        const struct upload *upload = &detail.upload;
        int64_t from = upload->processing_started_at != HISTORY_NEVER
                           ? upload->processing_started_at
                           : upload->upload_timestamp;
        question->since_ms = from - LATE_MS;
    } else if (code == ERROR_NOT_FOUND) {
        code = error_set(error, ERROR_NOT_FOUND,
                         "%.100s: not a function (csv-parser, product-validator, "
                         "error-processor) and not an upload",
                         what);
    }
    upload_detail_release(&detail);
    return code;
}

static void line_json(struct buffer *out, const struct log_line_read *line)
{
    buffer_char(out, '{');
    json_member_time(out, "at", line->at);
    json_append_member(out, "function", line->function);
    json_append_member(out, "level", line->level);
    json_append_member(out, "message", line->message);
    json_append_member(out, "upload_id", line->upload_id);
    json_append_member(out, "request_id", line->request_id);
    json_append_key(out, "fields");
    buffer_format(out, "{%s}}", line->fields);
}

/* key=value of each further member. */
static void fields_print(struct output *output, const char *fields)
{
    struct json_object *members = NULL;
    struct buffer text;
    buffer_init(&text, 2 * 1024 * 1024);
    buffer_format(&text, "{%s}", fields);
    if (!json_parse(text.data, text.len, &members, NULL)) {
        json_object_object_foreach(members, key, member)
        {
            if (!member)
                continue;
            output_format(output, " ");
            output_visible(output, key);
            output_format(output, "=");
            output_visible(output, json_object_get_string(member));
        }
    }
    json_object_put(members);
    buffer_release(&text);
}

static void line_print(struct output *output, const struct log_line_read *line)
{
    char at[TIME_TEXT_SIZE];
    time_text_iso8601_ms(line->at, at);
    output_styled(output, STYLE_DIM, at);
    output_format(output, " ");
    output_visible(output, line->function);
    output_format(output, " ");
    output_styled(output, output_status_style(line->level), line->level ? line->level : "-");
    output_format(output, " ");
    output_visible(output, line->message);
    if (line->upload_id) {
        output_format(output, " ");
        output_visible(output, line->upload_id);
    }
    fields_print(output, line->fields);
    output_format(output, "\n");
}

static bool was_seen(const struct following *following, const char *id)
{
    for (size_t i = 0; id && i < following->seen_count; i++) {
        if (strcmp(following->seen[i], id) == 0)
            return true;
    }
    return false;
}

static enum error_code seen_keep(struct following *following, const struct log_lines *lines,
                                 struct error *error)
{
    arena_release(&following->seen_arena);
    following->seen_count = 0;
    following->seen = arena_new(&following->seen_arena, lines->count + 1, sizeof *following->seen);
    bool failed = !following->seen;
    for (size_t i = 0; i < lines->count && !failed; i++) {
        const char *id = lines->rows[i].event_id;
        if (!id)
            continue;
        const char *copy = arena_copy_text(&following->seen_arena, id, strlen(id));
        failed = !copy;
        following->seen[following->seen_count++] = copy;
    }
    return failed ? error_set(error, ERROR_MEMORY, "out of memory for log lines") : ERROR_NONE;
}

static enum error_code round_show(struct following *following, size_t limit, struct error *error)
{
    struct aws_client *aws = NULL;
    struct log_lines lines = {.count = 0};
    struct output *output = following->call->output;
    enum error_code code = session_aws(following->call->session, &aws, error);
    if (!code)
        code = logs_read(aws, &following->question, &lines, error);
    size_t from = limit > 0 && lines.count > limit ? lines.count - limit : 0;
    for (size_t i = from; i < lines.count && !code; i++) {
        if (was_seen(following, lines.rows[i].event_id))
            continue;
        if (output->json) {
            json_element(&output->text, &following->first);
            line_json(&output->text, &lines.rows[i]);
        } else {
            line_print(output, &lines.rows[i]);
        }
    }
    if (!code)
        code = seen_keep(following, &lines, error);
    if (!code && lines.count > 0 &&
        lines.rows[lines.count - 1].at - LATE_MS > following->question.since_ms)
        following->question.since_ms = lines.rows[lines.count - 1].at - LATE_MS;
    log_lines_release(&lines);
    return code;
}

static bool wait_more(const struct following *following)
{
    const struct cancel *cancel = session_cancel(following->call->session);
    if (!output_flush(following->call->output))
        return false;
    for (int waited = 0; waited < POLL_MS && !cancel_requested(cancel); waited += SLICE_MS)
        world_sleep_ms(&world_real, SLICE_MS);
    return !cancel_requested(cancel);
}

static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct following following = {.call = call, .first = true};
    const char *what = options_operand(call->options, 0);
    size_t limit = (size_t)options_number(call->options, "limit", 0);
    int64_t now = world_now_ms(&world_real);
    following.question.text = what;
    enum error_code code = function_find(call, what, &following.question, &error);
    following.question.since_ms = options_time(call->options, "since", now - HOUR_MS);
    if (!code && following.question.text && !options_flag(call->options, "since"))
        code = upload_since(call, what, &following.question, &error);
    if (code)
        return command_fail(call, &error);
    if (call->output->json)
        buffer_char(&call->output->text, '[');
    do {
        code = round_show(&following, limit, &error);
        limit = 0;
    } while (!code && options_flag(call->options, "follow") && wait_more(&following));
    if (!code && call->output->json)
        buffer_text(&call->output->text, "]\n");
    arena_release(&following.seen_arena);
    if (code && following.first)
        buffer_clear(&call->output->text);
    return code ? command_fail(call, &error) : EXIT_DONE;
}

const struct command command_logs = {
    .name = "logs",
    .summary = "Show CloudWatch logs of a function or an upload",
    .operands = "FUNCTION|UPLOAD",
    .operands_least = 1,
    .operands_most = 1,
    .description = "Shows the log lines of csv-parser, product-validator or error-processor, or "
                   "the lines of all three that name an upload, oldest first.",
    .options = options,
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
