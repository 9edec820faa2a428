#include "aws/credentials.h"

#include <openssl/crypto.h>

#include "aws/credentials_internal.h"
#include "core/base/json.h"
#include "core/base/memory.h"
#include "core/base/time_text.h"

#define RENEW_BEFORE_MS (5 * 60 * 1000)
#define RENEW_PAUSE_MS 30000
#define FILE_MAX 65536

void aws_credentials_init(struct aws_credentials *credentials)
{
    *credentials = (struct aws_credentials){.expires_at_ms = INT64_MAX, .source = ""};
}

static void secret_free(char *text)
{
    if (text)
        OPENSSL_cleanse(text, strlen(text));
    free(text);
}

void aws_credentials_release(struct aws_credentials *credentials)
{
    secret_free(credentials->access_key_id);
    secret_free(credentials->secret_access_key);
    secret_free(credentials->token);
    aws_credentials_init(credentials);
}

void credentials_wipe(struct buffer *buffer)
{
    if (buffer->capacity > 0)
        OPENSSL_cleanse(buffer->data, buffer->len);
    buffer_release(buffer);
}

/* What can stand in a header, as every key and token does. */
static bool is_key(const char *text)
{
    while (*text > ' ' && *text < 0x7f)
        text++;
    return *text == '\0';
}

enum error_code credentials_fill(struct aws_credentials *out, const char *key, const char *secret,
                                 const char *token, int64_t expires_at_ms, const char *source,
                                 struct error *error)
{
    bool has_token = token && *token != '\0';
    if (!key || !secret || *key == '\0' || *secret == '\0')
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials (%s): the access key id or the secret is missing",
                         source);
    if (!is_key(key) || !is_key(secret) || (has_token && !is_key(token)))
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials (%s): %s contains a blank, a line end or another "
                         "character that it cannot have",
                         source,
                         !is_key(key)      ? "the access key id"
                         : !is_key(secret) ? "the secret"
                                           : "the session token");
    struct aws_credentials made = {.access_key_id = memory_copy_text(key, strlen(key)),
                                   .secret_access_key = memory_copy_text(secret, strlen(secret)),
                                   .token =
                                       has_token ? memory_copy_text(token, strlen(token)) : NULL,
                                   .expires_at_ms = expires_at_ms,
                                   .source = source};
    if (!made.access_key_id || !made.secret_access_key || (has_token && !made.token)) {
        aws_credentials_release(&made);
        return error_set(error, ERROR_MEMORY, "AWS credentials: out of memory");
    }
    aws_credentials_release(out);
    *out = made;
    return ERROR_NONE;
}

static void member_wipe(struct json_object *json, const char *key)
{
    size_t length;
    const char *text = json_text(json, key, &length);
    if (text)
        OPENSSL_cleanse((void *)(uintptr_t)text, length);
}

enum error_code credentials_from_json(const char *text, size_t length, const char *source,
                                      struct aws_credentials *out, struct error *error)
{
    struct json_object *json = NULL;
    int64_t expires_at_ms = INT64_MAX;
    if (json_parse(text, length, &json, NULL))
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials (%s): the response is not JSON", source);
    const char *expiration = json_text(json, "Expiration", NULL);
    const char *token = json_text(json, "Token", NULL);
    if (!token)
        token = json_text(json, "SessionToken", NULL);
    if (expiration && !time_text_parse_iso8601(expiration, strlen(expiration), &expires_at_ms))
        expires_at_ms = INT64_MAX;
    enum error_code code = credentials_fill(out, json_text(json, "AccessKeyId", NULL),
                                            json_text(json, "SecretAccessKey", NULL), token,
                                            expires_at_ms, source, error);
    member_wipe(json, "SecretAccessKey");
    member_wipe(json, "SessionToken");
    member_wipe(json, "Token");
    json_object_put(json);
    return code;
}

enum error_code credentials_read_file(const char *path, struct buffer *out, struct error *error)
{
    char chunk[4096];
    size_t got;
    FILE *file = fopen(path, "r");
    if (!file)
        return error_set(error, ERROR_NO_CREDENTIALS, "AWS credentials: cannot read %s", path);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(out, chunk, got);
    fclose(file);
    OPENSSL_cleanse(chunk, sizeof chunk);
    while (out->len > 0 && strchr(" \t\r\n", out->data[out->len - 1]))
        buffer_cut(out, out->len - 1);
    return buffer_check(out, error);
}

/* White space alone is as good as nothing, as other SDKs have it. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && value[strspn(value, " \t\r\n")] != '\0' ? value : NULL;
}

enum error_code credentials_from_environment(struct aws_credentials *out, struct error *error)
{
    const char *key = variable("AWS_ACCESS_KEY_ID");
    const char *secret = variable("AWS_SECRET_ACCESS_KEY");
    const char *end = getenv("AWS_CREDENTIAL_EXPIRATION");
    int64_t expires_at_ms = INT64_MAX;
    if (!key && !secret)
        return ERROR_NONE;
    if (!key || !secret)
        return error_set(error, ERROR_NO_CREDENTIALS,
                         "AWS credentials: %s is set and %s is not: set both",
                         key ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                         key ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID");
    if (end && !time_text_parse_iso8601(end, strlen(end), &expires_at_ms))
        expires_at_ms = INT64_MAX;
    return credentials_fill(out, key, secret, getenv("AWS_SESSION_TOKEN"), expires_at_ms,
                            "environment", error);
}

static enum error_code provider_make(struct credentials_provider **out, const char *profile,
                                     const char *region, struct error *error)
{
    struct credentials_provider *provider = memory_new(1, sizeof *provider);
    *out = NULL;
    if (!provider)
        return error_set(error, ERROR_MEMORY, "AWS credentials: out of memory");
    pthread_mutex_init(&provider->mutex, NULL);
    provider->references = 1;
    provider->world = world_real;
    aws_credentials_init(&provider->cached);
    if (profile && *profile != '\0')
        provider->profile = memory_copy_text(profile, strlen(profile));
    if (region && *region != '\0')
        provider->region = memory_copy_text(region, strlen(region));
    if ((!provider->profile && profile && *profile != '\0') ||
        (!provider->region && region && *region != '\0')) {
        credentials_provider_free(provider);
        return error_set(error, ERROR_MEMORY, "AWS credentials: out of memory");
    }
    *out = provider;
    return ERROR_NONE;
}

enum error_code credentials_provider_new(struct credentials_provider **provider,
                                         const struct credentials_options *options,
                                         struct error *error)
{
    enum error_code code = provider_make(provider, options->profile, options->region, error);
    if (code || !*provider)
        return code;
    if (options->world)
        (*provider)->world = *options->world;
    (*provider)->profiles = options->profiles;
    (*provider)->assume = options->assume;
    (*provider)->sso = options->sso;
    (*provider)->code = options->code;
    (*provider)->code_context = options->code_context;
    (*provider)->cancel = options->cancel;
    (*provider)->transport = options->transport;
    return ERROR_NONE;
}

enum error_code credentials_provider_new_static(struct credentials_provider **provider,
                                                const char *access_key_id,
                                                const char *secret_access_key, const char *token,
                                                struct error *error)
{
    enum error_code code = provider_make(provider, NULL, NULL, error);
    if (code || !*provider)
        return code;
    (*provider)->fixed = true;
    code = credentials_fill(&(*provider)->cached, access_key_id, secret_access_key, token,
                            INT64_MAX, "given", error);
    if (code) {
        credentials_provider_free(*provider);
        *provider = NULL;
    }
    return code;
}

struct credentials_provider *credentials_provider_share(struct credentials_provider *provider)
{
    pthread_mutex_lock(&provider->mutex);
    provider->references++;
    pthread_mutex_unlock(&provider->mutex);
    return provider;
}

void credentials_provider_free(struct credentials_provider *provider)
{
    if (!provider)
        return;
    pthread_mutex_lock(&provider->mutex);
    bool last = --provider->references == 0;
    pthread_mutex_unlock(&provider->mutex);
    if (!last)
        return;
    pthread_mutex_destroy(&provider->mutex);
    aws_credentials_release(&provider->cached);
    free(provider->profile);
    free(provider->region);
    free(provider);
}

static enum error_code chain_walk(struct credentials_provider *provider,
                                  struct aws_credentials *out, struct error *error)
{
    bool explicit_profile = provider->profile != NULL;
    const char *role = getenv("AWS_ROLE_ARN"), *file = getenv("AWS_WEB_IDENTITY_TOKEN_FILE");
    enum error_code code = ERROR_NONE;
    if (!explicit_profile)
        code = credentials_from_environment(out, error);
    if (code || out->access_key_id)
        return code;
    if (!explicit_profile && file && *file != '\0' && role && *role != '\0')
        return credentials_from_web_identity(provider, role, file, getenv("AWS_ROLE_SESSION_NAME"),
                                             out, error);
    code = credentials_from_profile(provider, out, error);
    if (!code && !out->access_key_id)
        code = credentials_from_container(provider, out, error);
    if (!code && !out->access_key_id)
        code = credentials_from_instance(provider, out, error);
    if (!code && !out->access_key_id)
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "no AWS credentials in the environment, in profile \"%.64s\", from a "
                         "container or an instance: set AWS_ACCESS_KEY_ID and "
                         "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
                         profile_name(provider->profile));
    return code;
}

/* Where it fails, what was found before is used on, whatever our clock says of its end: the service
 * knows, and what it calls expired is forgotten. */
static enum error_code renew(struct credentials_provider *provider, struct error *error)
{
    struct aws_credentials found;
    struct error failure = ERROR_INIT;
    aws_credentials_init(&found);
    enum error_code code = chain_walk(provider, &found, &failure);
    provider->renew_after_ms = world_monotonic_ms(&provider->world) + RENEW_PAUSE_MS;
    if (!code) {
        aws_credentials_release(&provider->cached);
        provider->cached = found;
        return ERROR_NONE;
    }
    aws_credentials_release(&found);
    if (provider->cached.access_key_id)
        return ERROR_NONE;
    if (error)
        *error = failure;
    return code;
}

static bool wants_renewal(struct credentials_provider *provider)
{
    const struct aws_credentials *cached = &provider->cached;
    if (provider->fixed)
        return false;
    if (!cached->access_key_id)
        return true;
    if (cached->expires_at_ms == INT64_MAX)
        return false;
    int64_t now_ms = world_now_ms(&provider->world) + provider->skew_ms;
    return cached->expires_at_ms - now_ms < RENEW_BEFORE_MS &&
           world_monotonic_ms(&provider->world) >= provider->renew_after_ms;
}

enum error_code credentials_get(struct credentials_provider *provider, struct aws_credentials *out,
                                struct error *error)
{
    enum error_code code = ERROR_NONE;
    pthread_mutex_lock(&provider->mutex);
    const struct aws_credentials *cached = &provider->cached;
    if (wants_renewal(provider))
        code = renew(provider, error);
    if (!code)
        code = credentials_fill(out, cached->access_key_id, cached->secret_access_key,
                                cached->token, cached->expires_at_ms, cached->source, error);
    pthread_mutex_unlock(&provider->mutex);
    return code;
}

void credentials_forget(struct credentials_provider *provider)
{
    pthread_mutex_lock(&provider->mutex);
    if (!provider->fixed)
        aws_credentials_release(&provider->cached);
    provider->renew_after_ms = 0;
    pthread_mutex_unlock(&provider->mutex);
}

void credentials_set_skew(struct credentials_provider *provider, int64_t skew_ms)
{
    pthread_mutex_lock(&provider->mutex);
    provider->skew_ms = skew_ms;
    pthread_mutex_unlock(&provider->mutex);
}

int64_t credentials_now_ms(struct credentials_provider *provider)
{
    pthread_mutex_lock(&provider->mutex);
    int64_t now_ms = world_now_ms(&provider->world) + provider->skew_ms;
    pthread_mutex_unlock(&provider->mutex);
    return now_ms;
}
