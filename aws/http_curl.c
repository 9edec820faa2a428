#include <curl/curl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <strings.h>

#include "aws/http.h"
#include "core/base/memory.h"

#define KEPT_HANDLES 64
#define ONCE_IDLE_MAX_S \
    5L /* an older connection may be dead, and then nobody knows what was done */

struct curl_transport {
    CURLM *multi;
    char *ca_bundle;
    CURL *idle[KEPT_HANDLES];
    size_t idle_count;
};

static pthread_once_t global_once = PTHREAD_ONCE_INIT;

static void global_init(void)
{
    OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

void http_global_init(void)
{
    pthread_once(&global_once, global_init);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    long status = 0;
    curl_easy_getinfo(exchange->handle, CURLINFO_RESPONSE_CODE, &status);
    if (exchange->sink && status >= 200 && status < 300) {
        if (!exchange->sink(exchange->sink_context, data, length))
            return CURL_WRITEFUNC_ERROR;
        exchange->sunk += length;
        return length;
    }
    bool into = exchange->into && status >= 200 && status < 300;
    struct buffer *body = into ? exchange->into : &exchange->body_in;
    buffer_append(body, data, length);
    return body->failed ? CURL_WRITEFUNC_ERROR : length;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t length = size * count;
    size_t end = length;
    while (end > 0 && (data[end - 1] == '\r' || data[end - 1] == '\n' || data[end - 1] == ' '))
        end--;
    if (length > 5 && memcmp(data, "HTTP/", 5) == 0) {
        buffer_clear(&exchange->headers_in);
        return length;
    }
    if (end == 0)
        return length;
    bool in_name = true;
    for (size_t i = 0; i < end; i++) {
        in_name = in_name && data[i] != ':';
        bool upper = in_name && data[i] >= 'A' && data[i] <= 'Z';
        buffer_char(&exchange->headers_in, upper ? (char)(data[i] - 'A' + 'a') : data[i]);
    }
    buffer_char(&exchange->headers_in, '\n');
    return length;
}

/* A body that libcurl cannot rewind: where a kept connection is dead, it fails with
 * CURLE_SEND_FAIL_REWIND and does not send it a second time. */
static size_t on_body_wanted(char *out, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    size_t left = exchange->body_length - exchange->body_given, len = size * count;
    if (len > left)
        len = left;
    memcpy(out, (const char *)exchange->body + exchange->body_given, len);
    exchange->body_given += len;
    return len;
}

static bool set_method(CURL *easy, struct http_exchange *exchange)
{
    bool body = exchange->body_length > 0 || strcmp(exchange->method, "POST") == 0 ||
                strcmp(exchange->method, "PUT") == 0;
    CURLcode code = CURLE_OK;
    if (body) {
        code = curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)exchange->body_length);
        if (exchange->once && exchange->body_length > 0) {
            curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_body_wanted);
            curl_easy_setopt(easy, CURLOPT_READDATA, exchange);
        } else {
            curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                             exchange->body_length > 0 ? exchange->body : "");
        }
    } else if (strcmp(exchange->method, "HEAD") == 0) {
        code = curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else {
        code = curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    }
    if (code == CURLE_OK && strcmp(exchange->method, "HEAD") != 0)
        code = curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, exchange->method);
    return code == CURLE_OK;
}

static bool has_content_type(const struct http_exchange *exchange)
{
    for (size_t i = 0; i < exchange->header_count; i++)
        if (strncasecmp(exchange->headers[i], "Content-Type:", 13) == 0)
            return true;
    return false;
}

static bool header_append(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool set_headers(CURL *easy, struct http_exchange *exchange)
{
    struct curl_slist *list = NULL;
    bool ok = header_append(&list, "Expect:") && header_append(&list, "Accept:");
    if (ok && !has_content_type(exchange))
        ok = header_append(&list, "Content-Type:");
    for (size_t i = 0; ok && i < exchange->header_count; i++)
        ok = header_append(&list, exchange->headers[i]);
    exchange->header_list = list;
    return ok && curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list) == CURLE_OK;
}

static bool set_options(const struct curl_transport *transport, CURL *easy,
                        struct http_exchange *exchange)
{
    curl_easy_setopt(easy, CURLOPT_PRIVATE, (char *)exchange);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)exchange->connect_timeout_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)exchange->timeout_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, exchange);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, exchange);
    if (exchange->once)
        curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, ONCE_IDLE_MAX_S);
    if (exchange->no_proxy)
        curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (transport->ca_bundle &&
        curl_easy_setopt(easy, CURLOPT_CAINFO, transport->ca_bundle) != CURLE_OK)
        return false;
    return curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, exchange->url) == CURLE_OK &&
           set_method(easy, exchange) && set_headers(easy, exchange);
}

/* The lines hold signatures and session tokens. */
static void headers_wipe(struct curl_slist *list)
{
    for (struct curl_slist *line = list; line; line = line->next)
        OPENSSL_cleanse(line->data, strlen(line->data));
    curl_slist_free_all(list);
}

static void handle_drop(struct curl_transport *transport, struct http_exchange *exchange)
{
    if (exchange->handle) {
        curl_multi_remove_handle(transport->multi, exchange->handle);
        if (transport->idle_count < KEPT_HANDLES) {
            curl_easy_reset(exchange->handle);
            transport->idle[transport->idle_count++] = exchange->handle;
        } else {
            curl_easy_cleanup(exchange->handle);
        }
    }
    headers_wipe(exchange->header_list);
    exchange->handle = NULL;
    exchange->header_list = NULL;
}

static enum error_code transport_start(void *context, struct http_exchange *exchange,
                                       struct error *error)
{
    struct curl_transport *transport = context;
    CURL *easy =
        transport->idle_count > 0 ? transport->idle[--transport->idle_count] : curl_easy_init();
    if (!easy)
        return error_set(error, ERROR_MEMORY, "HTTP: out of memory");
    exchange->handle = easy;
    exchange->header_list = NULL;
    if (!set_options(transport, easy, exchange) ||
        curl_multi_add_handle(transport->multi, easy) != CURLM_OK) {
        handle_drop(transport, exchange);
        return error_set(error, ERROR_CONFIG, "HTTP: invalid URL %s", exchange->url);
    }
    return ERROR_NONE;
}

static enum error_code code_of(const struct http_exchange *exchange, CURLcode result)
{
    switch (result) {
    case CURLE_OPERATION_TIMEDOUT:
        return ERROR_TIMEOUT;
    case CURLE_WRITE_ERROR:
        if (exchange->into && exchange->into->failed)
            return exchange->into->failed;
        return exchange->body_in.failed ? exchange->body_in.failed : ERROR_CANCELLED;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return ERROR_CONFIG;
    case CURLE_OUT_OF_MEMORY:
        return ERROR_MEMORY;
    default:
        return ERROR_NETWORK;
    }
}

static const char *remedy_of(CURLcode result)
{
    switch (result) {
    case CURLE_COULDNT_RESOLVE_HOST:
        return ": check AWS_REGION, AWS_ENDPOINT_URL and the network";
    case CURLE_COULDNT_CONNECT:
        return ": check that the service is up and AWS_ENDPOINT_URL names it";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return ": check AWS_CA_BUNDLE and the host's certificate";
    default:
        return "";
    }
}

/* libcurl forgets its count of a body that it meant to send again. */
static bool went_out(const struct http_exchange *exchange, long request_size, curl_off_t uploaded)
{
    size_t given = exchange->once ? exchange->body_given : (size_t)uploaded;
    return request_size > 0 && given >= exchange->body_length;
}

static void exchange_finish(struct http_exchange *exchange, CURLcode result)
{
    long status = 0, request_size = 0;
    curl_off_t uploaded = 0;
    curl_easy_getinfo(exchange->handle, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(exchange->handle, CURLINFO_REQUEST_SIZE, &request_size);
    curl_easy_getinfo(exchange->handle, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    exchange->status = (int)status;
    exchange->sent = went_out(exchange, request_size, uploaded) || result == CURLE_SEND_FAIL_REWIND;
    if (result != CURLE_OK)
        error_set(&exchange->error, code_of(exchange, result), "%s%s", curl_easy_strerror(result),
                  remedy_of(result));
}

static struct http_exchange *finished_take(struct curl_transport *transport)
{
    int left = 0;
    for (CURLMsg *message; (message = curl_multi_info_read(transport->multi, &left));) {
        if (message->msg != CURLMSG_DONE)
            continue;
        char *owner = NULL;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &owner);
        struct http_exchange *exchange = (void *)owner;
        exchange_finish(exchange, result);
        handle_drop(transport, exchange);
        return exchange;
    }
    return NULL;
}

static struct http_exchange *transport_wait(void *context, int64_t timeout_ms)
{
    struct curl_transport *transport = context;
    int running = 0;
    struct http_exchange *exchange = finished_take(transport);
    if (exchange)
        return exchange;
    curl_multi_perform(transport->multi, &running);
    exchange = finished_take(transport);
    if (exchange || timeout_ms <= 0)
        return exchange;
    curl_multi_poll(transport->multi, NULL, 0, (int)timeout_ms, NULL);
    curl_multi_perform(transport->multi, &running);
    return finished_take(transport);
}

static void transport_abort(void *context, struct http_exchange *exchange)
{
    long request_size = 0;
    curl_off_t uploaded = 0;
    if (!exchange->handle)
        return;
    curl_easy_getinfo(exchange->handle, CURLINFO_REQUEST_SIZE, &request_size);
    curl_easy_getinfo(exchange->handle, CURLINFO_SIZE_UPLOAD_T, &uploaded);
    exchange->sent = went_out(exchange, request_size, uploaded);
    handle_drop(context, exchange);
}

static void transport_free(void *context)
{
    struct curl_transport *transport = context;
    while (transport->idle_count > 0)
        curl_easy_cleanup(transport->idle[--transport->idle_count]);
    if (transport->multi)
        curl_multi_cleanup(transport->multi);
    free(transport->ca_bundle);
    free(transport);
}

enum error_code http_curl_new(struct http_transport *transport, const char *ca_bundle,
                              struct error *error)
{
    struct curl_transport *curl = NULL;
    memset(transport, 0, sizeof *transport);
    http_global_init();
    if (!ca_bundle || *ca_bundle == '\0')
        ca_bundle = getenv("AWS_CA_BUNDLE");
    curl = memory_new(1, sizeof *curl);
    if (!curl)
        goto fail;
    curl->multi = curl_multi_init();
    if (!curl->multi)
        goto fail;
    if (ca_bundle && *ca_bundle != '\0') {
        curl->ca_bundle = memory_copy_text(ca_bundle, strlen(ca_bundle));
        if (!curl->ca_bundle)
            goto fail;
    }
    curl_multi_setopt(curl->multi, CURLMOPT_MAXCONNECTS, (long)KEPT_HANDLES);
    transport->context = curl;
    transport->start = transport_start;
    transport->wait = transport_wait;
    transport->abort = transport_abort;
    transport->free = transport_free;
    return ERROR_NONE;
fail:
    if (curl)
        transport_free(curl);
    return error_set(error, ERROR_MEMORY, "HTTP: out of memory");
}
