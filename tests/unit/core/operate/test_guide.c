/* What vendors are told, held against what judges them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/operate/check/check.h"
#include "core/operate/guide/guide.h"
#include "core/record/advice.h"

static struct categories categories;
static struct category_list built_in;
static struct findings findings;
static struct buffer out;

static int set_up(void **state)
{
    (void)state;
    categories_init(&categories);
    findings_init(&findings);
    buffer_init(&out, (size_t)1 << 24);
    return categories_add_defaults(&categories, NULL) || category_list_built_in(&built_in, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    categories_release(&categories);
    category_list_release(&built_in);
    findings_release(&findings);
    buffer_release(&out);
    return 0;
}

static uint32_t broken(enum product_column column, const char *value)
{
    static const char *const plain[COLUMN_COUNT] = {
        [COLUMN_VENDOR_PRODUCT_ID] = "P-1",
        [COLUMN_PRODUCT_NAME] = "Kettle",
        [COLUMN_CATEGORY] = "Kitchen",
        [COLUMN_SKU] = "X-1",
        [COLUMN_PRICE] = "0.01",
        [COLUMN_STOCK_QUANTITY] = "1",
    };
    struct record record = {.row_number = 1, .line_number = 2, .wave = 1};
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const char *text = i == (int)column ? value : plain[i];
        record.fields[i] =
            (struct record_field){.text = text, .len = text ? (uint32_t)strlen(text) : 0};
    }
    rules_judge(&record, &categories, NULL, &findings);
    return findings.count;
}

static void test_bounds_of_numbers_are_those_that_judge(void **state)
{
    char text[32];
    (void)state;
    for (size_t i = 0; i < GUIDE_NUMBERS; i++) {
        const struct guide_number *number = &guide_numbers[i];
        assert_int_equal(broken(number->column, number->least), 0);
        assert_int_equal(broken(number->column, number->most), 0);
        assert_int_not_equal(
            broken(number->column, strcmp(number->least, "0") == 0 ? "-1" : "0.00"), 0);
        snprintf(text, sizeof text, "1%s", number->most);
        assert_int_not_equal(broken(number->column, text), 0);
        snprintf(text, sizeof text, "1.%.*s1", number->decimals, "00000000");
        assert_int_not_equal(broken(number->column, text), 0);
        if (number->decimals) {
            snprintf(text, sizeof text, "1.%.*s1", number->decimals - 1, "00000000");
            assert_int_equal(broken(number->column, text), 0);
        }
    }
}

static void test_every_number_column_has_bounds(void **state)
{
    size_t numbers = 0;
    (void)state;
    for (int i = 0; i < COLUMN_COUNT; i++)
        numbers +=
            column_table[i].kind == COLUMN_KIND_MONEY || column_table[i].kind == COLUMN_KIND_WHOLE;
    assert_int_equal(numbers, GUIDE_NUMBERS);
}

static void test_every_rule_and_refusal_has_advice(void **state)
{
    (void)state;
    for (int i = 0; i < RULE_COUNT; i++)
        assert_true(strlen(guide_rule_advice((enum rule)i)) > 40);
    for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++)
        assert_true(strlen(guide_refusal_advice((enum refusal_code)i)) > 20);
}

static void test_built_in_categories_are_those_that_judge(void **state)
{
    (void)state;
    assert_int_equal(built_in.count, categories.count);
    for (size_t i = 0; i < built_in.count; i++)
        assert_true(
            categories_have(&categories, built_in.rows[i].name, strlen(built_in.rows[i].name)));
}

static void check_is_clean(const char *text, size_t len)
{
    const struct check_options options = {.categories = &categories};
    struct check_result result;
    struct check *check = NULL;
    assert_int_equal(check_new(&check, &options, NULL), ERROR_NONE);
    assert_int_equal(check_run(check, "V_20260301_090000.csv", NULL, text, len, len, &result, NULL),
                     ERROR_NONE);
    assert_int_equal(result.refusal.code, REFUSAL_NONE);
    assert_int_equal(result.total_records, 2);
    assert_int_equal(result.valid_records, 2);
    assert_int_equal(result.unknown_count, 0);
    check_free(check);
}

static void test_a_check_accepts_the_template(void **state)
{
    (void)state;
    for (int bom = 0; bom < 2; bom++) {
        buffer_clear(&out);
        template_append(&out, NULL, ',', bom, "\r\n");
        check_is_clean(out.data, out.len);
        buffer_clear(&out);
        template_append(&out, &built_in, ',', bom, "\n");
        check_is_clean(out.data, out.len);
    }
}

static void test_examples_are_in_categories_that_are_active(void **state)
{
    struct listed_category rows[] = {{"Garden", NULL, false, 0}, {"Odd, one", NULL, true, 0}};
    const struct category_list list = {.rows = rows, .count = 2};
    (void)state;
    buffer_clear(&out);
    template_append(&out, &list, ';', false, "\n");
    assert_non_null(strstr(out.data, "EXAMPLE-2;Garden Gloves;Odd, one;"));
    buffer_clear(&out);
    template_append(&out, &list, ',', false, "\n");
    assert_non_null(strstr(out.data, "EXAMPLE-2,Garden Gloves,\"Odd, one\","));
}

static void write_guide(enum guide_format format, const struct category_list *list,
                        const char *vendor_name)
{
    const struct guide_request request = {.format = format,
                                          .vendor_id = vendor_name ? "VEND009" : NULL,
                                          .vendor_name = vendor_name,
                                          .categories = list,
                                          .categories_at_ms = vendor_name ? 1767225600000 : 0};
    buffer_clear(&out);
    guide_append(&out, &request);
    assert_int_equal(buffer_check(&out, NULL), ERROR_NONE);
}

static void test_the_guide_names_everything(void **state)
{
    (void)state;
    for (int format = GUIDE_MARKDOWN; format <= GUIDE_HTML; format++) {
        write_guide((enum guide_format)format, &built_in, NULL);
        for (int i = 0; i < COLUMN_COUNT; i++)
            assert_non_null(strstr(out.data, column_table[i].name));
        for (int i = 0; i < RULE_COUNT; i++)
            assert_non_null(strstr(out.data, rule_name((enum rule)i)));
        for (int i = REFUSAL_NONE + 1; i < REFUSAL_COUNT; i++)
            assert_non_null(strstr(out.data, refusal_name((enum refusal_code)i)));
    }
    write_guide(GUIDE_MARKDOWN, &built_in, NULL);
    for (size_t i = 0; i < built_in.count; i++)
        assert_non_null(strstr(out.data, built_in.rows[i].name));
    assert_non_null(strstr(out.data, "The default categories"));
    size_t rows = 0;
    for (const char *at = strstr(out.data, "A message like this"); (at = strchr(at, '\n')); at++)
        rows += at[1] == '|';
    assert_int_equal(rows, advice_count + 1); /* and the line below the titles */
    assert_null(strstr(out.data, "\n\n\n"));
}

static void test_what_is_not_its_own_is_escaped(void **state)
{
    struct listed_category rows[] = {
        {"<b>&\"'", NULL, true, 0}, {"`tick``", "<b>&\"'", true, 0}, {"Gone", NULL, false, 0}};
    const struct category_list list = {.rows = rows, .count = 3};
    (void)state;
    write_guide(GUIDE_HTML, &list, "<script>alert(1)</script>\x1b[2J");
    assert_null(strstr(out.data, "<script"));
    assert_null(strchr(out.data, 0x1b));
    assert_null(strstr(out.data, "Gone"));
    assert_non_null(strstr(out.data, "&lt;script&gt;"));
    assert_non_null(strstr(out.data, "<code>&lt;b&gt;&amp;&quot;&#39;</code>"));
    assert_non_null(strstr(out.data, "As they are on 2026-01-01."));
    write_guide(GUIDE_MARKDOWN, &list, "*<b>* [x](y)");
    assert_non_null(strstr(out.data, "\\*\\<b\\>\\* \\[x\\]\\(y\\)"));
    assert_non_null(strstr(out.data, "- `<b>&\"'`\n"));
    assert_non_null(strstr(out.data, "  - ``` `tick`` ```\n"));
    assert_non_null(strstr(out.data, "uploads/VEND009/"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bounds_of_numbers_are_those_that_judge),
        cmocka_unit_test(test_every_number_column_has_bounds),
        cmocka_unit_test(test_every_rule_and_refusal_has_advice),
        cmocka_unit_test(test_built_in_categories_are_those_that_judge),
        cmocka_unit_test(test_a_check_accepts_the_template),
        cmocka_unit_test(test_examples_are_in_categories_that_are_active),
        cmocka_unit_test(test_the_guide_names_everything),
        cmocka_unit_test(test_what_is_not_its_own_is_escaped),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
