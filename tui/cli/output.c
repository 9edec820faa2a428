#include "tui/cli/output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/text.h"

enum { FLUSH_AT = 64 * 1024, TEXT_MAX = 256 * 1024 * 1024 };

static const char *const codes[] = {
    [STYLE_PLAIN] = "",         [STYLE_BOLD] = "\033[1m",  [STYLE_DIM] = "\033[2m",
    [STYLE_GOOD] = "\033[32m",  [STYLE_WARN] = "\033[33m", [STYLE_BAD] = "\033[31m",
    [STYLE_HEAD] = "\033[1;4m",
};

#define STYLE_END "\033[0m"

static bool color_wanted(enum output_color color, bool terminal)
{
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (color != OUTPUT_COLOR_AUTO)
        return color == OUTPUT_COLOR_ALWAYS;
    if (none && none[0] != '\0')
        return false;
    return terminal && term && strcmp(term, "dumb") != 0;
}

static int width_find(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}

void output_init(struct output *output, bool json, bool quiet, enum output_color color)
{
    memset(output, 0, sizeof *output);
    buffer_init(&output->text, TEXT_MAX);
    output->stream = stdout;
    output->json = json;
    output->quiet = quiet;
    output->terminal = isatty(STDOUT_FILENO) == 1;
    output->color = !json && color_wanted(color, output->terminal);
    output->width = output->terminal && !json ? width_find() : 0;
}

void output_release(struct output *output)
{
    buffer_release(&output->text);
}

void output_format(struct output *output, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    buffer_format_list(&output->text, format, arguments);
    va_end(arguments);
}

void output_visible(struct output *output, const char *text)
{
    if (text)
        text_append_visible(&output->text, text, strlen(text));
}

/* To a terminal line by line; a CR before the line's end is part of that. */
void output_lines(struct output *output, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    if (!output->terminal) {
        buffer_append(&output->text, text, len);
        return;
    }
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((stop != NULL ? stop : end) - at);
        size_t shown = line > 0 && at[line - 1] == '\r' ? line - 1 : line;
        text_append_visible(&output->text, at, shown);
        buffer_char(&output->text, '\n');
        at += line + (stop != NULL);
    }
}

void output_style_begin(struct output *output, enum output_style style)
{
    if (output->color)
        buffer_text(&output->text, codes[style]);
}

void output_style_end(struct output *output, enum output_style style)
{
    if (output->color && style != STYLE_PLAIN)
        buffer_text(&output->text, STYLE_END);
}

void output_styled(struct output *output, enum output_style style, const char *text)
{
    output_style_begin(output, style);
    output_visible(output, text);
    output_style_end(output, style);
}

enum output_style output_status_style(const char *status)
{
    static const struct {
        const char *status;
        enum output_style style;
    } styles[] = {
        {"completed", STYLE_GOOD},  {"partial", STYLE_WARN},
        {"failed", STYLE_BAD},      {"refused", STYLE_BAD},
        {"processing", STYLE_BOLD}, {"active", STYLE_GOOD},
        {"suspended", STYLE_BAD},   {"pending_approval", STYLE_WARN},
        {"confirmed", STYLE_GOOD},  {"pending", STYLE_WARN},
        {"none", STYLE_DIM},        {"accepted", STYLE_GOOD},
        {"unknown", STYLE_WARN},    {"done", STYLE_GOOD},
        {"ok", STYLE_GOOD},         {"warn", STYLE_WARN},
        {"fail", STYLE_BAD},        {"skip", STYLE_DIM},
        {"stuck", STYLE_BAD},       {"ERROR", STYLE_BAD},
        {"WARN", STYLE_WARN},
    };
    for (size_t i = 0; status && i < sizeof styles / sizeof styles[0]; i++) {
        if (strcmp(styles[i].status, status) == 0)
            return styles[i].style;
    }
    return STYLE_PLAIN;
}

/* The length of what is ours at a place that no text of others may hold: a line end, a tab, the
 * beginning or end of a colour. */
static size_t own_control(const struct output *output, const char *at, size_t left)
{
    if (*at == '\n' || *at == '\t')
        return 1;
    if (*at != '\033' || !output->color)
        return 0;
    if (left >= 4 && memcmp(at, STYLE_END, 4) == 0)
        return 4;
    for (size_t i = STYLE_PLAIN + 1; i < sizeof codes / sizeof codes[0]; i++) {
        size_t len = strlen(codes[i]);
        if (left >= len && memcmp(at, codes[i], len) == 0)
            return len;
    }
    return 0;
}

static void terminal_text(const struct output *output, struct buffer *out)
{
    const char *at = output->text.data, *end = at + output->text.len, *from = at;
    while (at < end) {
        size_t own = own_control(output, at, (size_t)(end - at));
        at += own > 0 ? 0 : 1;
        if (own == 0 && at < end)
            continue;
        text_append_visible(out, from, (size_t)(at - from));
        buffer_append(out, at, own);
        from = at += own;
    }
}

static void stream_write(struct output *output, const struct buffer *text)
{
    size_t written = fwrite(text->data, 1, text->len, output->stream);
    if (written != text->len || fflush(output->stream) != 0) {
        output->closed = errno == EPIPE;
        output->failure = output->closed ? 0 : errno;
    }
}

bool output_flush(struct output *output)
{
    struct buffer shown;
    buffer_init(&shown, TEXT_MAX);
    if (output->text.len > 0 && !output->closed && output->failure == 0) {
        if (output->terminal)
            terminal_text(output, &shown);
        if (shown.failed != ERROR_NONE)
            output->failure = ENOMEM;
        else
            stream_write(output, output->terminal ? &shown : &output->text);
    }
    buffer_release(&shown);
    buffer_cut(&output->text, 0);
    return !output->closed && output->failure == 0;
}

bool output_flush_some(struct output *output)
{
    if (output->text.len < FLUSH_AT)
        return !output->closed && output->failure == 0;
    return output_flush(output);
}

enum error_code output_finish(struct output *output, struct error *error)
{
    output_progress_end(output);
    if (buffer_check(&output->text, error))
        return error_wrap(error, "cannot write the result");
    if (output_flush(output) || output->closed)
        return ERROR_NONE;
    return error_set(error, ERROR_IO, "cannot write to standard output: %s",
                     strerror(output->failure));
}

bool output_shows_progress(const struct output *output)
{
    return !output->quiet && isatty(STDERR_FILENO) == 1;
}

PRINTF_LIKE(1, 0)
static void stderr_visible(const char *format, va_list arguments, const char *before,
                           const char *after)
{
    struct buffer plain, shown;
    buffer_init(&plain, 16 * 1024);
    buffer_init(&shown, 64 * 1024);
    buffer_format_list(&plain, format, arguments);
    buffer_text(&shown, before);
    text_append_visible(&shown, plain.data, plain.len);
    buffer_text(&shown, after);
    if (fwrite(shown.data, 1, shown.len, stderr) != shown.len)
        clearerr(stderr);
    buffer_release(&plain);
    buffer_release(&shown);
}

void output_ask(const char *text)
{
    struct output own;
    output_init(&own, false, false, OUTPUT_COLOR_NEVER);
    own.stream = stderr;
    own.terminal = isatty(STDERR_FILENO) == 1;
    buffer_text(&own.text, text);
    output_flush(&own);
    output_release(&own);
}

void output_progress(struct output *output, const char *format, ...)
{
    va_list arguments;
    if (!output_shows_progress(output))
        return;
    va_start(arguments, format);
    stderr_visible(format, arguments, "\r\033[K", "");
    va_end(arguments);
    fflush(stderr);
    output->progress_shown = true;
}

void output_progress_end(struct output *output)
{
    if (output->progress_shown)
        fputs("\r\033[K", stderr);
    output->progress_shown = false;
}

void output_note(struct output *output, const char *format, ...)
{
    va_list arguments;
    if (output->quiet)
        return;
    output_progress_end(output);
    va_start(arguments, format);
    stderr_visible(format, arguments, "", "\n");
    va_end(arguments);
}

void output_complain(struct output *output, const char *format, ...)
{
    va_list arguments;
    if (output)
        output_progress_end(output);
    va_start(arguments, format);
    stderr_visible(format, arguments, "", "\n");
    va_end(arguments);
}
