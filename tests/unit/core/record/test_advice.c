#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>

#include "core/base/file.h"
#include "core/operate/check/check.h"
#include "core/record/advice.h"
#include "core/record/message_groups.h"

static void test_every_example_is_an_instance_of_its_own_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < advice_count; i++) {
        const struct advice *row = &advice_table[i];
        assert_ptr_equal(advice_find(row->kind), row);
        assert_true((row->rules != 0) != (row->refusal != REFUSAL_NONE));
        if (!row->rules && advice_of_refusal(row->refusal, row->example) != row)
            fail_msg("%s: %s", row->kind, row->example);
        for (enum rule rule = 0; rule < RULE_COUNT; rule++) {
            if (row->rules & 1U << rule && advice_of_violation(rule, row->example) != row)
                fail_msg("%s, %s: %s", row->kind, rule_name(rule), row->example);
        }
    }
}

static void test_every_type_and_every_reason_has_a_row(void **state)
{
    (void)state;
    uint32_t rules = 0, refusals = 0;
    for (size_t i = 0; i < advice_count; i++) {
        rules |= advice_table[i].rules;
        refusals |= UINT32_C(1) << advice_table[i].refusal;
    }
    assert_int_equal(rules, (1U << RULE_COUNT) - 1);
    assert_int_equal(refusals, (1U << REFUSAL_COUNT) - 1);
}

static enum error_code finding_look(void *context, const struct check_finding *finding,
                                    struct error *error)
{
    (void)error;
    if (!advice_of_violation(finding->rule, finding->message))
        fail_msg("%s: no row has %s: %s", (const char *)context, rule_name(finding->rule),
                 finding->message);
    return ERROR_NONE;
}

static void shape_look(struct check *check, const char *path)
{
    struct check_result result;
    struct buffer bytes;
    uint64_t size = 0;
    buffer_init(&bytes, CSV_FILE_MAX + 1);
    assert_int_equal(check_read_file(path, &bytes, &size, NULL), ERROR_NONE);
    assert_int_equal(check_run(check, path, NULL, bytes.data, bytes.len, size, &result, NULL),
                     ERROR_NONE);
    if (result.refusal.code != REFUSAL_NONE &&
        !advice_of_refusal(result.refusal.code, result.refusal.message))
        fail_msg("%s: no row has %s", path, result.refusal.message);
    assert_int_equal(check_each(check, finding_look, (void *)(uintptr_t)path, NULL), ERROR_NONE);
    buffer_release(&bytes);
}

static void test_every_message_of_the_shapes_is_an_instance_of_a_row(void **state)
{
    (void)state;
    struct categories categories;
    struct check *check = NULL;
    const struct check_options options = {.categories = &categories};
    glob_t files;
    categories_init(&categories);
    assert_int_equal(categories_add_defaults(&categories, NULL), ERROR_NONE);
    assert_int_equal(check_new(&check, &options, NULL), ERROR_NONE);
    assert_int_equal(glob("tests/fixtures/shapes/*.csv", 0, NULL, &files), 0);
    assert_true(files.gl_pathc >= 80);
    for (size_t i = 0; i < files.gl_pathc; i++)
        shape_look(check, files.gl_pathv[i]);
    globfree(&files);
    check_free(check);
    categories_release(&categories);
}

static void test_what_all_records_have_in_common(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 256);
    advice_append_all(&out, advice_find("decimal-comma"), "price", 812);
    assert_string_equal(out.data, "all 812 records: price has a decimal comma");
    buffer_release(&out);
    assert_null(advice_of_violation(RULE_INVALID_PRICE, "something that no rule says"));
    assert_non_null(advice_of_violation(RULE_INVALID_PRICE, "price 1,5 has a decimal comma: write "
                                                            "1.5 (lines 3 to 5)"));
}

static void test_messages_that_say_the_same_are_counted(void **state)
{
    (void)state;
    struct message_groups groups;
    struct buffer out;
    char message[80];
    bool shown = false;
    unsigned lines = 0;
    buffer_init(&out, 256);
    message_groups_init(&groups);
    for (int i = 1; i <= 10000; i++) {
        snprintf(message, sizeof message, "price %d,50 has a decimal comma: write %d.50", i, i);
        assert_int_equal(message_groups_add(&groups, RULE_INVALID_PRICE, COLUMN_PRICE, message,
                                            i + 1, &shown, NULL),
                         ERROR_NONE);
        lines += shown;
    }
    assert_int_equal(lines, MESSAGE_GROUP_SHOWN);
    assert_int_equal(groups.count, 1);
    assert_true(message_group_append_rest(&out, &groups.list[0]));
    assert_string_equal(out.data,
                        "9,997 more: price has a decimal comma (lines 5, 6, 7, 8, 9, ...)");
    message_groups_clear(&groups);
    assert_int_equal(message_groups_add(&groups, RULE_INVALID_PRICE, COLUMN_COMPARE_AT_PRICE,
                                        message, 2, &shown, NULL),
                     ERROR_NONE);
    buffer_clear(&out);
    assert_false(message_group_append_rest(&out, &groups.list[0]));
    assert_int_equal(message_groups_add(&groups, RULE_INVALID_PRICE, COLUMN_PRICE,
                                        "of no known kind", 2, &shown, NULL),
                     ERROR_NONE);
    assert_true(shown);
    assert_int_equal(groups.count, 1);
    message_groups_release(&groups);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_example_is_an_instance_of_its_own_row),
        cmocka_unit_test(test_every_type_and_every_reason_has_a_row),
        cmocka_unit_test(test_every_message_of_the_shapes_is_an_instance_of_a_row),
        cmocka_unit_test(test_what_all_records_have_in_common),
        cmocka_unit_test(test_messages_that_say_the_same_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
