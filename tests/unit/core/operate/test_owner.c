/* The owner's order: its document there and back, names, and what a function that failed says. */
#include "tests/unit/aws/test_fake.h"

#include "core/operate/owner/call.h"
#include "core/operate/owner/logins.h"

static void test_an_order_comes_back_as_it_was(void **state)
{
    struct owner_order order = {.action = OWNER_LOGINS,
                                .people = {{"anna", "operator"}, {"ben@example.com", "none"}},
                                .count = 2,
                                .reason = "joins \"us\"",
                                .by = "arn:aws:iam::1:user/x"};
    struct owner_order read;
    struct buffer text;
    (void)state;
    buffer_init(&text, 4096);
    owner_order_encode(&order, &text);
    assert_int_equal(owner_order_decode(text.data, text.len, &read, NULL), ERROR_NONE);
    assert_int_equal(read.action, OWNER_LOGINS);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.people[1].name, "ben@example.com");
    assert_string_equal(read.people[1].role, "none");
    assert_string_equal(read.reason, order.reason);
    assert_string_equal(read.by, order.by);
    owner_order_release(&read);
    buffer_release(&text);
}

static void test_names(void **state)
{
    static const char *const good[] = {"a", "Anna.Smith", "anna@example.com", "x_1-2"};
    static const char *const bad[] = {"",      "a b",      "a\"b",   "pg_x", "rdsadmin",
                                      "aws_x", "intake_x", "public", "none", "\xc3\xa4",
                                      "a\nb",  "a;b",      "a'b",    "a$b",  "a/b"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_int_equal(login_check(good[i], "viewer", NULL), ERROR_NONE);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(login_check(bad[i], "viewer", NULL), ERROR_INVALID);
    assert_int_equal(login_check("a", "pipeline", NULL), ERROR_INVALID);
    assert_int_equal(login_check("a", "", NULL), ERROR_INVALID);
}

static enum error_code failure(const char *text, struct error *error)
{
    error_clear(error);
    return owner_call_failure("intake-migrate", text, strlen(text), error);
}

static void test_a_function_error_is_an_error_of_ours(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    assert_int_equal(
        failure("{\"errorType\":\"Intake.CONFLICT\",\"errorMessage\":\"newer\"}", &error),
        ERROR_CONFLICT);
    assert_string_equal(error.message, "intake-migrate: newer");
    assert_int_equal(
        failure("{\"errorType\":\"Intake.UNAVAILABLE\",\"errorMessage\":\"x\"}", &error),
        ERROR_UNAVAILABLE);
    assert_true(error.retryable);
    assert_int_equal(
        failure("{\"errorType\":\"Runtime.ExitError\",\"errorMessage\":\"a\\u001b[2Jb\"}", &error),
        ERROR_SERVICE);
    assert_null(strchr(error.message, '\x1b'));
    assert_int_equal(failure("{\"errorType\":\"Intake.NONE\"}", &error), ERROR_SERVICE);
    assert_int_equal(failure("", &error), ERROR_SERVICE);
    assert_non_null(strstr(error.message, "/aws/lambda/intake-migrate"));
    assert_int_equal(failure("[1]", &error), ERROR_SERVICE);
}

static void answer_throttled(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(
        exchange, 429, "x-amzn-errortype: TooManyRequestsException\r\n",
        "{\"Type\":\"User\",\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\","
        "\"message\":\"Rate Exceeded.\"}");
}

static void answer_failed(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "X-Amz-Function-Error: Unhandled\r\n",
               "{\"errorType\":\"Intake.DENIED\",\"errorMessage\":\"the owner's secret\"}");
}

static void answer_none_of_ours(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", "{\"version\":1}");
}

static enum error_code call(void (*answer)(struct fake *, struct http_exchange *, size_t),
                            struct error *error)
{
    struct fake fake;
    struct owner_answer said;
    const struct owner_order order = {.action = OWNER_STATUS};
    fake_init(&fake, answer);
    struct aws_client *client = fake_client(&fake);
    enum error_code code = owner_call(client, "intake-migrate", &order, &said, error);
    owner_answer_release(&said);
    aws_client_free(client);
    fake_release(&fake);
    return code;
}

static void test_a_call(void **state)
{
    struct error error = ERROR_INIT;
    (void)state;
    assert_int_equal(call(answer_throttled, &error), ERROR_THROTTLED);
    assert_non_null(strstr(error.message, "already running"));
    error_clear(&error);
    assert_int_equal(call(answer_failed, &error), ERROR_DENIED);
    assert_string_equal(error.message, "intake-migrate: the owner's secret");
    error_clear(&error);
    assert_int_equal(call(answer_none_of_ours, &error), ERROR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_order_comes_back_as_it_was),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_a_function_error_is_an_error_of_ours),
        cmocka_unit_test(test_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
