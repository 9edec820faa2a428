#include "core/record/money.h"

#include <stdio.h>

#define WHOLE_MAX (MONEY_HUGE / 100)

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool decimal_parse(const char *text, size_t len, struct decimal *decimal)
{
    const char *at = text, *end = text + len;
    int64_t whole = 0, hundredths = 0;
    bool nonzero = false;
    *decimal = (struct decimal){.readable = false};
    bool minus = at < end && *at == '-';
    at += minus;
    const char *digits = at;
    for (; at < end && is_digit(*at); at++)
        whole = whole < WHOLE_MAX / 10 ? whole * 10 + (*at - '0') : WHOLE_MAX;
    if (at == digits)
        return false;
    nonzero = whole != 0;
    if (at < end && *at == '.') {
        const char *fraction = ++at;
        for (; at < end && is_digit(*at); at++) {
            uint32_t place = (uint32_t)(at - fraction) + 1;
            if (*at != '0')
                decimal->decimals = place;
            if (place <= 2)
                hundredths += (*at - '0') * (place == 1 ? 10 : 1);
        }
        if (at == fraction)
            return false;
        nonzero |= decimal->decimals != 0;
    }
    if (at != end)
        return false;
    hundredths += whole * 100;
    decimal->readable = true;
    decimal->negative = minus && nonzero;
    decimal->positive = !minus && nonzero;
    decimal->hundredths = minus ? -hundredths : hundredths;
    return true;
}

char *money_text(int64_t hundredths, char out[MONEY_TEXT_SIZE])
{
    uint64_t magnitude = hundredths < 0 ? 0 - (uint64_t)hundredths : (uint64_t)hundredths;
    snprintf(out, MONEY_TEXT_SIZE, "%s%llu.%02u", hundredths < 0 ? "-" : "",
             (unsigned long long)(magnitude / 100), (unsigned)(magnitude % 100));
    return out;
}
