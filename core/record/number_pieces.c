#include "core/record/number_pieces.h"

#include <stdint.h>
#include <string.h>

#include "core/base/text.h"
#include "core/record/digits.h"
#include "core/record/hidden.h"

#define BESIDE_MAX 24 /* bytes of a unit or a word beside a number */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_thousands_mark(const char *at, const char *end, size_t *len)
{
    static const char *const marks[] = {
        " ", "'", "\xC2\xA0", "\xE2\x80\xAF", "\xE2\x80\x89", "\xE2\x80\x99"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        *len = strlen(marks[i]);
        if ((size_t)(end - at) >= *len && !memcmp(at, marks[i], *len))
            return true;
    }
    return false;
}

static bool is_currency(const char *text, size_t len)
{
    static const char *const signs[] = {"$",    "\xC2\xA3",  "\xC2\xA5", "EUR", "USD",      "GBP",
                                        "CHF",  "PLN",       "SEK",      "NOK", "DKK",      "CZK",
                                        "Euro", "euro",      "eur",      "usd", "gbp",      "Fr.",
                                        "kr",   "z\xC5\x82", "Rs",       "INR", "K\xC4\x8D"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (text_find(text, len, signs[i]))
            return true;
    }
    const char *sign = text_find(text, len, "\xE2\x82"); /* U+20A0 to U+20BF: currency signs */
    return sign && (size_t)(sign - text) + 2 < len && (unsigned char)sign[2] >= 0xA0;
}

/* A mark with a digit behind it, which is not the point of an abbreviation: "Rs.499". */
static bool begins_number(const char *at, const char *end, const char *start)
{
    return (*at == '.' || *at == ',') && at + 1 < end && digit_is(at[1]) &&
           (at == start || !is_letter(at[-1]));
}

/* What makes another number of a number, or an address or a date of digits. */
static bool is_doubtful(const char *text, size_t len)
{
    static const char *const marks[] = {"-",
                                        "(",
                                        ")",
                                        "/",
                                        ":",
                                        "@",
                                        "%",
                                        "=",
                                        "\"",
                                        "_",
                                        "\n",
                                        "\r",
                                        "\xE2\x88\x92",
                                        "\xE2\x80\x93",
                                        "\xE2\x80\x94"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (text_find(text, len, marks[i]))
            return true;
    }
    return false;
}

static bool is_word(const char *text, size_t len, const char *words)
{
    char lower[BESIDE_MAX + 3] = " ";
    if (!len || len > BESIDE_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        lower[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
    }
    lower[len + 1] = ' ';
    lower[len + 2] = '\0';
    return strstr(words, lower) != NULL;
}

/* A word behind a number that makes it another one: thousands, dozens, cents. */
static bool is_multiple(const char *text, size_t len)
{
    return is_word(text, len,
                   " k m tsd tsd. mio mio. mill million millions thousand hundred dozen doz dz dz. "
                   "pair pairs gross ct ct. cent cents \xC2\xA2 p pence rappen ");
}

static void blanks_skip(const char **text, const char **end)
{
    while (*text < *end && (**text == ' ' || **text == '\t'))
        ++*text;
    while (*end > *text && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
}

/* ".-", ",-" and ",--" behind a whole amount: no cents. */
static const char *no_cents_skip(const char *at, const char *end)
{
    if (at == end || (*at != '.' && *at != ','))
        return at;
    const char *next = at + 1;
    while (next < end && *next == '-')
        next++;
    if (end - next >= 3 && (!memcmp(next, "\xE2\x80\x93", 3) || !memcmp(next, "\xE2\x80\x94", 3)))
        next += 3;
    return next;
}

static bool before_take(struct number_pieces *pieces, const char **text, const char *end)
{
    const char *at = *text;
    if (at < end && *at == '\'') {
        pieces->apostrophe = true;
        at++;
    }
    const char *start = at;
    while (at < end && !digit_is(*at) && !begins_number(at, end, start))
        at++;
    *text = at;
    const char *stop = at;
    blanks_skip(&start, &stop);
    if (stop - start == 1 && *start == '+') {
        pieces->plus = true;
        return true;
    }
    size_t len = (size_t)(stop - start);
    pieces->before_text = len != 0;
    pieces->currency = is_currency(start, len);
    return len <= BESIDE_MAX && !is_doubtful(start, len) && !text_find(start, len, "+");
}

static bool behind_take(struct number_pieces *pieces, const char *text, const char **end)
{
    const char *last = *end, *stop = *end;
    while (last > text && !digit_is(last[-1]))
        last--;
    const char *unit = no_cents_skip(last, stop);
    if (last < stop && (*last == '.' || *last == ',') && unit == stop && unit == last + 1)
        last = unit; /* "12." */
    *end = last;
    bool no_cents = unit > last;
    blanks_skip(&unit, &stop);
    pieces->unit = no_cents && unit == stop ? last : unit;
    pieces->unit_len = (size_t)(stop - pieces->unit);
    pieces->currency |= is_currency(unit, (size_t)(stop - unit));
    const char *slash = memchr(unit, '/', (size_t)(stop - unit)); /* "12.99/m" */
    size_t judged = (size_t)((slash && slash + 1 < stop ? slash : stop) - unit);
    return (size_t)(stop - unit) <= BESIDE_MAX && !is_doubtful(unit, judged) &&
           (!slash || !is_doubtful(slash + 1, (size_t)(stop - slash - 1))) &&
           !is_multiple(unit, (size_t)(stop - unit));
}

/* The place of the decimal mark, or NULL; false where the marks make no sense. */
static bool mark_find(const char *at, const char *end, const char **mark)
{
    const char *last_point = NULL, *last_comma = NULL;
    int points = 0, commas = 0;
    for (const char *i = at; i < end; i++) {
        points += *i == '.';
        commas += *i == ',';
        last_point = *i == '.' ? i : last_point;
        last_comma = *i == ',' ? i : last_comma;
    }
    *mark = NULL;
    if (points && commas)
        *mark = last_point > last_comma ? last_point : last_comma;
    else if (points == 1)
        *mark = last_point;
    else if (commas == 1)
        *mark = last_comma;
    return !(points && commas) || (*mark == last_point ? points : commas) == 1;
}

static bool digits_take(struct number_pieces *pieces, const char *at, const char *end)
{
    const char *mark;
    if (!mark_find(at, end, &mark))
        return false;
    pieces->comma = mark && *mark == ',';
    pieces->bare = mark && (mark == at || mark + 1 == end);
    size_t group = 0; /* digits behind the last thousands mark */
    while (at < end) {
        size_t skip = 1;
        bool behind = mark && at > mark;
        size_t *len = behind ? &pieces->decimals_len : &pieces->whole_len;
        if (*len + 1 >= NUMBER_PIECE_MAX)
            return false;
        if (at == mark && pieces->thousands && group != 3)
            return false;
        group += digit_is(*at);
        if (digit_is(*at)) {
            (behind ? pieces->decimals : pieces->whole)[(*len)++] = *at;
        } else if (at != mark && (*at == '.' || *at == ',' || is_thousands_mark(at, end, &skip))) {
            if (behind || (pieces->thousands ? group < 2 || group > 3 : !group || group > 3))
                return false;
            pieces->thousands = true;
            group = 0;
        } else if (at != mark) {
            return false;
        }
        at += skip;
    }
    if (pieces->thousands && !mark && group != 3)
        return false;
    return pieces->whole_len || pieces->decimals_len;
}

bool number_take_apart(const char *text, size_t len, struct number_pieces *pieces)
{
    const char *at = text, *end = text + len;
    *pieces = (struct number_pieces){.core = text};
    if (!before_take(pieces, &at, end) || at == end || !behind_take(pieces, at, &end))
        return false;
    pieces->core = at;
    pieces->core_end = end;
    if (pieces->before_text && pieces->unit_len && !pieces->currency)
        return false;
    return digits_take(pieces, at, end);
}

static const uint32_t zeros[] = {0xFF10, 0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50};

/* The plain character for one of another script, or 0. */
static char plain_of(uint32_t c)
{
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        if (c >= zeros[i] && c <= zeros[i] + 9)
            return (char)('0' + (c - zeros[i]));
    }
    if (c == 0xFF0E || c == 0x066B)
        return '.';
    return c == 0xFF0C || c == 0x066C ? ',' : '\0';
}

bool number_spell_plainly(const char *text, size_t len, struct buffer *out, bool *digits)
{
    const char *end = text + len;
    bool changed = *digits = false;
    uint32_t c;
    for (const char *next = text; utf8_decode(&next, end, &c); text = next) {
        char plain = plain_of(c);
        bool hidden = c >= 0x80 && hidden_name(c) && !text_is_white_space(c);
        changed |= plain || hidden;
        *digits |= plain && digit_is(plain);
        if (plain)
            buffer_char(out, plain);
        else if (!hidden)
            buffer_append(out, text, (size_t)(next - text));
    }
    return changed;
}

void number_pieces_append(struct buffer *out, const struct number_pieces *pieces, bool drop_zeros)
{
    const char *digits = pieces->whole;
    size_t len = pieces->decimals_len;
    while (*digits == '0' && digits[1])
        digits++;
    buffer_text(out, *digits ? digits : "0");
    while (drop_zeros && len && pieces->decimals[len - 1] == '0')
        len--;
    if (len)
        buffer_format(out, ".%.*s", (int)len, pieces->decimals);
}
