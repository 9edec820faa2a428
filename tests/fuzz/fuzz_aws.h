/* A client whose services answer what an input says: pieces with a NUL between them, by turns the
 * status with headers ("2", "4", "5" or nothing for no answer; then lines) and the body. */
#ifndef INTAKE_TESTS_FUZZ_FUZZ_AWS_H
#define INTAKE_TESTS_FUZZ_FUZZ_AWS_H

#include "aws/client.h"
#include "aws/http.h"
#include "tests/fuzz/fuzz.h"

static struct {
    const uint8_t *data;
    size_t len;
    int64_t clock_ms;
    int answered;
    struct http_exchange *waiting;
} fuzz_net;

static inline int64_t fuzz_now_ms(void *context)
{
    (void)context;
    return INT64_C(1767323045678) + fuzz_net.clock_ms;
}

static inline int64_t fuzz_monotonic_ms(void *context)
{
    (void)context;
    return fuzz_net.clock_ms;
}

static inline void fuzz_sleep_ms(void *context, int64_t ms)
{
    (void)context;
    fuzz_net.clock_ms += ms > 0 ? ms : 1;
}

static inline bool fuzz_random(void *context, void *bytes, size_t len)
{
    (void)context;
    memset(bytes, 7, len);
    return true;
}

static const struct world fuzz_world = {.now_ms = fuzz_now_ms,
                                        .monotonic_ms = fuzz_monotonic_ms,
                                        .sleep_ms = fuzz_sleep_ms,
                                        .random_bytes = fuzz_random};

/* What goes out is one request, whatever came in before. */
static inline enum error_code fuzz_start(void *context, struct http_exchange *exchange,
                                         struct error *error)
{
    (void)context;
    (void)error;
    for (const char *at = exchange->url; *at; at++)
        FUZZ_HOLDS(*at > ' ' && *at < 0x7f);
    for (size_t i = 0; i < exchange->header_count; i++)
        FUZZ_HOLDS(strchr(exchange->headers[i], ':') && !strpbrk(exchange->headers[i], "\r\n"));
    FUZZ_HOLDS(!fuzz_net.waiting);
    fuzz_net.waiting = exchange;
    return ERROR_NONE;
}

static inline void fuzz_answer(struct http_exchange *exchange)
{
    char *head = fuzz_piece(&fuzz_net.data, &fuzz_net.len);
    char *body = fuzz_piece(&fuzz_net.data, &fuzz_net.len);
    exchange->sent = true;
    if (*head < '2' || *head > '5') {
        error_set(&exchange->error, ERROR_NETWORK, "the line went dead");
    } else {
        exchange->status = *head == '2' ? 200 : *head == '3' ? 304 : *head == '4' ? 400 : 503;
        buffer_text(&exchange->headers_in, head + 1);
        bool good = exchange->status == 200;
        if (exchange->sink && good)
            (void)exchange->sink(exchange->sink_context, body, strlen(body));
        else
            buffer_text(exchange->into && good ? exchange->into : &exchange->body_in, body);
    }
    free(head);
    free(body);
}

/* Behind what the input says nobody answers any more, so that no listing has a page without end. */
static inline struct http_exchange *fuzz_wait(void *context, int64_t timeout_ms)
{
    struct http_exchange *exchange = fuzz_net.waiting;
    (void)context;
    fuzz_net.clock_ms += exchange ? 1 : timeout_ms > 0 ? timeout_ms : 1;
    fuzz_net.waiting = NULL;
    if (exchange) {
        FUZZ_HOLDS(fuzz_net.answered++ < 200);
        fuzz_answer(exchange);
    }
    return exchange;
}

static inline void fuzz_abort(void *context, struct http_exchange *exchange)
{
    (void)context;
    FUZZ_HOLDS(fuzz_net.waiting == exchange);
    fuzz_net.waiting = NULL;
}

static const struct http_transport fuzz_transport = {
    .start = fuzz_start, .wait = fuzz_wait, .abort = fuzz_abort};

static inline void fuzz_net_begin(const uint8_t *data, size_t len)
{
    memset(&fuzz_net, 0, sizeof fuzz_net);
    fuzz_net.data = data;
    fuzz_net.len = len;
}

static inline void fuzz_net_environment(void)
{
    setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret", 1);
    setenv("AWS_REGION", "eu-central-1", 1);
}

static inline struct aws_client *fuzz_client(void)
{
    struct aws_client *client = NULL;
    const struct aws_options options = {.world = &fuzz_world, .transport = &fuzz_transport};
    FUZZ_HOLDS(!aws_client_new(&client, &options, NULL));
    return client;
}

/* A failure says what it is, and a terminal obeys none of it. */
static inline void fuzz_judge(enum error_code code, const struct error *error)
{
    if (!code)
        return;
    FUZZ_HOLDS(error->code == code && error->message[0]);
    FUZZ_HOLDS(fuzz_is_plain(error->message, strlen(error->message)));
    FUZZ_HOLDS(fuzz_is_plain(error->service_code, strlen(error->service_code)));
    FUZZ_HOLDS(fuzz_is_plain(error->request_id, strlen(error->request_id)));
}

#endif
