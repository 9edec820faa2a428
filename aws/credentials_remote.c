#include <strings.h>

#include "aws/credentials_internal.h"

#define CONTAINER_HOST "http://169.254.170.2"
#define INSTANCE_HOST "http://169.254.169.254"
#define TIMEOUT_MS 1000
#define ANSWER_MAX 65536
#define TICK_MS 50
#define ATTEMPTS 3 /* where the service itself says that it is not well */
#define PAUSE_MS 50

/* One small exchange; `answer` gets the body of a 200. *status 0: nobody answered. */
static enum error_code fetch(struct credentials_provider *provider, const char *method,
                             const char *url, const char *header, struct buffer *answer,
                             int *status, struct error *error)
{
    struct http_transport own = {.context = NULL};
    const struct http_transport *transport = provider->transport;
    struct http_exchange exchange;
    enum error_code code = ERROR_NONE;
    http_exchange_init(&exchange, ANSWER_MAX);
    *status = 0;
    if (!transport) {
        code = http_curl_new(&own, NULL, error);
        transport = &own;
    }
    exchange.method = method;
    exchange.url = url;
    exchange.headers = &header;
    exchange.header_count = header ? 1 : 0;
    exchange.connect_timeout_ms = TIMEOUT_MS;
    exchange.timeout_ms = 2 * TIMEOUT_MS;
    exchange.no_proxy = true;
    if (!code)
        code = transport->start(transport->context, &exchange, error);
    while (!code && transport->wait(transport->context, TICK_MS) != &exchange) {
        if (cancel_requested(provider->cancel)) {
            transport->abort(transport->context, &exchange);
            code = error_set(error, ERROR_CANCELLED, "AWS credentials: cancelled");
        }
    }
    if (!code && !exchange.error.code) {
        *status = exchange.status;
        buffer_append(answer, exchange.body_in.data, exchange.body_in.len);
    }
    credentials_wipe(&exchange.body_in);
    http_exchange_release(&exchange);
    http_transport_release(&own);
    return code;
}

static bool is_trusted_host(const char *url)
{
    static const char *const hosts[] = {"localhost",     "127.0.0.1",      "[::1]",
                                        "169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
    if (strncmp(url, "https://", 8) == 0)
        return true;
    if (strncmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + 7;
    size_t length = *host == '[' ? strcspn(host, "]/") + 1 : strcspn(host, ":/?");
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (strlen(hosts[i]) == length && strncmp(host, hosts[i], length) == 0)
            return true;
    return false;
}

static enum error_code authorization_read(struct buffer *header, struct error *error)
{
    const char *file = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *token = getenv("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    buffer_text(header, "Authorization: ");
    size_t empty = header->len;
    if (file && *file != '\0') {
        enum error_code code = credentials_read_file(file, header, error);
        if (code)
            return code;
    } else if (token) {
        buffer_text(header, token);
    }
    if (strpbrk(header->data, "\r\n"))
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials: the container's authorization token is not one line");
    if (header->len == empty)
        buffer_clear(header);
    return buffer_check(header, error);
}

enum error_code credentials_from_container(struct credentials_provider *provider,
                                           struct aws_credentials *out, struct error *error)
{
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    struct buffer url, header, answer;
    int status;
    bool is_relative = relative && *relative != '\0';
    if (!is_relative && (!full || *full == '\0'))
        return ERROR_NONE;
    if (!is_relative && !is_trusted_host(full))
        return error_set(error, ERROR_CONFIG,
                         "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or http to loopback "
                         "or the container agent");
    buffer_init(&url, 8192);
    buffer_init(&header, ANSWER_MAX);
    buffer_init(&answer, ANSWER_MAX);
    buffer_format(&url, "%s%s", is_relative ? CONTAINER_HOST : "", is_relative ? relative : full);
    enum error_code code = authorization_read(&header, error);
    if (!code)
        code = buffer_check(&url, error);
    if (!code)
        code = fetch(provider, "GET", url.data, header.len > 0 ? header.data : NULL, &answer,
                     &status, error);
    if (!code && status == 0)
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials: the container's endpoint %s did not answer", url.data);
    else if (!code && status != 200)
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials: the container's endpoint answered with HTTP %d", status);
    if (!code)
        code = credentials_from_json(answer.data, answer.len, "container", out, error);
    buffer_release(&url);
    credentials_wipe(&header);
    credentials_wipe(&answer);
    return code;
}

#define ROLES_PATH "/latest/meta-data/iam/security-credentials/"

static const char *instance_host(void)
{
    const char *set = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
    return set && *set != '\0' ? set : INSTANCE_HOST;
}

static enum error_code instance_get(struct credentials_provider *provider, const char *path,
                                    const char *header, struct buffer *answer, int *status,
                                    struct error *error)
{
    char url[1024];
    const char *host = instance_host();
    size_t length = strlen(host);
    while (length > 0 && host[length - 1] == '/')
        length--;
    snprintf(url, sizeof url, "%.*s%s", (int)length, host, path);
    bool token = strcmp(path, "/latest/api/token") == 0;
    enum error_code code = ERROR_NONE;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0)
            world_sleep_ms(&provider->world, PAUSE_MS << attempt);
        buffer_clear(answer);
        code = fetch(provider, token ? "PUT" : "GET", url, header, answer, status, error);
        if (code || *status < 500)
            break;
    }
    return code;
}

/* The first line of an answer: a token, or a role's name (IAM User Guide, "IAM name requirements").
 */
static enum error_code answer_check(struct buffer *answer, const char *others, const char *what,
                                    struct error *error)
{
    static const char alnum[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    char allowed[sizeof alnum + 16];
    snprintf(allowed, sizeof allowed, "%s%s", alnum, others);
    buffer_cut(answer, strcspn(answer->data, "\r\n"));
    if (answer->len > 0 && strspn(answer->data, allowed) == answer->len)
        return ERROR_NONE;
    return error_set(error, ERROR_NO_CREDENTIALS,
                     "AWS credentials: the instance's metadata service did not answer with %s",
                     what);
}

enum error_code credentials_from_instance(struct credentials_provider *provider,
                                          struct aws_credentials *out, struct error *error)
{
    const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");
    struct buffer header, answer;
    char path[512];
    int status;
    if (disabled && strcasecmp(disabled, "true") == 0)
        return ERROR_NONE;
    buffer_init(&header, ANSWER_MAX);
    buffer_init(&answer, ANSWER_MAX);
    enum error_code code =
        instance_get(provider, "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds: 21600",
                     &answer, &status, error);
    if (code || status != 200)
        goto done;
    code = answer_check(&answer, "+/=-_.", "a token", error);
    if (code)
        goto done;
    buffer_format(&header, "X-aws-ec2-metadata-token: %s", answer.data);
    code = instance_get(provider, ROLES_PATH, header.data, &answer, &status, error);
    if (code || status != 200)
        goto done;
    code = answer_check(&answer, "+=,.@-_", "a role's name", error);
    if (code)
        goto done;
    snprintf(path, sizeof path, ROLES_PATH "%.400s", answer.data);
    code = instance_get(provider, path, header.data, &answer, &status, error);
    if (!code && status == 200)
        code = credentials_from_json(answer.data, answer.len, "instance", out, error);
done:
    credentials_wipe(&header);
    credentials_wipe(&answer);
    return code;
}
