#include <strings.h>

#include "aws/client_internal.h"
#include "core/base/memory.h"

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value && *value != '\0' ? value : NULL;
}

static bool is_true(const char *text)
{
    return text && (strcasecmp(text, "true") == 0 || strcmp(text, "1") == 0);
}

static const char *from_environment(enum aws_service service)
{
    char name[96];
    snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", aws_service_row(service)->environment);
    const char *found = setting(name);
    return found ? found : setting("AWS_ENDPOINT_URL");
}

static const char *from_profile(const struct aws_client *client, enum aws_service service)
{
    const char *profile = profile_name(client->profile);
    const char *services = profile_get(client->profiles, profile, "services");
    const char *found = NULL;
    if (is_true(profile_get(client->profiles, profile, "ignore_configured_endpoint_urls")))
        return NULL;
    if (services)
        found = profile_get_service(client->profiles, services,
                                    aws_service_row(service)->profile_key, "endpoint_url");
    return found ? found : profile_get(client->profiles, profile, "endpoint_url");
}

static enum error_code configured(struct aws_client *client, enum aws_service service,
                                  const char **found, struct error *error)
{
    *found = client->endpoint_url;
    if (*found || is_true(setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")))
        return ERROR_NONE;
    *found = from_environment(service);
    if (*found)
        return ERROR_NONE;
    enum error_code code = client_profiles(client, error);
    if (!code)
        *found = from_profile(client, service);
    return code;
}

enum error_code endpoint_find(struct aws_client *client, enum aws_service service,
                              struct error *error)
{
    const struct aws_service_row *row = aws_service_row(service);
    const struct aws_partition *partition;
    const char *found = NULL;
    char standard[256];
    if (client->endpoints[service])
        return ERROR_NONE;
    enum error_code code = aws_client_region_check(client, &partition, error);
    if (!code)
        code = configured(client, service, &found, error);
    if (code)
        return code;
    if (found && strncmp(found, "http://", 7) != 0 && strncmp(found, "https://", 8) != 0)
        return error_set(error, ERROR_CONFIG,
                         "endpoint \"%.200s\" for %s is no http:// or https:// URL: correct "
                         "AWS_ENDPOINT_URL",
                         found, row->name);
    client->endpoint_custom[service] = found != NULL;
    if (!found) {
        snprintf(standard, sizeof standard, "https://%s.%s.%s", row->host_label,
                 aws_client_region(client), partition->dns_suffix);
        found = standard;
    }
    size_t length = strlen(found);
    while (length > 0 && found[length - 1] == '/')
        length--;
    client->endpoints[service] = memory_copy_text(found, length);
    if (!client->endpoints[service])
        return error_set(error, ERROR_MEMORY, "AWS client: out of memory");
    return ERROR_NONE;
}

enum error_code aws_client_endpoint(struct aws_client *client, enum aws_service service,
                                    struct buffer *url, struct error *error)
{
    enum error_code code = endpoint_find(client, service, error);
    if (code)
        return code;
    buffer_text(url, client->endpoints[service]);
    return buffer_check(url, error);
}

bool aws_client_endpoint_is_custom(struct aws_client *client, enum aws_service service)
{
    return !endpoint_find(client, service, NULL) && client->endpoint_custom[service];
}
