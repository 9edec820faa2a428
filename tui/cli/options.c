#include "tui/cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "tui/base/distance.h"
#include "tui/base/filter.h"
#include "tui/base/typed.h"

struct option_use {
    const struct option *option;
    const char *text;
    char *owned; /* text where it was rewritten, else NULL */
    bool negated;
    int64_t number;
};

struct options {
    struct option_use *uses;
    size_t use_count;
    const char **operands;
    size_t operand_count;
    size_t operand_first;
    const char **texts; /* room for options_texts */
    int64_t now_ms;
};

static const struct option *option_next(const struct option *const *tables, size_t *table,
                                        size_t *row)
{
    while (tables[*table]) {
        const struct option *option = &tables[*table][*row];
        if (option->name) {
            (*row)++;
            return option;
        }
        (*table)++;
        *row = 0;
    }
    return NULL;
}

static const struct option *option_find(const struct option *const *tables, const char *name,
                                        size_t len, char letter)
{
    size_t table = 0, row = 0;
    const struct option *option;
    while ((option = option_next(tables, &table, &row))) {
        if (letter != 0 ? option->letter == letter
                        : strlen(option->name) == len && memcmp(option->name, name, len) == 0)
            return option;
    }
    return NULL;
}

static enum error_code option_unknown(const struct option *const *tables, const char *name,
                                      size_t len, struct error *error)
{
    char typed[64];
    size_t table = 0, row = 0, best = 3;
    const struct option *option, *near = NULL;
    if (len >= sizeof typed)
        len = sizeof typed - 1;
    memcpy(typed, name, len);
    typed[len] = '\0';
    while ((option = option_next(tables, &table, &row))) {
        size_t distance = text_distance(typed, option->name);
        if (distance < best) {
            best = distance;
            near = option;
        }
    }
    if (near)
        return error_set(error, ERROR_USAGE, "unknown option --%s; did you mean --%s?", typed,
                         near->name);
    return error_set(error, ERROR_USAGE, "unknown option --%s", typed);
}

/* The words of a choice as typed_choice asks for them. */
static const char *option_word(const void *context, size_t index)
{
    const struct option *option = context;
    return option->word ? option->word(index) : option->choices[index];
}

static enum error_code choice_check(const struct option *option, char *text, struct error *error)
{
    char near[256], one[128];
    while (*text != '\0') {
        size_t len = strcspn(text, TYPED_OR_TEXT);
        snprintf(one, sizeof one, "%.*s", (int)len, text);
        const char *word = typed_choice(option_word, option, one);
        if (!word) {
            typed_near(option_word, option, one, near, sizeof near);
            return error_set(error, ERROR_USAGE, "--%s %.80s: %s", option->name, one, near);
        }
        memcpy(text, word, len);
        text += len + (text[len] != '\0');
    }
    return ERROR_NONE;
}

/* What was typed as a list of values, or as words, is kept as these are read by core/history/. */
static enum error_code text_take(const struct option *option, const char *text,
                                 struct option_use *use, struct error *error)
{
    size_t size = strlen(text) + FILTER_SIZE;
    bool search = option->type == OPTION_SEARCH;
    bool language = option->type != OPTION_CHOICE && !search;
    use->owned = memory_new(size, 1);
    if (!use->owned)
        return error_set(error, ERROR_MEMORY, "out of memory for the command line");
    use->text = use->owned;
    if (search && !filter_search_read(text, use->owned))
        return error_set(error, ERROR_USAGE, "--%s %.80s...: is too long", option->name, text);
    if (language)
        filter_option_read(text, use->owned, size, &use->negated);
    else if (!search)
        memcpy(use->owned, text, strlen(text) + 1);
    if (use->owned[0] == '\0' && text[0] != '\0')
        return error_set(error, ERROR_USAGE, "--%s %.80s: has no value", option->name, text);
    return search || option->type == OPTION_VALUES ? ERROR_NONE
                                                   : choice_check(option, use->owned, error);
}

static enum error_code twice_check(const struct options *options, const struct option *option,
                                   struct error *error)
{
    if (option->many || option->type == OPTION_FLAG)
        return ERROR_NONE;
    for (size_t i = 0; i < options->use_count; i++) {
        if (options->uses[i].option != option)
            continue;
        bool values = option->type == OPTION_VALUES || option->type == OPTION_CHOICES;
        return error_set(error, ERROR_USAGE, "--%s is given twice%s", option->name,
                         values ? "; use a,b for either" : "");
    }
    return ERROR_NONE;
}

static enum error_code option_take(struct options *options, const struct option *option,
                                   const char *text, struct error *error)
{
    struct option_use *use = &options->uses[options->use_count];
    if (twice_check(options, option, error))
        return ERROR_USAGE;
    *use = (struct option_use){.option = option, .text = text};
    options->use_count++;
    switch (option->type) {
    case OPTION_FLAG:
    case OPTION_TEXT:
        break;
    case OPTION_NUMBER:
        if (!typed_number(text, &use->number))
            return error_set(error, ERROR_USAGE, "--%s %.80s: must be a whole number above 0",
                             option->name, text);
        break;
    case OPTION_TIME:
        if (!typed_time(text, options->now_ms, &use->number))
            return error_set(error, ERROR_USAGE, "--%s %.80s: must be a date, a time or an age: %s",
                             option->name, text, TYPED_TIME_HELP);
        break;
    case OPTION_CHOICE:
    case OPTION_CHOICES:
    case OPTION_VALUES:
    case OPTION_SEARCH:
        return text_take(option, text, use, error);
    }
    return ERROR_NONE;
}

static enum error_code long_parse(struct options *options, const struct option *const *tables,
                                  int argc, const char *const *argv, int *at, struct error *error)
{
    const char *name = argv[*at] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    const struct option *option = option_find(tables, name, len, 0);
    if (!option)
        return option_unknown(tables, name, len, error);
    if (option->type == OPTION_FLAG) {
        if (equals)
            return error_set(error, ERROR_USAGE, "--%s takes no value", option->name);
        return option_take(options, option, NULL, error);
    }
    if (equals)
        return option_take(options, option, equals + 1, error);
    if (*at + 1 >= argc)
        return error_set(error, ERROR_USAGE, "--%s requires a value: %s", option->name,
                         option->value);
    (*at)++;
    return option_take(options, option, argv[*at], error);
}

static enum error_code letters_parse(struct options *options, const struct option *const *tables,
                                     int argc, const char *const *argv, int *at,
                                     struct error *error)
{
    for (const char *letter = argv[*at] + 1; *letter != '\0'; letter++) {
        const struct option *option = option_find(tables, "", 0, *letter);
        if (!option)
            return error_set(error, ERROR_USAGE, "unknown option -%c",
                             *letter > ' ' && *letter < 127 ? *letter : '?');
        if (option->type == OPTION_FLAG) {
            if (option_take(options, option, NULL, error))
                return ERROR_USAGE;
            continue;
        }
        if (letter[1] != '\0')
            return option_take(options, option, letter + 1, error);
        if (*at + 1 >= argc)
            return error_set(error, ERROR_USAGE, "-%c requires a value: %s", *letter,
                             option->value);
        (*at)++;
        return option_take(options, option, argv[*at], error);
    }
    return ERROR_NONE;
}

static struct options *options_new(int argc, const char *const *argv, int64_t now_ms)
{
    size_t most = 1;
    for (int i = 0; i < argc; i++)
        most += 1 + strlen(argv[i]);
    struct options *options = memory_new(1, sizeof *options);
    if (!options)
        return NULL;
    options->now_ms = now_ms;
    options->uses = memory_new(most, sizeof *options->uses);
    options->operands = memory_new((size_t)argc + 1, sizeof *options->operands);
    options->texts = memory_new(most, sizeof *options->texts);
    if (!options->uses || !options->operands || !options->texts) {
        options_free(options);
        return NULL;
    }
    return options;
}

enum error_code options_parse(int argc, const char *const *argv, const struct option *const *tables,
                              int64_t now_ms, struct options **out, struct error *error)
{
    enum error_code code = ERROR_NONE;
    bool ended = false;
    struct options *options = options_new(argc, argv, now_ms);
    *out = NULL;
    if (!options)
        return error_set(error, ERROR_MEMORY, "out of memory for the command line");
    for (int i = 0; i < argc && !code; i++) {
        const char *word = argv[i];
        if (ended || word[0] != '-' || word[1] == '\0')
            options->operands[options->operand_count++] = word;
        else if (strcmp(word, "--") == 0)
            ended = true;
        else if (word[1] == '-')
            code = long_parse(options, tables, argc, argv, &i, error);
        else
            code = letters_parse(options, tables, argc, argv, &i, error);
    }
    if (code) {
        options_free(options);
        return code;
    }
    *out = options;
    return ERROR_NONE;
}

void options_free(struct options *options)
{
    if (!options)
        return;
    for (size_t i = 0; i < options->use_count; i++)
        free(options->uses[i].owned);
    free(options->uses);
    free(options->operands);
    free(options->texts);
    free(options);
}

static const struct option_use *use_find(const struct options *options, const char *name)
{
    for (size_t i = options->use_count; i > 0; i--) {
        if (strcmp(options->uses[i - 1].option->name, name) == 0)
            return &options->uses[i - 1];
    }
    return NULL;
}

bool options_flag(const struct options *options, const char *name)
{
    return use_find(options, name) != NULL;
}

const char *options_text(const struct options *options, const char *name)
{
    const struct option_use *use = use_find(options, name);
    return use && !use->negated ? use->text : NULL;
}

const char *options_text_not(const struct options *options, const char *name)
{
    const struct option_use *use = use_find(options, name);
    return use && use->negated ? use->text : NULL;
}

enum error_code options_interval(const struct options *options, const char *since,
                                 const char *until, struct error *error)
{
    const struct option_use *from = use_find(options, since), *to = use_find(options, until);
    if (!from || !to || from->number < to->number)
        return ERROR_NONE;
    return error_set(error, ERROR_USAGE,
                     "--%s %.60s is not before --%s %.60s: the interval is empty", since,
                     from->text, until, to->text);
}

int64_t options_number(const struct options *options, const char *name, int64_t otherwise)
{
    const struct option_use *use = use_find(options, name);
    return use ? use->number : otherwise;
}

int64_t options_time(const struct options *options, const char *name, int64_t otherwise)
{
    return options_number(options, name, otherwise);
}

size_t options_texts(struct options *options, const char *name, const char *const **values)
{
    size_t count = 0;
    for (size_t i = 0; i < options->use_count; i++) {
        if (strcmp(options->uses[i].option->name, name) == 0)
            options->texts[count++] = options->uses[i].text;
    }
    *values = options->texts;
    return count;
}

size_t options_operand_count(const struct options *options)
{
    return options->operand_count - options->operand_first;
}

const char *options_operand(const struct options *options, size_t index)
{
    size_t at = options->operand_first + index;
    return at < options->operand_count ? options->operands[at] : NULL;
}

void options_shift(struct options *options, size_t count)
{
    options->operand_first += count;
    if (options->operand_first > options->operand_count)
        options->operand_first = options->operand_count;
}
