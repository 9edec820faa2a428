#include "aws/client_internal.h"
#include "aws/client_settings.h"
#include "core/base/json.h"
#include "core/base/memory.h"

#define RESPONSE_MAX ((size_t)16 << 20)
#define TICK_MS 50
#define IN_FLIGHT 8

enum call_state { CALL_IDLE, CALL_DUE, CALL_RUNNING };

struct call {
    struct aws_slot slot; /* first: a slot is its call */
    struct wire wire;
    struct http_exchange exchange;
    struct retry_state retry;
    struct error error;
    enum call_state state;
    int64_t due_ms;
};

struct engine {
    struct aws_client *client;
    const struct aws_flight *flight;
    struct call *calls;
    size_t count;
    bool no_more;
    bool cancelled;
};

void aws_response_init(struct aws_response *response)
{
    memset(response, 0, sizeof *response);
    buffer_init(&response->headers, RESPONSE_MAX);
    buffer_init(&response->body, RESPONSE_MAX);
}

void aws_response_release(struct aws_response *response)
{
    buffer_release(&response->headers);
    buffer_release(&response->body);
}

bool aws_response_header(const struct aws_response *response, const char *name, char *out,
                         size_t size)
{
    return http_headers_find(&response->headers, name, out, size);
}

static bool engine_cancelled(const struct engine *engine)
{
    return cancel_requested(engine->client->cancel) || cancel_requested(engine->flight->cancel);
}

static void cancelled_set(struct call *call)
{
    struct error *error = &call->error;
    bool sent = call->state == CALL_RUNNING && call->exchange.sent;
    error_set(error, ERROR_CANCELLED, "%s %s: cancelled",
              aws_service_name(call->slot.request.service), call->slot.request.operation);
    error->possibly_done = sent;
}

/* The outcome goes to the caller, who may have the slot sent again. */
static void call_finish(struct engine *engine, struct call *call)
{
    struct aws_response response = {.status = call->exchange.status,
                                    .headers = call->exchange.headers_in,
                                    .body = call->exchange.body_in};
    bool stop = false;
    if (!call->error.code) {
        retry_settle(engine->client, &call->retry);
    } else if (call->exchange.into) {
        buffer_cut(call->exchange.into, call->exchange.into_start);
        call->exchange.into->failed = ERROR_NONE;
    }
    call->state = CALL_IDLE;
    int64_t again =
        engine->flight->done(engine->flight->context, &call->slot, &response, &call->error, &stop);
    if (stop)
        engine->no_more = true;
    if (again >= 0 && !engine->cancelled) {
        call->slot.tries++;
        call->retry = (struct retry_state){0};
        call->state = CALL_DUE;
        call->due_ms = world_monotonic_ms(&engine->client->world) + again;
    }
}

static int64_t timeout_of(const struct engine *engine, const struct aws_request *request)
{
    int64_t timeout =
        request->timeout_ms > 0 ? request->timeout_ms : engine->client->request_timeout_ms;
    if (request->deadline_ms > 0) {
        int64_t left = request->deadline_ms - world_monotonic_ms(&engine->client->world);
        if (left < timeout)
            timeout = left;
    }
    return timeout;
}

static void exchange_fill(struct engine *engine, struct call *call, int64_t timeout_ms)
{
    const struct aws_request *request = &call->slot.request;
    struct http_exchange *exchange = &call->exchange;
    http_exchange_clear(exchange);
    exchange->body_in.max = request->max_response > 0 ? request->max_response : RESPONSE_MAX;
    exchange->method = request->method ? request->method : "POST";
    exchange->url = call->wire.url.data;
    exchange->headers = call->wire.headers;
    exchange->header_count = call->wire.header_count;
    exchange->body = call->wire.body;
    exchange->body_length = call->wire.body_length;
    exchange->connect_timeout_ms = engine->client->connect_timeout_ms;
    exchange->timeout_ms = timeout_ms;
    exchange->sink = request->sink;
    exchange->sink_context = request->sink_context;
    exchange->once = request->once;
    exchange->body_given = 0;
    exchange->no_proxy = request->no_proxy;
    exchange->owner = call;
}

/* In the adaptive mode a request may have to wait its turn. */
static bool may_go_out(struct engine *engine, struct call *call)
{
    struct aws_client *client = engine->client;
    int64_t now_ms = world_monotonic_ms(&client->world);
    if (client->retry_mode != RETRY_ADAPTIVE)
        return true;
    int64_t wait_ms = rate_take(&client->rate, now_ms);
    if (wait_ms == 0)
        return true;
    call->retry.attempt--;
    call->state = CALL_DUE;
    call->due_ms = now_ms + wait_ms;
    return false;
}

static void call_start(struct engine *engine, struct call *call)
{
    const struct aws_request *request = &call->slot.request;
    const struct http_transport *transport = engine->client->transport;
    bool own = !request->body;
    int64_t timeout_ms = timeout_of(engine, request);
    error_clear(&call->error);
    call->retry.attempt++;
    if (timeout_ms <= 0) {
        error_set(&call->error, ERROR_TIMEOUT, "%s %s: timed out",
                  aws_service_name(request->service), request->operation);
        call_finish(engine, call);
        return;
    }
    if (!may_go_out(engine, call))
        return;
    enum error_code code =
        wire_build(engine->client, request, own ? call->slot.body.data : request->body,
                   own ? call->slot.body.len : request->body_length, &call->wire, &call->error);
    if (!code) {
        exchange_fill(engine, call, timeout_ms);
        code = transport->start(transport->context, &call->exchange, &call->error);
    }
    if (code) {
        call->exchange.status = 0;
        call_finish(engine, call);
        return;
    }
    client_count(engine->client, request);
    call->state = CALL_RUNNING;
}

static void call_ended(struct engine *engine, struct call *call)
{
    const struct http_exchange *exchange = &call->exchange;
    const struct aws_request *request = &call->slot.request;
    int64_t delay_ms;
    error_clear(&call->error);
    if (exchange->error.code)
        transport_error_read(engine->client, request, exchange, &call->error);
    else if ((exchange->status < 200 || exchange->status > 299) && exchange->status != 304)
        service_error_read(request, exchange, &call->error);
    if (engine->client->retry_mode == RETRY_ADAPTIVE)
        rate_note(&engine->client->rate, call->error.code == ERROR_THROTTLED,
                  world_monotonic_ms(&engine->client->world));
    if (call->error.code && !engine->cancelled &&
        retry_decide(engine->client, request, exchange, &call->error, &call->retry, &delay_ms)) {
        call->state = CALL_DUE;
        call->due_ms = world_monotonic_ms(&engine->client->world) + delay_ms;
        return;
    }
    call_finish(engine, call);
}

static void slot_fill(struct engine *engine, struct call *call)
{
    void *state = call->slot.state;
    size_t number = call->slot.number;
    struct buffer body = call->slot.body;
    buffer_clear(&body);
    call->slot = (struct aws_slot){.body = body, .number = number, .state = state};
    if (!engine->flight->next(engine->flight->context, &call->slot)) {
        engine->no_more = true;
        return;
    }
    call->retry = (struct retry_state){0};
    call->exchange.into = call->slot.request.into;
    call->exchange.into_start = call->exchange.into ? call->exchange.into->len : 0;
    call->due_ms = 0;
    call->state = CALL_DUE;
    error_clear(&call->error);
    if (buffer_check(&call->slot.body, &call->error))
        call_finish(engine, call);
}

static void engine_cancel(struct engine *engine)
{
    const struct http_transport *transport = engine->client->transport;
    engine->cancelled = engine->no_more = true;
    for (size_t i = 0; i < engine->count; i++) {
        struct call *call = &engine->calls[i];
        if (call->state == CALL_IDLE)
            continue;
        if (call->state == CALL_RUNNING)
            transport->abort(transport->context, &call->exchange);
        cancelled_set(call);
        call_finish(engine, call);
    }
}

/* One turn: fill, start what is due, wait. False when nothing is left. */
static bool engine_turn(struct engine *engine)
{
    const struct http_transport *transport = engine->client->transport;
    const struct world *world = &engine->client->world;
    int64_t now = world_monotonic_ms(world), wait_ms = TICK_MS;
    size_t running = 0, waiting = 0;
    for (size_t i = 0; i < engine->count; i++) {
        struct call *call = &engine->calls[i];
        if (call->state == CALL_IDLE && !engine->no_more)
            slot_fill(engine, call);
        if (call->state == CALL_DUE && call->due_ms <= now)
            call_start(engine, call);
        if (call->state == CALL_RUNNING)
            running++;
        if (call->state == CALL_DUE) {
            waiting++;
            if (call->due_ms - now < wait_ms)
                wait_ms = call->due_ms - now > 0 ? call->due_ms - now : 0;
        }
    }
    if (running == 0 && waiting == 0)
        return !engine->no_more;
    if (running == 0) {
        world_sleep_ms(world, wait_ms);
        return true;
    }
    struct http_exchange *done = transport->wait(transport->context, wait_ms);
    for (; done; done = transport->wait(transport->context, 0))
        call_ended(engine, done->owner);
    return true;
}

static enum error_code engine_run(struct engine *engine, struct error *error)
{
    enum error_code code = client_transport(engine->client, error);
    if (!code)
        code = client_setting_retries(engine->client, error);
    if (code)
        return code;
    engine->calls = memory_new(engine->count, sizeof *engine->calls);
    if (!engine->calls)
        return error_set(error, ERROR_MEMORY, "AWS call: out of memory");
    for (size_t i = 0; i < engine->count; i++) {
        engine->calls[i].slot.number = i;
        buffer_init(&engine->calls[i].slot.body, RESPONSE_MAX);
        wire_init(&engine->calls[i].wire);
        http_exchange_init(&engine->calls[i].exchange, RESPONSE_MAX);
    }
    do {
        if (engine_cancelled(engine)) {
            engine_cancel(engine);
            code = error_set(error, ERROR_CANCELLED, "cancelled");
            break;
        }
    } while (engine_turn(engine));
    for (size_t i = 0; i < engine->count; i++) {
        buffer_release(&engine->calls[i].slot.body);
        wire_release(&engine->calls[i].wire);
        http_exchange_release(&engine->calls[i].exchange);
    }
    free(engine->calls);
    return code;
}

enum error_code aws_call_many(struct aws_client *client, const struct aws_flight *flight,
                              struct error *error)
{
    struct engine engine = {.client = client,
                            .flight = flight,
                            .count = flight->max_in_flight > 0 ? flight->max_in_flight : IN_FLIGHT};
    return engine_run(&engine, error);
}

struct single {
    const struct aws_request *request;
    struct aws_response *response;
    struct error *error;
    enum error_code code;
    bool ended;
};

static bool single_next(void *context, struct aws_slot *slot)
{
    struct single *single = context;
    if (!single->request)
        return false;
    slot->request = *single->request;
    single->request = NULL;
    return true;
}

static int64_t single_done(void *context, struct aws_slot *slot,
                           const struct aws_response *response, const struct error *error,
                           bool *stop)
{
    struct single *single = context;
    struct call *call = (struct call *)slot;
    *stop = true;
    single->ended = true;
    single->code = error->code;
    if (error->code && single->error)
        *single->error = *error;
    if (single->response) {
        aws_response_release(single->response);
        *single->response = *response;
        buffer_init(&call->exchange.headers_in, RESPONSE_MAX);
        buffer_init(&call->exchange.body_in, RESPONSE_MAX);
    }
    return AWS_SLOT_DONE;
}

enum error_code aws_call(struct aws_client *client, const struct aws_request *request,
                         struct aws_response *response, const struct cancel *cancel,
                         struct error *error)
{
    struct single single = {
        .request = request, .response = response, .error = error, .code = ERROR_CANCELLED};
    struct aws_flight flight = {.context = &single,
                                .max_in_flight = 1,
                                .cancel = cancel,
                                .next = single_next,
                                .done = single_done};
    struct error whole = ERROR_INIT;
    enum error_code code = aws_call_many(client, &flight, &whole);
    if (single.ended)
        return single.code;
    if (error)
        *error = whole;
    return code;
}

enum error_code aws_call_json(struct aws_client *client, enum aws_service service,
                              const char *operation, const struct buffer *body,
                              struct json_object **json, struct error *error)
{
    struct aws_response response;
    struct aws_request request = {
        .service = service, .operation = operation, .body = body->data, .body_length = body->len};
    if (json)
        *json = NULL;
    enum error_code code = buffer_check(body, error);
    if (code)
        return code;
    aws_response_init(&response);
    code = aws_call(client, &request, &response, NULL, error);
    if (!code && json && response.body.len > 0 &&
        json_parse(response.body.data, response.body.len, json, error))
        code = error_wrap(error, "%s %s: the response is not JSON", aws_service_name(service),
                          operation);
    aws_response_release(&response);
    return code;
}
