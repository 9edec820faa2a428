#include "tui/cli/shell_line.h"

#include <ctype.h>
#include <string.h>

#include "core/base/time_text.h"
#include "tui/base/filter.h"
#include "tui/base/typed.h"

#define LINE_MAX_BYTES 8192

static bool is_bare(const char *text)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "_-./:@%+,";
    return text[0] != '\0' && text[strspn(text, safe)] == '\0';
}

/* Of C0, DEL, and C1 as UTF-8 has them. */
static bool has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < ' ' || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0))
            return true;
    }
    return false;
}

void shell_quote(struct buffer *out, const char *text)
{
    bool escaped = has_control(text);
    if (is_bare(text)) {
        buffer_text(out, text);
        return;
    }
    buffer_text(out, escaped ? "$'" : "'");
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (escaped && (*at < ' ' || *at >= 0x7f))
            buffer_format(out, "\\%03o", *at);
        else if (escaped && (*at == '\'' || *at == '\\'))
            buffer_format(out, "\\%c", *at);
        else if (*at == '\'')
            buffer_text(out, "'\\''");
        else
            buffer_char(out, (char)*at);
    }
    buffer_char(out, '\'');
}

void shell_option(struct buffer *out, const char *name, const char *value)
{
    if (!value)
        return;
    buffer_format(out, " --%s%c", name, value[0] == '-' ? '=' : ' ');
    shell_quote(out, value);
}

void shell_line_begin(struct shell_line *line, const char *command)
{
    buffer_init(&line->text, LINE_MAX_BYTES);
    line->lacking = false;
    buffer_text(&line->text, command);
}

void shell_line_operand(struct shell_line *line, const char *value)
{
    buffer_char(&line->text, ' ');
    shell_quote(&line->text, value);
}

void shell_line_option(struct shell_line *line, const char *name, const char *value)
{
    shell_option(&line->text, name, value);
}

static void term_text(struct buffer *out, const struct filter_term *term)
{
    buffer_text(out, term->negated ? "-" : "");
    for (const char *at = term->value; *at != '\0'; at++)
        buffer_char(out, *at == TYPED_OR ? ',' : *at);
}

void shell_line_term(struct shell_line *line, const char *name, const struct filter *filter,
                     const char *key)
{
    struct buffer text;
    size_t found = 0;
    buffer_init(&text, FILTER_SIZE + 2);
    for (size_t i = 0; i < filter->count; i++) {
        if (strcmp(filter->terms[i].key, key) != 0)
            continue;
        found++;
        term_text(&text, &filter->terms[i]);
        /* these mean something else in an option */
        line->lacking = line->lacking || strpbrk(filter->terms[i].value, ",\"") ||
                        filter->terms[i].value[0] == '-';
    }
    if (found > 1)
        line->lacking = true;
    else if (found == 1)
        shell_line_option(line, name, text.data);
    buffer_release(&text);
}

void shell_line_moment(struct shell_line *line, const char *name, const char *value, int64_t now_ms)
{
    char exact[TIME_TEXT_SIZE];
    int64_t ms;
    if (!value || !typed_time(value, now_ms, &ms))
        return;
    time_text_iso8601(ms, exact);
    /* An age goes on as time does; a day or a date is put as the one way that all take. */
    shell_line_option(line, name,
                      isdigit((unsigned char)value[0]) && !strchr(value, '-') ? value : exact);
}

void shell_line_lack(struct shell_line *line, const char *value)
{
    line->lacking = line->lacking || value;
}

char *shell_line_end(struct shell_line *line)
{
    char *text = line->lacking ? NULL : buffer_take(&line->text);
    buffer_release(&line->text);
    return text;
}

char *shell_line_filled(const char *line, const char *argument)
{
    struct buffer text;
    const char *place = strstr(line, "%s");
    buffer_init(&text, LINE_MAX_BYTES);
    buffer_append(&text, line, place ? (size_t)(place - line) : strlen(line));
    if (place) {
        buffer_append(&text, argument, strcspn(argument, " "));
        buffer_text(&text, place + 2);
    }
    return buffer_take(&text);
}
