/* One call: retries, quota, clock, deadline, cancel, and what an error says. */
#include "tests/unit/aws/test_fake.h"

#include "aws/s3.h"
#include "core/base/text.h"

#define MISSING                                                                   \
    "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\"," \
    "\"message\":\"Requested resource\\nnot found\"}"

static struct aws_request query_request(void)
{
    return (struct aws_request){
        .service = AWS_DYNAMODB, .operation = "Query", .body = "{}", .body_length = 2};
}

static enum error_code call(struct fake *fake, struct aws_client *client,
                            const struct aws_request *request, struct error *error)
{
    struct aws_response response;
    (void)fake;
    aws_response_init(&response);
    enum error_code code = aws_call(client, request, &response, NULL, error);
    aws_response_release(&response);
    return code;
}

static const char *header(const struct fake_request *request, const char *name)
{
    static char value[1024];
    const char *at = strstr(request->headers, name);
    if (at == NULL)
        return "";
    at += strlen(name) + 2;
    snprintf(value, sizeof value, "%.*s", (int)strcspn(at, "\n"), at);
    return value;
}

static void answer_ok(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", "{\"ok\":true}");
}

static void test_request_is_signed(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_ok);
    setenv("AWS_SESSION_TOKEN", "the+token", 1);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    const struct fake_request *sent = &fake.requests[0];
    assert_string_equal(sent->url, "https://dynamodb.eu-central-1.amazonaws.com/");
    assert_string_equal(header(sent, "X-Amz-Target"), "DynamoDB_20120810.Query");
    assert_string_equal(header(sent, "X-Amz-Date"), "20231114T221320Z");
    assert_string_equal(header(sent, "X-Amz-Security-Token"), "the+token");
    assert_string_equal(header(sent, "Content-Type"), "application/x-amz-json-1.0");
    assert_non_null(strstr(sent->headers, "Credential=AKIDEXAMPLE/20231114/eu-central-1/dynamodb/"
                                          "aws4_request, SignedHeaders=content-type;host;"));
    assert_null(strstr(sent->headers, "topsecret"));
    assert_int_equal(aws_client_calls(client, AWS_DYNAMODB, "Query"), 1);
    assert_int_equal(aws_client_calls(client, AWS_S3, NULL), 0);
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_hostile(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    static const char *const heads[] = {"x-amzn-requestid: R\x1b[2J\xFF\n",
                                        "x-amzn-errortype: A\x1b]0;x\x07\xC2\x9B\n", ""};
    (void)fake;
    fake_reply(exchange, 400, heads[number % 3],
               number < 3 ? "{\"__type\":\"x#B\\u001b[2J\",\"message\":\"m\\u009b\\r\\n\"}"
                          : "<E><Error><Code>C&#10;D&#x85;</Code><Message>a&#13;b</Message></Error>"
                            "<RequestId>R&#13;&#10;S</RequestId></E>");
}

/* Nothing that a service says reaches a terminal as more than text, in whichever member of an
 * error. */
static void test_what_a_service_says_is_text(void **state)
{
    struct fake fake;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_hostile);
    struct aws_client *client = fake_client(&fake);
    for (size_t i = 0; i < 6; i++) {
        struct error error = ERROR_INIT;
        assert_int_not_equal(call(&fake, client, &request, &error), ERROR_NONE);
        const char *const texts[] = {error.message, error.service_code, error.request_id};
        for (size_t j = 0; j < 3; j++) {
            const char *at = texts[j], *end = at + strlen(at);
            uint32_t code_point;
            while (at < end)
                if (!utf8_decode(&at, end, &code_point) || text_is_control(code_point))
                    fail_msg("answer %zu, text %zu: %s", i, j, texts[j]);
        }
    }
    aws_client_free(client);
    fake_release(&fake);
}

/* What is too long ends with a whole character. */
static void answer_long(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    struct buffer body;
    (void)fake;
    buffer_init(&body, 4096);
    buffer_text(&body, "{\"__type\":\"x#B\",\"message\":\"");
    for (size_t i = 0; i < number; i++)
        buffer_char(&body, 'a');
    for (size_t i = 0; i < 600; i++)
        buffer_text(&body, "\xE2\x82\xAC");
    buffer_text(&body, "\"}");
    fake_reply(exchange, 400, "", body.data);
    buffer_release(&body);
}

static void test_a_long_message_ends_with_a_whole_character(void **state)
{
    struct fake fake;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_long);
    struct aws_client *client = fake_client(&fake);
    for (size_t i = 0; i < 3; i++) {
        struct error error = ERROR_INIT;
        assert_int_not_equal(call(&fake, client, &request, &error), ERROR_NONE);
        assert_true(utf8_valid(error.message, strlen(error.message), NULL));
        assert_null(strstr(error.message, "<xE2>"));
        assert_non_null(strstr(error.message, "(HTTP 400)"));
    }
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_500_then_ok(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    if (number == 0)
        fake_reply(exchange, 500, "x-amzn-requestid: R1\n", "{\"__type\":\"InternalServerError\"}");
    else
        fake_reply(exchange, 200, "", "{}");
}

static void test_a_server_error_is_tried_again(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_500_then_ok);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    assert_int_equal(fake.count, 2);
    assert_true(fake.requests[1].at_ms - fake.requests[0].at_ms <= 200);
    assert_int_equal(aws_client_calls_total(client), 2);
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_throttled(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 400, "x-amzn-requestid: REQ-9\n",
               "{\"__type\":\"x#ProvisionedThroughputExceededException\",\"message\":\"slow\"}");
}

static void test_three_attempts_and_no_more(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_throttled);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_THROTTLED);
    assert_int_equal(fake.count, 3);
    assert_true(error.retryable);
    assert_string_equal(error.service_code, "ProvisionedThroughputExceededException");
    assert_string_equal(error.request_id, "REQ-9");
    assert_int_equal(error.http_status, 400);
    aws_client_free(client);
    fake_release(&fake);
}

static void test_the_quota_ends_a_storm_of_retries(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_throttled);
    struct aws_client *client = fake_client(&fake);
    for (int i = 0; i < 60; i++)
        assert_int_equal(call(&fake, client, &request, &error), ERROR_THROTTLED);
    assert_int_equal(fake.count, 60 + 500 / 5);
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_missing(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 400, "x-amzn-requestid: REQ-1\n", MISSING);
}

static void test_a_refusal_is_final_and_says_what_to_do(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_missing);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NOT_FOUND);
    assert_int_equal(fake.count, 1);
    assert_false(error.retryable);
    assert_null(strchr(error.message, '\n'));
    assert_non_null(strstr(error.message, "DynamoDB Query: ResourceNotFoundException: "));
    assert_non_null(strstr(error.message, "(HTTP 400, request REQ-1): check the name"));
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_skewed(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    bool keep = fake->more != NULL;
    if (number == 0 || keep)
        fake_reply(exchange, 403, "date: Tue, 14 Nov 2023 23:13:20 GMT\n",
                   "<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too "
                   "large.</Message><RequestId>S1</RequestId></Error>");
    else
        fake_reply(exchange, 200, "", "");
}

static void test_the_clock_is_set_right_once(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = {
        .service = AWS_S3, .operation = "GetObject", .method = "GET", .bucket = "b", .path = "k"};
    (void)state;
    fake_init(&fake, answer_skewed);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    assert_int_equal(fake.count, 2);
    assert_string_equal(header(&fake.requests[1], "X-Amz-Date"), "20231114T231320Z");
    assert_true(aws_client_now_ms(client) - FAKE_START_MS > 3500000);
    aws_client_free(client);
    fake.count = 0;
    fake.more = &fake;
    client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_UNAUTHENTICATED);
    assert_int_equal(fake.count, 2);
    assert_non_null(strstr(error.message, "correct this machine's clock"));
    assert_string_equal(error.request_id, "S1");
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_busy(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    if (number == 0)
        fake_reply(exchange, 503, "retry-after: 7\n", "");
    else
        fake_reply(exchange, 200, "", "{}");
}

static void test_retry_after_is_waited_for(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_busy);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    assert_true(fake.requests[1].at_ms - fake.requests[0].at_ms >= 7000);
    aws_client_free(client);
    fake_release(&fake);
}

static void test_the_deadline_ends_waiting(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_busy);
    struct aws_client *client = fake_client(&fake);
    request.deadline_ms = 3000;
    assert_int_equal(call(&fake, client, &request, &error), ERROR_UNAVAILABLE);
    assert_int_equal(fake.count, 1);
    assert_int_equal(fake.requests[0].timeout_ms, 3000);
    aws_client_free(client);
    fake_release(&fake);
}

struct dead {
    bool sent;
    size_t times;
};

static void answer_dead(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    const struct dead *dead = fake->more;
    if (number < dead->times)
        fake_fail(exchange, ERROR_NETWORK, dead->sent);
    else
        fake_reply(exchange, 200, "", "{}");
}

static void test_what_may_have_been_done_is_not_repeated(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = {
        .service = AWS_SNS, .operation = "Publish", .body = "a=b", .body_length = 3, .once = true};
    struct dead dead = {.sent = true, .times = 1};
    (void)state;
    fake_init(&fake, answer_dead);
    fake.more = &dead;
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NETWORK);
    assert_int_equal(fake.count, 1);
    assert_true(error.possibly_done && fake.requests[0].once);
    assert_non_null(strstr(error.message, "SNS Publish at https://sns.eu-central-1"));
    dead.sent = false;
    fake.count = 0;
    error_clear(&error);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    assert_int_equal(fake.count, 2);
    aws_client_free(client);
    fake_release(&fake);
}

static void test_an_idempotent_call_goes_out_again(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    struct dead dead = {.sent = true, .times = 2};
    (void)state;
    fake_init(&fake, answer_dead);
    fake.more = &dead;
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_NONE);
    assert_int_equal(fake.count, 3);
    aws_client_free(client);
    fake_release(&fake);
}

static void test_cancel(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    struct cancel cancel = {0};
    (void)state;
    fake_init(&fake, answer_ok);
    struct aws_client *client = fake_client(&fake);
    cancel_request(&cancel);
    assert_int_equal(aws_call(client, &request, NULL, &cancel, &error), ERROR_CANCELLED);
    assert_int_equal(error.code, ERROR_CANCELLED);
    assert_int_equal(fake.count, 0);
    aws_client_free(client);
    fake_release(&fake);
}

/* The request goes out, no answer comes, and the user gives up. */
static struct http_exchange *wait_for_nothing(void *context, int64_t timeout_ms)
{
    struct fake *fake = context;
    (void)timeout_ms;
    fake->queue[0]->sent = true;
    cancel_request(fake->more);
    return NULL;
}

static void test_what_was_sent_before_a_cancel_may_be_done(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    struct cancel cancel = {0};
    (void)state;
    fake_init(&fake, answer_ok);
    fake.transport.wait = wait_for_nothing;
    fake.more = &cancel;
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(aws_call(client, &request, NULL, &cancel, &error), ERROR_CANCELLED);
    assert_int_equal(error.code, ERROR_CANCELLED);
    assert_int_equal(fake.aborted, 1);
    assert_true(error.possibly_done);
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_expired(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 400, "",
               "{\"__type\":\"ExpiredTokenException\",\"message\":\"The security token included "
               "in the request is expired\"}");
}

static void test_an_expired_token_says_what_to_do(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct aws_request request = query_request();
    (void)state;
    fake_init(&fake, answer_expired);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(call(&fake, client, &request, &error), ERROR_EXPIRED_CREDENTIALS);
    assert_int_equal(fake.count, 1);
    assert_non_null(strstr(error.message, "refresh the credentials"));
    assert_null(strstr(error.message, "topsecret"));
    aws_client_free(client);
    fake_release(&fake);
}

static bool sink_take(void *context, const void *data, size_t length)
{
    (void)data;
    *(size_t *)context += length;
    return true;
}

static void answer_broken_off(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)number;
    fake_reply(exchange, 200, "", fake->more != NULL ? "half" : "");
    error_set(&exchange->error, ERROR_NETWORK, "broken off");
}

static void test_a_stream_is_not_begun_twice(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct buffer body;
    size_t taken = 0;
    (void)state;
    fake_init(&fake, answer_broken_off);
    fake.more = &fake;
    buffer_init(&body, 100);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(s3_get_object_stream(client, "b", "k", NULL, sink_take, &taken, NULL, &error),
                     ERROR_NETWORK);
    assert_int_equal(fake.count, 1);
    assert_int_equal(taken, 4);
    fake.count = 0;
    buffer_text(&body, "kept");
    assert_int_equal(s3_get_object(client, "b", "k", NULL, 50, &body, NULL, &error), ERROR_NETWORK);
    assert_int_equal(fake.count, 3);
    assert_string_equal(body.data, "kept");
    aws_client_free(client);
    buffer_release(&body);
    fake_release(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_signed),
        cmocka_unit_test(test_what_a_service_says_is_text),
        cmocka_unit_test(test_a_long_message_ends_with_a_whole_character),
        cmocka_unit_test(test_a_server_error_is_tried_again),
        cmocka_unit_test(test_three_attempts_and_no_more),
        cmocka_unit_test(test_the_quota_ends_a_storm_of_retries),
        cmocka_unit_test(test_a_refusal_is_final_and_says_what_to_do),
        cmocka_unit_test(test_the_clock_is_set_right_once),
        cmocka_unit_test(test_retry_after_is_waited_for),
        cmocka_unit_test(test_the_deadline_ends_waiting),
        cmocka_unit_test(test_what_may_have_been_done_is_not_repeated),
        cmocka_unit_test(test_an_idempotent_call_goes_out_again),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_what_was_sent_before_a_cancel_may_be_done),
        cmocka_unit_test(test_an_expired_token_says_what_to_do),
        cmocka_unit_test(test_a_stream_is_not_begun_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
