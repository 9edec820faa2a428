/* What a person meant by a number that is none: its digits, and what stands among and beside them.
 */
#ifndef INTAKE_CORE_RECORD_NUMBER_PIECES_H
#define INTAKE_CORE_RECORD_NUMBER_PIECES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/buffer.h"

#define NUMBER_PIECE_MAX 48

struct number_pieces {
    const char *core, *core_end; /* from the first digit or mark to the last, in the text */
    char whole[NUMBER_PIECE_MAX], decimals[NUMBER_PIECE_MAX];
    size_t whole_len, decimals_len;
    const char *unit; /* behind the number, without blanks */
    size_t unit_len;
    bool plus, comma, thousands, bare, before_text, currency, apostrophe;
};

/* False: nothing that is certain can be said of it (a range, a date, a negative number, words). */
bool number_take_apart(const char *text, size_t len, struct number_pieces *pieces);

/* The text with digits and marks of other scripts as 0 to 9, point and comma, and without what has
   no width; false where nothing of the kind is in it. *digits: the digits were others. */
bool number_spell_plainly(const char *text, size_t len, struct buffer *out, bool *digits);

/* The number as it is to be written; `drop_zeros`: no decimals that are 0. */
void number_pieces_append(struct buffer *out, const struct number_pieces *pieces, bool drop_zeros);

#endif
