#include "tui/widgets/document.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/buffer.h"
#include "core/base/text.h"
#include "tui/base/filter.h"
#include "tui/base/memory.h"

#define LABEL_MOST 28
#define TEXT_MAX (16u << 20)

void document_clear(struct document *document)
{
    for (size_t i = 0; i < document->count; i++) {
        free(document->lines[i].label);
        free(document->lines[i].text);
        free(document->lines[i].argument);
        free(document->lines[i].filter);
        free(document->lines[i].row);
    }
    document->count = 0;
    document->label_width = 0;
    memset(&document->about, 0, sizeof document->about);
}

void document_release(struct document *document)
{
    document_clear(document);
    free(document->lines);
    memset(document, 0, sizeof *document);
}

static bool same_text(const char *one, const char *other)
{
    return strcmp(one ? one : "", other ? other : "") == 0;
}

/* The same thing, whatever is said of it now. */
static bool same_line(const struct document_line *one, const struct document_line *other)
{
    return one->screen == other->screen && same_text(one->label, other->label) &&
           same_text(one->argument, other->argument) && same_text(one->filter, other->filter) &&
           same_text(one->row, other->row) &&
           (one->screen || one->label || same_text(one->text, other->text));
}

/* Where the selected line is among the lines of `from`; its number where it is not. */
static size_t line_again(const struct document *document, const struct document *from)
{
    const struct document_line *line = document_selected(document);
    if (!line ||
        (document->selected < from->count && same_line(line, &from->lines[document->selected])))
        return document->selected;
    for (size_t i = 0; i < from->count; i++) {
        if (same_line(line, &from->lines[i]))
            return i;
    }
    return document->selected;
}

void document_replace(struct document *document, struct document *from)
{
    size_t selected = line_again(document, from);
    int top = document->top;
    int height = document->height;
    document_release(document);
    *document = *from;
    memset(from, 0, sizeof *from);
    document->top = top;
    document->height = height;
    document_select(document, selected);
}

static struct document_line *add(struct document *document, enum theme_tone tone, char *text)
{
    if (document->count == document->capacity) {
        document->capacity = document->capacity * 2 + 32;
        document->lines =
            console_grow(document->lines, document->capacity, sizeof *document->lines);
    }
    struct document_line *line = &document->lines[document->count++];
    memset(line, 0, sizeof *line);
    line->tone = tone;
    line->text = text;
    return line;
}

/* Made visible here, once: a line may hold megabytes of a vendor's text and is wrapped at each
 * draw. */
static char *visible(const char *text)
{
    struct buffer out;
    buffer_init(&out, TEXT_MAX);
    text_append_visible(&out, text, strlen(text));
    char *made = buffer_take(&out);
    return made ? made : console_copy("");
}

void document_head(struct document *document, const char *text)
{
    if (document->count > 0)
        add(document, TONE_NORMAL, console_copy(""));
    add(document, TONE_TITLE, visible(text))->head = true;
}

void document_text(struct document *document, enum theme_tone tone, const char *text)
{
    add(document, tone, visible(text));
}

void document_lines(struct document *document, enum theme_tone tone, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        size_t shown = length > 0 && text[length - 1] == '\r' ? length - 1 : length;
        char *line = console_copy_bytes(text, shown);
        document_text(document, tone, line);
        free(line);
        text += length + (text[length] == '\n');
    }
}

void document_format(struct document *document, enum theme_tone tone, const char *format, ...)
{
    char text[4096];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    add(document, tone, visible(text));
}

void document_field(struct document *document, const char *label, enum theme_tone tone,
                    const char *text)
{
    struct document_line *line = add(document, tone, visible(text ? text : ""));
    int width = text_width(label, strlen(label)); /* not draw_width: this runs on workers */
    line->label = visible(label);
    if (width > document->label_width)
        document->label_width = width < LABEL_MOST ? width : LABEL_MOST;
}

void document_when(struct document *document)
{
    document->lines[document->count - 1].when = true;
}

void document_link(struct document *document, const char *screen, const char *argument)
{
    struct document_line *line = &document->lines[document->count - 1];
    line->screen = screen;
    free(line->argument);
    line->argument = console_copy(argument);
}

void document_link_filtered(struct document *document, const char *screen, const char *argument,
                            const char *filter)
{
    struct document_line *line = &document->lines[document->count - 1];
    document_link(document, screen, argument);
    free(line->filter);
    line->filter = console_copy(filter);
}

void document_link_row(struct document *document, const char *row)
{
    struct document_line *line = &document->lines[document->count - 1];
    free(line->row);
    line->row = console_copy(row);
}

void document_about(struct document *document, enum id_kind kind, const char *id)
{
    id_set_add(&document->about, kind, id);
}

void document_select(struct document *document, size_t line)
{
    size_t at;
    if (document->count == 0)
        line = 0;
    else if (line >= document->count)
        line = document->count - 1;
    for (at = line; at < document->count && document->lines[at].hidden;)
        at++;
    if (at >= document->count) {
        for (at = line; at > 0 && document->lines[at].hidden;)
            at--;
    }
    document->selected = at;
}

void document_move(struct document *document, long lines)
{
    size_t at = document->selected;
    size_t last = at; /* the last one that may be stood on */
    while (lines != 0 && (lines < 0 ? at > 0 : at + 1 < document->count)) {
        at += lines < 0 ? (size_t)-1 : 1;
        if (document->lines[at].hidden)
            continue;
        last = at;
        lines += lines < 0 ? 1 : -1;
    }
    document_select(document, last);
}

static void hide_lines(struct document *document, const struct filter *filter)
{
    for (size_t i = 0; i < document->count; i++) {
        struct document_line *line = &document->lines[i];
        const char *texts[] = {line->label, line->text};
        line->hidden = !filter_matches(filter, texts, 2) || (line->text[0] == '\0' && !line->label);
    }
}

/* A head stays as long as a line under it does, and so does the blank line before it. */
static void show_heads(struct document *document)
{
    bool any = false;
    for (size_t i = document->count; i > 0; i--) {
        struct document_line *line = &document->lines[i - 1];
        if (!line->head) {
            any = any || !line->hidden;
            continue;
        }
        line->hidden = !any;
        if (i > 1 && any)
            document->lines[i - 2].hidden = false;
        i -= i > 1;
        any = false;
    }
}

void document_filter(struct document *document, const char *words)
{
    struct filter filter;
    filter_parse(&filter, words, "");
    if (filter.search[0] != '\0') {
        hide_lines(document, &filter);
        show_heads(document);
    } else {
        for (size_t i = 0; i < document->count; i++)
            document->lines[i].hidden = false;
    }
    document_select(document, document->selected);
}

const struct document_line *document_selected(const struct document *document)
{
    const struct document_line *line = &document->lines[document->selected];
    return document->selected < document->count && !line->hidden ? line : NULL;
}

void document_next_link(struct document *document, int direction)
{
    size_t at = document->selected;
    for (size_t step = 0; step < document->count; step++) {
        if (direction > 0)
            at = at + 1 >= document->count ? 0 : at + 1;
        else
            at = at == 0 ? document->count - 1 : at - 1;
        if (document->lines[at].screen && !document->lines[at].hidden) {
            document->selected = at;
            return;
        }
    }
}

char *document_as_text(const struct document *document)
{
    struct buffer out;
    char *text;
    buffer_init(&out, TEXT_MAX);
    for (size_t i = 0; i < document->count; i++) {
        const struct document_line *line = &document->lines[i];
        if (line->hidden)
            continue;
        if (line->label)
            buffer_format(&out, "%-*s  ", document->label_width, line->label);
        buffer_format(&out, "%s\n", line->text);
    }
    text = buffer_take(&out);
    return text ? text : console_copy("");
}
