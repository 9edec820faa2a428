/* How the values and words that rows are narrowed by lie in one text. Pure. */
#ifndef INTAKE_CORE_HISTORY_WORDS_H
#define INTAKE_CORE_HISTORY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Between the alternatives of a value, and before a word of a search whose '-' is part of it. */
#define HISTORY_OR '\x1f'
#define HISTORY_LITERAL '\x1d'
/* In a word: a space that is part of it. */
#define HISTORY_GAP '\x1e'

/* The next word of a text: true with its length, and whether it is negated; *at is its beginning,
 * behind what marks it. */
bool history_word(const char **at, size_t *len, bool *negated);

#endif
