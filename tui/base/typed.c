#include "tui/base/typed.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/base/time_text.h"
#include "tui/base/distance.h"

#define DAY_MS 86400000LL
#define AGE_MOST 100000000LL
#define LENGTH_OF_DATE 10
#define LENGTH_OF_MINUTES 16

static bool age_read(const char *text, int64_t now_ms, int64_t *ms)
{
    static const struct {
        char letter;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', DAY_MS}, {'w', 7 * DAY_MS}};
    char *end = NULL;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end[0] == '\0' || end[1] != '\0' || value > AGE_MOST)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].letter == end[0]) {
            *ms = now_ms - value * units[i].ms;
            return true;
        }
    }
    return false;
}

static bool day_read(const char *text, int64_t now_ms, int64_t *ms)
{
    bool before = strcasecmp(text, "yesterday") == 0;
    if (!before && strcasecmp(text, "today") != 0)
        return false;
    *ms = now_ms - now_ms % DAY_MS - (before ? DAY_MS : 0);
    return true;
}

/* A date alone is its midnight, an hour with its minutes has no seconds: both may have an offset.
 */
bool typed_time(const char *text, int64_t now_ms, int64_t *ms)
{
    char whole[64];
    size_t len = strlen(text);
    if (age_read(text, now_ms, ms) || day_read(text, now_ms, ms))
        return true;
    if (len < LENGTH_OF_DATE || len > 40)
        return false;
    const char *rest = text + LENGTH_OF_DATE;
    bool timed = *rest == 'T' || *rest == 't' || *rest == ' ';
    if (!timed) {
        snprintf(whole, sizeof whole, "%.10sT00:00:00%s", text, rest);
    } else if (len >= LENGTH_OF_MINUTES && text[LENGTH_OF_MINUTES] != ':') {
        snprintf(whole, sizeof whole, "%.10sT%.5s:00%s", text, rest + 1, text + LENGTH_OF_MINUTES);
    } else {
        snprintf(whole, sizeof whole, "%.10sT%s", text, rest + 1);
    }
    len = strlen(whole);
    if (whole[len - 1] == 'z')
        whole[len - 1] = 'Z';
    return time_text_parse_iso8601(whole, len, ms);
}

bool typed_time_ahead(const char *text, int64_t now_ms, int64_t *ms)
{
    int64_t at, later;
    if (strcasecmp(text, "tomorrow") == 0) {
        *ms = now_ms - now_ms % DAY_MS + DAY_MS;
        return true;
    }
    if (!typed_time(text, now_ms, &at) || !typed_time(text, now_ms + 1000, &later))
        return false;
    bool is_age = later - at == 1000;
    *ms = is_age ? now_ms + (now_ms - at) : at;
    return true;
}

bool typed_number(const char *text, int64_t *number)
{
    char *end = NULL;
    if (!isdigit((unsigned char)text[0]))
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *number = value;
    return errno == 0 && *end == '\0' && value > 0;
}

bool typed_rate(const char *text, int64_t *rate)
{
    char number[16];
    size_t digits = strspn(text, "0123456789");
    const char *unit = text + digits;
    if (digits >= sizeof number || (*unit != '\0' && strcmp(unit, "/s") != 0))
        return false;
    memcpy(number, text, digits);
    number[digits] = '\0';
    return typed_number(number, rate) && *rate <= TYPED_RATE_MOST;
}

const char *typed_choice(typed_word_at *word_at, const void *context, const char *text)
{
    const char *word;
    for (size_t i = 0; (word = word_at(context, i)); i++) {
        if (strcasecmp(word, text) == 0)
            return word;
    }
    return NULL;
}

bool typed_near(typed_word_at *word_at, const void *context, const char *text, char *out,
                size_t size)
{
    const char *word;
    char lower[64], other[64], near[64] = ""; /* a word may live until the next alone */
    size_t best = 3, used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof lower; i++)
        lower[i] = (char)(i < strlen(text) ? tolower((unsigned char)text[i]) : '\0');
    lower[sizeof lower - 1] = '\0';
    for (size_t i = 0; (word = word_at(context, i)); i++) {
        for (size_t at = 0; at < sizeof other; at++)
            other[at] = (char)(at < strlen(word) ? tolower((unsigned char)word[at]) : '\0');
        other[sizeof other - 1] = '\0';
        size_t distance = text_distance(lower, other);
        if (lower[0] != '\0' && strncmp(other, lower, strlen(lower)) == 0)
            distance = 1;
        if (distance < best) {
            best = distance;
            snprintf(near, sizeof near, "%s", word);
        }
        int n = snprintf(out + used, size - used, "%s%s", i > 0 ? ", " : "must be one of ", word);
        used += n > 0 && (size_t)n < size - used ? (size_t)n : 0;
    }
    if (near[0] != '\0')
        snprintf(out, size, "unknown; did you mean %s?", near);
    return near[0] != '\0';
}

const char *typed_word_of_list(const void *context, size_t index)
{
    const char *const *list = context;
    return list[index];
}
