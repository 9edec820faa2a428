#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/pipeline/database_secret.h"

static enum error_code parse(const char *text, struct database_secret *secret, struct error *error)
{
    return database_secret_parse("ecommerce/rds/credentials", text, strlen(text), secret, error);
}

static void test_port_may_be_number_or_text(void **state)
{
    static const char *const texts[] = {
        "{\"username\":\"u\",\"password\":\"p\",\"host\":\"h\",\"port\":5432,\"dbname\":\"d\"}",
        "{\"username\":\"u\",\"password\":\"p\",\"host\":\"h\",\"port\":\"5432\",\"dbname\":\"d\","
        "\"sslmode\":\"require\",\"engine\":\"postgres\"}",
    };
    struct database_secret secret;
    struct db_settings settings = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parse(texts[i], &secret, NULL), ERROR_NONE);
        assert_string_equal(secret.port, "5432");
        assert_string_equal(secret.dbname, "d");
    }
    database_secret_apply(&secret, &settings);
    assert_string_equal(settings.user, "u");
    assert_string_equal(settings.sslmode, "require");
    assert_null(settings.sslrootcert);
    database_secret_clear(&secret);
    assert_string_equal(secret.password, "");
}

static void test_refusals_name_the_member_and_no_value(void **state)
{
    static const struct {
        const char *text;
        const char *message;
    } rows[] = {
        {"not json hunter2", "is not a JSON object"},
        {"[\"hunter2\"]", "is not a JSON object"},
        {"{\"user\":\"u\",\"pass\":\"hunter2\"}", "lacks \"username\" (it has: user, pass)"},
        {"{}", "lacks \"username\" (it has: nothing)"},
        {"{\"username\":\"\"}", "\"username\" is empty"},
        {"{\"username\":[\"hunter2\"]}", "\"username\" is neither text nor a number"},
        {"{\"username\":\"u\",\"password\":\"hunter2\",\"host\":\"h\",\"port\":\"x\",\"dbname\":"
         "\"d\"}",
         "\"port\" is not a port number"},
        {"{\"username\":\"u\\u0000v\",\"password\":\"hunter2\"}",
         "\"username\" is not usable text"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct database_secret secret;
        struct error error = ERROR_INIT;

        assert_int_equal(parse(rows[i].text, &secret, &error), ERROR_CONFIG);
        assert_non_null(strstr(error.message, "the secret ecommerce/rds/credentials"));
        assert_non_null(strstr(error.message, rows[i].message));
        assert_null(strstr(error.message, "hunter2"));
        assert_string_equal(secret.password, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_may_be_number_or_text),
        cmocka_unit_test(test_refusals_name_the_member_and_no_value),
    };

    return cmocka_run_group_tests_name("database_secret", tests, NULL, NULL);
}
