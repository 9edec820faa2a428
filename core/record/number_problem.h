/* What is wrong with the number of one column, by itself: its grammar and its bounds. */
#ifndef INTAKE_CORE_RECORD_NUMBER_PROBLEM_H
#define INTAKE_CORE_RECORD_NUMBER_PROBLEM_H

#include <stdbool.h>

#include "core/record/money.h"
#include "core/record/record.h"

/*
 * One to three digits without a leading zero, a point and exactly three digits: half the world
 * means thousands by it. Of price, compare_at_price and stock_quantity it is not read.
 */
bool number_is_ambiguous(enum product_column column, const char *text, size_t len);

/* Of a number that cannot be read: what to write has to be said. The empty text. */
extern const char number_unreadable[];
extern const char number_too_many_decimals[];

/* In the vendor's words, behind column and value; NULL: nothing. The column is one of numbers. */
const char *number_problem(enum product_column column, const struct record_field *field,
                           struct decimal *decimal);

#endif
