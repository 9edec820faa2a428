/* The filter's query language: words separated by spaces; `key:value` narrows by a column, what is
 * left is searched for as text. Values with spaces stand in double quotes. Pure. */
#ifndef INTAKE_TUI_BASE_FILTER_H
#define INTAKE_TUI_BASE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_TERMS 12
#define FILTER_SIZE 256

struct filter_term {
    const char *key;
    const char *value;
};

struct filter {
    char store[FILTER_SIZE * 2];
    struct filter_term terms[FILTER_TERMS];
    size_t count;
    char search[FILTER_SIZE]; /* the free words, one space between them; "" for none */
    char problem[160];        /* "" where all is understood */
};

/* The values of a key where these are fixed; a table of them ends with a key of NULL. */
struct filter_words {
    const char *key;
    const char *const *words;          /* NULL at the end */
    const char *(*word)(size_t index); /* in its place: NULL beyond the last */
};

/* For since: and until:. */
extern const char *const filter_moments[];

/* `keys` are the ones the screen knows, separated by spaces ("vendor status since"). A term whose
 * key is unknown stays in the search text and is named in `problem`, for an id may hold a colon. */
void filter_parse(struct filter *filter, const char *text, const char *keys);
/* The value of a key, or NULL. */
const char *filter_value(const struct filter *filter, const char *key);
/* "2d", "3h", "30m", "1w", "2026-01-02", "2026-01-02T03:04", "today", "yesterday": the moment it
 * means, seen from `now_ms`. False where it is none of these. */
bool filter_time(const char *value, int64_t now_ms, int64_t *ms);
/* Does any of the texts hold every free word, whatever the ASCII case? True without words. */
bool filter_matches(const struct filter *filter, const char *const *texts, size_t count);
/* Does `text` hold `part`, whatever the ASCII case? */
bool filter_holds(const char *text, const char *part);

#endif
