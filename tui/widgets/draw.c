#include "tui/widgets/draw.h"

#include <curses.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "core/base/buffer.h"
#include "core/base/text.h"

#define SOURCE_MAX 4096 /* bytes of one text that are looked at: no terminal is as wide */
#define VISIBLE_MAX 65536
#define CELLS_MAX 1024
#define COMBINING_MAX 4 /* curses keeps one character and four marks in a cell */

struct line {
    wchar_t cells[CELLS_MAX + 8];
    size_t count;
    int columns;
};

static bool terminal_is_utf8(void)
{
    static int known = -1;
    if (known < 0)
        known = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    return known == 1;
}

/* What the terminal's own character set can say; curses and we measure with the same wcwidth. */
static wchar_t representable(uint32_t code, int *columns)
{
    char bytes[64];
    mbstate_t state;
    wchar_t wide = (wchar_t)code;
    if (code < 0x7f) {
        *columns = 1;
        return wide;
    }
    if (!terminal_is_utf8()) {
        memset(&state, 0, sizeof state);
        if (code == 0x2026) {
            wide = L'~';
        } else if (MB_CUR_MAX > sizeof bytes || wcrtomb(bytes, wide, &state) == (size_t)-1) {
            wide = L'?';
        }
    }
    *columns = wcwidth(wide);
    if (*columns < 0) {
        *columns = 1;
        return terminal_is_utf8() ? 0xfffd : L'?';
    }
    return wide;
}

static void put(struct line *line, wchar_t cell, int columns)
{
    if (line->count < CELLS_MAX) {
        line->cells[line->count++] = cell;
        line->columns += columns;
    }
}

/* Fills `line` with what fits into `width`; false when something was left out. */
static bool compose(struct line *line, int width, const char *at, const char *end)
{
    int marks = 0;
    while (at < end) {
        uint32_t code;
        int columns;
        wchar_t cell;
        if (!utf8_decode(&at, end, &code)) {
            code = 0xfffd;
            at++;
        }
        cell = representable(code, &columns);
        if (columns == 0) {
            if (line->columns == 0) {
                if (width < 1)
                    return false;
                put(line, terminal_is_utf8() ? 0x25cc : L'?', 1);
            }
            if (++marks <= COMBINING_MAX)
                put(line, cell, 0);
            continue;
        }
        marks = 0;
        if (line->columns + columns > width)
            return false;
        put(line, cell, columns);
    }
    return true;
}

/* The line, at most `width` columns; where it had to be cut the last column says so. */
static void measure(struct line *line, int width, const char *text)
{
    static struct buffer visible;
    static bool ready;
    size_t length = strnlen(text, SOURCE_MAX);
    int columns;
    if (!ready) {
        buffer_init(&visible, VISIBLE_MAX);
        ready = true;
    }
    line->count = 0;
    line->columns = 0;
    if (width <= 0)
        return;
    if (width > CELLS_MAX / 2)
        width = CELLS_MAX / 2;
    buffer_clear(&visible);
    text_append_visible(&visible, text, length);
    if (compose(line, width, visible.data, visible.data + visible.len))
        return;
    line->count = 0;
    line->columns = 0;
    compose(line, width - 1, visible.data, visible.data + visible.len);
    put(line, representable(0x2026, &columns), 1);
}

int draw_width(const char *text)
{
    static struct line line;
    measure(&line, CELLS_MAX / 2, text);
    return line.columns;
}

void draw_fill(int y, int x, int width, enum theme_tone tone)
{
    if (width <= 0)
        return;
    attrset((int)theme_attribute(tone));
    mvhline(y, x, ' ', width);
}

int draw_text(int y, int x, int width, enum theme_tone tone, const char *text)
{
    static struct line line;
    measure(&line, width, text);
    if (line.count == 0)
        return 0;
    attrset((int)theme_attribute(tone));
    mvaddnwstr(y, x, line.cells, (int)line.count);
    return line.columns;
}

int draw_format(int y, int x, int width, enum theme_tone tone, const char *format, ...)
{
    char text[SOURCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return draw_text(y, x, width, tone, text);
}

size_t draw_wrap(const char *text, int width)
{
    const char *at = text;
    const char *end = text + strlen(text);
    const char *space = NULL;
    int columns = 0;
    while (at < end) {
        const char *next = at;
        uint32_t code;
        int takes = 1;
        if (utf8_decode(&next, end, &code))
            takes = text_code_point_width(code);
        else
            next = at + 1;
        if (columns + takes > width)
            break;
        if (*at == ' ')
            space = next;
        columns += takes;
        at = next;
    }
    if (at < end && space && space > text)
        return (size_t)(space - text);
    return at > text ? (size_t)(at - text) : 1;
}

void draw_paragraph(struct area area, enum theme_tone tone, const char *text)
{
    struct buffer visible;
    buffer_init(&visible, VISIBLE_MAX);
    text_append_visible(&visible, text, strnlen(text, SOURCE_MAX));
    const char *at = visible.data;
    for (int row = 0; row < area.height && *at != '\0'; row++) {
        bool last = row == area.height - 1;
        size_t take = last ? strlen(at) : draw_wrap(at, area.width);
        draw_format(area.y + row, area.x, area.width, tone, "%.*s", (int)take, at);
        at += take;
    }
    buffer_release(&visible);
}

void draw_cell(int y, int x, int width, enum draw_align align, enum theme_tone tone,
               const char *text)
{
    static struct line line;
    if (width <= 0)
        return;
    measure(&line, width, text);
    int pad = width - line.columns;
    attrset((int)theme_attribute(tone));
    move(y, x);
    if (align == DRAW_RIGHT && pad > 0)
        hline(' ', pad);
    if (line.count > 0)
        mvaddnwstr(y, align == DRAW_RIGHT ? x + pad : x, line.cells, (int)line.count);
    if (align == DRAW_LEFT && pad > 0)
        mvhline(y, x + line.columns, ' ', pad);
}

void draw_clear(struct area area)
{
    for (int row = 0; row < area.height; row++)
        draw_fill(area.y + row, area.x, area.width, TONE_NORMAL);
}

static const char *const frame_utf8[] = {"\xe2\x94\x80", "\xe2\x94\x82", "\xe2\x94\x8c",
                                         "\xe2\x94\x90", "\xe2\x94\x94", "\xe2\x94\x98"};
static const char *const frame_ascii[] = {"-", "|", "+", "+", "+", "+"};

void draw_box(struct area area, enum theme_tone tone, const char *title)
{
    const char *const *frame = terminal_is_utf8() ? frame_utf8 : frame_ascii;
    int right = area.x + area.width - 1;
    int bottom = area.y + area.height - 1;
    if (area.width < 2 || area.height < 2)
        return;
    draw_clear(area);
    for (int x = area.x + 1; x < right; x++) {
        draw_text(area.y, x, 1, tone, frame[0]);
        draw_text(bottom, x, 1, tone, frame[0]);
    }
    for (int y = area.y + 1; y < bottom; y++) {
        draw_text(y, area.x, 1, tone, frame[1]);
        draw_text(y, right, 1, tone, frame[1]);
    }
    draw_text(area.y, area.x, 1, tone, frame[2]);
    draw_text(area.y, right, 1, tone, frame[3]);
    draw_text(bottom, area.x, 1, tone, frame[4]);
    draw_text(bottom, right, 1, tone, frame[5]);
    if (title && area.width > 6)
        draw_format(area.y, area.x + 2, area.width - 4, TONE_TITLE, " %s ", title);
}

void draw_age(int64_t age_ms, char out[16])
{
    long long seconds = age_ms < 0 ? 0 : age_ms / 1000;
    if (seconds < 60)
        snprintf(out, 16, "%llds", seconds);
    else if (seconds < 3600)
        snprintf(out, 16, "%lldm", seconds / 60);
    else if (seconds < 86400)
        snprintf(out, 16, "%lldh", seconds / 3600);
    else
        snprintf(out, 16, "%lldd", seconds / 86400);
}
