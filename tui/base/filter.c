#include "tui/base/filter.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/time_text.h"

#define DAY_MS 86400000LL

static bool known_key(const char *keys, const char *key, size_t length)
{
    while (keys && *keys != '\0') {
        size_t span = strcspn(keys, " ");
        if (span == length && strncasecmp(keys, key, length) == 0)
            return true;
        keys += span;
        keys += strspn(keys, " ");
    }
    return false;
}

/* Takes the next word off *at, quotes removed, into `word`; false at the end. */
static bool next_word(const char **at, char *word, size_t size)
{
    const char *from = *at + strspn(*at, " \t");
    size_t length = 0;
    bool quoted = false;
    if (*from == '\0')
        return false;
    for (; *from != '\0' && (quoted || (*from != ' ' && *from != '\t')); from++) {
        if (*from == '"')
            quoted = !quoted;
        else if (length + 1 < size)
            word[length++] = *from;
    }
    word[length] = '\0';
    *at = from;
    return true;
}

static void add_search(struct filter *filter, const char *word)
{
    size_t used = strlen(filter->search);
    snprintf(filter->search + used, sizeof filter->search - used, "%s%s", used > 0 ? " " : "",
             word);
}

static bool add_term(struct filter *filter, size_t *stored, const char *word, const char *colon)
{
    size_t key_length = (size_t)(colon - word);
    size_t need = strlen(word) + 1;
    char *copy = filter->store + *stored;
    if (filter->count == FILTER_TERMS || *stored + need > sizeof filter->store)
        return false;
    memcpy(copy, word, need);
    copy[key_length] = '\0';
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    filter->terms[filter->count].key = copy;
    filter->terms[filter->count].value = copy + key_length + 1;
    filter->count++;
    *stored += need;
    return true;
}

void filter_parse(struct filter *filter, const char *text, const char *keys)
{
    char word[FILTER_SIZE];
    size_t stored = 0;
    memset(filter, 0, sizeof *filter);
    while (next_word(&text, word, sizeof word)) {
        const char *colon = strchr(word, ':');
        if (colon && colon > word && known_key(keys, word, (size_t)(colon - word))) {
            if (colon[1] != '\0' && !add_term(filter, &stored, word, colon))
                snprintf(filter->problem, sizeof filter->problem, "too many terms");
            continue;
        }
        if (colon && colon > word)
            snprintf(filter->problem, sizeof filter->problem,
                     "no column \"%.*s\" here (%.90s): searched as text", (int)(colon - word), word,
                     keys && keys[0] != '\0' ? keys : "none");
        if (word[0] != '\0')
            add_search(filter, word);
    }
}

const char *const filter_moments[] = {"today", "yesterday", "1h", "1d", "2d", "7d", NULL};

const char *filter_value(const struct filter *filter, const char *key)
{
    for (size_t i = filter->count; i > 0; i--) {
        if (strcmp(filter->terms[i - 1].key, key) == 0)
            return filter->terms[i - 1].value;
    }
    return NULL;
}

static bool age(const char *value, int64_t *ms)
{
    int64_t number = 0;
    int64_t unit;
    if (*value < '0' || *value > '9')
        return false;
    for (; *value >= '0' && *value <= '9'; value++) {
        number = number * 10 + (*value - '0');
        if (number > 100000)
            return false;
    }
    unit = *value == 's'   ? 1000
           : *value == 'm' ? 60000
           : *value == 'h' ? 3600000
           : *value == 'd' ? DAY_MS
           : *value == 'w' ? 7 * DAY_MS
                           : 0;
    if (unit == 0 || value[1] != '\0')
        return false;
    *ms = number * unit;
    return true;
}

bool filter_time(const char *value, int64_t now_ms, int64_t *ms)
{
    int64_t back;
    char whole[TIME_TEXT_SIZE];
    size_t length = strlen(value);
    if (age(value, &back)) {
        *ms = now_ms - back;
        return true;
    }
    if (strcasecmp(value, "today") == 0 || strcasecmp(value, "yesterday") == 0) {
        *ms = now_ms - now_ms % DAY_MS - (value[0] == 'y' || value[0] == 'Y' ? DAY_MS : 0);
        return true;
    }
    if (length == 10)
        snprintf(whole, sizeof whole, "%sT00:00:00Z", value);
    else if (length == 16)
        snprintf(whole, sizeof whole, "%s:00Z", value);
    else
        snprintf(whole, sizeof whole, "%s", value);
    return length < sizeof whole && time_text_parse_iso8601(whole, strlen(whole), ms);
}

bool filter_holds(const char *text, const char *part)
{
    size_t length = strlen(part);
    if (length == 0)
        return true;
    for (; text && *text != '\0'; text++) {
        if (strncasecmp(text, part, length) == 0)
            return true;
    }
    return false;
}

bool filter_matches(const struct filter *filter, const char *const *texts, size_t count)
{
    const char *at = filter->search;
    char word[FILTER_SIZE];
    while (next_word(&at, word, sizeof word)) {
        bool found = false;
        for (size_t i = 0; i < count && !found; i++)
            found = texts[i] && filter_holds(texts[i], word);
        if (!found)
            return false;
    }
    return true;
}
