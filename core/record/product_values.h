/*
 * The 14 values of a product as the products table holds them: what a record is compared with, to
 * tell its vendor whether the file says anything new.
 */
#ifndef INTAKE_CORE_RECORD_PRODUCT_VALUES_H
#define INTAKE_CORE_RECORD_PRODUCT_VALUES_H

#include "core/base/memory.h"
#include "core/record/record.h"

struct product_values {
    struct {
        const char *text; /* NULL: none */
        size_t len;
    } of[COLUMN_COUNT];
};

/* Those of a record, in the arena. A number that cannot be taken stays as it is written, which is
   no number of the table; a text is kept up to one byte more than the table could hold. */
MUST_CHECK enum error_code product_values_of(const struct record *record, struct arena *memory,
                                             struct product_values *values, struct error *error);

/* The columns that differ, a bit for each: 1 << column. */
uint32_t product_values_differ(const struct product_values *a, const struct product_values *b);

#endif
