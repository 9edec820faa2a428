#include "aws/client_settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/client_internal.h"

#define ATTEMPTS 3
#define ATTEMPTS_LEGACY 5
#define ATTEMPTS_MOST 100

const char *client_setting_variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value != '\0' ? value : NULL;
}

enum error_code client_setting_text(struct aws_client *client, const char *variable,
                                    const char *key, const char **value, struct error *error)
{
    *value = client_setting_variable(variable);
    if (*value)
        return ERROR_NONE;
    enum error_code code = client_profiles(client, error);
    if (!code)
        *value = profile_get(client->profiles, profile_name(client->profile), key);
    return code;
}

enum error_code client_setting_bool(struct aws_client *client, const char *variable,
                                    const char *key, bool *value, struct error *error)
{
    const char *said = NULL;
    enum error_code code = client_setting_text(client, variable, key, &said, error);
    if (code || !said)
        return code;
    if (strcasecmp(said, "true") != 0 && strcasecmp(said, "false") != 0)
        return error_set(error, ERROR_CONFIG,
                         "%s (or %s in the profile) is \"%.40s\": must be true or false", variable,
                         key, said);
    *value = strcasecmp(said, "true") == 0;
    return ERROR_NONE;
}

static enum error_code mode_read(struct aws_client *client, struct error *error)
{
    static const char *const modes[] = {"standard", "adaptive", "legacy"};
    const char *said = NULL;
    enum error_code code =
        client_setting_text(client, "AWS_RETRY_MODE", "retry_mode", &said, error);
    client->retry_mode = RETRY_STANDARD;
    if (code || !said)
        return code;
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        if (strcasecmp(said, modes[i]) == 0) {
            client->retry_mode = (enum retry_mode)i;
            return ERROR_NONE;
        }
    }
    return error_set(
        error, ERROR_CONFIG,
        "AWS_RETRY_MODE (or retry_mode in the profile) is \"%.40s\": must be standard, adaptive "
        "or legacy",
        said);
}

static enum error_code attempts_read(struct aws_client *client, struct error *error)
{
    const char *said = NULL;
    char *end = NULL;
    enum error_code code =
        client_setting_text(client, "AWS_MAX_ATTEMPTS", "max_attempts", &said, error);
    client->max_attempts = client->retry_mode == RETRY_LEGACY ? ATTEMPTS_LEGACY : ATTEMPTS;
    if (code || !said)
        return code;
    long value = strtol(said, &end, 10);
    if (*end != '\0' || value < 1 || value > ATTEMPTS_MOST)
        return error_set(error, ERROR_CONFIG,
                         "AWS_MAX_ATTEMPTS (or max_attempts in the profile) is \"%.40s\": must "
                         "be 1 to %d",
                         said, ATTEMPTS_MOST);
    client->max_attempts = (int)value;
    return ERROR_NONE;
}

enum error_code client_setting_retries(struct aws_client *client, struct error *error)
{
    enum error_code code = ERROR_NONE;
    int given = client->max_attempts;
    if (client->retries_read)
        return ERROR_NONE;
    code = mode_read(client, error);
    if (!code && given == 0)
        code = attempts_read(client, error);
    client->retries_read = !code;
    if (code)
        client->max_attempts = given;
    return code;
}
