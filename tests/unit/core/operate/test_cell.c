/* One value of a draft replaced: its place, its quotes, and that nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "core/operate/cell.h"
#include "core/record/rules.h"

#define HEADER "sku,vendor_product_id,product_name,category,price,stock_quantity,errors"

struct replace_case {
    const char *draft;
    uint32_t row;
    enum product_column column;
    const char *value;
    const char *expected; /* NULL: refused */
};

static const struct replace_case cases[] = {
    {HEADER "\nS1,P1,Lamp,Toys,12.999,4,x\nS2,P2,Lamp,Toys,1,4,y\n", 1, COLUMN_PRICE, "12.99",
     HEADER "\nS1,P1,Lamp,Toys,12.99,4,x\nS2,P2,Lamp,Toys,1,4,y\n"},
    {HEADER "\r\nS1,P1,Lamp,Toys,1,4,x\r\n\r\n\"S2\",P2, Lamp ,Toys,1,4,\"y, \"\"z\"\"\"\r\n", 2,
     COLUMN_SKU, "A,\"B\"",
     HEADER
     "\r\nS1,P1,Lamp,Toys,1,4,x\r\n\r\n\"A,\"\"B\"\"\",P2, Lamp ,Toys,1,4,\"y, \"\"z\"\"\"\r\n"},
    {"\xef\xbb\xbf"
     "sku;vendor_product_id;product_name;category;price;stock_quantity\n"
     "S1;P1;\"Lamp;\ntwo lines\";Toys;1;oops",
     1, COLUMN_STOCK_QUANTITY, "4",
     "\xef\xbb\xbf"
     "sku;vendor_product_id;product_name;category;price;stock_quantity\n"
     "S1;P1;\"Lamp;\ntwo lines\";Toys;1;4"},
    {HEADER "\nS1,P1,Lamp,Toys,,4,x\n", 1, COLUMN_PRICE, "", HEADER "\nS1,P1,Lamp,Toys,,4,x\n"},
    {HEADER "\nS1,P1,Lamp,Toys,1,4,x\n", 1, COLUMN_BRAND, "B", NULL},
    {HEADER "\nS1,P1,Lamp\n", 1, COLUMN_PRICE, "1", NULL},
    {HEADER "\nS1,P1,Lamp,Toys,1,4,x\n", 2, COLUMN_PRICE, "1", NULL},
};

static void a_value_is_replaced_in_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error = ERROR_INIT;
        struct buffer draft, out;
        buffer_init(&draft, 4096);
        buffer_init(&out, 4096);
        buffer_text(&draft, cases[i].draft);
        enum error_code code =
            cell_replace(&draft, cases[i].row, cases[i].column, cases[i].value, &out, &error);
        if (cases[i].expected) {
            assert_int_equal(code, ERROR_NONE);
            assert_string_equal(out.data, cases[i].expected);
        } else {
            assert_int_not_equal(code, ERROR_NONE);
            assert_true(strlen(error.message) > 10);
        }
        buffer_release(&draft);
        buffer_release(&out);
    }
}

static uint32_t found(const char *rows, uint32_t ordinal, uint32_t rejected, const char *product_id,
                      const char *sku)
{
    struct error error = ERROR_INIT;
    struct cell_key key = {.ordinal = ordinal, .rejected = rejected};
    struct buffer draft;
    uint32_t row = 0;
    snprintf(key.product_id, sizeof key.product_id, "%s", product_id);
    snprintf(key.sku, sizeof key.sku, "%s", sku);
    buffer_init(&draft, 4096);
    buffer_text(&draft, HEADER "\n");
    buffer_text(&draft, rows);
    enum error_code code = cell_find(&draft, &key, &row, &error);
    assert_int_equal(code, row ? ERROR_NONE : ERROR_NOT_FOUND);
    buffer_release(&draft);
    return row;
}

static void a_record_is_found_again(void **state)
{
    static const char three[] = "S1,P1,L,T,1,1,\nS2,P2,L,T,1,1,\nS1,P1,L,T,1,1,\n";
    (void)state;
    assert_int_equal(found(three, 3, 3, "P1", "S1"), 3);
    assert_int_equal(found(three, 1, 3, "P1", "S1"), 1);
    assert_int_equal(found(three, 3, 4, "P2", "S2"), 2);  /* one above it was deleted */
    assert_int_equal(found(three, 2, 3, "P2", "new"), 2); /* its SKU was typed anew */
    assert_int_equal(found(three, 2, 3, "", ""), 2);      /* it had neither */
    assert_int_equal(found(three, 2, 4, "", ""), 0);
    assert_int_equal(found(three, 2, 3, "P1", "S1"), 0); /* two could be it */
    assert_int_equal(found(three, 4, 4, "P9", "S9"), 0); /* it was deleted */
}

static void what_is_typed_is_judged_with_its_record(void **state)
{
    struct error error = ERROR_INIT;
    struct cell_record record;
    struct buffer draft;
    char rule[128];
    (void)state;
    buffer_init(&draft, 4096);
    buffer_text(&draft, HEADER "\nS1,P1,Lamp,Toys,12.999,4,x\n");
    cell_record_init(&record);
    assert_int_equal(cell_record_read(&draft, 1, &record, &error), ERROR_NONE);
    assert_string_equal(record.values[COLUMN_PRICE].data, "12.999");
    assert_true(rules_never_accepted(&record.record));
    assert_int_equal(cell_record_set(&record, COLUMN_PRICE, " 12.99 ", &error), ERROR_NONE);
    assert_false(rules_never_accepted(&record.record));
    assert_int_equal(cell_record_set(&record, COLUMN_PRICE, "", &error), ERROR_NONE);
    assert_true(rules_never_accepted(&record.record));
    cell_record_release(&record);
    buffer_release(&draft);
    for (enum product_column column = 0; column < COLUMN_COUNT; column++) {
        cell_rule_text(column, rule, sizeof rule);
        assert_true(strlen(rule) >= strlen("required"));
    }
    cell_rule_text(COLUMN_PRICE, rule, sizeof rule);
    assert_string_equal(rule, "required, 0.01 to 999999.99, at most 2 decimals");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_replaced_in_its_place),
        cmocka_unit_test(a_record_is_found_again),
        cmocka_unit_test(what_is_typed_is_judged_with_its_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
