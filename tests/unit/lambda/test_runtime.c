/* The loop against a Runtime API of a few lines: one thread, one connection at a time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/base/log.h"
#include "lambda/batch.h"
#include "lambda/runtime.h"

#define SCRIPT_MAX 8

struct api {
    int listener;
    char address[32];
    pthread_t thread;
    const char *answers[SCRIPT_MAX]; /* sent in turn; NULL ends the service */
    char *requests[SCRIPT_MAX];      /* as they came */
    size_t count;
    struct cancel stop;
    size_t stop_after; /* requests, then a stop request; 0: never */
};

static bool request_whole(const char *data, size_t len)
{
    const char *head = strstr(data, "\r\n\r\n");
    const char *length = strstr(data, "Content-Length: ");

    if (head == NULL)
        return false;
    size_t body = length != NULL && length < head ? strtoul(length + 16, NULL, 10) : 0;
    return len >= (size_t)(head - data) + 4 + body;
}

static bool serve_one(struct api *api, int peer)
{
    struct buffer request;
    char piece[4096];

    buffer_init(&request, 1 << 23);
    while (!request_whole(request.data, request.len)) {
        ssize_t got = read(peer, piece, sizeof(piece));
        if (got <= 0) {
            buffer_release(&request);
            return false;
        }
        buffer_append(&request, piece, (size_t)got);
    }
    const char *answer = api->answers[api->count];
    api->requests[api->count++] = buffer_take(&request);
    if (api->stop_after != 0 && api->count == api->stop_after)
        cancel_request(&api->stop);
    return answer != NULL && write(peer, answer, strlen(answer)) == (ssize_t)strlen(answer);
}

static void *serve(void *context)
{
    struct api *api = context;

    while (api->count < SCRIPT_MAX && api->answers[api->count] != NULL) {
        int peer = accept(api->listener, NULL, NULL);
        if (peer < 0)
            break;
        while (api->count < SCRIPT_MAX && api->answers[api->count] != NULL && serve_one(api, peer))
            ;
        close(peer);
    }
    shutdown(api->listener, SHUT_RDWR);
    close(api->listener);
    return NULL;
}

static void api_start(struct api *api)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    api->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(api->listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(api->listener, 4), 0);
    assert_int_equal(getsockname(api->listener, (struct sockaddr *)&address, &size), 0);
    snprintf(api->address, sizeof(api->address), "127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&api->thread, NULL, serve, api), 0);
}

static void api_end(struct api *api)
{
    pthread_join(api->thread, NULL);
    for (size_t i = 0; i < api->count; i++)
        free(api->requests[i]);
}

#define EVENT(id, body_length, body)                                                         \
    "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: " id                                  \
    "\r\nLambda-Runtime-Deadline-Ms: 1700000000123\r\nLambda-Runtime-Trace-Id: Root=1-2\r\n" \
    "Lambda-Runtime-Invoked-Function-Arn: arn:x\r\nContent-Length: " body_length "\r\n\r\n" body
#define ACCEPTED "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"

static enum error_code echo(void *context, const struct invocation *invocation,
                            struct buffer *response, struct error *error)
{
    int64_t *deadline = context;

    *deadline = invocation->deadline_ms;
    assert_string_equal(getenv("_X_AMZN_TRACE_ID"), "Root=1-2");
    if (invocation->len == 3)
        return error_set(error, ERROR_UNAVAILABLE, "the \"database\" is down");
    if (invocation->len == 4) {
        response->failed = ERROR_TOO_LARGE;
        return ERROR_NONE;
    }
    buffer_append(response, invocation->body, invocation->len);
    return ERROR_NONE;
}

#define MINUTE INT64_C(60000)
#define NOW INT64_C(1700000000000)

/* The function's clock may be wrong by minutes; what it makes of the deadline must not end all. */
static void test_a_deadline_by_another_clock_is_none(void **state)
{
    (void)state;
    assert_int_equal(runtime_ends_at(NOW + 20000, NOW, 7000), 27000);
    assert_int_equal(runtime_ends_at(NOW + 1000, NOW, 7000), 8000);
    assert_int_equal(runtime_ends_at(NOW + 15 * MINUTE, NOW, 7000), 7000 + 15 * MINUTE);
    assert_int_equal(runtime_ends_at(NOW + MINUTE, NOW + 10 * MINUTE, 7000), 0);
    assert_int_equal(runtime_ends_at(NOW + 10 * MINUTE, NOW + 10 * MINUTE, 7000), 0);
    assert_int_equal(runtime_ends_at(NOW + MINUTE, NOW - 60 * MINUTE, 7000), 0);
    assert_int_equal(runtime_ends_at(0, NOW, 7000), 0);
}

static void run_loop(struct api *api, enum error_code expected)
{
    struct runtime runtime;
    struct error error = ERROR_INIT;
    int64_t deadline = 0;

    api_start(api);
    assert_int_equal(runtime_init(&runtime, api->address, &api->stop, &error), ERROR_NONE);
    assert_int_equal(runtime_serve(&runtime, echo, &deadline, &error), expected);
    assert_int_equal(deadline, 1700000000123);
    runtime_release(&runtime);
}

static void test_answers_then_stops_cleanly(void **state)
{
    struct api api = {.answers = {EVENT("one", "7", "{\"a\":1}"), ACCEPTED}, .stop_after = 2};

    (void)state;
    run_loop(&api, ERROR_NONE);
    assert_int_equal(api.count, 2);
    assert_non_null(strstr(api.requests[0], "GET /2018-06-01/runtime/invocation/next HTTP/1.1"));
    assert_non_null(strstr(api.requests[1], "POST /2018-06-01/runtime/invocation/one/response "));
    assert_non_null(strstr(api.requests[1], "\r\n\r\n{\"a\":1}"));
    api_end(&api);
}

static void test_a_failed_call_is_told_in_aws_form(void **state)
{
    struct api api = {.answers = {EVENT("two", "3", "{ }"), ACCEPTED}, .stop_after = 2};

    (void)state;
    run_loop(&api, ERROR_NONE);
    assert_non_null(strstr(api.requests[1], "POST /2018-06-01/runtime/invocation/two/error "));
    assert_non_null(
        strstr(api.requests[1], "Lambda-Runtime-Function-Error-Type: Intake.UNAVAILABLE\r\n"));
    assert_non_null(strstr(api.requests[1],
                           "\r\n\r\n{\"errorMessage\":\"the \\\"database\\\" is down\","
                           "\"errorType\":\"Intake.UNAVAILABLE\",\"stackTrace\":[]}"));
    api_end(&api);
}

static void test_a_response_over_the_limit_is_an_error(void **state)
{
    struct api api = {.answers = {EVENT("big", "4", "full"), ACCEPTED}, .stop_after = 2};

    (void)state;
    run_loop(&api, ERROR_NONE);
    assert_non_null(strstr(api.requests[1], "/invocation/big/error "));
    assert_non_null(strstr(api.requests[1], "Intake.TOO_LARGE"));
    api_end(&api);
}

#define LIMIT ((size_t)6 * 1024 * 1024) /* Lambda's own, in bytes */

static enum error_code fill(void *context, const struct invocation *invocation,
                            struct buffer *response, struct error *error)
{
    (void)error;
    buffer_append(response, context, LIMIT + (invocation->body[0] == '+'));
    return ERROR_NONE;
}

static void test_the_limit_is_exact(void **state)
{
    struct api api = {
        .answers = {EVENT("full", "1", "="), ACCEPTED, EVENT("over", "1", "+"), ACCEPTED},
        .stop_after = 4};
    struct runtime runtime;
    struct error error = ERROR_INIT;
    char *body = malloc(LIMIT + 1);

    (void)state;
    assert_non_null(body);
    memset(body, '1', LIMIT + 1);
    api_start(&api);
    assert_int_equal(runtime_init(&runtime, api.address, &api.stop, NULL), ERROR_NONE);
    assert_int_equal(runtime_serve(&runtime, fill, body, &error), ERROR_NONE);
    assert_non_null(strstr(api.requests[1], "/invocation/full/response "));
    assert_non_null(strstr(api.requests[3], "/invocation/over/error "));
    api_end(&api);
    assert_int_equal(runtime_respond(&runtime, "none", body, LIMIT + 1, &error), ERROR_TOO_LARGE);
    assert_int_not_equal(runtime_respond(&runtime, "none", body, LIMIT, &error), ERROR_TOO_LARGE);
    runtime_release(&runtime);
    free(body);
}

static void test_an_answer_that_came_too_late_ends_nothing(void **state)
{
    struct api api = {.answers = {EVENT("late", "5", "12345"),
                                  "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
                                  EVENT("next", "5", "12345"), ACCEPTED},
                      .stop_after = 4};

    (void)state;
    run_loop(&api, ERROR_NONE);
    assert_non_null(strstr(api.requests[3], "/invocation/next/response "));
    api_end(&api);
}

static void test_a_broken_api_ends_the_process(void **state)
{
    struct api api = {
        .answers = {EVENT("one", "5", "12345"), "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n"}};

    (void)state;
    run_loop(&api, ERROR_UNAVAILABLE);
    api_end(&api);
}

static void test_a_refused_response_is_told_as_a_failure(void **state)
{
    struct api api = {.answers = {EVENT("one", "5", "12345"),
                                  "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", ACCEPTED},
                      .stop_after = 3};

    (void)state;
    run_loop(&api, ERROR_NONE);
    assert_int_equal(api.count, 3);
    assert_non_null(strstr(api.requests[2], "POST /2018-06-01/runtime/invocation/one/error "));
    assert_non_null(strstr(api.requests[2], "Intake.TOO_LARGE"));
    api_end(&api);
}

static enum error_code untraced(void *context, const struct invocation *invocation,
                                struct buffer *response, struct error *error)
{
    size_t *calls = context;

    (void)error;
    ++*calls;
    assert_null(getenv("_X_AMZN_TRACE_ID"));
    assert_int_equal(invocation->deadline_ms, 0);
    assert_int_equal(invocation->ends_at_ms, 0);
    buffer_text(response, "ok");
    return ERROR_NONE;
}

/* Nobody could be answered: the loop ends, and no handler runs. */
static void test_an_invocation_without_a_name_ends_the_loop(void **state)
{
    static const char *const bad[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a/b\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 500 Error\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct api api = {.answers = {bad[i]}};
        struct runtime runtime;
        struct error error = ERROR_INIT;
        size_t calls = 0;

        api_start(&api);
        assert_int_equal(runtime_init(&runtime, api.address, &api.stop, NULL), ERROR_NONE);
        assert_int_equal(runtime_serve(&runtime, untraced, &calls, &error),
                         i == 3 ? ERROR_UNAVAILABLE : ERROR_SERVICE);
        assert_int_equal(calls, 0);
        runtime_release(&runtime);
        api_end(&api);
    }
}

/* What the call before had is not this call's. */
static void test_nothing_is_left_of_the_call_before(void **state)
{
    struct api api = {.answers = {"HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a"
                                  "\r\nContent-Length: 2\r\n\r\n{}",
                                  ACCEPTED,
                                  "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: b"
                                  "\r\nContent-Length: 2\r\n\r\n{}",
                                  ACCEPTED},
                      .stop_after = 4};
    struct runtime runtime;
    struct error error = ERROR_INIT;
    size_t calls = 0;

    (void)state;
    setenv("_X_AMZN_TRACE_ID", "of before", 1);
    api_start(&api);
    assert_int_equal(runtime_init(&runtime, api.address, &api.stop, NULL), ERROR_NONE);
    assert_int_equal(runtime_serve(&runtime, untraced, &calls, &error), ERROR_NONE);
    assert_int_equal(calls, 2);
    assert_non_null(strstr(api.requests[1], "/invocation/a/response "));
    assert_non_null(strstr(api.requests[3], "/invocation/b/response "));
    assert_string_equal(strstr(api.requests[3], "\r\n\r\n"), "\r\n\r\nok");
    runtime_release(&runtime);
    api_end(&api);
}

static void test_start_failure_goes_to_init_error(void **state)
{
    struct api api = {.answers = {ACCEPTED}};
    struct runtime runtime;
    struct error failure = ERROR_INIT;

    (void)state;
    api_start(&api);
    assert_int_equal(runtime_init(&runtime, api.address, NULL, NULL), ERROR_NONE);
    error_set(&failure, ERROR_CONFIG, "S3_BUCKET_NAME is not set");
    assert_int_equal(runtime_fail_init(&runtime, &failure, NULL), ERROR_NONE);
    assert_non_null(strstr(api.requests[0], "POST /2018-06-01/runtime/init/error "));
    assert_non_null(strstr(api.requests[0], "S3_BUCKET_NAME is not set"));
    runtime_release(&runtime);
    api_end(&api);
}

static void test_addresses_that_are_none(void **state)
{
    static const char *const bad[] = {NULL, "", "host:1/path", "user@host:1", "a b"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct runtime runtime;
        struct error error = ERROR_INIT;
        assert_int_equal(runtime_init(&runtime, bad[i], NULL, &error), ERROR_CONFIG);
        assert_non_null(strstr(error.message, "AWS_LAMBDA_RUNTIME_API"));
        runtime_release(&runtime);
    }
}

static void test_batch_failures(void **state)
{
    struct buffer response;

    (void)state;
    buffer_init(&response, 1024);
    batch_begin(&response);
    batch_end(&response);
    assert_string_equal(response.data, "{\"batchItemFailures\":[]}");
    buffer_clear(&response);
    batch_begin(&response);
    batch_failure(&response, "1");
    batch_failure(&response, "2\"");
    batch_failure(&response, NULL);
    batch_end(&response);
    assert_string_equal(response.data,
                        "{\"batchItemFailures\":[{\"itemIdentifier\":\"1\"},"
                        "{\"itemIdentifier\":\"2\\\"\"},{\"itemIdentifier\":null}]}");
    buffer_release(&response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_deadline_by_another_clock_is_none),
        cmocka_unit_test(test_answers_then_stops_cleanly),
        cmocka_unit_test(test_a_failed_call_is_told_in_aws_form),
        cmocka_unit_test(test_a_response_over_the_limit_is_an_error),
        cmocka_unit_test(test_the_limit_is_exact),
        cmocka_unit_test(test_an_answer_that_came_too_late_ends_nothing),
        cmocka_unit_test(test_a_broken_api_ends_the_process),
        cmocka_unit_test(test_a_refused_response_is_told_as_a_failure),
        cmocka_unit_test(test_an_invocation_without_a_name_ends_the_loop),
        cmocka_unit_test(test_nothing_is_left_of_the_call_before),
        cmocka_unit_test(test_start_failure_goes_to_init_error),
        cmocka_unit_test(test_addresses_that_are_none),
        cmocka_unit_test(test_batch_failures),
    };

    log_init(LOG_OFF, STDERR_FILENO);
    return cmocka_run_group_tests_name("runtime", tests, NULL, NULL);
}
