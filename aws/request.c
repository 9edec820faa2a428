#include <openssl/crypto.h>
#include <string.h>

#include "aws/client_internal.h"
#include "core/base/memory.h"

#define HEADERS_MAX 48
#define URL_MAX 65536

void wire_init(struct wire *wire)
{
    memset(wire, 0, sizeof *wire);
    buffer_init(&wire->url, URL_MAX);
    buffer_init(&wire->path, URL_MAX);
    buffer_init(&wire->query, URL_MAX);
    buffer_init(&wire->lines, URL_MAX * 2);
}

void wire_clear(struct wire *wire)
{
    OPENSSL_cleanse(wire->lines.data, wire->lines.len);
    buffer_clear(&wire->url);
    buffer_clear(&wire->path);
    buffer_clear(&wire->query);
    buffer_clear(&wire->lines);
    wire->header_count = 0;
}

void wire_release(struct wire *wire)
{
    wire_clear(wire);
    buffer_release(&wire->url);
    buffer_release(&wire->path);
    buffer_release(&wire->query);
    buffer_release(&wire->lines);
    free(wire->headers);
    wire->headers = NULL;
}

static bool is_path_style(struct aws_client *client, const struct aws_request *request)
{
    return client->endpoint_custom[request->service] || strchr(request->bucket, '.');
}

/* https://bucket.host or endpoint/bucket, and the path behind the authority. */
static void url_begin(struct aws_client *client, const struct aws_request *request,
                      struct wire *wire)
{
    const char *endpoint = client->endpoints[request->service];
    const char *host = strstr(endpoint, "://") + 3;
    size_t host_length = strcspn(host, "/");
    bool virtual_host = request->bucket && !is_path_style(client, request);
    buffer_append(&wire->url, endpoint, (size_t)(host - endpoint));
    if (virtual_host)
        buffer_format(&wire->url, "%s.", request->bucket);
    buffer_append(&wire->url, host, host_length);
    buffer_text(&wire->path, host + host_length);
    if (request->bucket && !virtual_host) {
        buffer_char(&wire->path, '/');
        sigv4_encode(&wire->path, request->bucket, strlen(request->bucket), false);
    }
    if (request->bucket && (virtual_host || request->path))
        buffer_char(&wire->path, '/');
    if (request->path)
        sigv4_encode(&wire->path, request->path, strlen(request->path), true);
    else if (wire->path.len == 0)
        buffer_char(&wire->path, '/');
}

static void query_build(const struct aws_request *request, struct wire *wire)
{
    for (size_t i = 0; i < request->query_count; i++) {
        const struct aws_pair *pair = &request->query[i];
        if (!pair->name)
            continue;
        if (wire->query.len > 0)
            buffer_char(&wire->query, '&');
        sigv4_encode(&wire->query, pair->name, strlen(pair->name), false);
        if (pair->value) {
            buffer_char(&wire->query, '=');
            sigv4_encode(&wire->query, pair->value, strlen(pair->value), false);
        }
    }
}

/* The authority as the Host header has it: without a default port. */
static void host_append(struct buffer *out, const char *url)
{
    bool tls = strncmp(url, "https://", 8) == 0;
    const char *host = url + (tls ? 8 : 7);
    const char *port = tls ? ":443" : ":80";
    size_t length = strcspn(host, "/?");
    size_t port_length = strlen(port);
    if (length > port_length && memcmp(host + length - port_length, port, port_length) == 0)
        length -= port_length;
    buffer_append(out, host, length);
}

struct header_list {
    struct sigv4_header list[HEADERS_MAX];
    size_t count;
};

static void header_put(struct header_list *headers, const char *name, const char *value)
{
    if (value && headers->count < HEADERS_MAX)
        headers->list[headers->count++] = (struct sigv4_header){.name = name, .value = value};
}

static const char *content_type_of(const struct aws_request *request, size_t body_length,
                                   char json_type[48])
{
    const struct aws_service_row *row = aws_service_row(request->service);
    if (request->content_type)
        return request->content_type;
    if (row->target_prefix) {
        snprintf(json_type, 48, "application/x-amz-json-%s", row->json_version);
        return json_type;
    }
    if (row->query_version)
        return "application/x-www-form-urlencoded; charset=utf-8";
    return body_length > 0 ? "application/json" : NULL;
}

static void line_put(struct wire *wire, const char *name, const char *value)
{
    if (*value != '\0')
        buffer_format(&wire->lines, "%s: %s", name, value);
    else
        buffer_format(&wire->lines, "%s;", name);
    buffer_char(&wire->lines, '\0');
    wire->header_count++;
}

static bool is_one_line(const char *value)
{
    return !strpbrk(value, "\r\n");
}

static enum error_code lines_build(const struct header_list *headers,
                                   const struct sigv4_result *signing, const char *token,
                                   const char *user_agent, struct wire *wire, struct error *error)
{
    for (size_t i = 0; i < headers->count; i++) {
        if (!is_one_line(headers->list[i].value))
            return error_set(error, ERROR_INVALID, "header %s: a value must be one line",
                             headers->list[i].name);
        line_put(wire, headers->list[i].name, headers->list[i].value);
    }
    line_put(wire, "User-Agent", user_agent);
    if (signing) {
        line_put(wire, "X-Amz-Date", signing->date);
        line_put(wire, "X-Amz-Content-Sha256", signing->payload_hash);
        if (token && *token != '\0')
            line_put(wire, "X-Amz-Security-Token", token);
        line_put(wire, "Authorization", signing->authorization.data);
    }
    void *array = wire->headers;
    enum error_code code = buffer_check(&wire->lines, error);
    if (!code)
        code = memory_reserve(&array, &wire->header_capacity, wire->header_count,
                              sizeof *wire->headers, error);
    if (code)
        return code;
    wire->headers = array;
    const char *line = wire->lines.data;
    for (size_t i = 0; i < wire->header_count; i++, line += strlen(line) + 1)
        wire->headers[i] = line;
    return ERROR_NONE;
}

static void options_fill(struct aws_client *client, const struct aws_request *request,
                         const struct aws_credentials *credentials, struct sigv4_options *options)
{
    bool s3 = request->service == AWS_S3;
    *options = (struct sigv4_options){
        .credentials = {.access_key_id = credentials->access_key_id,
                        .secret_access_key = credentials->secret_access_key,
                        .token = credentials->token},
        .region = aws_client_region(client),
        .service = aws_service_row(request->service)->signing_name,
        .time_ms = aws_client_now_ms(client),
        .normalize_path = !s3,
        .encode_path_twice = !s3,
        .sign_body = true,
    };
}

static enum error_code sign(struct aws_client *client, const struct aws_request *request,
                            const struct header_list *headers, struct wire *wire,
                            struct error *error)
{
    struct aws_credentials credentials;
    struct sigv4_options options;
    struct sigv4_result result;
    struct sigv4_request signed_request = {.method = request->method ? request->method : "POST",
                                           .path = wire->path.data,
                                           .query = wire->query.data,
                                           .headers = headers->list,
                                           .header_count = headers->count,
                                           .body = wire->body,
                                           .body_length = wire->body_length};
    const char *agent = client->user_agent ? client->user_agent : "intake";
    if (request->unsigned_request)
        return lines_build(headers, NULL, NULL, agent, wire, error);
    sigv4_result_init(&result);
    aws_credentials_init(&credentials);
    enum error_code code = credentials_get(client->credentials, &credentials, error);
    if (code)
        goto done;
    client->credentials_source = credentials.source;
    options_fill(client, request, &credentials, &options);
    code = sigv4_sign_header(&signed_request, &options, &result, error);
    if (!code)
        code = lines_build(headers, &result, credentials.token, agent, wire, error);
done:
    aws_credentials_release(&credentials);
    sigv4_result_release(&result);
    return code;
}

static enum error_code url_build(struct aws_client *client, const struct aws_request *request,
                                 struct wire *wire, struct error *error)
{
    wire_clear(wire);
    enum error_code code = endpoint_find(client, request->service, error);
    if (code)
        return code;
    if (request->bucket && *request->bucket == '\0')
        return error_set(error, ERROR_CONFIG, "S3 %s: the bucket's name is empty",
                         request->operation);
    url_begin(client, request, wire);
    query_build(request, wire);
    return ERROR_NONE;
}

static void url_finish(struct wire *wire, const char *query)
{
    buffer_text(&wire->url, wire->path.data);
    if (*query != '\0')
        buffer_format(&wire->url, "?%s", query);
}

enum error_code wire_build(struct aws_client *client, const struct aws_request *request,
                           const void *body, size_t body_length, struct wire *wire,
                           struct error *error)
{
    const struct aws_service_row *row = aws_service_row(request->service);
    struct header_list headers = {.count = 0};
    char json_type[48], target[128];
    struct buffer host;
    buffer_init(&host, 1024);
    enum error_code code = url_build(client, request, wire, error);
    if (code)
        goto done;
    wire->body = body;
    wire->body_length = body_length;
    host_append(&host, wire->url.data);
    url_finish(wire, wire->query.data);
    header_put(&headers, "Host", host.data);
    header_put(&headers, "Content-Type", content_type_of(request, body_length, json_type));
    if (row->target_prefix) {
        snprintf(target, sizeof target, "%s.%s", row->target_prefix, request->operation);
        header_put(&headers, "X-Amz-Target", target);
    }
    for (size_t i = 0; i < request->header_count; i++)
        header_put(&headers, request->headers[i].name, request->headers[i].value);
    code = buffer_check(&wire->url, error);
    if (!code)
        code = buffer_check(&wire->path, error);
    if (!code)
        code = buffer_check(&wire->query, error);
    if (!code)
        code = sign(client, request, &headers, wire, error);
done:
    buffer_release(&host);
    return code;
}

/* A token whose end nobody told, as a function's own: no role session outlives 12 hours (IAM). */
static int64_t expires_limit(const struct aws_credentials *credentials, int64_t expires_s)
{
    const int64_t session_max_s = INT64_C(12) * 3600;
    bool unknown = credentials->token && credentials->expires_at_ms == INT64_MAX;
    return unknown && expires_s > session_max_s ? session_max_s : expires_s;
}

static int64_t end_of(struct aws_client *client, const struct aws_credentials *credentials,
                      int64_t expires_s)
{
    int64_t end = aws_client_now_ms(client) + expires_s * 1000;
    return credentials->expires_at_ms < end ? credentials->expires_at_ms : end;
}

enum error_code aws_presign(struct aws_client *client, const struct aws_request *request,
                            int64_t expires_s, struct buffer *url, int64_t *expires_at_ms,
                            struct error *error)
{
    struct wire wire;
    struct aws_credentials credentials;
    struct sigv4_options options;
    struct sigv4_result result;
    struct header_list headers = {.count = 0};
    struct buffer host;
    wire_init(&wire);
    buffer_init(&host, 1024);
    sigv4_result_init(&result);
    aws_credentials_init(&credentials);
    enum error_code code = url_build(client, request, &wire, error);
    if (!code)
        code = credentials_get(client->credentials, &credentials, error);
    if (code)
        goto done;
    host_append(&host, wire.url.data);
    header_put(&headers, "Host", host.data);
    for (size_t i = 0; i < request->header_count; i++)
        header_put(&headers, request->headers[i].name, request->headers[i].value);
    struct sigv4_request signed_request = {.method = request->method ? request->method : "GET",
                                           .path = wire.path.data,
                                           .query = wire.query.data,
                                           .headers = headers.list,
                                           .header_count = headers.count};
    options_fill(client, request, &credentials, &options);
    expires_s = expires_limit(&credentials, expires_s);
    options.expires_s = expires_s;
    if (request->service == AWS_S3)
        options.payload_hash = SIGV4_UNSIGNED_PAYLOAD;
    code = sigv4_sign_query(&signed_request, &options, &result, error);
    if (code)
        goto done;
    url_finish(&wire, result.query.data);
    buffer_text(url, wire.url.data);
    code = buffer_check(url, error);
    if (expires_at_ms)
        *expires_at_ms = end_of(client, &credentials, expires_s);
done:
    aws_credentials_release(&credentials);
    sigv4_result_release(&result);
    buffer_release(&host);
    wire_release(&wire);
    return code;
}
