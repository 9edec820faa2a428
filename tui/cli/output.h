/*
 * Where results go: stdout, buffered, in colour where that is wanted, with one sanitiser for text
 * that is not ours. Whatever was appended, a terminal is sent nothing but text, line ends, tabs and
 * our own colours. A reader that goes away ends the program quietly: output_flush answers false
 * ever after.
 */
#ifndef INTAKE_TUI_CLI_OUTPUT_H
#define INTAKE_TUI_CLI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

enum output_color { OUTPUT_COLOR_AUTO, OUTPUT_COLOR_ALWAYS, OUTPUT_COLOR_NEVER };

enum output_style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_GOOD,
    STYLE_WARN,
    STYLE_BAD,
    STYLE_HEAD,
};

struct output {
    struct buffer text; /* not written yet; JSON is appended here */
    FILE *stream;
    bool json;
    bool quiet;
    bool color;
    bool terminal; /* stdout is one */
    int width;     /* columns to fit tables to; 0: no bound */
    bool closed;   /* the reader has gone away */
    int failure;   /* errno of a failed write */
    bool progress_shown;
};

void output_init(struct output *output, bool json, bool quiet, enum output_color color);
void output_release(struct output *output);

/* Trusted text of our own. */
void output_format(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
/* Vendor text or any other that is not ours: made visible first. NULL: nothing. */
void output_visible(struct output *output, const char *text);
/* A vendor's lines: byte for byte, but made visible where stdout is a terminal. */
void output_lines(struct output *output, const char *text, size_t len);
void output_styled(struct output *output, enum output_style style, const char *text);
void output_style_begin(struct output *output, enum output_style style);
void output_style_end(struct output *output, enum output_style style);
/* The colour of a status word, one table for all that is shown. */
enum output_style output_status_style(const char *status);

/* Writes what is pending; false when nobody reads it any more. The second only once there is a
 * lot. */
bool output_flush(struct output *output);
bool output_flush_some(struct output *output);
/* At the end of a program: ERROR_IO where a write failed (a full disk), but not for a broken
 * pipe. */
MUST_CHECK enum error_code output_finish(struct output *output, struct error *error);

/* All to stderr, made visible. Progress: a line that the next one replaces, on a terminal alone.
 * Notes stay, unless quiet; complaints stay even then. */
void output_progress(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
/* Whether progress is seen at all. */
bool output_shows_progress(const struct output *output);
void output_progress_end(struct output *output);
void output_note(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);
void output_complain(struct output *output, const char *format, ...) PRINTF_LIKE(2, 3);

/* What a question is about, line by line, to stderr: quiet or not. */
void output_ask(const char *text);

#endif
