#include "aws/client_internal.h"
#include "core/base/time_text.h"

#define COST_RETRY 5
#define COST_TIMEOUT 10
#define GAIN_SUCCESS 1
#define BASE_TRANSIENT_MS 100
#define BASE_THROTTLED_MS 500
#define CAP_MS 20000
#define SKEW_MIN_MS (4 * 60 * 1000)

static bool tells_of_clock(const char *service_code)
{
    static const char *const codes[] = {
        "RequestTimeTooSkewed",      "RequestExpired",        "RequestInTheFuture",
        "InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure",
    };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(service_code, codes[i]) == 0)
            return true;
    return false;
}

/* A refusal that speaks of the clock, and a Date far from ours: ours is set right. */
static bool clock_correct(struct aws_client *client, const struct http_exchange *exchange,
                          const struct error *error)
{
    char date[64];
    int64_t theirs;
    bool silent = exchange->status == 403 && error->service_code[0] == '\0';
    if (exchange->status < 400 || (!silent && !tells_of_clock(error->service_code)))
        return false;
    if (!http_exchange_header(exchange, "date", date, sizeof date) ||
        !time_text_parse_http(date, &theirs))
        return false;
    int64_t off = theirs - aws_client_now_ms(client);
    if (off > -SKEW_MIN_MS && off < SKEW_MIN_MS)
        return false;
    client->skew_ms += off;
    credentials_set_skew(client->credentials, client->skew_ms);
    return true;
}

static bool is_transient(const struct http_exchange *exchange, const struct error *error)
{
    static const char *const codes[] = {
        "RequestTimeout",  "RequestTimeoutException", "InternalError",        "InternalServerError",
        "InternalFailure", "ServiceUnavailable",      "IDPCommunicationError"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(error->service_code, codes[i]) == 0)
            return true;
    if (exchange->error.code)
        return error->code == ERROR_NETWORK || error->code == ERROR_TIMEOUT;
    return exchange->status == 500 || exchange->status == 502 || exchange->status == 503 ||
           exchange->status == 504 || exchange->status == 408;
}

/* Not idempotent: only what was surely refused, or never went out, is sent again. */
static bool may_have_been_taken(const struct http_exchange *exchange, const struct error *error)
{
    if (exchange->error.code)
        return exchange->sent;
    return exchange->status >= 500 && error->code != ERROR_THROTTLED && exchange->status != 503;
}

/* What the service asks for, -1 where it does not. */
static int64_t wait_asked(const struct http_exchange *exchange)
{
    char text[32], *end;
    long long value;
    if (http_exchange_header(exchange, "x-amz-retry-after", text, sizeof text)) {
        value = strtoll(text, &end, 10);
        if (end != text && value >= 0)
            return value < CAP_MS ? value : CAP_MS;
    }
    if (http_exchange_header(exchange, "retry-after", text, sizeof text)) {
        value = strtoll(text, &end, 10);
        if (end != text && *end == '\0' && value >= 0)
            return value < CAP_MS / 1000 ? value * 1000 : CAP_MS;
    }
    return -1;
}

static bool quota_take(struct aws_client *client, struct retry_state *state,
                       const struct error *error)
{
    int cost = error->code == ERROR_TIMEOUT ? COST_TIMEOUT : COST_RETRY;
    if (client->quota < cost)
        return false;
    client->quota -= cost;
    state->held = cost;
    return true;
}

void retry_settle(struct aws_client *client, struct retry_state *state)
{
    client->quota += state->held > 0 ? state->held : GAIN_SUCCESS;
    if (client->quota > RETRY_QUOTA)
        client->quota = RETRY_QUOTA;
    state->held = 0;
}

bool retry_decide(struct aws_client *client, const struct aws_request *request,
                  const struct http_exchange *exchange, const struct error *error,
                  struct retry_state *state, int64_t *delay_ms)
{
    int limit = request->max_attempts > 0 ? request->max_attempts : client->max_attempts;
    bool throttled = error->code == ERROR_THROTTLED;
    *delay_ms = 0;
    if (!state->clock_corrected && clock_correct(client, exchange, error)) {
        state->clock_corrected = true;
        return true;
    }
    if (!state->credentials_renewed && error->code == ERROR_EXPIRED_CREDENTIALS &&
        strcmp(client->credentials_source, "environment") != 0) {
        state->credentials_renewed = true;
        credentials_forget(client->credentials);
        return true;
    }
    if (exchange->sunk > 0 || (!throttled && !is_transient(exchange, error)))
        return false;
    if (request->once && may_have_been_taken(exchange, error))
        return false;
    if (state->attempt >= limit || !quota_take(client, state, error))
        return false;
    *delay_ms = aws_backoff_ms(client, (size_t)(state->attempt - 1),
                               throttled ? BASE_THROTTLED_MS : BASE_TRANSIENT_MS, CAP_MS);
    int64_t asked = wait_asked(exchange);
    if (asked > *delay_ms)
        *delay_ms = asked;
    return request->deadline_ms == 0 ||
           world_monotonic_ms(&client->world) + *delay_ms < request->deadline_ms;
}
