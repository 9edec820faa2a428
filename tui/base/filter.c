#include "tui/base/filter.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/base/error.h"
#include "core/history/words.h"
#include "tui/base/typed.h"

const char *const filter_moments[] = {"today", "yesterday", "1h", "1d", "2d", "7d", NULL};

/* A word of the filter: commas of its own outside quotes are TYPED_OR. */
struct word {
    char text[FILTER_SIZE];
    char typed[FILTER_SIZE]; /* with its quotes */
    bool negated;            /* a '-' before it, outside quotes, is off */
    bool quoted;             /* its first character stood in quotes */
    bool cut;                /* it was too long */
};

/* The keys of a screen, one after the other. */
static const char *key_word(const void *context, size_t index)
{
    static _Thread_local char key[32];
    const char *keys = context;
    for (; keys && *keys != '\0'; keys += strspn(keys, " ")) {
        size_t span = strcspn(keys, " ");
        if (index-- == 0) {
            snprintf(key, sizeof key, "%.*s", (int)span, keys);
            return key;
        }
        keys += span;
    }
    return NULL;
}

static bool known_key(const char *keys, const char *key, size_t length)
{
    char name[32];
    if (length == 0 || length >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)length, key);
    return typed_choice(key_word, keys, name) != NULL;
}

/* A value as it was typed, whole characters of its beginning; for a message. */
struct said {
    char text[61];
};

static struct said said(const char *value, size_t length)
{
    struct said said;
    size_t most = sizeof said.text - 1;
    if (length > most)
        for (length = most; length > 0 && ((unsigned char)value[length] & 0xC0) == 0x80; length--)
            ;
    for (size_t i = 0; i < length; i++)
        said.text[i] = (char)(value[i] == TYPED_OR ? ',' : value[i]);
    said.text[length] = '\0';
    return said;
}

PRINTF_LIKE(2, 3)
static void refuse(struct filter *filter, const char *format, ...)
{
    va_list arguments;
    if (filter->refused)
        return;
    filter->refused = true;
    va_start(arguments, format);
    vsnprintf(filter->problem, sizeof filter->problem, format, arguments);
    va_end(arguments);
}

static void put(struct word *word, char *out, size_t *length, char c)
{
    if (*length + 1 < sizeof word->text)
        out[(*length)++] = c;
    else
        word->cut = true;
}

/* Where quotes are themselves and where they enclose. */
struct quoting {
    const char *before; /* what a value may begin behind */
    bool inside, begins;
};

/* Is the quote at `at` closed by another one? */
static bool closed(const char *at)
{
    for (at++; *at != '\0'; at++) {
        if (at[0] == '"' && at[1] != '"')
            return true;
        at += at[0] == '"';
    }
    return false;
}

/* Whether the character at *at only encloses; of a doubled one inside, *at moves to the second. */
static bool encloses(struct quoting *quoting, const char **at)
{
    bool begins = quoting->begins;
    quoting->begins = !quoting->inside && strchr(quoting->before, **at);
    if (**at != '"')
        return false;
    if (quoting->inside && (*at)[1] == '"') {
        ++*at;
        return false;
    }
    if (!quoting->inside && (!begins || !closed(*at)))
        return false;
    quoting->inside = !quoting->inside;
    return true;
}

/* Takes the next word off *at; false at the end. */
static bool next_word(const char **at, struct word *word)
{
    const char *from = *at + strspn(*at, " \t");
    size_t length = 0, typed = 0;
    struct quoting quoting = {.before = ",:", .begins = true};
    *word = (struct word){.negated = *from == '-' && from[1] != '\0' && !strchr(" \t", from[1])};
    if (*from == '\0')
        return false;
    if (word->negated)
        put(word, word->typed, &typed, *from++);
    word->quoted = *from == '"' && closed(from);
    for (; *from != '\0' && (quoting.inside || (*from != ' ' && *from != '\t')); from++) {
        const char *first = from;
        bool enclosing = encloses(&quoting, &from);
        for (; first <= from; first++)
            put(word, word->typed, &typed, *first);
        if (enclosing)
            continue;
        if (*from == ',' && !quoting.inside)
            put(word, word->text, &length, TYPED_OR);
        else
            put(word, word->text, &length, *from);
    }
    *at = from;
    return true;
}

/* "a,,b," is "a,b". */
static void drop_empty(char *values)
{
    char *out = values;
    for (const char *at = values; *at != '\0'; at++) {
        if (*at == TYPED_OR && (out == values || out[-1] == TYPED_OR))
            continue;
        *out++ = *at;
    }
    if (out > values && out[-1] == TYPED_OR)
        out--;
    *out = '\0';
}

static void append(struct filter *filter, char out[FILTER_SIZE], const char *before,
                   const char *word)
{
    size_t used = strlen(out);
    int n = snprintf(out + used, FILTER_SIZE - used, "%s%s%s", used > 0 ? " " : "", before, word);
    if (n < 0 || (size_t)n >= FILTER_SIZE - used)
        refuse(filter, "the filter is too long");
}

static void add_search(struct filter *filter, struct word *word)
{
    const char literal[] = {HISTORY_LITERAL, '\0'};
    drop_empty(word->text);
    if (word->text[0] == '\0')
        return;
    bool dash = !word->negated && word->quoted && word->text[0] == '-';
    for (char *space = word->text; (space = strchr(space, ' ')); space++)
        *space = HISTORY_GAP;
    append(filter, filter->search, word->negated ? "-" : dash ? literal : "", word->text);
    append(filter, filter->typed_search, "", word->typed);
}

static void add_term(struct filter *filter, size_t *stored, struct word *word, const char *colon)
{
    size_t key_length = (size_t)(colon - word->text);
    size_t need = strlen(word->text) + 1;
    char *copy = filter->store + *stored;
    if (filter->count == FILTER_TERMS || *stored + need > sizeof filter->store) {
        refuse(filter, "too many terms");
        return;
    }
    memcpy(copy, word->text, need);
    copy[key_length] = '\0';
    for (char *c = copy; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    drop_empty(copy + key_length + 1);
    if (copy[key_length + 1] == '\0') {
        refuse(filter, "%s: requires a value", copy);
        return;
    }
    if (!word->negated && filter_value(filter, copy))
        refuse(filter, "%s: given twice; use %s:a,b for either", copy, copy);
    filter->terms[filter->count++] =
        (struct filter_term){copy, copy + key_length + 1, word->negated};
    *stored += need;
}

static void unknown_key(struct filter *filter, const struct word *word, const char *colon,
                        const char *keys)
{
    struct said key = said(word->text, (size_t)(colon - word->text));
    char near[160];
    if (typed_near(key_word, keys, key.text, near, sizeof near))
        refuse(filter, "column \"%s\": %s Put text to search for in quotes", key.text, near);
    else if (filter->problem[0] == '\0')
        snprintf(filter->problem, sizeof filter->problem,
                 "unknown column \"%s\" (%.90s): searching as text", key.text,
                 keys && keys[0] != '\0' ? keys : "none");
}

void filter_parse(struct filter *filter, const char *text, const char *keys)
{
    struct word word;
    size_t stored = 0;
    memset(filter, 0, sizeof *filter);
    while (next_word(&text, &word)) {
        const char *colon = word.quoted ? NULL : strchr(word.text, ':');
        if (word.cut)
            refuse(filter, "the filter is too long");
        if (colon && known_key(keys, word.text, (size_t)(colon - word.text))) {
            add_term(filter, &stored, &word, colon);
            continue;
        }
        if (colon && colon > word.text)
            unknown_key(filter, &word, colon, keys);
        add_search(filter, &word);
    }
}

/* The words of a table as typed_choice asks for them. */
static const char *table_word(const void *context, size_t index)
{
    const struct filter_words *words = context;
    return words->word ? words->word(index) : words->words[index];
}

/* Every alternative of a choice becomes as the table has it: only its case may differ. */
static void read_choice(struct filter *filter, const struct filter_term *term,
                        const struct filter_words *words)
{
    char *at = filter->store + (term->value - filter->store);
    while (*at != '\0') {
        char one[FILTER_SIZE], near[160];
        size_t length = strcspn(at, TYPED_OR_TEXT);
        snprintf(one, sizeof one, "%.*s", (int)length, at);
        const char *word = typed_choice(table_word, words, one);
        if (word) {
            memcpy(at, word, length);
        } else {
            typed_near(table_word, words, one, near, sizeof near);
            refuse(filter, "%s:%s: %s", term->key, said(one, length).text, near);
            return;
        }
        at += length + (at[length] != '\0');
    }
}

static bool is_moment(const char *key)
{
    return strcmp(key, "since") == 0 || strcmp(key, "until") == 0;
}

static void read_term(struct filter *filter, const struct filter_term *term,
                      const struct filter_words *words, int64_t now_ms)
{
    struct said value = said(term->value, strlen(term->value));
    int64_t number;
    if (is_moment(term->key) && (term->negated || !typed_time(term->value, now_ms, &number)))
        refuse(filter, "%s:%s is not a time: %s", term->key, value.text, TYPED_TIME_HELP);
    if (strcmp(term->key, "row") == 0 && (term->negated || !typed_number(term->value, &number)))
        refuse(filter, "row:%s is not a whole number above 0", value.text);
    for (; words && words->key; words++) {
        if (!words->open && strcmp(words->key, term->key) == 0 && !is_moment(term->key))
            read_choice(filter, term, words);
    }
}

void filter_read(struct filter *filter, const char *text, const char *keys,
                 const struct filter_words *words, int64_t now_ms)
{
    int64_t since, until;
    filter_parse(filter, text, keys);
    for (size_t i = 0; i < filter->count; i++)
        read_term(filter, &filter->terms[i], words, now_ms);
    const char *from = filter_value(filter, "since"), *to = filter_value(filter, "until");
    if (!filter->refused && from && to && typed_time(from, now_ms, &since) &&
        typed_time(to, now_ms, &until) && since >= until)
        refuse(filter, "since:%s is not before until:%s: the interval is empty", from, to);
}

static const char *value_of(const struct filter *filter, const char *key, bool negated)
{
    for (size_t i = 0; i < filter->count; i++) {
        if (filter->terms[i].negated == negated && strcmp(filter->terms[i].key, key) == 0)
            return filter->terms[i].value;
    }
    return NULL;
}

const char *filter_value(const struct filter *filter, const char *key)
{
    return value_of(filter, key, false);
}

const char *filter_value_not(const struct filter *filter, const char *key)
{
    return value_of(filter, key, true);
}

bool filter_search_read(const char *text, char out[FILTER_SIZE])
{
    struct filter filter;
    filter_parse(&filter, text, "");
    memcpy(out, filter.search, FILTER_SIZE);
    return !filter.refused;
}

void filter_option_read(const char *text, char *out, size_t size, bool *negated)
{
    struct quoting quoting = {.before = ",", .begins = true};
    size_t length = 0;
    *negated = text[0] == '-' && text[1] != '\0';
    for (text += *negated; *text != '\0' && length + 1 < size; text++) {
        if (!encloses(&quoting, &text))
            out[length++] = *text == ',' && !quoting.inside ? TYPED_OR : *text;
    }
    out[length] = '\0';
    drop_empty(out);
}

bool filter_quote(const char *text, char out[FILTER_SIZE])
{
    size_t length = 0;
    out[length++] = '"';
    for (; *text != '\0'; text++) {
        if (length + 4 > FILTER_SIZE)
            return false;
        if (*text == '"')
            out[length++] = '"';
        out[length++] = *text;
    }
    out[length++] = '"';
    out[length] = '\0';
    return true;
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

static bool equals(const char *text, const char *value)
{
    return text && strcasecmp(text, value) == 0;
}

/* Whether one of the alternatives agrees with one of the texts. */
static bool any(const char *values, const char *const *texts, size_t count,
                bool (*agrees)(const char *, const char *))
{
    char one[FILTER_SIZE];
    while (*values != '\0') {
        size_t length = strcspn(values, TYPED_OR_TEXT);
        snprintf(one, sizeof one, "%.*s", (int)length, values);
        for (size_t i = 0; i < count; i++) {
            if (texts[i] && agrees(texts[i], one))
                return true;
        }
        values += length + (values[length] != '\0');
    }
    return false;
}

static bool key_agrees(const struct filter *filter, const char *key, const char *text,
                       bool (*agrees)(const char *, const char *))
{
    for (size_t i = 0; i < filter->count; i++) {
        const struct filter_term *term = &filter->terms[i];
        if (strcmp(term->key, key) == 0 && any(term->value, &text, 1, agrees) == term->negated)
            return false;
    }
    return true;
}

bool filter_key_is(const struct filter *filter, const char *key, const char *text)
{
    return key_agrees(filter, key, text, equals);
}

bool filter_key_holds(const struct filter *filter, const char *key, const char *text)
{
    return key_agrees(filter, key, text, filter_holds);
}

bool filter_matches(const struct filter *filter, const char *const *texts, size_t count)
{
    char word[FILTER_SIZE];
    for (const char *at = filter->search; *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        bool negated = *at == '-' && length > 1;
        bool marked = negated || *at == HISTORY_LITERAL;
        snprintf(word, sizeof word, "%.*s", (int)(length - marked), at + marked);
        for (char *gap = word; (gap = strchr(gap, HISTORY_GAP)); gap++)
            *gap = ' ';
        if (any(word, texts, count, filter_holds) == negated)
            return false;
        at += length;
    }
    return true;
}
