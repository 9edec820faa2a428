/* What the tests of aws/ stand on: a world whose clock only moves when somebody waits, and a
 * transport that a script answers. */
#ifndef TEST_AWS_FAKE_H
#define TEST_AWS_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "aws/client.h"
#include "aws/http.h"
#include "aws/profile_files.h"
#include "aws/sts.h"

#define FAKE_START_MS INT64_C(1700000000000)
#define FAKE_REQUESTS 512
#define FAKE_QUEUE 64

struct fake_request {
    char method[16];
    char url[2048];
    char headers[8192]; /* lines joined by '\n' */
    char body[4096];
    size_t body_length;
    int64_t at_ms;
    bool once;
    int64_t timeout_ms;
};

struct fake {
    int64_t clock_ms; /* monotonic; wall clock is FAKE_START_MS + this + ahead_ms */
    int64_t ahead_ms;
    void (*answer)(struct fake *fake, struct http_exchange *exchange, size_t number);
    struct fake_request *requests;
    size_t count;
    struct http_exchange *queue[FAKE_QUEUE];
    size_t queue_numbers[FAKE_QUEUE];
    size_t queued;
    size_t most_queued;
    size_t hang_after; /* requests from this number on never end; 0 = all end */
    size_t aborted;
    void *more; /* the test's own */
    struct world world;
    struct http_transport transport;
};

static int64_t fake_now(void *context)
{
    const struct fake *fake = context;
    return FAKE_START_MS + fake->clock_ms + fake->ahead_ms;
}

static int64_t fake_monotonic(void *context)
{
    return ((struct fake *)context)->clock_ms;
}

static void fake_sleep(void *context, int64_t milliseconds)
{
    ((struct fake *)context)->clock_ms += milliseconds > 0 ? milliseconds : 1;
}

static bool fake_random(void *context, void *bytes, size_t length)
{
    struct fake *fake = context;
    for (size_t i = 0; i < length; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)(37 * (size_t)fake->clock_ms + 11 * i + 5);
    return true;
}

static enum error_code fake_start(void *context, struct http_exchange *exchange,
                                  struct error *error)
{
    struct fake *fake = context;
    (void)error;
    assert_true(fake->count < FAKE_REQUESTS && fake->queued < FAKE_QUEUE);
    struct fake_request *request = &fake->requests[fake->count];
    snprintf(request->method, sizeof request->method, "%s", exchange->method);
    snprintf(request->url, sizeof request->url, "%s", exchange->url);
    size_t used = 0;
    for (size_t i = 0; i < exchange->header_count && used < sizeof request->headers; i++)
        used += (size_t)snprintf(request->headers + used, sizeof request->headers - used, "%s\n",
                                 exchange->headers[i]);
    request->body_length = exchange->body_length;
    snprintf(request->body, sizeof request->body, "%.*s", (int)exchange->body_length,
             exchange->body != NULL ? (const char *)exchange->body : "");
    request->at_ms = fake->clock_ms;
    request->once = exchange->once;
    request->timeout_ms = exchange->timeout_ms;
    fake->queue[fake->queued] = exchange;
    fake->queue_numbers[fake->queued++] = fake->count++;
    if (fake->queued > fake->most_queued)
        fake->most_queued = fake->queued;
    return ERROR_NONE;
}

static struct http_exchange *fake_wait(void *context, int64_t timeout_ms)
{
    struct fake *fake = context;
    if (fake->queued == 0 || (fake->hang_after > 0 && fake->queue_numbers[0] >= fake->hang_after) ||
        timeout_ms == 0) {
        fake->clock_ms += timeout_ms;
        return NULL;
    }
    struct http_exchange *exchange = fake->queue[0];
    size_t number = fake->queue_numbers[0];
    fake->queued--;
    memmove(fake->queue, fake->queue + 1, fake->queued * sizeof fake->queue[0]);
    memmove(fake->queue_numbers, fake->queue_numbers + 1,
            fake->queued * sizeof fake->queue_numbers[0]);
    fake->clock_ms++;
    exchange->sent = true;
    fake->answer(fake, exchange, number);
    return exchange;
}

static void fake_abort(void *context, struct http_exchange *exchange)
{
    struct fake *fake = context;
    for (size_t i = 0; i < fake->queued; i++) {
        if (fake->queue[i] != exchange)
            continue;
        fake->queued--;
        memmove(&fake->queue[i], &fake->queue[i + 1], (fake->queued - i) * sizeof fake->queue[0]);
        fake->aborted++;
        return;
    }
}

static inline void fake_init(struct fake *fake,
                             void (*answer)(struct fake *, struct http_exchange *, size_t))
{
    static const char *const unset[] = {"AWS_PROFILE",
                                        "AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_S3",
                                        "AWS_ENDPOINT_URL_SQS",
                                        "AWS_SESSION_TOKEN",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                        "AWS_DEFAULT_REGION",
                                        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                        "AWS_WEB_IDENTITY_TOKEN_FILE",
                                        "AWS_ROLE_ARN",
                                        "AWS_EC2_METADATA_DISABLED",
                                        "AWS_EC2_METADATA_SERVICE_ENDPOINT",
                                        "AWS_MAX_ATTEMPTS",
                                        "AWS_RETRY_MODE",
                                        "AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_CA_BUNDLE",
                                        "AWS_CREDENTIAL_EXPIRATION"};
    memset(fake, 0, sizeof *fake);
    fake->answer = answer;
    fake->requests = calloc(FAKE_REQUESTS, sizeof *fake->requests);
    assert_non_null(fake->requests);
    fake->world = (struct world){.context = fake,
                                 .now_ms = fake_now,
                                 .monotonic_ms = fake_monotonic,
                                 .sleep_ms = fake_sleep,
                                 .random_bytes = fake_random};
    fake->transport = (struct http_transport){
        .context = fake, .start = fake_start, .wait = fake_wait, .abort = fake_abort};
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++)
        unsetenv(unset[i]);
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "topsecret/value", 1);
    setenv("AWS_REGION", "eu-central-1", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
}

static inline void fake_release(struct fake *fake)
{
    free(fake->requests);
}

static inline struct aws_client *fake_client(struct fake *fake)
{
    struct aws_client *client = NULL;
    struct aws_options options = {.profiles = profiles_read_files,
                                  .assume = sts_credentials_assume,
                                  .world = &fake->world,
                                  .transport = &fake->transport};
    assert_int_equal(aws_client_new(&client, &options, NULL), ERROR_NONE);
    return client;
}

/* ---- answers */

static inline void fake_reply(struct http_exchange *exchange, int status, const char *headers,
                              const char *body)
{
    exchange->status = status;
    buffer_text(&exchange->headers_in, headers);
    struct buffer *out =
        exchange->into != NULL && status < 300 ? exchange->into : &exchange->body_in;
    if (exchange->sink != NULL && status < 300) {
        if (!exchange->sink(exchange->sink_context, body, strlen(body)))
            error_set(&exchange->error, ERROR_CANCELLED, "stopped");
        exchange->sunk += strlen(body);
        return;
    }
    buffer_text(out, body);
}

static inline void fake_fail(struct http_exchange *exchange, enum error_code code, bool sent)
{
    exchange->status = 0;
    exchange->sent = sent;
    error_set(&exchange->error, code, "the line went dead");
}

#endif
