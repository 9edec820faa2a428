#include "core/history/logs.h"

#include <stdlib.h>
#include <string.h>

#include "aws/logs.h"
#include "core/base/json.h"

struct reading {
    struct log_lines *lines;
    const char *function;
    enum error_code code;
    struct error *error;
};

static const char *text_keep(struct reading *reading, const char *text, size_t len)
{
    const char *copy = arena_copy_text(&reading->lines->arena, text, len);
    if (!copy)
        reading->code = error_set(reading->error, ERROR_MEMORY, "out of memory for log lines");
    return copy;
}

static const char *member_keep(struct reading *reading, struct json_object *line, const char *key)
{
    size_t len = 0;
    const char *text = json_text(line, key, &len);
    return text ? text_keep(reading, text, len) : NULL;
}

static bool member_is_own(const char *key)
{
    static const char *const own[] = {"timestamp",  "level",     "message", "function",
                                      "request_id", "upload_id", "_aws"};
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) {
        if (strcmp(own[i], key) == 0)
            return true;
    }
    return false;
}

static const char *fields_keep(struct reading *reading, struct json_object *line)
{
    struct buffer text;
    buffer_init(&text, 1024 * 1024);
    json_object_object_foreach(line, key, member)
    {
        if (member_is_own(key))
            continue;
        json_append_key(&text, key);
        buffer_text(&text, json_object_to_json_string_ext(
                               member, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    }
    const char *kept = text_keep(reading, text.data, text.len);
    buffer_release(&text);
    return kept;
}

/* "START RequestId: 4ab1... Version: ..." */
static const char *request_find(struct reading *reading, const char *message, size_t len)
{
    static const char mark[] = "RequestId: ";
    for (size_t i = 0; i + sizeof mark - 1 < len; i++) {
        if (memcmp(message + i, mark, sizeof mark - 1) != 0)
            continue;
        const char *id = message + i + sizeof mark - 1;
        size_t id_len = 0;
        while (id + id_len < message + len && strchr("0123456789abcdef-", id[id_len]))
            id_len++;
        return id_len > 0 ? text_keep(reading, id, id_len) : NULL;
    }
    return NULL;
}

static void line_parse(struct reading *reading, const struct logs_event *event,
                       struct log_line_read *row)
{
    struct json_object *line = NULL;
    size_t len = event->message_length;
    while (len > 0 && (event->message[len - 1] == '\n' || event->message[len - 1] == '\r'))
        len--;
    row->fields = "";
    if (len > 0 && event->message[0] == '{' && !json_parse(event->message, len, &line, NULL) &&
        (json_text(line, "message", NULL) || json_member(line, "_aws"))) {
        row->level = member_keep(reading, line, "level");
        row->message = member_keep(reading, line, "message");
        if (!row->message)
            row->message = "metrics";
        row->upload_id = member_keep(reading, line, "upload_id");
        row->request_id = member_keep(reading, line, "request_id");
        row->fields = fields_keep(reading, line);
    } else {
        row->message = text_keep(reading, event->message, len);
        row->request_id = request_find(reading, event->message, len);
    }
    json_object_put(line);
}

static bool event_take(void *context, const struct logs_event *event)
{
    struct reading *reading = context;
    struct log_lines *lines = reading->lines;
    void *rows = lines->rows;
    reading->code = memory_reserve(&rows, &lines->capacity, lines->count + 1, sizeof *lines->rows,
                                   reading->error);
    if (reading->code)
        return false;
    lines->rows = rows;
    struct log_line_read *row = &lines->rows[lines->count++];
    memset(row, 0, sizeof *row);
    row->at = event->timestamp_ms;
    row->function = reading->function;
    row->event_id =
        event->event_id ? text_keep(reading, event->event_id, strlen(event->event_id)) : NULL;
    line_parse(reading, event, row);
    return !reading->code;
}

/* A stable order for what happened in the same millisecond: as CloudWatch gave it. */
static int line_compare(const void *a, const void *b)
{
    const struct log_line_read *left = a, *right = b;
    if (left->at != right->at)
        return left->at < right->at ? -1 : 1;
    int difference = strcmp(left->function, right->function);
    if (difference != 0 || !left->event_id || !right->event_id)
        return difference;
    return strcmp(left->event_id, right->event_id);
}

static enum error_code function_read(struct aws_client *aws, const struct logs_question *question,
                                     const char *function, struct log_lines *lines,
                                     struct error *error)
{
    char group[512], pattern[1100];
    struct reading reading = {.lines = lines, .error = error};
    struct error own = ERROR_INIT;
    struct logs_filter filter = {.group = group,
                                 .start_ms = question->since_ms,
                                 .end_ms = question->until_ms,
                                 .limit = (int64_t)question->limit};
    snprintf(group, sizeof group, "/aws/lambda/%s", function);
    if (question->text) {
        snprintf(pattern, sizeof pattern, "\"%s\"", question->text);
        filter.pattern = pattern;
    }
    reading.function = text_keep(&reading, function, strlen(function));
    if (reading.code)
        return reading.code;
    enum error_code code = logs_filter_events(aws, &filter, event_take, &reading, &own);
    if (reading.code)
        return reading.code;
    if (code == ERROR_NOT_FOUND)
        return ERROR_NONE;
    if (code && error)
        *error = own;
    return code ? error_wrap(error, "%s", group) : ERROR_NONE;
}

enum error_code logs_read(struct aws_client *aws, const struct logs_question *question,
                          struct log_lines *lines, struct error *error)
{
    enum error_code code = ERROR_NONE;
    memset(lines, 0, sizeof *lines);
    for (size_t i = 0; i < LOG_FUNCTIONS_MOST && question->functions[i]; i++) {
        code = function_read(aws, question, question->functions[i], lines, error);
        if (code)
            return code;
    }
    if (lines->count > 1)
        qsort(lines->rows, lines->count, sizeof *lines->rows, line_compare);
    return ERROR_NONE;
}

void log_lines_release(struct log_lines *lines)
{
    arena_release(&lines->arena);
    free(lines->rows);
    memset(lines, 0, sizeof *lines);
}
