#include "lambda/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "aws/http.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/world.h"

#define API_VERSION "2018-06-01"
#define CONNECT_TIMEOUT_MS 5000L
#define ANSWER_TIMEOUT_MS 60000L
#define LEFT_LEAST_MS 500 /* Lambda's shortest timeout is a second */
#define LEFT_MOST_MS (16 * 60 * 1000)

/* How one exchange with the Runtime API is to go. body NULL: a GET. */
struct exchange {
    const char *path;
    const char *body;
    size_t len;
    const char *error_type;
    bool stoppable;
};

static size_t receive_body(char *data, size_t size, size_t count, void *context)
{
    struct buffer *body = context;
    buffer_append(body, data, size * count);
    return !body->failed ? size * count : 0;
}

static int watch_stop(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    const struct runtime *runtime = context;
    (void)a, (void)b, (void)c, (void)d;
    return cancel_requested(runtime->stop) ? 1 : 0;
}

enum error_code runtime_init(struct runtime *runtime, const char *api, const struct cancel *stop,
                             struct error *error)
{
    memset(runtime, 0, sizeof *runtime);
    buffer_init(&runtime->body, RUNTIME_EVENT_MAX);
    buffer_init(&runtime->response, RUNTIME_RESPONSE_MAX);
    runtime->stop = stop;
    if (!api || api[0] == '\0') {
        return error_set(error, ERROR_CONFIG,
                         "AWS_LAMBDA_RUNTIME_API is not set: this program must be run by AWS "
                         "Lambda");
    }
    if (strlen(api) > 200 || strpbrk(api, " /?#@\r\n")) {
        return error_set(error, ERROR_CONFIG, "AWS_LAMBDA_RUNTIME_API is not host:port");
    }
    snprintf(runtime->base, sizeof runtime->base, "http://%s/" API_VERSION "/runtime", api);
    http_global_init();
    runtime->connection = curl_easy_init();
    if (!runtime->connection) {
        return error_set(error, ERROR_MEMORY, "out of memory for the Runtime API's connection");
    }
    return ERROR_NONE;
}

void runtime_release(struct runtime *runtime)
{
    curl_easy_cleanup(runtime->connection);
    runtime->connection = NULL;
    buffer_release(&runtime->body);
    buffer_release(&runtime->response);
}

static struct curl_slist *headers_new(const char *error_type)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char line[160];
    if (headers) {
        struct curl_slist *longer = curl_slist_append(headers, "Expect:");
        if (longer && error_type) {
            snprintf(line, sizeof line, "Lambda-Runtime-Function-Error-Type: %s", error_type);
            longer = curl_slist_append(headers, line);
        }
        if (!longer) {
            curl_slist_free_all(headers);
            return NULL;
        }
    }
    return headers;
}

static void exchange_prepare(struct runtime *runtime, const struct exchange *exchange,
                             const char *url, struct curl_slist *headers)
{
    CURL *curl = runtime->connection;
    curl_easy_reset(curl);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &runtime->body);
    if (exchange->stoppable) {
        curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_stop);
        curl_easy_setopt(curl, CURLOPT_XFERINFODATA, runtime);
    }
    if (exchange->body) {
        curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ANSWER_TIMEOUT_MS);
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, exchange->body);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->len);
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    }
}

static enum error_code exchange_judge(struct runtime *runtime, const struct exchange *exchange,
                                      CURLcode result, struct error *error)
{
    long status = 0;
    if (result == CURLE_ABORTED_BY_CALLBACK) {
        return error_set(error, ERROR_CANCELLED, "asked to stop");
    }
    if (result == CURLE_WRITE_ERROR && runtime->body.failed) {
        return runtime->body.failed == ERROR_MEMORY
                   ? error_set(error, ERROR_MEMORY, "out of memory for the event")
                   : error_set(error, ERROR_TOO_LARGE, "the event is larger than %zu bytes",
                               RUNTIME_EVENT_MAX);
    }
    if (result != CURLE_OK) {
        return error_set(error, ERROR_NETWORK, "Runtime API %s: %s", exchange->path,
                         curl_easy_strerror(result));
    }
    curl_easy_getinfo(runtime->connection, CURLINFO_RESPONSE_CODE, &status);
    if (status / 100 == 2) {
        return ERROR_NONE;
    }
    if (status == 413) {
        return error_set(error, ERROR_TOO_LARGE, "Lambda refused the response of %zu bytes",
                         exchange->len);
    }
    error_set(error, status == 500 ? ERROR_UNAVAILABLE : ERROR_SERVICE,
              "Runtime API %s answered %ld", exchange->path, status);
    if (error) {
        error->http_status = (int)status;
    }
    return status == 500 ? ERROR_UNAVAILABLE : ERROR_SERVICE;
}

static enum error_code exchange_run(struct runtime *runtime, const struct exchange *exchange,
                                    struct error *error)
{
    char url[512];
    struct curl_slist *headers = NULL;
    enum error_code code = ERROR_NONE;
    snprintf(url, sizeof url, "%s%s", runtime->base, exchange->path);
    if (exchange->body && !(headers = headers_new(exchange->error_type))) {
        return error_set(error, ERROR_MEMORY, "out of memory for the Runtime API's headers");
    }
    buffer_clear(&runtime->body);
    exchange_prepare(runtime, exchange, url, headers);
    code = exchange_judge(runtime, exchange, curl_easy_perform(runtime->connection), error);
    curl_slist_free_all(headers);
    return code;
}

static void header_copy(struct runtime *runtime, const char *name, char *out, size_t size)
{
    struct curl_header *header = NULL;
    out[0] = '\0';
    if (curl_easy_header(runtime->connection, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
        strlen(header->value) < size) {
        snprintf(out, size, "%s", header->value);
    }
}

int64_t runtime_ends_at(int64_t deadline_ms, int64_t now_ms, int64_t monotonic_ms)
{
    int64_t left_ms = deadline_ms - now_ms;
    if (deadline_ms <= 0 || left_ms < LEFT_LEAST_MS || left_ms > LEFT_MOST_MS)
        return 0;
    return monotonic_ms + left_ms;
}

static void deadline_set(struct invocation *invocation, const char *text)
{
    invocation->deadline_ms = strtoll(text, NULL, 10);
    invocation->ends_at_ms = runtime_ends_at(invocation->deadline_ms, world_now_ms(&world_real),
                                             world_monotonic_ms(&world_real));
    if (invocation->deadline_ms > 0 && !invocation->ends_at_ms)
        log_line(LOG_WARN, "the clock differs from Lambda's: using no deadline for this invocation",
                 "deadline_ms", text, NULL);
}

/* A path is made of it. */
static bool names_a_call(const char *id)
{
    static const char letters[] =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    return id[0] != '\0' && id[strspn(id, letters)] == '\0';
}

enum error_code runtime_next(struct runtime *runtime, struct invocation *invocation,
                             struct error *error)
{
    static const struct exchange next = {.path = "/invocation/next", .stoppable = true};
    char deadline[32];
    enum error_code code = exchange_run(runtime, &next, error);
    memset(invocation, 0, sizeof *invocation);
    if (code && code != ERROR_TOO_LARGE && code != ERROR_MEMORY) {
        return code;
    }
    header_copy(runtime, "Lambda-Runtime-Aws-Request-Id", invocation->request_id,
                sizeof invocation->request_id);
    header_copy(runtime, "Lambda-Runtime-Invoked-Function-Arn", invocation->function_arn,
                sizeof invocation->function_arn);
    header_copy(runtime, "Lambda-Runtime-Trace-Id", invocation->trace_id,
                sizeof invocation->trace_id);
    header_copy(runtime, "Lambda-Runtime-Deadline-Ms", deadline, sizeof deadline);
    deadline_set(invocation, deadline);
    invocation->body = runtime->body.data ? runtime->body.data : "";
    invocation->len = runtime->body.len;
    if (invocation->trace_id[0] != '\0') {
        setenv("_X_AMZN_TRACE_ID", invocation->trace_id, 1);
    } else {
        unsetenv("_X_AMZN_TRACE_ID");
    }
    if (!names_a_call(invocation->request_id)) {
        invocation->request_id[0] = '\0';
        return error_set(error, ERROR_SERVICE, "Runtime API gave an invocation without an id");
    }
    return code;
}

enum error_code runtime_respond(struct runtime *runtime, const char *request_id, const void *body,
                                size_t len, struct error *error)
{
    char path[160];
    const struct exchange exchange = {.path = path, .body = body, .len = len};
    if (len > RUNTIME_RESPONSE_MAX) {
        return error_set(error, ERROR_TOO_LARGE, "the response of %zu bytes exceeds the limit",
                         len);
    }
    snprintf(path, sizeof path, "/invocation/%s/response", request_id);
    return exchange_run(runtime, &exchange, error);
}

void runtime_error_type(const struct error *failure, char *out, size_t size)
{
    snprintf(out, size, "Intake.%s", error_name(failure->code));
}

void runtime_error_document(const struct error *failure, struct buffer *out)
{
    char type[96];
    runtime_error_type(failure, type, sizeof type);
    buffer_text(out, "{\"errorMessage\":");
    json_append_text(out, failure->message);
    buffer_text(out, ",\"errorType\":");
    json_append_text(out, type);
    buffer_text(out, ",\"stackTrace\":[]}");
}

static enum error_code post_failure(struct runtime *runtime, const char *path,
                                    const struct error *failure, struct error *error)
{
    char type[96];
    struct buffer document;
    struct exchange exchange = {.path = path, .error_type = type};
    enum error_code code = ERROR_NONE;
    buffer_init(&document, 16384);
    runtime_error_type(failure, type, sizeof type);
    runtime_error_document(failure, &document);
    if ((code = buffer_check(&document, error))) {
        goto done;
    }
    exchange.body = document.data;
    exchange.len = document.len;
    code = exchange_run(runtime, &exchange, error);
done:
    buffer_release(&document);
    return code;
}

enum error_code runtime_fail(struct runtime *runtime, const char *request_id,
                             const struct error *failure, struct error *error)
{
    char path[160];
    snprintf(path, sizeof path, "/invocation/%s/error", request_id);
    return post_failure(runtime, path, failure, error);
}

enum error_code runtime_fail_init(struct runtime *runtime, const struct error *failure,
                                  struct error *error)
{
    return post_failure(runtime, "/init/error", failure, error);
}

/* An answer that Lambda no longer wants (timed out, a client error) does not end the loop. */
static bool loop_goes_on(enum error_code code, const struct error *error)
{
    if (!code) {
        return true;
    }
    if (error->http_status / 100 == 4) {
        log_line(LOG_WARN, "Lambda refused the response", "reason", error->message, NULL);
        return true;
    }
    return false;
}

static enum error_code answer(struct runtime *runtime, const struct invocation *invocation,
                              enum error_code outcome, struct error *failure, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (!outcome) {
        outcome = buffer_check(&runtime->response, failure);
    }
    if (!outcome) {
        code = runtime_respond(runtime, invocation->request_id, runtime->response.data,
                               runtime->response.len, error);
        if (code != ERROR_TOO_LARGE) {
            return code;
        }
        *failure = *error;
    }
    log_line(LOG_ERROR, failure->message, "error_type", error_name(failure->code), NULL);
    error_clear(error);
    return runtime_fail(runtime, invocation->request_id, failure, error);
}

enum error_code runtime_serve(struct runtime *runtime, runtime_handler handler, void *context,
                              struct error *error)
{
    while (!cancel_requested(runtime->stop)) {
        struct invocation invocation;
        struct error failure = ERROR_INIT;
        enum error_code code = runtime_next(runtime, &invocation, &failure);
        if (code == ERROR_CANCELLED) {
            break;
        }
        if (code && invocation.request_id[0] == '\0') {
            *error = failure;
            return code;
        }
        log_context("request_id", invocation.request_id);
        buffer_clear(&runtime->response);
        if (!code) {
            code = handler(context, &invocation, &runtime->response, &failure);
        }
        error_clear(error);
        bool worn = code == ERROR_MEMORY;
        code = answer(runtime, &invocation, code, &failure, error);
        log_context("request_id", NULL);
        if (!loop_goes_on(code, error)) {
            return code;
        }
        error_clear(error);
        if (worn) {
            log_line(LOG_WARN, "this process ends: it went without memory", NULL);
            break;
        }
    }
    return ERROR_NONE;
}
