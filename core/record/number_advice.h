/* What to write in the place of a number that cannot be read, in the vendor's words. */
#ifndef INTAKE_CORE_RECORD_NUMBER_ADVICE_H
#define INTAKE_CORE_RECORD_NUMBER_ADVICE_H

#include <stdbool.h>

#include "core/base/buffer.h"
#include "core/record/record.h"

/*
 * One to three digits without a leading zero, a point and exactly three digits: half the world
 * means thousands by it. Of price, compare_at_price and stock_quantity it is not read.
 */
bool number_is_ambiguous(enum product_column column, const char *text, size_t len);

/* What is wrong with it and what to write: "has a decimal comma: write 12.99". */
void number_advice_append(struct buffer *out, enum product_column column, const char *text,
                          size_t len);

#endif
