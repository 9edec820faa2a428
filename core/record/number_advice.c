#include "core/record/number_advice.h"

#include "core/base/text.h"
#include "core/record/hidden.h"

#define NUMBER_MAX 48

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;
    while (at + count < end && is_digit(at[count]))
        count++;
    return count;
}

/* d{1,3} without a leading zero, the mark, d{3}. */
static bool is_three_behind(const char *text, size_t len, char mark)
{
    size_t whole = digits_at(text, text + len);
    return whole >= 1 && whole <= 3 && text[0] != '0' && len == whole + 4 && text[whole] == mark &&
           digits_at(text + whole + 1, text + len) == 3;
}

bool number_is_ambiguous(enum product_column column, const char *text, size_t len)
{
    return len >= 5 && len <= 7 && text[len - 4] == '.' && column != COLUMN_WEIGHT_KG &&
           is_three_behind(text, len, '.');
}

/* The digits of a number in pieces: before and behind its decimal mark. */
struct number {
    char whole[NUMBER_MAX], decimals[NUMBER_MAX];
    size_t whole_len, decimals_len;
    bool minus, plus, comma, thousands, bare, before_text, behind_text, currency, apostrophe;
};

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
    static const char *const signs[] = {"$",   "\xE2\x82\xAC", "\xC2\xA3", "\xC2\xA5", "EUR",
                                        "USD", "GBP",          "CHF",      "Euro",     "euro",
                                        "eur", "usd",          "Fr.",      "kr",       "z\xC5\x82"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (text_find(text, len, signs[i]))
            return true;
    }
    return len >= 3 && (unsigned char)text[0] == 0xE2 && (unsigned char)text[1] == 0x82;
}

/* A mark with a digit behind it, which is not the point of an abbreviation: "Rs.499". */
static bool begins_number(const char *at, const char *end, const char *start)
{
    return (*at == '.' || *at == ',') && at + 1 < end && is_digit(at[1]) &&
           (at == start || !is_letter(at[-1]));
}

/* Takes off what stands before and behind the digits and marks. */
static void ends_strip(struct number *number, const char **text, const char **end)
{
    const char *at = *text, *stop = *end;
    if (at < stop && *at == '\'') {
        number->apostrophe = true;
        at++;
    }
    const char *start = at;
    while (at < stop && !is_digit(*at) && !begins_number(at, stop, start)) {
        number->minus |= *at == '-';
        number->plus |= *at == '+';
        at++;
    }
    number->before_text = at - start > number->minus + number->plus;
    number->currency = is_currency(start, (size_t)(at - start));
    const char *last = stop;
    while (last > at && !is_digit(last[-1]) && last[-1] != '.' && last[-1] != ',')
        last--;
    if (last - at > 1 && (last[-1] == '.' || last[-1] == ',') && last < stop && *last == '-')
        last--; /* "12,-" */
    number->behind_text = last < stop;
    number->currency |= is_currency(last, (size_t)(stop - last));
    *text = at;
    *end = last;
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

static bool digits_take(struct number *number, const char *at, const char *end)
{
    const char *mark;
    if (!mark_find(at, end, &mark))
        return false;
    number->comma = mark && *mark == ',';
    number->bare = mark && (mark == at || mark + 1 == end);
    size_t group = 0; /* digits behind the last thousands mark */
    while (at < end) {
        size_t skip = 1;
        bool behind = mark && at > mark;
        size_t *len = behind ? &number->decimals_len : &number->whole_len;
        if (*len + 1 >= NUMBER_MAX)
            return false;
        if (at == mark && number->thousands && group != 3)
            return false;
        group += is_digit(*at);
        if (is_digit(*at))
            (behind ? number->decimals : number->whole)[(*len)++] = *at;
        else if (at != mark && (*at == '.' || *at == ',' || is_thousands_mark(at, end, &skip))) {
            if (behind || (number->thousands ? group < 2 || group > 3 : !group || group > 3))
                return false;
            number->thousands = true;
            group = 0;
        } else if (at != mark)
            return false;
        at += skip;
    }
    if (number->thousands && !mark && group != 3)
        return false;
    return number->whole_len || number->decimals_len;
}

static void number_append(struct buffer *out, const struct number *number, bool whole)
{
    const char *digits = number->whole;
    while (*digits == '0' && digits[1])
        digits++;
    buffer_format(out, "%s%s", number->minus ? "-" : "", *digits ? digits : "0");
    size_t len = number->decimals_len;
    while (whole && len && number->decimals[len - 1] == '0')
        len--;
    if (len)
        buffer_format(out, ".%.*s", (int)len, number->decimals);
}

/* "is it 1500 or 1.50? write 1500.00 or 1.50" */
static void ambiguous_append(struct buffer *out, enum product_column column, const char *text,
                             size_t len)
{
    size_t whole = digits_at(text, text + len);
    const char *behind = text + whole + 1;
    int shown = (int)whole;
    if (column == COLUMN_STOCK_QUANTITY) {
        bool zeros = !memcmp(behind, "000", 3);
        buffer_format(out, "can be read in two ways: is it %.*s%.3s or %.*s%s? write %.*s%.3s%s",
                      shown, text, behind, shown, text, zeros ? "" : ", and a part of one", shown,
                      text, behind, zeros ? " or " : " or a whole number");
        if (zeros)
            buffer_append(out, text, whole);
        return;
    }
    if (!memcmp(behind, "999", 3)) /* how prices end, not how thousands do */
        buffer_text(out, "has more than two decimals");
    else if (behind[2] != '0')
        buffer_format(out,
                      "has more than two decimals, or is it %.*s%.3s? write %.*s%.3s.00, or the "
                      "amount with two decimals",
                      shown, text, behind, shown, text, behind);
    else
        buffer_format(out,
                      "can be read in two ways: is it %.*s%.3s or %.*s.%.2s? write %.*s%.3s.00 "
                      "or %.*s.%.2s",
                      shown, text, behind, shown, text, behind, shown, text, behind, shown, text,
                      behind);
}

/* An amount has no former price, or no weight: nothing is to be written. */
static bool is_nothing(const char *text, size_t len)
{
    static const char *const words[] = {"-",    "--",   "n/a",          "na",
                                        "null", "none", "nil",          "\\n",
                                        "nan",  "#n/a", "\xE2\x80\x93", "\xE2\x80\x94"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t same = 0;
        while (same < len && words[i][same] &&
               (is_letter(text[same]) ? (char)(text[same] | 0x20) : text[same]) == words[i][same])
            same++;
        if (same == len && !words[i][same])
            return true;
    }
    return false;
}

static const char *example_of(enum product_column column)
{
    return column == COLUMN_STOCK_QUANTITY ? "25" : column == COLUMN_WEIGHT_KG ? "0.25" : "12.99";
}

static const char *problem_of(const struct number *number)
{
    if (number->apostrophe)
        return "has the text mark ' of a spreadsheet before it";
    if (number->currency)
        return "has a currency sign beside the number";
    if (number->before_text || number->behind_text)
        return "has a unit or other text beside the number";
    if (number->bare && !number->comma)
        return "has a point without a digit before or behind it";
    if (number->thousands)
        return "has a thousands separator";
    if (number->comma)
        return "has a decimal comma";
    return number->plus ? "has a plus sign" : "is not a number";
}

void number_advice_append(struct buffer *out, enum product_column column, const char *text,
                          size_t len)
{
    struct number number = {.minus = false};
    const char *at = text, *end = text + len;
    bool optional = !column_table[column].required;
    bool whole = column == COLUMN_STOCK_QUANTITY;
    if (number_is_ambiguous(column, text, len)) {
        ambiguous_append(out, column, text, len);
        return;
    }
    if (is_nothing(text, len)) {
        buffer_text(out, "is not a number; ");
        buffer_format(out, optional ? "leave the cell empty" : "write it like %s",
                      example_of(column));
        return;
    }
    ends_strip(&number, &at, &end);
    if (is_three_behind(at, (size_t)(end - at), ',') && !whole && !number.minus) {
        size_t digits = digits_at(at, end);
        buffer_format(out,
                      "has a comma that can be read in two ways: is it %.*s%.3s or %.*s.%.3s? "
                      "write %.*s%.3s.00 or %.*s.%.2s",
                      (int)digits, at, at + digits + 1, (int)digits, at, at + digits + 1,
                      (int)digits, at, at + digits + 1, (int)digits, at, at + digits + 1);
        return;
    }
    if (whole && (is_three_behind(at, (size_t)(end - at), ',') ||
                  is_three_behind(at, (size_t)(end - at), '.'))) {
        size_t digits = digits_at(at, end);
        buffer_format(out, "has a thousands separator: write %.*s%.3s", (int)digits, at,
                      at + digits + 1);
        return;
    }
    if (memchr(text, '%', len) || !digits_take(&number, at, end)) {
        buffer_format(out, "is not a number; write it like %s", example_of(column));
        hidden_append(out, text, len);
        return;
    }
    buffer_format(out, "%s: write ", problem_of(&number));
    number_append(out, &number, whole);
    if (!number.thousands)
        hidden_append(out, text, len);
}
