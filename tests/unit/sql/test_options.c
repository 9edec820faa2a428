/* How a connection is described: whom it may trust without TLS, and what must never be quoted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sql/db_private.h"

static void test_local_hosts(void **state)
{
    static const char *const local[] = {
        "",          "/run/postgresql", "@abstract", "localhost",          "LOCALHOST",
        "127.0.0.1", "127.1.2.3",       "::1",       "localhost,127.0.0.1"};
    static const char *const remote[] = {
        "db.example.com",     "10.0.0.1", "127.evil.com",         "localhost.evil.com",
        "localhost,10.0.0.1", "fe80::1",  "127.0.0.1.example.com"};

    (void)state;
    assert_true(db_host_is_local(NULL));
    for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
        assert_true(db_host_is_local(local[i]));
    for (size_t i = 0; i < sizeof(remote) / sizeof(remote[0]); i++)
        assert_false(db_host_is_local(remote[i]));
}

static void expect_sslmode(const struct db_settings *settings, const char *expected)
{
    struct db_options options;
    bool given;
    const char *mode;

    assert_int_equal(db_options_build(settings, &options, &given, NULL), ERROR_NONE);
    mode = db_options_find(&options, "sslmode");
    if (expected == NULL)
        assert_null(mode);
    else
        assert_string_equal(mode, expected);
    db_options_release(&options);
}

static void test_a_remote_host_is_verified_unless_told_otherwise(void **state)
{
    (void)state;
    expect_sslmode(&(struct db_settings){.url = "postgresql://u@db.example.com/x"}, "verify-full");
    expect_sslmode(&(struct db_settings){.url = "host=db.example.com dbname=x"}, "verify-full");
    expect_sslmode(&(struct db_settings){.host = "db.example.com"}, "verify-full");
    expect_sslmode(&(struct db_settings){.url = "postgresql://u@db/x?sslmode=require"}, "require");
    expect_sslmode(&(struct db_settings){.host = "db", .sslmode = "disable"}, "disable");
    expect_sslmode(&(struct db_settings){.url = "host=localhost hostaddr=10.1.1.1"}, "verify-full");
    expect_sslmode(&(struct db_settings){.url = "postgresql://u@127.0.0.1:5433/x"}, NULL);
    expect_sslmode(&(struct db_settings){.url = "postgresql:///x?host=/tmp"}, NULL);
    expect_sslmode(&(struct db_settings){.url = NULL}, NULL);
    assert_int_equal(setenv("PGHOST", "db.example.com", 1), 0);
    expect_sslmode(&(struct db_settings){.url = NULL}, "verify-full");
    assert_int_equal(unsetenv("PGHOST"), 0);
}

static void test_a_url_that_cannot_be_read_is_not_quoted(void **state)
{
    static const char *const urls[] = {
        "postgresql://ann:hunter/two@db/x",   "postgresql://ann:hunter@two@db/x",
        "postgresql://ann:hunter%zz@db/x",    "hunter",
        "host=db password='hunter",           "postgresql://ann:hunter2@db/x?hunter=1",
        "postgresql://ann:hunter@db:x:y:z/x", "host=db hunter",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct error error = ERROR_INIT;
        struct db *db = NULL;
        enum error_code code = db_new(&(struct db_settings){.url = urls[i]}, &db, &error);

        if (code == ERROR_NONE)
            code = db_ensure(db, &error);
        assert_int_not_equal(code, ERROR_NONE);
        assert_null(strstr(error.message, "hunter"));
        db_free(db);
    }
}

static void test_the_description_has_no_password(void **state)
{
    struct db_settings settings = {
        .url = "postgresql://ann:secret@10.0.0.1:5433/shop?connect_timeout=3", .dbname = "other"};
    struct db *db = NULL;

    (void)state;
    assert_int_equal(db_new(&settings, &db, NULL), ERROR_NONE);
    assert_string_equal(db_describe(db), "ann@10.0.0.1:5433/other");
    assert_false(db_connected(db));
    assert_int_equal(db_server_version(db), 0);
    db_free(db);
}

static void test_nobody_listening_is_an_outage_in_one_line(void **state)
{
    struct db_settings settings = {.url = "postgresql://ann:secret@127.0.0.1:1/shop",
                                   .connect_timeout_ms = 2000};
    struct error error = ERROR_INIT;
    struct db *db = NULL;

    (void)state;
    assert_int_equal(db_new(&settings, &db, NULL), ERROR_NONE);
    assert_int_equal(db_query(db, "SELECT 1", NULL, NULL, &error), ERROR_UNAVAILABLE);
    assert_true(error.retryable);
    assert_false(error.possibly_done);
    assert_null(strstr(error.message, "secret"));
    assert_null(strchr(error.message, '\n'));
    db_rollback(db);
    db_cancel(db);
    db_free(db);
}

static void test_a_cancel_before_the_connection(void **state)
{
    struct db_settings settings = {.url = "postgresql://ann@127.0.0.1:1/shop"};
    struct cancel cancel = {0};
    struct db *db = NULL;

    (void)state;
    cancel_request(&cancel);
    assert_int_equal(db_new(&settings, &db, NULL), ERROR_NONE);
    db_watch(db, &cancel);
    assert_int_equal(db_query(db, "SELECT 1", NULL, NULL, NULL), ERROR_CANCELLED);
    db_free(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_local_hosts),
        cmocka_unit_test(test_a_remote_host_is_verified_unless_told_otherwise),
        cmocka_unit_test(test_a_url_that_cannot_be_read_is_not_quoted),
        cmocka_unit_test(test_the_description_has_no_password),
        cmocka_unit_test(test_nobody_listening_is_an_outage_in_one_line),
        cmocka_unit_test(test_a_cancel_before_the_connection),
    };
    static const char *const variables[] = {"PGHOST", "PGHOSTADDR", "PGSSLMODE",  "PGSERVICE",
                                            "PGPORT", "PGUSER",     "PGDATABASE", "PGPASSWORD"};

    for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
        (void)unsetenv(variables[i]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
