/* What a record has in common with the catalogue and with the rows before it. */
#include "tests/unit/core/record/rules_fixture.h"

#include "core/record/product_values.h"

static enum occupied occupied_by_row(void *context, const struct record *record, const char *text,
                                     size_t len, uint32_t *row_number)
{
    (void)context;
    (void)record;
    (void)text;
    (void)len;
    *row_number = 3;
    return OCCUPIED_IN_FILE;
}

static enum occupied occupied_by_product(void *context, const struct record *record,
                                         const char *text, size_t len, uint32_t *row_number)
{
    (void)context;
    (void)record;
    (void)text;
    (void)len;
    *row_number = 0;
    return OCCUPIED_IN_CATALOGUE;
}

static bool own_differs(void *context, const struct record *record, enum product_column column,
                        uint32_t *differing)
{
    (void)record;
    *differing = *(const uint32_t *)context;
    return column != COLUMN_SKU || *differing != 1U << COLUMN_UNIT;
}

static void test_duplicates_of_the_vendors_own_products(void **state)
{
    (void)state;
    uint32_t differing = 0;
    const struct catalogue own = {&differing, occupied_by_product, occupied_by_product,
                                  own_differs};
    struct record record = good_record();
    rules_judge(&record, &categories, &own, &findings);
    assert_int_equal(findings.count, 2);
    assert_string_equal(findings_message(&findings, 0),
                        "sku X-1 is already in your catalogue, unchanged: nothing to do");
    assert_string_equal(
        findings_message(&findings, 1),
        "vendor_product_id P-1 is already in your catalogue, unchanged: nothing to do");
    assert_true(findings_unchanged(&findings));
    differing = 1U << COLUMN_PRICE | 1U << COLUMN_UNIT | 1U << COLUMN_BRAND;
    rules_judge(&record, &categories, &own, &findings);
    assert_string_equal(findings_message(&findings, 0),
                        "sku X-1 is already in your catalogue, but brand, price and unit differ");
    assert_false(findings_unchanged(&findings));
    differing = 1U << COLUMN_UNIT; /* and the SKU is another vendor's */
    rules_judge(&record, &categories, &own, &findings);
    assert_string_equal(findings_message(&findings, 0), "sku X-1 is already in the catalogue");
    assert_string_equal(findings_message(&findings, 1),
                        "vendor_product_id P-1 is already in your catalogue, but unit differs");
    differing = 0;
    record.fields[COLUMN_CATEGORY] = field_of("No more");
    rules_judge(&record, &categories, &own, &findings);
    assert_int_equal(findings.count, 3);
    assert_false(findings_unchanged(&findings));
}

static uint32_t differing_of(enum product_column column, const char *left, const char *right)
{
    struct arena memory = ARENA_INIT;
    struct product_values a, b;
    struct record record = good_record();
    record.fields[column] = field_of(left);
    assert_int_equal(product_values_of(&record, &memory, &a, NULL), ERROR_NONE);
    record.fields[column] = field_of(right);
    assert_int_equal(product_values_of(&record, &memory, &b, NULL), ERROR_NONE);
    uint32_t differing = product_values_differ(&a, &b);
    arena_release(&memory);
    return differing;
}

static void test_values_are_compared_as_they_are_stored(void **state)
{
    (void)state;
    assert_int_equal(differing_of(COLUMN_PRICE, "12.9", "12.9000"), 0);
    assert_int_equal(differing_of(COLUMN_STOCK_QUANTITY, "10", "10.0"), 0);
    assert_int_equal(differing_of(COLUMN_UNIT, NULL, "piece"), 0);
    assert_int_equal(differing_of(COLUMN_BRAND, NULL, NULL), 0);
    assert_int_equal(differing_of(COLUMN_CATEGORY, "Books", "Boats"), 1U << COLUMN_CATEGORY);
    assert_int_equal(differing_of(COLUMN_BRAND, NULL, "A"), 1U << COLUMN_BRAND);
    assert_int_equal(differing_of(COLUMN_SKU, "x-1", "X-1"), 1U << COLUMN_SKU);
    assert_int_equal(differing_of(COLUMN_PRICE, "12.999", "12.99"), 1U << COLUMN_PRICE);
    assert_int_equal(differing_of(COLUMN_PRICE, "1.500", "1.50"), 1U << COLUMN_PRICE);
    assert_int_equal(differing_of(COLUMN_COMPARE_AT_PRICE, "none", NULL),
                     1U << COLUMN_COMPARE_AT_PRICE);
}

static void test_duplicates(void **state)
{
    (void)state;
    const struct catalogue in_file = {NULL, occupied_by_row, occupied_by_row, NULL};
    const struct catalogue there = {NULL, occupied_by_product, occupied_by_product, NULL};
    struct record record = good_record();
    rules_judge(&record, &categories, &in_file, &findings);
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.list[0].rule, RULE_DUPLICATE_SKU);
    assert_int_equal(findings.list[1].rule, RULE_DUPLICATE_VENDOR_PRODUCT_ID);
    assert_string_equal(findings_message(&findings, 0),
                        "sku X-1 is already used in line 3 of this file");
    assert_string_equal(findings_message(&findings, 1),
                        "vendor_product_id P-1 is already used in line 3 of this file");
    rules_judge(&record, &categories, &there, &findings);
    assert_string_equal(findings_message(&findings, 0), "sku X-1 is already in the catalogue");
    assert_string_equal(findings_message(&findings, 1),
                        "vendor_product_id P-1 is already in your catalogue");
    record.fields[COLUMN_SKU] = field_of("X\x01");
    rules_judge(&record, &categories, &there, &findings);
    assert_int_equal(findings.count, 2);
    assert_int_equal(findings.list[0].rule, RULE_DUPLICATE_VENDOR_PRODUCT_ID);
    assert_int_equal(findings.list[1].rule, RULE_INVALID_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_duplicates_of_the_vendors_own_products),
        cmocka_unit_test(test_values_are_compared_as_they_are_stored),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
