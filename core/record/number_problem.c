#include "core/record/number_problem.h"

#include "core/record/digits.h"

#define PRICE_MIN 1          /* hundredths */
#define PRICE_MAX 99999999   /* hundredths */
#define STOCK_MAX 1000000    /* pieces */
#define WEIGHT_LIMIT 1000000 /* kg, not reached */

const char number_unreadable[] = "";
const char number_too_many_decimals[] = "has more than two decimals";

bool number_is_ambiguous(enum product_column column, const char *text, size_t len)
{
    return len >= 5 && len <= 7 && text[len - 4] == '.' && column != COLUMN_WEIGHT_KG &&
           digits_three_behind(text, len, '.');
}

static bool field_decimal(enum product_column column, const struct record_field *field,
                          struct decimal *decimal)
{
    if (field->facts)
        *decimal = field->facts->decimal;
    else if (decimal_parse(field->text, field->len, decimal))
        decimal->readable = !number_is_ambiguous(column, field->text, field->len);
    return decimal->readable;
}

static const char *amount_problem(enum product_column column, const struct decimal *decimal)
{
    if (decimal->decimals > 2)
        return number_too_many_decimals;
    if (column == COLUMN_COMPARE_AT_PRICE && !decimal->positive && !decimal->negative)
        return "is below 0.01, the least allowed; if there is none, leave the cell empty";
    if (decimal->hundredths < PRICE_MIN)
        return "is below 0.01, the least allowed";
    if (decimal->hundredths > PRICE_MAX)
        return "is above 999999.99, the most allowed";
    return NULL;
}

static const char *stock_problem(const struct decimal *decimal)
{
    if (decimal->decimals)
        return "is not a whole number";
    if (decimal->negative)
        return "is below 0, the least allowed";
    if (decimal->hundredths > (int64_t)STOCK_MAX * 100)
        return "is above 1000000, the most allowed";
    return NULL;
}

static const char *weight_problem(const struct decimal *decimal)
{
    if (decimal->decimals > 2)
        return number_too_many_decimals;
    if (!decimal->positive)
        return decimal->negative ? "is not above 0"
                                 : "is not above 0; if it is not known, leave the cell empty";
    if (decimal->hundredths >= (int64_t)WEIGHT_LIMIT * 100)
        return "is not below 1000000";
    return NULL;
}

const char *number_problem(enum product_column column, const struct record_field *field,
                           struct decimal *decimal)
{
    if (!field_decimal(column, field, decimal))
        return number_unreadable;
    switch (column) {
    case COLUMN_STOCK_QUANTITY:
        return stock_problem(decimal);
    case COLUMN_WEIGHT_KG:
        return weight_problem(decimal);
    default:
        return amount_problem(column, decimal);
    }
}
