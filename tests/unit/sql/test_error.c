/* SQLSTATE to our codes, and what becomes of libpq's text about a failed connection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "sql/db_private.h"

static void test_states_map_to_codes(void **state)
{
    static const struct {
        const char *sqlstate;
        enum error_code code;
        bool retryable;
    } rows[] = {
        {"08006", ERROR_UNAVAILABLE, true},      {"57P01", ERROR_UNAVAILABLE, true},
        {"57P03", ERROR_UNAVAILABLE, true},      {"53300", ERROR_UNAVAILABLE, true},
        {"53100", ERROR_UNAVAILABLE, true},      {"55P03", ERROR_UNAVAILABLE, true},
        {"25006", ERROR_UNAVAILABLE, true},      {"58030", ERROR_UNAVAILABLE, true},
        {"40001", ERROR_DATABASE, true},         {"40P01", ERROR_DATABASE, true},
        {"42501", ERROR_DENIED, false},          {"28P01", ERROR_UNAUTHENTICATED, false},
        {"28000", ERROR_UNAUTHENTICATED, false}, {"23505", ERROR_CONFLICT, false},
        {"23503", ERROR_CONFLICT, false},        {"23514", ERROR_CONFLICT, false},
        {"57014", ERROR_TIMEOUT, true},          {"3D000", ERROR_CONFIG, false},
        {"22P02", ERROR_DATABASE, false},        {"42601", ERROR_DATABASE, false},
        {"42P01", ERROR_DATABASE, false},        {"54000", ERROR_TOO_LARGE, false},
        {"XX000", ERROR_DATABASE, false},        {"", ERROR_UNAVAILABLE, true},
        {NULL, ERROR_UNAVAILABLE, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool retryable;

        assert_int_equal(db_error_code(rows[i].sqlstate, &retryable), rows[i].code);
        assert_int_equal(retryable, rows[i].retryable);
        assert_int_equal(db_error_code(rows[i].sqlstate, NULL), rows[i].code);
    }
}

static void test_a_verbose_connect_failure_keeps_the_state_and_one_line(void **state)
{
    struct db db = {0};
    struct error error = ERROR_INIT;

    (void)state;
    assert_int_equal(db_error_from_connect(
                         &db,
                         "connection to server at \"db\" (10.0.0.1), port 5432 failed: FATAL:  "
                         "28P01: password authentication failed for user \"ann\"\n"
                         "LOCATION:  auth_failed, auth.c:326\n",
                         &error),
                     ERROR_UNAUTHENTICATED);
    assert_string_equal(error.service_code, "28P01");
    assert_false(error.retryable);
    assert_string_equal(error.message,
                        "database: connection to server at \"db\" (10.0.0.1), port 5432 failed: "
                        "FATAL: password authentication failed for user \"ann\"");
}

static void test_a_refused_connect_is_an_outage(void **state)
{
    struct db db = {0};
    struct error error = ERROR_INIT;

    (void)state;
    assert_int_equal(db_error_from_connect(&db,
                                           "connection to server at \"::1\" failed: refused\n"
                                           "\tIs the server running?\n",
                                           &error),
                     ERROR_UNAVAILABLE);
    assert_true(error.retryable);
    assert_string_equal(error.service_code, "");
    assert_null(strchr(error.message, '\n'));
    assert_non_null(strstr(error.message, "refused; "));
}

static void test_hostile_text_of_a_failure_is_made_visible(void **state)
{
    struct db db = {0};
    struct error error = ERROR_INIT;

    (void)state;
    assert_int_equal(db_error_from_connect(&db, "bad \033[2J name", &error), ERROR_UNAVAILABLE);
    assert_null(strchr(error.message, '\033'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_map_to_codes),
        cmocka_unit_test(test_a_verbose_connect_failure_keeps_the_state_and_one_line),
        cmocka_unit_test(test_a_refused_connect_is_an_outage),
        cmocka_unit_test(test_hostile_text_of_a_failure_is_made_visible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
