#include "tests/unit/core/record/rules_fixture.h"

#include "core/record/advice.h"

struct expectation {
    const char *value; /* NULL: absent */
    const char *message;
    enum product_column column;
    enum rule rule; /* RULE_COUNT: nothing is wrong */
};

#define FINE(column, value)                      \
    {                                            \
        value, NULL, COLUMN_##column, RULE_COUNT \
    }
#define WRONG(column, value, rule, message)          \
    {                                                \
        value, message, COLUMN_##column, RULE_##rule \
    }

static void judge_each(const struct expectation *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct record record = good_record();
        record.fields[list[i].column] = field_of(list[i].value);
        rules_judge(&record, &categories, NULL, &findings);
        if (list[i].rule == RULE_COUNT) {
            if (findings.count)
                fail_msg("%s: %s", list[i].value, findings_message(&findings, 0));
            continue;
        }
        if (findings.count != 1)
            fail_msg("%s: %u findings", list[i].value, (unsigned)findings.count);
        assert_int_equal(findings.list[0].rule, list[i].rule);
        assert_int_equal(findings.list[0].column, list[i].column);
        assert_string_equal(findings_message(&findings, 0), list[i].message);
        if (!advice_of_violation(list[i].rule, list[i].message))
            fail_msg("advice_table has no row for: %s", list[i].message);
    }
}

#define JUDGE(list) judge_each(list, sizeof(list) / sizeof(*(list)))

static void test_missing(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        WRONG(VENDOR_PRODUCT_ID, NULL, MISSING_REQUIRED_FIELDS,
              "vendor_product_id is missing; every product needs one"),
        WRONG(PRODUCT_NAME, NULL, MISSING_REQUIRED_FIELDS,
              "product_name is missing; every product needs one"),
        WRONG(CATEGORY, NULL, MISSING_REQUIRED_FIELDS,
              "category is missing; every product needs one"),
        WRONG(SKU, NULL, MISSING_REQUIRED_FIELDS, "sku is missing; every product needs one"),
        WRONG(PRICE, NULL, MISSING_REQUIRED_FIELDS, "price is missing; every product needs one"),
        WRONG(STOCK_QUANTITY, NULL, MISSING_REQUIRED_FIELDS,
              "stock_quantity is missing; every product needs one"),
    };
    JUDGE(list);
}

static void test_price(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        FINE(PRICE, "0.01"),
        FINE(PRICE, "999999.99"),
        FINE(PRICE, "12.990000"),
        FINE(PRICE, "00012"),
        WRONG(PRICE, "12.999", INVALID_PRICE, "price 12.999 has more than two decimals"),
        WRONG(PRICE, "0", INVALID_PRICE, "price 0 is below 0.01, the least allowed"),
        WRONG(PRICE, "-1", INVALID_PRICE, "price -1 is below 0.01, the least allowed"),
        WRONG(PRICE, "-0.00", INVALID_PRICE, "price -0.00 is below 0.01, the least allowed"),
        WRONG(PRICE, "1000000", INVALID_PRICE,
              "price 1000000 is above 999999.99, the most allowed"),
        WRONG(PRICE, "99999999999999999999999999", INVALID_PRICE,
              "price 99999999999999999999999999 is above 999999.99, the most allowed"),
        WRONG(PRICE, "+1", INVALID_PRICE, "price +1 has a plus sign: write 1"),
        WRONG(PRICE, "1e3", INVALID_PRICE, "price 1e3 is not a number; write it like 12.99"),
        WRONG(PRICE, "1,5", INVALID_PRICE, "price 1,5 has a decimal comma: write 1.5"),
        WRONG(PRICE, ".5", INVALID_PRICE,
              "price .5 has a point without a digit before or behind it: write 0.5"),
        WRONG(PRICE, "5.", INVALID_PRICE,
              "price 5. has a point without a digit before or behind it: write 5"),
        WRONG(PRICE, "-", INVALID_PRICE, "price - is not a number; write it like 12.99"),
        WRONG(PRICE, "NaN", INVALID_PRICE, "price NaN is not a number; write it like 12.99"),
        WRONG(PRICE, "\xD9\xA1", INVALID_PRICE,
              "price \xD9\xA1 has digits that are not the plain 0 to 9: write 1"),
        WRONG(PRICE, "19.989999999999998", INVALID_PRICE,
              "price 19.989999999999998 has more than two decimals: write 19.99"),
    };
    JUDGE(list);
}

static void test_stock(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        FINE(STOCK_QUANTITY, "1000000"),
        FINE(STOCK_QUANTITY, "10.0"),
        FINE(STOCK_QUANTITY, "-0"),
        WRONG(STOCK_QUANTITY, "1.5", INVALID_STOCK, "stock_quantity 1.5 is not a whole number"),
        WRONG(STOCK_QUANTITY, "-1", INVALID_STOCK,
              "stock_quantity -1 is below 0, the least allowed"),
        WRONG(STOCK_QUANTITY, "1000001", INVALID_STOCK,
              "stock_quantity 1000001 is above 1000000, the most allowed"),
        WRONG(STOCK_QUANTITY, "ten", INVALID_STOCK,
              "stock_quantity ten is not a number; write it like 25"),
    };
    JUDGE(list);
}

static void test_length(void **state)
{
    (void)state;
    static const char scheme[] = {'h', 't', 't', 'p', ':', '/', '/'};
    static const char start[] = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...";
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        char value[2002], message[160];
        uint32_t limit = column_table[i].limit;
        if (!limit)
            continue;
        struct record record = good_record();
        memset(value, 'a', sizeof(value));
        if (i == COLUMN_IMAGE_URL)
            memcpy(value, scheme, sizeof(scheme));
        record.fields[i] = (struct record_field){.text = value, .len = limit};
        rules_judge(&record, &categories, NULL, &findings);
        assert_int_equal(findings.count, 0);
        record.fields[i].len++;
        rules_judge(&record, &categories, NULL, &findings);
        assert_int_equal(findings.count, 1);
        assert_int_equal(findings.list[0].rule,
                         i == COLUMN_IMAGE_URL ? RULE_INVALID_VALUE : RULE_FIELD_LENGTH_EXCEEDED);
        if (i == COLUMN_IMAGE_URL)
            continue;
        /* The value is shown in at most 60 columns, its dots among them where it is cut. */
        snprintf(message, sizeof(message), "has %u characters, more than the %u allowed",
                 (unsigned)limit + 1, (unsigned)limit);
        assert_non_null(strstr(findings_message(&findings, 0), message));
        if (limit >= 60)
            assert_non_null(strstr(findings_message(&findings, 0), start));
    }
}

static void test_length_counts_characters(void **state)
{
    (void)state;
    static const char bee[] = {'\xF0', '\x9F', '\x90', '\x9D'};
    char value[201 * sizeof(bee)];
    struct record record = good_record();
    for (size_t i = 0; i < 201; i++)
        memcpy(value + sizeof(bee) * i, bee, sizeof(bee));
    record.fields[COLUMN_PRODUCT_NAME] = (struct record_field){.text = value, .len = 800};
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, 0);
    record.fields[COLUMN_PRODUCT_NAME].len = 804;
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.list[0].rule, RULE_FIELD_LENGTH_EXCEEDED);
}

static void test_category(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        FINE(CATEGORY, "Electronics"),
        FINE(CATEGORY, "Men's Clothing"),
        WRONG(CATEGORY, "Men", INVALID_CATEGORY,
              "category Men is not one of the categories; did you mean \"Men's Clothing\"?"),
        WRONG(CATEGORY, "electronics", INVALID_CATEGORY,
              "category electronics is not one of the categories; did you mean \"Electronics\"?"),
        WRONG(CATEGORY, "Kichen", INVALID_CATEGORY,
              "category Kichen is not one of the categories; did you mean \"Kitchen\"?"),
        WRONG(CATEGORY, "Home and Garden", INVALID_CATEGORY,
              "category Home and Garden is not one of the categories; did you mean "
              "\"Home & Garden\"?"),
        WRONG(CATEGORY, "Vehicles", INVALID_CATEGORY,
              "category Vehicles is not one of the categories; all of them are listed in the "
              "vendor guide"),
    };
    JUDGE(list);
}

static void test_optional_values(void **state)
{
    (void)state;
    static const struct expectation list[] = {
        FINE(COMPARE_AT_PRICE, "12.99"),
        FINE(WEIGHT_KG, "999999.99"),
        FINE(WEIGHT_KG, "0.01"),
        FINE(IMAGE_URL, "HTTPS://a"),
        FINE(IMAGE_URL, "http://user@h:80/p?q#f"),
        FINE(DESCRIPTION, "two\r\nlines\tand a tab"),
        WRONG(COMPARE_AT_PRICE, "12.98", INVALID_VALUE,
              "compare_at_price 12.98 is below the price 12.99"),
        WRONG(COMPARE_AT_PRICE, "12.999", INVALID_VALUE,
              "compare_at_price 12.999 has more than two decimals"),
        WRONG(COMPARE_AT_PRICE, "x", INVALID_VALUE,
              "compare_at_price x is not a number; write it like 12.99"),
        WRONG(WEIGHT_KG, "0", INVALID_VALUE,
              "weight_kg 0 is not above 0; if it is not known, leave the cell empty"),
        WRONG(WEIGHT_KG, "-1", INVALID_VALUE, "weight_kg -1 is not above 0"),
        WRONG(WEIGHT_KG, "0.001", INVALID_VALUE, "weight_kg 0.001 has more than two decimals"),
        WRONG(WEIGHT_KG, "1000000", INVALID_VALUE, "weight_kg 1000000 is not below 1000000"),
        WRONG(WEIGHT_KG, "1 kg", INVALID_VALUE,
              "weight_kg 1 kg has a unit or other text beside the number: write 1"),
        WRONG(IMAGE_URL, "ftp://a/b", INVALID_VALUE,
              "image_url ftp://a/b does not begin with http:// or https://"),
        WRONG(IMAGE_URL, "http://", INVALID_VALUE, "image_url http:// has no host"),
        WRONG(IMAGE_URL, "http:///a", INVALID_VALUE, "image_url http:///a has no host"),
        WRONG(IMAGE_URL, "http://u@:80", INVALID_VALUE, "image_url http://u@:80 has no host"),
        WRONG(IMAGE_URL, "http://a/b c", INVALID_VALUE,
              "image_url http://a/b c contains white space"),
        WRONG(IMAGE_URL, "http://a/\xC2\xA0z", INVALID_VALUE,
              "image_url http://a/\xC2\xA0z contains white space; it holds a no-break space "
              "(U+00A0) at character 10: delete it"),
        WRONG(
            BRAND, "Ac\x07me", INVALID_VALUE,
            "brand Ac\xE2\x90\x87me contains the control character U+0007, as character 3; delete it"),
        WRONG(
            BRAND, "Ac\xC2\x85me", INVALID_VALUE,
            "brand Ac<U+0085>me contains the control character U+0085, as character 3; delete it"),
        WRONG(
            BRAND, "Ac\x7Fme", INVALID_VALUE,
            "brand Ac\xE2\x90\xA1me contains the control character U+007F, as character 3; delete it"),
    };
    JUDGE(list);
}

static void test_every_violation_in_order(void **state)
{
    (void)state;
    struct record record = good_record();
    record.fields[COLUMN_PRODUCT_NAME] = field_of(NULL);
    record.fields[COLUMN_SKU] = field_of(NULL);
    record.fields[COLUMN_PRICE] = field_of("abc\x01");
    record.fields[COLUMN_STOCK_QUANTITY] = field_of("x");
    record.fields[COLUMN_UNIT] = field_of("aaaaaaaaaaaaaaaaaaaaa");
    record.fields[COLUMN_CATEGORY] = field_of("?");
    record.fields[COLUMN_COMPARE_AT_PRICE] = field_of("1");
    record.fields[COLUMN_WEIGHT_KG] = field_of("x\x02");
    static const struct finding expected[] = {
        {RULE_MISSING_REQUIRED_FIELDS, COLUMN_PRODUCT_NAME, 0, false},
        {RULE_MISSING_REQUIRED_FIELDS, COLUMN_SKU, 0, false},
        {RULE_INVALID_PRICE, COLUMN_PRICE, 0, false},
        {RULE_INVALID_STOCK, COLUMN_STOCK_QUANTITY, 0, false},
        {RULE_FIELD_LENGTH_EXCEEDED, COLUMN_UNIT, 0, false},
        {RULE_INVALID_CATEGORY, COLUMN_CATEGORY, 0, false},
        {RULE_INVALID_VALUE, COLUMN_PRICE, 0, false},
        {RULE_INVALID_VALUE, COLUMN_WEIGHT_KG, 0, false},
    };
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, sizeof(expected) / sizeof(*expected));
    for (size_t i = 0; i < findings.count; i++) {
        assert_int_equal(findings.list[i].rule, expected[i].rule);
        assert_int_equal(findings.list[i].column, expected[i].column);
    }
    assert_true(rules_never_accepted(&record));
}

/* The columns of such a record cannot be trusted: it is judged for its shape alone. */
static void test_shape_alone(void **state)
{
    (void)state;
    struct record record = good_record();
    record.fields[COLUMN_PRICE] = field_of("abc");
    record.line_number = 4;
    record.field_count = 16;
    record.extra_fields = 2;
    record.last_line = 8;
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.list[0].rule, RULE_INVALID_VALUE);
    assert_int_equal(findings.list[0].column, COLUMN_NONE);
    assert_string_equal(findings_message(&findings, 0),
                        "the record has 16 fields, 2 more than the header; is there a delimiter in "
                        "a value without quotes? put the value in quotes, or delete a delimiter "
                        "that stands at the end (lines 4 to 8)");
    assert_true(rules_never_accepted(&record));
    record.extra_fields = record.last_line = 0;
    record.field_count = 5;
    record.short_of = 14;
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.list[0].rule, RULE_MISSING_REQUIRED_FIELDS);
    assert_int_equal(findings.list[0].column, COLUMN_NONE);
    assert_non_null(strstr(findings_message(&findings, 0), "after 5 of 14 columns"));
    record.open_quote_line = 4;
    rules_judge(&record, &categories, NULL, &findings);
    assert_int_equal(findings.count, 1);
    assert_int_equal(findings.list[0].rule, RULE_INVALID_VALUE);
    assert_non_null(strstr(findings_message(&findings, 0), "opened in line 4"));
}

static void test_never_accepted(void **state)
{
    (void)state;
    struct record record = good_record();
    assert_false(rules_never_accepted(&record));
    record.fields[COLUMN_CATEGORY] = field_of("Of tomorrow");
    assert_false(rules_never_accepted(&record));
    record.fields[COLUMN_WEIGHT_KG] = field_of("0");
    assert_true(rules_never_accepted(&record));
}

static void test_hostile_values_stay_short(void **state)
{
    (void)state;
    static const char accent[] = {'\xCC', '\x81'};
    static char marks[32000];
    struct record record = good_record();
    for (size_t i = 0; i + 1 < sizeof(marks); i += 2)
        memcpy(marks + i, accent, sizeof(accent));
    for (int i = 0; i < COLUMN_COUNT; i++)
        record.fields[i] = (struct record_field){.text = marks, .len = sizeof(marks)};
    rules_judge(&record, &categories, NULL, &findings);
    for (uint32_t i = 0; i < findings.count; i++)
        assert_true(strlen(findings_message(&findings, i)) < 800);
    assert_int_equal(findings.messages.failed, ERROR_NONE);
}

static void test_table(void **state)
{
    (void)state;
    for (enum rule i = 0; i < RULE_COUNT; i++) {
        assert_true(rule_name(i)[0] != '\0');
        assert_int_equal(rule_find(rule_name(i), strlen(rule_name(i))), i);
    }
    assert_int_equal(rule_find("", 0), RULE_COUNT);
    for (enum product_column i = 0; i < COLUMN_COUNT; i++) {
        assert_int_equal(column_table[i].name_len, strlen(column_table[i].name));
        assert_int_equal(column_find(column_name(i), strlen(column_name(i))), i);
    }
    assert_int_equal(column_find(" \xC2\xA0SKU\t", 7), COLUMN_SKU);
    assert_int_equal(column_find("skus", 4), COLUMN_NONE);
    assert_null(column_name(COLUMN_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_price),
        cmocka_unit_test(test_stock),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_length_counts_characters),
        cmocka_unit_test(test_category),
        cmocka_unit_test(test_optional_values),
        cmocka_unit_test(test_every_violation_in_order),
        cmocka_unit_test(test_never_accepted),
        cmocka_unit_test(test_shape_alone),
        cmocka_unit_test(test_hostile_values_stay_short),
        cmocka_unit_test(test_table),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
