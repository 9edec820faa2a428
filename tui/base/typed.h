/* What people type, read by one function for each kind, in commands, filters and prompts alike:
 * times, whole numbers, choices. Each understands or refuses; what is near is offered. Pure. */
#ifndef INTAKE_TUI_BASE_TYPED_H
#define INTAKE_TUI_BASE_TYPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TYPED_TIME_HELP "2h, 3d, today, yesterday, 2026-01-31, 2026-01-31T08:00+01:00"

/* An age (30s, 15m, 12h, 7d, 2w), today, yesterday (days of UTC), a date, a date with a time of
 * day; these two with an offset (Z, +02, +0200, +02:00) or in UTC. False for anything else. */
bool typed_time(const char *text, int64_t now_ms, int64_t *ms);

/* The same of a time to come: an age is as far ahead (2h is in two hours), and there is tomorrow.
 * Whether it is in the future is the caller's question. */
bool typed_time_ahead(const char *text, int64_t now_ms, int64_t *ms);

/* A whole number above 0. */
bool typed_number(const char *text, int64_t *number);

/* Things a second, "5/s" or "5", at most TYPED_RATE_MOST. */
#define TYPED_RATE_MOST 10000
bool typed_rate(const char *text, int64_t *rate);

/* The words of a choice, NULL beyond the last. */
typedef const char *typed_word_at(const void *context, size_t index);

/* The word that was meant, whatever its case; NULL for none. */
const char *typed_choice(typed_word_at *word_at, const void *context, const char *text);

/* "unknown; did you mean X?" where a word is near, with true, else "must be one of A, B, C". */
bool typed_near(typed_word_at *word_at, const void *context, const char *text, char *out,
                size_t size);

/* The same for a NULL-terminated list as the context. */
const char *typed_word_of_list(const void *context, size_t index);

/* Several values in one: alternatives lie between these in what was read. */
#define TYPED_OR '\x1f'
#define TYPED_OR_TEXT "\x1f"

#endif
