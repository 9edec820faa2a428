/* What to write in the place of a number that cannot be read, in the vendor's words. */
#ifndef INTAKE_CORE_RECORD_NUMBER_ADVICE_H
#define INTAKE_CORE_RECORD_NUMBER_ADVICE_H

#include "core/base/buffer.h"
#include "core/record/record.h"

/*
 * What is wrong with it and what to write: "has a decimal comma: write 12.99". What is to be
 * written would be taken: where the number that was meant is out of bounds too, that is said
 * alone.
 */
void number_advice_append(struct buffer *out, enum product_column column, const char *text,
                          size_t len);

/* ": write 19.99" behind the problem of a sum that a program left as 19.989999999999998, or
   nothing; nothing too where that would not be taken. */
void number_noise_append(struct buffer *out, enum product_column column, const char *text,
                         size_t len);

#endif
