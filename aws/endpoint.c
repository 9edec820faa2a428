#include <strings.h>

#include "aws/client_internal.h"
#include "aws/client_settings.h"
#include "core/base/memory.h"
#include "core/base/text.h"

static const char *from_environment(enum aws_service service)
{
    char name[96];
    snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", aws_service_row(service)->environment);
    const char *found = client_setting_variable(name);
    return found ? found : client_setting_variable("AWS_ENDPOINT_URL");
}

static const char *from_profile(const struct aws_client *client, enum aws_service service)
{
    const char *profile = profile_name(client->profile);
    const char *services = profile_get(client->profiles, profile, "services");
    const char *found = NULL;
    if (services)
        found = profile_get_service(client->profiles, services,
                                    aws_service_row(service)->profile_key, "endpoint_url");
    return found ? found : profile_get(client->profiles, profile, "endpoint_url");
}

static enum error_code configured(struct aws_client *client, enum aws_service service,
                                  const char **found, struct error *error)
{
    bool ignored = false;
    *found = client->endpoint_url;
    if (*found)
        return ERROR_NONE;
    const char *said = client_setting_variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    if (said && strcasecmp(said, "true") == 0)
        return ERROR_NONE;
    *found = from_environment(service);
    if (*found)
        return ERROR_NONE;
    enum error_code code = client_setting_bool(client, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                               "ignore_configured_endpoint_urls", &ignored, error);
    if (!code && !ignored)
        *found = from_profile(client, service);
    return code;
}

/* Regions whose hosts do not follow the rule: us-gov has FIPS under the plain name, Secrets Manager
 * IPv6 under the plain suffix, DynamoDB Streams another first label for IPv6. */
static bool is_plain_fips(const struct aws_service_row *row, const char *partition, bool dual_stack)
{
    bool always = row == aws_service_row(AWS_CLOUDWATCH);
    return row->government_fips && strcmp(partition, "aws-us-gov") == 0 && (!dual_stack || always);
}

static const char *suffix_of(enum aws_service service, const struct aws_partition *partition,
                             bool fips)
{
    bool china = strcmp(partition->name, "aws-cn") == 0;
    bool known =
        china || strcmp(partition->name, "aws") == 0 || strcmp(partition->name, "aws-us-gov") == 0;
    if (service == AWS_S3 || (service == AWS_SECRETS_MANAGER && known && !(china && fips)))
        return partition->dns_suffix;
    return partition->dual_stack_suffix;
}

static const char *label_of(enum aws_service service, const struct aws_partition *partition,
                            bool dual_stack)
{
    bool isolated = strstr(partition->name, "-iso") || strcmp(partition->name, "aws-eusc") == 0;
    if (service == AWS_DYNAMODB_STREAMS && dual_stack && !isolated)
        return "streams-dynamodb";
    return aws_service_row(service)->host_label;
}

static void standard_append(struct aws_client *client, enum aws_service service,
                            const struct aws_partition *partition, bool fips, bool dual_stack,
                            struct buffer *url)
{
    const struct aws_service_row *row = aws_service_row(service);
    bool suffixed = fips && !is_plain_fips(row, partition->name, dual_stack);
    buffer_format(url, "https://%s%s%s.%s.%s", label_of(service, partition, dual_stack),
                  suffixed ? "-fips" : "", dual_stack && service == AWS_S3 ? ".dualstack" : "",
                  aws_client_region(client),
                  dual_stack ? suffix_of(service, partition, fips) : partition->dns_suffix);
}

/* A host, maybe with a path, of characters of RFC 3986 that need no encoding. */
static bool is_address(const char *url)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-._~%!$&'()*+,;=:@/[]";
    const char *host = strstr(url, "://");
    size_t scheme = host ? (size_t)(host - url) : 0;
    bool http = (scheme == 4 || scheme == 5) && strncmp(url, "https", scheme) == 0;
    return http && host[3] != '\0' && host[3] != '/' && host[3 + strspn(host + 3, allowed)] == '\0';
}

static enum error_code custom_check(const char *url, const struct aws_service_row *row, bool fips,
                                    bool dual_stack, struct error *error)
{
    enum error_code code;
    if (!is_address(url)) {
        struct buffer shown;
        buffer_init(&shown, 4096);
        text_append_visible_cut(&shown, url, strlen(url), 200);
        code = error_set(error, ERROR_CONFIG,
                         "endpoint \"%s\" for %s is not an http:// or https:// URL of a host: "
                         "correct AWS_ENDPOINT_URL",
                         shown.data, row->name);
        buffer_release(&shown);
        return code;
    }
    if (fips || dual_stack)
        return error_set(error, ERROR_CONFIG,
                         "%s has a custom endpoint (%.200s), which may not be %s: unset "
                         "AWS_ENDPOINT_URL or %s",
                         row->name, url, fips ? "FIPS" : "dual stack",
                         fips ? "AWS_USE_FIPS_ENDPOINT" : "AWS_USE_DUALSTACK_ENDPOINT");
    return ERROR_NONE;
}

static enum error_code url_find(struct aws_client *client, enum aws_service service,
                                struct buffer *url, struct error *error)
{
    const struct aws_partition *partition;
    const char *found = NULL;
    bool fips = false, dual_stack = false;
    enum error_code code = aws_client_region_check(client, &partition, error);
    if (!code)
        code = configured(client, service, &found, error);
    if (!code)
        code =
            client_setting_bool(client, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", &fips, error);
    if (!code)
        code = client_setting_bool(client, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint",
                                   &dual_stack, error);
    if (!code && found)
        code = custom_check(found, aws_service_row(service), fips, dual_stack, error);
    if (code)
        return code;
    client->endpoint_custom[service] = found != NULL;
    if (!found && fips && service == AWS_S3 && strcmp(partition->name, "aws-cn") == 0)
        return error_set(error, ERROR_CONFIG,
                         "S3 has no FIPS endpoint in %s: unset AWS_USE_FIPS_ENDPOINT",
                         aws_client_region(client));
    if (found)
        buffer_text(url, found);
    else
        standard_append(client, service, partition, fips, dual_stack, url);
    return buffer_check(url, error);
}

enum error_code endpoint_find(struct aws_client *client, enum aws_service service,
                              struct error *error)
{
    struct buffer url;
    if (client->endpoints[service])
        return ERROR_NONE;
    buffer_init(&url, 4096);
    enum error_code code = url_find(client, service, &url, error);
    while (!code && url.len > 0 && url.data[url.len - 1] == '/')
        buffer_cut(&url, url.len - 1);
    if (!code) {
        client->endpoints[service] = memory_copy_text(url.data, url.len);
        if (!client->endpoints[service])
            code = error_set(error, ERROR_MEMORY, "AWS client: out of memory");
    }
    buffer_release(&url);
    return code;
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
