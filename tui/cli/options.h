/*
 * The parser of every command line, driven by tables. Options stand anywhere among the operands, as
 * --name VALUE, --name=VALUE, -x VALUE or -xVALUE; `--` ends them. No option takes a password. */
#ifndef INTAKE_TUI_CLI_OPTIONS_H
#define INTAKE_TUI_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"

enum option_type {
    OPTION_FLAG,   /* no value */
    OPTION_TEXT,   /* any text */
    OPTION_NUMBER, /* whole number, 1 or more */
    OPTION_TIME,   /* what typed_time reads */
    OPTION_CHOICE, /* one of `choices` or of `word`, whatever the case */
    /* In the language of filters: a,b for one of both, -a for all but it. */
    OPTION_VALUES,
    OPTION_CHOICES, /* likewise, of a choice */
    OPTION_SEARCH,  /* words, "-word" and "a,b" among them */
};

struct option {
    const char *name; /* without the dashes; NULL ends a table */
    enum option_type type;
    char letter;                       /* 0: none */
    bool many;                         /* may be given several times */
    const char *value;                 /* how help names the value: "FILE"; NULL for flags */
    const char *help;                  /* one line */
    const char *const *choices;        /* NULL-terminated; of a choice */
    const char *(*word)(size_t index); /* in their place: NULL beyond the last */
};

/* A row with a value; `letter` and `choices` may follow. */
#define OPTION(name_, type_, value_, ...)                                        \
    {                                                                            \
        .name = (name_), .type = (type_), .value = (value_), .help = __VA_ARGS__ \
    }

#define OPTIONS_END  \
    {                \
        .name = NULL \
    }

struct options;

/* argv without the program's name. `tables` is NULL-terminated; tables and argv must outlive the
 * answer. ERROR_USAGE with what is wrong. */
MUST_CHECK enum error_code options_parse(int argc, const char *const *argv,
                                         const struct option *const *tables, int64_t now_ms,
                                         struct options **options, struct error *error);
void options_free(struct options *options);

bool options_flag(const struct options *options, const char *name);
/* What was given, or NULL. Values and searches as core/history/ takes them. */
const char *options_text(const struct options *options, const char *name);
/* The values to leave out, of --name=-a. */
const char *options_text_not(const struct options *options, const char *name);
int64_t options_number(const struct options *options, const char *name, int64_t otherwise);
int64_t options_time(const struct options *options, const char *name, int64_t otherwise);

/* Every value of an option that may be given several times, in order; returns how many there are.
 * The list is good until the next call. */
size_t options_texts(struct options *options, const char *name, const char *const **values);

size_t options_operand_count(const struct options *options);
const char *options_operand(const struct options *options, size_t index);

/* Drops the first `count` operands: the words of the command's name. */
void options_shift(struct options *options, size_t count);

/* ERROR_USAGE where `until` is not after `since`; HISTORY_NEVER and the like, below zero, is no
 * bound. */
MUST_CHECK enum error_code options_interval(const struct options *options, const char *since,
                                            const char *until, struct error *error);

#endif
