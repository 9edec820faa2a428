#include "aws/client.h"

#include "aws/client_internal.h"
#include "aws/client_settings.h"
#include "core/base/memory.h"

#define CONNECT_TIMEOUT_MS 5000
#define REQUEST_TIMEOUT_MS 60000

static bool text_copy(char **out, const char *text)
{
    *out = text && *text != '\0' ? memory_copy_text(text, strlen(text)) : NULL;
    return *out || !text || *text == '\0';
}

enum error_code aws_client_new(struct aws_client **out, const struct aws_options *options,
                               struct error *error)
{
    static const struct aws_options defaults = {0};
    enum error_code code = ERROR_NONE;
    struct aws_client *client = memory_new(1, sizeof *client);
    *out = NULL;
    if (!client)
        return error_set(error, ERROR_MEMORY, "AWS client: out of memory");
    if (!options)
        options = &defaults;
    client->world = options->world ? *options->world : world_real;
    client->cancel = options->cancel;
    client->transport = options->transport;
    client->read_profiles = options->profiles;
    client->connect_timeout_ms =
        options->connect_timeout_ms > 0 ? options->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    client->request_timeout_ms =
        options->request_timeout_ms > 0 ? options->request_timeout_ms : REQUEST_TIMEOUT_MS;
    client->max_attempts = options->max_attempts > 0 ? options->max_attempts : 0;
    client->quota = RETRY_QUOTA;
    client->credentials_source = "";
    if (!text_copy(&client->region, options->region) ||
        !text_copy(&client->profile, options->profile) ||
        !text_copy(&client->endpoint_url, options->endpoint_url) ||
        !text_copy(&client->user_agent, options->user_agent)) {
        code = error_set(error, ERROR_MEMORY, "AWS client: out of memory");
        goto done;
    }
    if (options->credentials) {
        client->credentials = credentials_provider_share(options->credentials);
    } else {
        struct credentials_options wanted = {.profile = options->profile,
                                             .profiles = options->profiles,
                                             .assume = options->assume,
                                             .sso = options->sso,
                                             .code = options->code,
                                             .code_context = options->code_context,
                                             .region = options->region,
                                             .world = options->world,
                                             .cancel = options->cancel,
                                             .transport = options->transport};
        code = credentials_provider_new(&client->credentials, &wanted, error);
    }
done:
    if (code)
        aws_client_free(client);
    else
        *out = client;
    return code;
}

const struct cancel *aws_client_watch(struct aws_client *client, const struct cancel *cancel)
{
    const struct cancel *before = client->cancel;
    client->cancel = cancel;
    return before;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    credentials_provider_free(client->credentials);
    http_transport_release(&client->own_transport);
    profiles_free(client->profiles);
    for (size_t i = 0; i < AWS_SERVICE_COUNT; i++)
        free(client->endpoints[i]);
    free(client->region);
    free(client->profile);
    free(client->endpoint_url);
    free(client->user_agent);
    free(client);
}

enum error_code client_transport(struct aws_client *client, struct error *error)
{
    if (client->transport)
        return ERROR_NONE;
    const char *ca_bundle = NULL;
    enum error_code code =
        client_setting_text(client, "AWS_CA_BUNDLE", "ca_bundle", &ca_bundle, error);
    if (!code)
        code = http_curl_new(&client->own_transport, ca_bundle, error);
    if (!code)
        client->transport = &client->own_transport;
    return code;
}

enum error_code client_profiles(struct aws_client *client, struct error *error)
{
    if (client->profiles || !client->read_profiles)
        return ERROR_NONE;
    return client->read_profiles(&client->profiles, error);
}

const char *aws_client_region(struct aws_client *client)
{
    static const char *const variables[] = {"AWS_REGION", "AWS_DEFAULT_REGION"};
    const char *found = NULL;
    if (client->region)
        return client->region;
    for (size_t i = 0; !found && i < sizeof variables / sizeof variables[0]; i++) {
        found = getenv(variables[i]);
        if (found && *found == '\0')
            found = NULL;
    }
    if (!found && !client_profiles(client, NULL))
        found = profile_get(client->profiles, profile_name(client->profile), "region");
    if (!found || !text_copy(&client->region, found))
        return "";
    return client->region;
}

enum error_code aws_client_region_check(struct aws_client *client,
                                        const struct aws_partition **partition, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (!client->partition)
        code = region_partition_find(aws_client_region(client), &client->partition, error);
    if (!code && partition)
        *partition = client->partition;
    return code;
}

enum error_code aws_client_credentials_expire_at(struct aws_client *client, int64_t *at_ms,
                                                 struct error *error)
{
    struct aws_credentials credentials;
    aws_credentials_init(&credentials);
    enum error_code code = credentials_get(client->credentials, &credentials, error);
    if (!code) {
        *at_ms = credentials.expires_at_ms;
        client->credentials_source = credentials.source;
    }
    aws_credentials_release(&credentials);
    return code;
}

struct credentials_provider *aws_client_credentials(struct aws_client *client)
{
    return client->credentials;
}

int64_t aws_client_now_ms(const struct aws_client *client)
{
    return world_now_ms(&client->world) + client->skew_ms;
}

void client_count(struct aws_client *client, const struct aws_request *request)
{
    for (size_t i = 0; i < client->count_used; i++) {
        struct call_count *count = &client->counts[i];
        if (count->service == request->service &&
            strcmp(count->operation, request->operation) == 0) {
            count->calls++;
            return;
        }
    }
    if (client->count_used < CALL_COUNTS)
        client->counts[client->count_used++] = (struct call_count){
            .service = request->service, .operation = request->operation, .calls = 1};
}

uint64_t aws_client_calls(const struct aws_client *client, enum aws_service service,
                          const char *operation)
{
    uint64_t calls = 0;
    for (size_t i = 0; i < client->count_used; i++) {
        const struct call_count *count = &client->counts[i];
        if (count->service == service && (!operation || strcmp(count->operation, operation) == 0))
            calls += count->calls;
    }
    return calls;
}

uint64_t aws_client_calls_total(const struct aws_client *client)
{
    uint64_t calls = 0;
    for (size_t i = 0; i < client->count_used; i++)
        calls += client->counts[i].calls;
    return calls;
}

int64_t aws_backoff_ms(struct aws_client *client, size_t attempt, int64_t base_ms, int64_t cap_ms)
{
    int64_t bound = base_ms;
    for (size_t i = 0; i < attempt && bound < cap_ms; i++)
        bound *= 2;
    if (bound > cap_ms)
        bound = cap_ms;
    return (int64_t)world_random_below(&client->world, (uint64_t)bound + 1);
}
