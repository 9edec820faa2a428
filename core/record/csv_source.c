#include "core/record/csv_source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/text.h"
#include "core/record/csv_shape.h"
#include "core/record/csv_look.h"

#define PIECE ((size_t)64 * 1024) /* bytes of UTF-16 converted at once */

/* madvise(2), which the headers declare beyond POSIX alone; posix_madvise gives nothing back. */
extern int madvise(void *address, size_t length, int advice);
#define MADVISE_DONTNEED 4

void csv_source_init(struct csv_source *source)
{
    *source = (struct csv_source){.encoding = CSV_UTF8};
}

void csv_source_release(struct csv_source *source)
{
    free(source->window);
    csv_source_init(source);
}

static uint32_t unit_at(const struct csv_source *source, const unsigned char *at)
{
    return source->encoding == CSV_UTF16LE ? at[0] | (uint32_t)at[1] << 8
                                           : at[1] | (uint32_t)at[0] << 8;
}

static bool is_end_mark(uint32_t c)
{
    return c == 0x1A || c == 0;
}

/* What DOS and broken transfers leave at the end: cut at the first of the marks that have nothing
   but marks and white space behind them. */
static void end_marks_cut(struct csv_source *source)
{
    const unsigned char *at = source->end, *cut = source->end;
    const size_t unit = source->encoding == CSV_UTF8 ? 1 : 2;
    if ((size_t)(source->end - source->start) % unit)
        return;
    while (at > source->start) {
        const unsigned char *before = at - unit;
        uint32_t c = unit == 1 ? *before : unit_at(source, before);
        if (unit == 1 && c >= 0x80) {
            while (before > source->start && at - before < 4 && (*before & 0xC0) == 0x80)
                before--;
            const char *text = (const char *)before;
            if (!utf8_decode(&text, (const char *)at, &c))
                break;
        }
        if (is_end_mark(c))
            cut = before;
        else if (!text_is_white_space(c))
            break;
        at = before;
    }
    source->end = cut;
}

void csv_source_set(struct csv_source *source, const char *data, size_t len)
{
    const unsigned char *bytes = (const unsigned char *)data;
    source->encoding = CSV_UTF8;
    source->start = bytes;
    source->end = bytes + len;
    source->bom = false;
    if (len >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3)) {
        source->start += 3;
        source->bom = true;
    } else if (len >= 2 && (!memcmp(data, "\xFF\xFE", 2) || !memcmp(data, "\xFE\xFF", 2))) {
        source->encoding = bytes[0] == 0xFF ? CSV_UTF16LE : CSV_UTF16BE;
        source->start += 2;
        source->bom = true;
    }
    end_marks_cut(source);
    source->next = source->start;
    source->window_len = 0;
}

/* One code point of UTF-16. False: a surrogate alone, or half a unit; *at is not moved. */
static bool utf16_decode(const struct csv_source *source, const unsigned char **at,
                         uint32_t *code_point)
{
    if (source->end - *at < 2)
        return false;
    uint32_t unit = unit_at(source, *at);
    if (unit < 0xD800 || unit > 0xDFFF) {
        *code_point = unit;
        *at += 2;
        return true;
    }
    if (unit >= 0xDC00 || source->end - *at < 4)
        return false;
    uint32_t low = unit_at(source, *at + 2);
    if (low < 0xDC00 || low > 0xDFFF)
        return false;
    *code_point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    *at += 4;
    return true;
}

/* The lines that end before `bad`, and one more. */
static uint32_t line_count(const char *text, const char *bad, const char *end)
{
    uint32_t line = 1;
    for (; text < bad; text++) {
        if (*text == '\n' || (*text == '\r' && (text + 1 == end || text[1] != '\n')))
            line++;
    }
    return line;
}

static void utf16_judge(const struct csv_source *source, struct refusal *refusal)
{
    uint32_t line = 1, c, before = 0;
    bool empty = true, nul = false;
    const unsigned char *at = source->start;
    while (at < source->end) {
        if (!utf16_decode(source, &at, &c)) {
            refusal_set(refusal, REFUSAL_INVALID_ENCODING, line,
                        source->end - at < 2
                            ? "the file is UTF-16 that ends in line %u in half a character: was "
                              "it cut off? save it anew as \"CSV UTF-8\""
                            : "line %u is not UTF-16: it holds half a character (a surrogate "
                              "alone); save the file anew as \"CSV UTF-8\"",
                        (unsigned)line);
            return;
        }
        nul |= c == 0 && line == 1;
        empty &= text_is_white_space(c) || c == 0xFEFF;
        line += c == '\r' || (c == '\n' && before != '\r');
        before = c;
        if (nul && line == 1)
            break;
    }
    if (nul)
        refusal_set(refusal, REFUSAL_INVALID_ENCODING, 1,
                    "line 1 holds the character U+0000, which no text has; save the file as "
                    "\"CSV UTF-8\"");
    else if (empty)
        refusal_set(refusal, REFUSAL_EMPTY_FILE, 0, "the file is empty");
}

/* White space and byte order marks alone, or nothing. */
static bool is_empty_text(const char *at, const char *end)
{
    uint32_t code_point;
    while (utf8_decode(&at, end, &code_point)) {
        if (!text_is_white_space(code_point) && code_point != 0xFEFF)
            return false;
    }
    return at == end;
}

static bool first_line_has_nul(const char *text, const char *end)
{
    for (; text < end && *text != '\n' && *text != '\r'; text++) {
        if (!*text)
            return true;
    }
    return false;
}

void csv_source_judge(const struct csv_source *source, size_t len, struct refusal *refusal)
{
    const char *text = (const char *)source->start, *end = (const char *)source->end;
    size_t bad = 0;
    if (len > CSV_FILE_MAX) {
        refusal_set_too_large(refusal, len);
    } else if (source->encoding != CSV_UTF8) {
        utf16_judge(source, refusal);
    } else if (is_empty_text(text, end)) {
        refusal_set(refusal, REFUSAL_EMPTY_FILE, 0, "the file is empty");
    } else if (first_line_has_nul(text, end)) {
        csv_look_refuse_bytes(refusal, text, (size_t)(end - text), SIZE_MAX, 1);
    } else if (!utf8_valid(text, (size_t)(end - text), &bad)) {
        csv_look_refuse_bytes(refusal, text, (size_t)(end - text), bad,
                              line_count(text, text + bad, end));
    }
}

enum error_code csv_source_begin(struct csv_source *source, const char **text, const char **end,
                                 struct error *error)
{
    enum error_code code = ERROR_NONE;
    source->next = source->start;
    source->window_len = 0;
    if (source->encoding == CSV_UTF8) {
        source->next = source->end;
        *text = (const char *)source->start;
        *end = (const char *)source->end;
        return ERROR_NONE;
    }
    *text = *end = NULL;
    csv_source_more(source, text, end, &code, error);
    return code;
}

static bool window_reserve(struct csv_source *source, size_t wanted)
{
    if (source->window_size >= wanted)
        return true;
    char *window = realloc(source->window, wanted);
    if (!window)
        return false;
    source->window = window;
    source->window_size = wanted;
    return true;
}

bool csv_source_more(struct csv_source *source, const char **keep, const char **end,
                     enum error_code *code, struct error *error)
{
    if (source->next == source->end)
        return false;
    size_t kept = *keep ? (size_t)(*end - *keep) : 0;
    if (kept)
        memmove(source->window, *keep, kept);
    /* As much again as is kept, so that a record of many pieces is not moved too often. */
    size_t piece = (kept > PIECE ? kept : PIECE) / 2 * 2;
    if ((size_t)(source->end - source->next) < piece)
        piece = (size_t)(source->end - source->next);
    if (!window_reserve(source, kept + piece / 2 * 3 + 16)) {
        *code = error_set(error, ERROR_MEMORY, "out of memory for text in UTF-16");
        return false;
    }
    const unsigned char *stop = source->next + piece;
    char *to = source->window + kept;
    uint32_t c = 0;
    bool line_feed_may_follow = true;
    while (source->next < stop || line_feed_may_follow) {
        const unsigned char *before = source->next;
        if (source->next == source->end || !utf16_decode(source, &source->next, &c))
            break;
        if (before >= stop && c != '\n') {
            source->next = before;
            break;
        }
        to += utf8_encode(c, to);
        line_feed_may_follow = c == '\r';
    }
    source->window_len = (size_t)(to - source->window);
    *keep = source->window;
    *end = to;
    return true;
}

void csv_source_drop(struct csv_source *source, const char *from, const char *to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)from + page - 1) / page * page,
              last = (uintptr_t)to / page * page;
    if (source->encoding != CSV_UTF8 && first < last)
        madvise((void *)first, last - first,
                MADVISE_DONTNEED); /* a hint: where it fails, it stays */
}
