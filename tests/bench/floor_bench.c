/*
 * floor_bench TABLE ITEMS MARKS: writes items and then their marks as the functions do, and nothing
 * else: 25 a call, as many calls in flight. A line of ITEMS is an item; of MARKS, a statement, a
 * tab and its parameters. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/dynamodb.h"
#include "aws/profile_files.h"
#include "core/base/memory.h"

#define PUTS_IN_FLIGHT 16
#define MARKS_A_CALL 100 /* a batch of the validator's */

struct lines {
    FILE *file;
    char *text;
    size_t size;
};

static bool line_next(struct lines *lines)
{
    ssize_t len = getline(&lines->text, &lines->size, lines->file);
    if (len > 0 && lines->text[len - 1] == '\n')
        lines->text[len - 1] = '\0';
    return len > 0;
}

static bool item_next(void *context, struct buffer *item)
{
    struct lines *lines = context;
    if (!line_next(lines))
        return false;
    buffer_text(item, lines->text);
    return true;
}

static enum error_code items_write(struct aws_client *client, const char *table,
                                   struct lines *lines, struct error *error)
{
    size_t written = 0;
    const struct dynamodb_puts puts = {
        .context = lines, .next = item_next, .max_in_flight = PUTS_IN_FLIGHT};
    return dynamodb_batch_write(client, table, &puts, &written, error);
}

static enum error_code batch_mark(struct aws_client *client,
                                  const struct dynamodb_statement *statements, size_t count,
                                  struct error *error)
{
    struct dynamodb_outcome outcomes[MARKS_A_CALL];
    enum error_code code = dynamodb_batch_execute(client, statements, count, outcomes, error);
    for (size_t i = 0; i < count && !code; i++)
        if (outcomes[i].code)
            code = error_set(error, outcomes[i].code, "a mark was refused: %s",
                             outcomes[i].service_code);
    return code;
}

static enum error_code mark_read(char *line, struct dynamodb_statement *mark, char **text,
                                 struct error *error)
{
    char *tab = strchr(line, '\t');
    if (!tab)
        return error_set(error, ERROR_INVALID, "not a statement: %s", line);
    *tab = '\0';
    *text = memory_new(strlen(line) + strlen(tab + 1) + 2, 1);
    if (!*text)
        return error_set(error, ERROR_MEMORY, "out of memory for a mark");
    size_t len = strlen(line) + 1;
    memcpy(*text, line, len);
    memcpy(*text + len, tab + 1, strlen(tab + 1) + 1);
    *mark = (struct dynamodb_statement){*text, *text + len};
    return ERROR_NONE;
}

static enum error_code marks_write(struct aws_client *client, struct lines *lines,
                                   struct error *error)
{
    struct dynamodb_statement marks[MARKS_A_CALL];
    char *texts[MARKS_A_CALL] = {NULL};
    enum error_code code = ERROR_NONE;
    size_t count;
    do {
        for (count = 0; count < MARKS_A_CALL && !code && line_next(lines); count++)
            code = mark_read(lines->text, &marks[count], &texts[count], error);
        if (!code && count)
            code = batch_mark(client, marks, count, error);
        for (size_t i = 0; i < count; i++) {
            free(texts[i]);
            texts[i] = NULL;
        }
    } while (!code && count == MARKS_A_CALL);
    return code;
}

int main(int argc, char **argv)
{
    struct error error = ERROR_INIT;
    struct aws_client *client = NULL;
    struct lines items = {.file = argc == 4 ? fopen(argv[2], "re") : NULL};
    struct lines marks = {.file = argc == 4 ? fopen(argv[3], "re") : NULL};
    if (!items.file || !marks.file) {
        fprintf(stderr, "usage: floor_bench TABLE ITEMS MARKS\n");
        return 2;
    }
    const struct aws_options options = {.profiles = profiles_read_files};
    enum error_code code = aws_client_new(&client, &options, &error);
    if (!code)
        code = items_write(client, argv[1], &items, &error);
    if (!code)
        code = marks_write(client, &marks, &error);
    if (code)
        fprintf(stderr, "floor_bench: %s\n", error.message);
    aws_client_free(client);
    free(items.text);
    free(marks.text);
    fclose(items.file);
    fclose(marks.file);
    return code != ERROR_NONE;
}
