#ifndef INTAKE_CORE_HISTORY_LOGS_H
#define INTAKE_CORE_HISTORY_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"
#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/pipeline/settings.h"

/*
 * The functions' lines in CloudWatch Logs, merged by time. Lines of ours are JSON and are taken
 * apart (an embedded metric has the message "metrics"); others (START, REPORT, a crash) are kept
 * whole as the message.
 */
struct log_line_read {
    int64_t at;           /* milliseconds, UTC */
    const char *function; /* "csv-parser" */
    const char *level;    /* NULL: no line of ours */
    const char *message;
    const char *upload_id;  /* NULL: none */
    const char *request_id; /* NULL: none */
    const char *event_id;   /* CloudWatch's own */
    const char *fields;     /* the other members of the line, as JSON members without braces; "" */
};

struct log_lines {
    struct arena arena;
    struct log_line_read *rows; /* oldest first */
    size_t count, capacity;
};

#define LOG_FUNCTIONS_MOST 3

struct logs_question {
    const char *functions[LOG_FUNCTIONS_MOST]; /* names; NULL ends */
    const char *text;                          /* lines that hold it; NULL: all */
    int64_t since_ms;                          /* at or after */
    int64_t until_ms;                          /* 0: now */
    size_t limit;                              /* of lines of one function; 0: all */
};

/* A function that has not logged yet has no group: that is no error. */
MUST_CHECK enum error_code logs_read(struct aws_client *aws, const struct logs_question *question,
                                     struct log_lines *lines, struct error *error);
void log_lines_release(struct log_lines *lines);

#endif
