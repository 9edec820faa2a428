#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/record/advice.h"
#include "core/record/number_advice.h"
#include "core/record/number_problem.h"

struct expectation {
    enum product_column column;
    const char *value, *advice;
};

#define P COLUMN_PRICE
#define C COLUMN_COMPARE_AT_PRICE
#define S COLUMN_STOCK_QUANTITY
#define W COLUMN_WEIGHT_KG

static const struct expectation list[] = {
    {P, "12,50", "has a decimal comma: write 12.50"},
    {P, "1.299,00", "has a thousands separator: write 1299.00"},
    {P, "1'299.00", "has a thousands separator: write 1299.00"},
    {P,
     "1\xC2\xA0"
     "299,00",
     "has a thousands separator: write 1299.00"},
    {P, "CHF 12.-", "has a currency sign beside the number: write 12"},
    {P, "12,--", "has a unit or other text beside the number: write 12"},
    {P, "12.99 EUR", "has a currency sign beside the number: write 12.99"},
    {P, "12 kr.", "has a currency sign beside the number: write 12"},
    {P, "12.99 excl. VAT", "has a unit or other text beside the number: write 12.99"},
    {P, "12.99/m", "has a unit or other text beside the number: write 12.99"},
    {P, "12,99\xC2\xA0\xE2\x82\xAC", "has a currency sign beside the number: write 12.99"},
    {P, "'12.99", "has the text mark ' of a spreadsheet before it: write 12.99"},
    {P, "+12.99", "has a plus sign: write 12.99"},
    {P, ".99", "has a point without a digit before or behind it: write 0.99"},
    /* what is in doubt stays in doubt beside a sign */
    {P, "\xE2\x82\xAC 1.500", "can be read in two ways: is it 1500 or 1.50? write 1500.00 or 1.50"},
    {P, "$1,234",
     "has a comma that can be read in two ways: is it 1234 or 1.234? write 1234.00 or the number "
     "with two decimals"},
    {S, "1.500 pcs",
     "can be read in two ways: is it 1500 or 1, and a part of one? write 1500 or a whole number"},
    {S, "1,500", "has a thousands separator: write 1500"},
    /* no number is made of what is none, or another one */
    {P, "(12.99)", "is not a number; write it like 12.99"},
    {P, "12.99-", "is not a number; write it like 12.99"},
    {P,
     "\xE2\x88\x92"
     "5",
     "is not a number; write it like 12.99"},
    {P, "--5", "is not a number; write it like 12.99"},
    {P, "SKU-123", "is not a number; write it like 12.99"},
    {P, "https://example.com/1.jpg", "is not a number; write it like 12.99"},
    {P, "from 12.99 each", "is not a number; write it like 12.99"},
    {P, "99 ct", "is not a number; write it like 12.99"},
    {P, "2026-01-05", "is not a number; write it like 12.99"},
    {P, "12.99\n13.99", "is not a number; write it like 12.99"},
    {S, "5k", "is not a number; write it like 25"},
    {S, "2 dozen", "is not a number; write it like 25"},
    /* what was meant is out of bounds too */
    {P,
     "\xE2\x82\xAC"
     "0",
     "is below 0.01, the least allowed"},
    {C, "0,00", "is below 0.01, the least allowed; if there is none, leave the cell empty"},
    {P, "12,345.678", "has more than two decimals"},
    {P, "0,125", "has more than two decimals"},
    {P, "1.234.567,89", "is above 999999.99, the most allowed"},
    {S, "10,5", "is not a whole number"},
    {S, "2,000,000", "is above 1000000, the most allowed"},
    {S, "10,0", "has a decimal comma: write 10"},
    /* a weight is in kilograms */
    {W, "0,5", "has a decimal comma: write 0.5"},
    {W, "0.5 KG", "has a unit or other text beside the number: write 0.5"},
    {W, "500 g", "has a unit or other text beside the number: write 0.5"},
    {W, "12g", "is not a number; write it in kilograms, like 0.25"},
    {W, "120g", "has a unit or other text beside the number: write 0.12"},
    {W, "5 lbs", "is not a number; write it in kilograms, like 0.25"},
    {W, "<1", "is not a number; write it in kilograms, like 0.25"},
    /* spreadsheets */
    {P, "=\"12.99\"", "is a formula of a spreadsheet: write 12.99"},
    {P, "=12.99", "is a formula of a spreadsheet: write 12.99"},
    {P, "=A1*2", "is a formula of a spreadsheet; write the number alone"},
    {P, "#VALUE!", "is an error of a spreadsheet's formula; write the number that is meant"},
    {S, "#N/A", "is an error of a spreadsheet's formula; write the number that is meant"},
    {C, "#N/A", "is not a number; leave the cell empty"},
    {C, "\xE2\x80\x93", "is not a number; leave the cell empty"},
    {W, "NULL", "is not a number; leave the cell empty"},
    {P, "NULL", "is not a number; write it like 12.99"},
    /* other digits, and what cannot be seen */
    {P, "\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x8E\xEF\xBC\x95",
     "has digits that are not the plain 0 to 9: write 12.5"},
    {P, "\xD9\xA1\xD9\xA2\xD9\xAB\xD9\xA5", "has digits that are not the plain 0 to 9: write 12.5"},
    {P,
     "1\xE2\x80\x8B"
     "2.99",
     "is not a number; it holds a zero-width space (U+200B) at character 2: delete it"},
    {P, "12.99\xE2\x80\x8E",
     "is not a number; it holds a left-to-right mark (U+200E) at character 6: delete it"},
    {P, "12,99\xE2\x80\x8E", "has a decimal comma: write 12.99"},
};

static void test_what_is_said(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 4096);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        buffer_clear(&out);
        number_advice_append(&out, list[i].column, list[i].value, strlen(list[i].value));
        if (strcmp(out.data, list[i].advice) != 0)
            fail_msg("%s %s: %s", column_name(list[i].column), list[i].value, out.data);
    }
    buffer_release(&out);
}

static bool is_taken(enum product_column column, const char *text, size_t len)
{
    struct decimal decimal;
    struct record_field field = {.text = text, .len = (uint32_t)len};
    return !number_problem(column, &field, &decimal);
}

/* Each number behind "write ... or ..." that begins with a digit. */
static void written_look(enum product_column column, const char *value, const char *advice)
{
    for (const char *at = strstr(advice, "write "); at; at = strstr(at, " or ")) {
        at += at[1] == 'r' ? strlen("write ") : strlen(" or ");
        size_t len = strspn(at, "-0123456789.");
        if (len && !is_taken(column, at, len))
            fail_msg("%s %s: %s", column_name(column), value, advice);
    }
}

static void test_what_is_to_be_written_is_taken(void **state)
{
    (void)state;
    static const enum product_column columns[] = {P, C, S, W};
    static const char *const pieces[] = {"0",  "5", "12", "500", "999",          ".",  ",", " ",
                                         "'",  "-", "+",  "EUR", "\xE2\x82\xAC", "kg", "g", "=",
                                         "\"", "%", "k"};
    const size_t count = sizeof pieces / sizeof *pieces;
    struct buffer out;
    char value[64];
    buffer_init(&out, 4096);
    for (unsigned i = 0; i < count * count * count * count; i++) {
        snprintf(value, sizeof value, "%s%s%s%s", pieces[i % count], pieces[i / count % count],
                 pieces[i / count / count % count], pieces[i / count / count / count]);
        const char *text = value;
        size_t len = strlen(value);
        value_trim(&text, &len);
        for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
            if (!len || is_taken(columns[c], text, len))
                continue;
            buffer_clear(&out);
            number_advice_append(&out, columns[c], text, len);
            written_look(columns[c], value, out.data);
        }
    }
    buffer_release(&out);
}

static void noise_of(enum product_column column, const char *value, const char *wanted)
{
    struct buffer out;
    buffer_init(&out, 256);
    number_noise_append(&out, column, value, strlen(value));
    assert_string_equal(out.len ? out.data : "", wanted);
    buffer_release(&out);
}

static void noise_look(const char *value, const char *wanted)
{
    noise_of(COLUMN_PRICE, value, wanted);
}

static void test_what_a_program_left_of_a_sum(void **state)
{
    (void)state;
    noise_look("19.989999999999998", ": write 19.99");
    noise_look("0.30000000000000004", ": write 0.30");
    noise_look("99.999999999999986", ": write 100.00");
    noise_look("12.999", "");
    noise_look("12.345678901234", "");
    noise_look("12.99999", "");
    /* What would be refused again is not what to write. */
    noise_look("0.000000000000001", "");
    noise_look("999999.999999999999", "");
    noise_of(COLUMN_WEIGHT_KG, "0.000000000000001", "");
    noise_of(COLUMN_WEIGHT_KG, "999999.989999999999", ": write 999999.99");
    noise_of(COLUMN_WEIGHT_KG, "999999.999999999999", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_said),
        cmocka_unit_test(test_what_is_to_be_written_is_taken),
        cmocka_unit_test(test_what_a_program_left_of_a_sum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
