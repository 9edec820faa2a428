/* Digits of ASCII in a text. */
#ifndef INTAKE_CORE_RECORD_DIGITS_H
#define INTAKE_CORE_RECORD_DIGITS_H

#include <stdbool.h>
#include <stddef.h>

static inline bool digit_is(char c)
{
    return c >= '0' && c <= '9';
}

/* How many stand at the beginning. */
static inline size_t digits_at(const char *at, const char *end)
{
    size_t count = 0;
    while (at + count < end && digit_is(at[count]))
        count++;
    return count;
}

/* One to three of them without a leading zero, the mark, and exactly three. */
static inline bool digits_three_behind(const char *text, size_t len, char mark)
{
    size_t whole = digits_at(text, text + len);
    return whole >= 1 && whole <= 3 && text[0] != '0' && len == whole + 4 && text[whole] == mark &&
           digits_at(text + whole + 1, text + len) == 3;
}

#endif
