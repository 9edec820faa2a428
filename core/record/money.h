/*
 * Amounts as whole hundredths, never floating point. The grammar is the contract's:
 * -?[0-9]+(\.[0-9]+)? in ASCII, so no plus sign, exponent, separator or bare point.
 */
#ifndef INTAKE_CORE_RECORD_MONEY_H
#define INTAKE_CORE_RECORD_MONEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* No amount of the product reaches it; a larger one reads as this. */
#define MONEY_HUGE (INT64_MAX / 4)
#define MONEY_TEXT_SIZE 32

struct decimal {
    bool readable;      /* the text is a number; all else is meaningless where it is not */
    bool negative;      /* a minus sign before something that is not zero */
    bool positive;      /* more than zero, be it by the hundredth decimal */
    uint32_t decimals;  /* digits behind the point, zeros at the end not counted */
    int64_t hundredths; /* signed, digits behind the second decimal dropped; at most MONEY_HUGE */
};

/* Reads the whole text. Returns decimal->readable. */
bool decimal_parse(const char *text, size_t len, struct decimal *decimal);

/* "12.99", "-0.05": always two decimals, what PostgreSQL's numeric takes. Returns out. */
char *money_text(int64_t hundredths, char out[MONEY_TEXT_SIZE]);

#endif
