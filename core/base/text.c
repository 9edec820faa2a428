#include "core/base/text.h"

#include <utf8proc.h>

bool utf8_decode(const char **at, const char *end, uint32_t *code_point)
{
    const unsigned char *bytes = (const unsigned char *)*at;
    size_t left = (size_t)(end - *at);
    uint32_t value;
    size_t more;
    if (!left)
        return false;
    if (bytes[0] < 0x80) {
        *code_point = bytes[0];
        ++*at;
        return true;
    }
    if (bytes[0] >= 0xC2 && bytes[0] <= 0xDF) {
        value = bytes[0] & 0x1FU;
        more = 1;
    } else if ((bytes[0] & 0xF0) == 0xE0) {
        value = bytes[0] & 0x0FU;
        more = 2;
    } else if (bytes[0] >= 0xF0 && bytes[0] <= 0xF4) {
        value = bytes[0] & 0x07U;
        more = 3;
    } else {
        return false;
    }
    if (left <= more)
        return false;
    for (size_t i = 1; i <= more; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return false;
        value = value << 6 | (bytes[i] & 0x3FU);
    }
    if ((more == 2 && value < 0x800) || (value >= 0xD800 && value <= 0xDFFF) ||
        (more == 3 && (value < 0x10000 || value > 0x10FFFF)))
        return false;
    *code_point = value;
    *at += more + 1;
    return true;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
    return (size_t)utf8proc_encode_char((utf8proc_int32_t)code_point, (utf8proc_uint8_t *)out);
}

bool utf8_valid(const char *text, size_t len, size_t *bad_offset)
{
    const char *at = text, *end = text + len;
    uint32_t code_point;
    while (at < end) {
        uint64_t eight;
        while (end - at >= 8) {
            memcpy(&eight, at, 8);
            if (eight & UINT64_C(0x8080808080808080))
                break;
            at += 8;
        }
        if (at < end && !utf8_decode(&at, end, &code_point)) {
            if (bad_offset)
                *bad_offset = (size_t)(at - text);
            return false;
        }
    }
    return true;
}

size_t utf8_count(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    uint32_t code_point;
    size_t count = 0;
    for (; at < end; count++) {
        if (!utf8_decode(&at, end, &code_point))
            at++;
    }
    return count;
}

size_t utf8_prefix(const char *text, size_t len, size_t code_points)
{
    const char *at = text, *end = text + len;
    uint32_t code_point;
    for (; at < end && code_points; code_points--) {
        if (!utf8_decode(&at, end, &code_point))
            at++;
    }
    return (size_t)(at - text);
}

const char *text_find(const char *text, size_t len, const char *part)
{
    size_t part_len = strlen(part);
    const char *end = text + len;
    while ((size_t)(end - text) >= part_len &&
           (text = memchr(text, part[0], (size_t)(end - text) - part_len + 1))) {
        if (!memcmp(text, part, part_len))
            return text;
        text++;
    }
    return NULL;
}

bool text_is_white_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool text_is_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F);
}

bool text_is_invisible(uint32_t c)
{
    if (c < 0x300)
        return c == 0xAD;
    if (c == 0x2028 || c == 0x2029 || c == 0x034F || c == 0x115F || c == 0x1160 || c == 0x3164 ||
        c == 0xFFA0 || (c >= 0xFE00 && c <= 0xFE0F) || (c >= 0xE0100 && c <= 0xE01EF))
        return true;
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_CO ||
           category == UTF8PROC_CATEGORY_CS || category == UTF8PROC_CATEGORY_CN;
}

int text_code_point_width(uint32_t code_point)
{
    if (code_point >= 0x20 && code_point < 0x7F)
        return 1;
    int width = utf8proc_charwidth((utf8proc_int32_t)code_point);
    return width < 0 ? 0 : width;
}

int text_width(const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    uint32_t code_point;
    int width = 0;
    while (at < end) {
        if (utf8_decode(&at, end, &code_point)) {
            width += text_code_point_width(code_point);
        } else {
            at++;
            width++;
        }
    }
    return width;
}

/* One code point, or one bad byte, made visible. Returns its columns. */
static int visible_piece(const char **at, const char *end, char out[16], size_t *out_len)
{
    const char *from = *at;
    uint32_t c;
    if (!utf8_decode(at, end, &c)) {
        *out_len = (size_t)snprintf(out, 16, "<x%02X>", (unsigned)(unsigned char)*from);
        ++*at;
        return (int)*out_len;
    }
    if (c < 0x20 || c == 0x7F) {
        *out_len = utf8_encode(c == 0x7F ? 0x2421 : 0x2400 + c, out);
        return 1;
    }
    if (text_is_control(c) || text_is_invisible(c)) {
        *out_len = (size_t)snprintf(out, 16, "<U+%04X>", (unsigned)c);
        return (int)*out_len;
    }
    *out_len = (size_t)(*at - from);
    memcpy(out, from, *out_len);
    return text_code_point_width(c);
}

void text_append_visible(struct buffer *out, const char *text, size_t len)
{
    const char *at = text, *end = text + len;
    while (at < end) {
        const char *plain = at;
        while (at < end && *at >= 0x20 && *at < 0x7F)
            at++;
        buffer_append(out, plain, (size_t)(at - plain));
        if (at < end) {
            char piece[16];
            size_t piece_len;
            visible_piece(&at, end, piece, &piece_len);
            buffer_append(out, piece, piece_len);
        }
    }
}

void text_append_visible_cut(struct buffer *out, const char *text, size_t len, int columns)
{
    const char *at = text, *end = text + len;
    int dots = columns < 3 ? columns : 3;
    int used = 0;
    size_t fits = out->len; /* where the dots would go */
    while (at < end) {
        char piece[16];
        size_t piece_len;
        int width = visible_piece(&at, end, piece, &piece_len);
        if (used + width > columns) {
            buffer_cut(out, fits);
            buffer_append(out, "...", dots > 0 ? (size_t)dots : 0);
            return;
        }
        buffer_append(out, piece, piece_len);
        used += width;
        if (used <= columns - dots)
            fits = out->len;
    }
}

void text_append_thousands(struct buffer *out, int64_t number)
{
    if (number >= 1000) {
        text_append_thousands(out, number / 1000);
        buffer_format(out, ",%03d", (int)(number % 1000));
    } else {
        buffer_format(out, "%d", (int)number);
    }
}

static char folded(char c, bool fold_case)
{
    return fold_case && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

size_t text_edit_distance(const char *a, size_t a_len, const char *b, size_t b_len, bool fold_case)
{
    size_t row[TEXT_DISTANCE_MAX + 1];
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            bool differ = folded(a[i - 1], fold_case) != folded(b[j - 1], fold_case);
            size_t change = corner + differ;
            size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            corner = row[j];
            row[j] = change < step ? change : step;
        }
    }
    return row[b_len];
}

uint32_t text_hash(const char *text, size_t len)
{
    uint32_t hash = 2166136261U;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    return hash;
}

/* Goes back to the last star where it does not fit. */
bool text_matches(const char *text, size_t len, const char *pattern)
{
    const char *end = text + len, *star = NULL, *resume = NULL;
    while (text < end) {
        if (*pattern == '*') {
            star = pattern++;
            resume = text;
        } else if (*pattern && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star + 1;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return *pattern == '\0';
}
