#include "core/base/time_text.h"

static struct tm parts_of(int64_t ms)
{
    time_t time = (time_t)(ms / 1000 - (ms % 1000 < 0 ? 1 : 0));
    struct tm parts = {.tm_mday = 1};
    gmtime_r(&time, &parts);
    return parts;
}

/* What strftime's %Y lacks of four digits; how many. */
static size_t zeros_put(char *out, const struct tm *parts)
{
    size_t count = 0;
    for (int least = 1000; least > 1; least /= 10)
        if (parts->tm_year >= -1900 && parts->tm_year < least - 1900)
            out[count++] = '0';
    return count;
}

void time_text_iso8601(int64_t ms, char out[TIME_TEXT_SIZE])
{
    struct tm parts = parts_of(ms);
    size_t zeros = zeros_put(out, &parts);
    strftime(out + zeros, TIME_TEXT_SIZE - zeros, "%Y-%m-%dT%H:%M:%SZ", &parts);
}

void time_text_iso8601_ms(int64_t ms, char out[TIME_TEXT_SIZE])
{
    struct tm parts = parts_of(ms);
    size_t len = zeros_put(out, &parts);
    len += strftime(out + len, TIME_TEXT_SIZE - len, "%Y-%m-%dT%H:%M:%S", &parts);
    int fraction = (int)(ms % 1000 + (ms % 1000 < 0 ? 1000 : 0));
    snprintf(out + len, TIME_TEXT_SIZE - len, ".%03dZ", fraction);
}

void time_text_basic(int64_t ms, char out[TIME_TEXT_SIZE])
{
    struct tm parts = parts_of(ms);
    size_t zeros = zeros_put(out, &parts);
    strftime(out + zeros, TIME_TEXT_SIZE - zeros, "%Y%m%dT%H%M%SZ", &parts);
}

void time_text_compact(int64_t ms, char out[TIME_TEXT_SIZE])
{
    struct tm parts = parts_of(ms);
    size_t zeros = zeros_put(out, &parts);
    strftime(out + zeros, TIME_TEXT_SIZE - zeros, "%Y%m%d_%H%M%S", &parts);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar, counted in years from March. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = month > 2 ? year : year - 1;
    int64_t m = month > 2 ? month - 3 : month + 9;
    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

bool time_text_from_parts(int year, int month, int day, int hour, int minute, int second,
                          int64_t *ms)
{
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
        hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59)
        return false;
    int64_t hours = days_since_epoch(year, month, day) * 24 + hour;
    *ms = ((hours * 60 + minute) * 60 + second) * 1000;
    return true;
}

struct cursor {
    const char *at, *end;
};

static bool take_digits(struct cursor *cursor, int count, int *value)
{
    *value = 0;
    if (cursor->end - cursor->at < count)
        return false;
    for (int i = 0; i < count; i++, cursor->at++) {
        if (*cursor->at < '0' || *cursor->at > '9')
            return false;
        *value = *value * 10 + (*cursor->at - '0');
    }
    return true;
}

static bool take_char(struct cursor *cursor, const char *any)
{
    if (cursor->at == cursor->end || *cursor->at == '\0' || !strchr(any, *cursor->at))
        return false;
    cursor->at++;
    return true;
}

static bool take_fraction(struct cursor *cursor, int *milliseconds)
{
    int scale = 100, digits = 0;
    *milliseconds = 0;
    if (!take_char(cursor, "."))
        return true;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        *milliseconds += (*cursor->at++ - '0') * scale;
        scale /= 10;
        digits++;
    }
    return digits > 0;
}

static bool take_offset(struct cursor *cursor, int *minutes)
{
    int hours = 0, rest = 0;
    *minutes = 0;
    if (cursor->at == cursor->end || take_char(cursor, "Zz"))
        return true;
    bool west = *cursor->at == '-';
    if (!take_char(cursor, "+-") || !take_digits(cursor, 2, &hours))
        return false;
    if (cursor->at < cursor->end) {
        take_char(cursor, ":");
        if (!take_digits(cursor, 2, &rest))
            return false;
    }
    if (hours > 23 || rest > 59)
        return false;
    *minutes = (west ? -1 : 1) * (hours * 60 + rest);
    return true;
}

bool time_text_parse_iso8601(const char *text, size_t len, int64_t *ms)
{
    struct cursor cursor = {text, text + len};
    int year, month, day, hour, minute, second, fraction, offset;
    int64_t whole;
    if (!take_digits(&cursor, 4, &year) || !take_char(&cursor, "-") ||
        !take_digits(&cursor, 2, &month) || !take_char(&cursor, "-") ||
        !take_digits(&cursor, 2, &day) || !take_char(&cursor, "Tt ") ||
        !take_digits(&cursor, 2, &hour) || !take_char(&cursor, ":") ||
        !take_digits(&cursor, 2, &minute) || !take_char(&cursor, ":") ||
        !take_digits(&cursor, 2, &second) || !take_fraction(&cursor, &fraction) ||
        !take_offset(&cursor, &offset) || cursor.at != cursor.end ||
        !time_text_from_parts(year, month, day, hour, minute, second, &whole))
        return false;
    *ms = whole + fraction - (int64_t)offset * 60000;
    return true;
}

static bool take_month(struct cursor *cursor, int *month)
{
    static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    for (*month = 1; *month <= 12; ++*month) {
        if (cursor->end - cursor->at >= 3 && memcmp(names + (*month - 1) * 3, cursor->at, 3) == 0) {
            cursor->at += 3;
            return true;
        }
    }
    return false;
}

bool time_text_parse_http(const char *text, int64_t *ms)
{
    size_t len = strlen(text);
    int year, month, day, hour, minute, second;
    if (len != 29 || memcmp(text + 3, ", ", 2) != 0 || memcmp(text + 25, " GMT", 4) != 0)
        return false;
    struct cursor cursor = {text + 5, text + 25};
    return take_digits(&cursor, 2, &day) && take_char(&cursor, " ") &&
           take_month(&cursor, &month) && take_char(&cursor, " ") &&
           take_digits(&cursor, 4, &year) && take_char(&cursor, " ") &&
           take_digits(&cursor, 2, &hour) && take_char(&cursor, ":") &&
           take_digits(&cursor, 2, &minute) && take_char(&cursor, ":") &&
           take_digits(&cursor, 2, &second) &&
           time_text_from_parts(year, month, day, hour, minute, second, ms);
}
