/* The filter's query language: words separated by spaces; `key:value` narrows by a column, what is
 * left is searched for as text. `-word` and `-key:value` leave out, `a,b` is one of both. Spaces,
 * commas and a '-' that are meant stand in double quotes, which enclose only where a value begins
 * and are closed; in them a doubled one is one, elsewhere it is itself. What cannot be read is
 * refused, not dropped. Pure. */
#ifndef INTAKE_TUI_BASE_FILTER_H
#define INTAKE_TUI_BASE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_TERMS 12
#define FILTER_SIZE 256

struct filter_term {
    const char *key;   /* in lower case */
    const char *value; /* alternatives with TYPED_OR between them */
    bool negated;
};

struct filter {
    char store[FILTER_SIZE * 2];
    struct filter_term terms[FILTER_TERMS];
    size_t count;
    /* The free words, one space between them, "" for none: as core/history/ reads them, and as they
     * were typed. */
    char search[FILTER_SIZE], typed_search[FILTER_SIZE];
    char problem[256]; /* "" where all is understood */
    bool refused;      /* the problem is such that nothing may be shown or done by this filter */
};

/* The values of a key; a table of them ends with a key of NULL. */
struct filter_words {
    const char *key;
    const char *const *words;          /* NULL at the end */
    const char *(*word)(size_t index); /* in its place: NULL beyond the last */
    bool open;                         /* these are some of the values: others are good, too */
};

/* For since: and until:. */
extern const char *const filter_moments[];

/* `keys` are the ones the screen knows, separated by spaces ("vendor status since"). A term whose
 * key is unknown stays in the search text and is named in `problem`, for an id may hold a colon;
 * but one that is nearly a key is refused. */
void filter_parse(struct filter *filter, const char *text, const char *keys);
/* And reads every value: times behind since: and until:, a number behind row:, the words of a
 * choice
 * (`words` may be NULL), which become as the table has them. */
void filter_read(struct filter *filter, const char *text, const char *keys,
                 const struct filter_words *words, int64_t now_ms);
/* The values of a key that are wanted, or that are left out; NULL. */
const char *filter_value(const struct filter *filter, const char *key);
const char *filter_value_not(const struct filter *filter, const char *key);
/* Free words alone, as commands take them in one option: `out` as in filter.search. False where
 * they are too long. */
bool filter_search_read(const char *text, char out[FILTER_SIZE]);
/* One value of an option in the same language: alternatives and a '-' before them. */
void filter_option_read(const char *text, char *out, size_t size, bool *negated);
/* The text as a value that is meant as it is; false for one that is too long for a filter. */
bool filter_quote(const char *text, char out[FILTER_SIZE]);

/* Does the text agree with every term of that key: be one of its values, whatever the ASCII case,
 * or hold one? */
bool filter_key_is(const struct filter *filter, const char *key, const char *text);
bool filter_key_holds(const struct filter *filter, const char *key, const char *text);
/* Does any of the texts hold every free word, whatever the ASCII case, and none that is negated?
 * True without words. */
bool filter_matches(const struct filter *filter, const char *const *texts, size_t count);
/* Does `text` hold `part`, whatever the ASCII case? */
bool filter_holds(const char *text, const char *part);

#endif
