/* Parameters and array literals: whatever a vendor wrote stays inside its element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "sql/db.h"

static const char *literal_of(struct db_array *array)
{
    const char *literal = NULL;

    assert_int_equal(db_array_literal(array, &literal, NULL), ERROR_NONE);
    return literal;
}

static void test_an_empty_array(void **state)
{
    struct db_array array;

    (void)state;
    db_array_init(&array, 100);
    assert_string_equal(literal_of(&array), "{}");
    assert_string_equal(literal_of(&array), "{}");
    db_array_release(&array);
}

static void test_every_kind_of_element(void **state)
{
    struct db_array array;

    (void)state;
    db_array_init(&array, 1000);
    db_array_add_int(&array, -7);
    db_array_add_int(&array, INT64_MAX);
    db_array_add_null(&array);
    db_array_add_bytes(&array, "\0\x01\xff", 3);
    db_array_add_bytes(&array, "", 0);
    db_array_add_bytes(&array, NULL, 0);
    assert_int_equal(array.count, 6);
    assert_string_equal(literal_of(&array),
                        "{-7,9223372036854775807,NULL,\"\\\\x0001ff\",\"\\\\x\",NULL}");
    db_array_clear(&array);
    assert_string_equal(literal_of(&array), "{}");
    db_array_release(&array);
}

static void test_hostile_text_stays_in_its_element(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        const char *element;
    } rows[] = {
        {"", 0, "\"\""},
        {"NULL", 4, "\"NULL\""},
        {"a,b}{\"\\", 7, "\"a,b}{\\\"\\\\\""},
        {"\",\"x", 4, "\"\\\",\\\"x\""},
        {"\\", 1, "\"\\\\\""},
        {"a\0b\0", 4,
         "\"a\xE2\x90\x80"
         "b\xE2\x90\x80\""},
        {"\0\"", 2, "\"\xE2\x90\x80\\\"\""},
        {" tab\tline\r\n", 11, "\" tab\tline\r\n\""},
        {"'; DROP TABLE x --", 18, "\"'; DROP TABLE x --\""},
    };
    struct db_array array;
    struct buffer expected;

    (void)state;
    db_array_init(&array, 1000);
    buffer_init(&expected, 1000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        db_array_add_text(&array, rows[i].text, rows[i].length);
        buffer_format(&expected, "%c%s", i == 0 ? '{' : ',', rows[i].element);
    }
    buffer_char(&expected, '}');
    assert_string_equal(literal_of(&array), expected.data);
    buffer_release(&expected);
    db_array_release(&array);
}

static void test_an_array_too_large_is_told(void **state)
{
    struct db_array array;
    struct error error = ERROR_INIT;
    const char *literal;

    (void)state;
    db_array_init(&array, 10);
    db_array_add_string(&array, "abcdefghijkl");
    assert_int_equal(db_array_literal(&array, &literal, &error), ERROR_TOO_LARGE);
    db_array_release(&array);
}

static void test_parameters_are_text_but_for_bytes(void **state)
{
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    db_param_text(&params, "it's");
    db_param_int(&params, -12);
    db_param_bool(&params, false);
    db_param_time(&params, 0);
    db_param_bytes(&params, "\0x", 2);
    db_param_null(&params);
    assert_int_equal(params.count, 6);
    assert_string_equal(params.values[0], "it's");
    assert_string_equal(params.values[1], "-12");
    assert_string_equal(params.values[2], "f");
    assert_string_equal(params.values[3], "1970-01-01T00:00:00.000Z");
    assert_int_equal(params.formats[3], 0);
    assert_int_equal(params.formats[4], 1);
    assert_int_equal(params.lengths[4], 2);
    assert_null(params.values[5]);
}

static void test_too_many_parameters_are_counted_not_written(void **state)
{
    struct db_params params = DB_PARAMS_INIT;

    (void)state;
    for (int i = 0; i < DB_PARAMS_MAX + 5; i++)
        db_param_int(&params, i);
    assert_int_equal(params.count, DB_PARAMS_MAX + 5);
    assert_string_equal(params.values[DB_PARAMS_MAX - 1], "47");
    db_params_clear(&params);
    assert_int_equal(params.count, 0);
    db_param_bytes(&params, "", (size_t)INT_MAX + 1);
    assert_true(params.count > DB_PARAMS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_empty_array),
        cmocka_unit_test(test_every_kind_of_element),
        cmocka_unit_test(test_hostile_text_stays_in_its_element),
        cmocka_unit_test(test_an_array_too_large_is_told),
        cmocka_unit_test(test_parameters_are_text_but_for_bytes),
        cmocka_unit_test(test_too_many_parameters_are_counted_not_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
