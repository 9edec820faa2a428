#include <stdio.h>
#include <strings.h>

#include "aws/credentials_internal.h"

#define DEPTH_MAX 8
#define OUTPUT_MAX 65536

struct walk {
    struct credentials_provider *provider;
    const struct profiles *profiles;
    int depth;
};

static enum error_code resolve(struct walk *walk, const char *profile, bool role_allowed,
                               struct aws_credentials *out, struct error *error);

enum error_code credentials_from_process(const char *command, struct aws_credentials *out,
                                         struct error *error)
{
    struct buffer text;
    char chunk[4096];
    size_t got;
    buffer_init(&text, OUTPUT_MAX);
    FILE *process = popen(command, "r");
    if (!process)
        return error_set(error, ERROR_NO_CREDENTIALS, "credential_process: cannot be started");
    while ((got = fread(chunk, 1, sizeof chunk, process)) > 0)
        buffer_append(&text, chunk, got);
    int status = pclose(process);
    enum error_code code = buffer_check(&text, error);
    if (!code && status != 0)
        code =
            error_set(error, ERROR_NO_CREDENTIALS,
                      "credential_process ended with status %d: run it by hand to see why", status);
    if (!code)
        code = credentials_from_json(text.data, text.len, "process", out, error);
    credentials_wipe(&text);
    return code;
}

/* With the keys that a role is assumed by. */
static enum error_code role_assume(struct walk *walk, const struct aws_credentials *source,
                                   const struct credentials_role *role, struct aws_credentials *out,
                                   struct error *error)
{
    const struct credentials_provider *provider = walk->provider;
    const struct credentials_options options = {.profile = provider->profile,
                                                .profiles = provider->profiles,
                                                .assume = provider->assume,
                                                .region = provider->region,
                                                .world = &provider->world,
                                                .cancel = provider->cancel,
                                                .transport = provider->transport};
    if (!provider->assume)
        return error_set(error, ERROR_CONFIG, "%s: no role is assumed here, give keys",
                         role->role_arn);
    return provider->assume(&options, source, role, out, error);
}

static enum error_code source_named(struct walk *walk, const char *name,
                                    struct aws_credentials *out, struct error *error)
{
    enum error_code code = ERROR_NONE;
    if (strcasecmp(name, "Environment") == 0)
        code = credentials_from_environment(out, error);
    else if (strcasecmp(name, "Ec2InstanceMetadata") == 0)
        code = credentials_from_instance(walk->provider, out, error);
    else if (strcasecmp(name, "EcsContainer") == 0)
        code = credentials_from_container(walk->provider, out, error);
    if (!code && !out->access_key_id)
        code =
            error_set(error, ERROR_NO_CREDENTIALS, "credential_source %s has no credentials", name);
    return code;
}

static enum error_code from_role(struct walk *walk, const char *profile,
                                 struct aws_credentials *out, struct error *error)
{
    const struct profiles *profiles = walk->profiles;
    const char *source = profile_get(profiles, profile, "source_profile");
    const char *named = profile_get(profiles, profile, "credential_source");
    const char *duration = profile_get(profiles, profile, "duration_seconds");
    struct credentials_role role = {
        .role_arn = profile_get(profiles, profile, "role_arn"),
        .session_name = profile_get(profiles, profile, "role_session_name"),
        .external_id = profile_get(profiles, profile, "external_id"),
        .duration_s = duration ? strtoll(duration, NULL, 10) : 0,
    };
    struct aws_credentials keys;
    enum error_code code;
    aws_credentials_init(&keys);
    if (profile_get(profiles, profile, "mfa_serial"))
        code = error_set(error, ERROR_CONFIG,
                         "profile \"%.64s\" wants an MFA code (mfa_serial): take a session token "
                         "first and use that",
                         profile);
    else if (source)
        code = resolve(walk, source, strcmp(source, profile) != 0, &keys, error);
    else if (named)
        code = source_named(walk, named, &keys, error);
    else
        code = error_set(error, ERROR_CONFIG,
                         "profile \"%.64s\" has a role_arn, but no source_profile and no "
                         "credential_source",
                         profile);
    if (!code)
        code = role_assume(walk, &keys, &role, out, error);
    aws_credentials_release(&keys);
    return code;
}

static enum error_code resolve(struct walk *walk, const char *profile, bool role_allowed,
                               struct aws_credentials *out, struct error *error)
{
    const struct profiles *profiles = walk->profiles;
    const char *role = profile_get(profiles, profile, "role_arn");
    const char *token_file = profile_get(profiles, profile, "web_identity_token_file");
    const char *key = profile_get(profiles, profile, "aws_access_key_id");
    const char *process = profile_get(profiles, profile, "credential_process");
    if (++walk->depth > DEPTH_MAX)
        return error_set(error, ERROR_CONFIG, "profile \"%.64s\": source_profile runs in a circle",
                         profile);
    if (!profile_exists(profiles, profile) && walk->depth > 1)
        return error_set(error, ERROR_CONFIG, "source_profile \"%.64s\" does not exist", profile);
    if (role && token_file && role_allowed)
        return credentials_from_web_identity(walk->provider, role, token_file,
                                             profile_get(profiles, profile, "role_session_name"),
                                             out, error);
    if (role && role_allowed)
        return from_role(walk, profile, out, error);
    if (key)
        return credentials_fill(out, key, profile_get(profiles, profile, "aws_secret_access_key"),
                                profile_get(profiles, profile, "aws_session_token"), INT64_MAX,
                                "profile", error);
    if (process)
        return credentials_from_process(process, out, error);
    if (walk->depth > 1)
        return error_set(error, ERROR_NO_CREDENTIALS, "source_profile \"%.64s\" has no keys",
                         profile);
    return ERROR_NONE;
}

enum error_code credentials_from_profile(struct credentials_provider *provider,
                                         struct aws_credentials *out, struct error *error)
{
    struct profiles *profiles = NULL;
    const char *asked = getenv("AWS_PROFILE");
    const char *profile = profile_name(provider->profile);
    bool named = provider->profile || (asked && *asked != '\0');
    if (!provider->profiles)
        return ERROR_NONE;
    enum error_code code = provider->profiles(&profiles, error);
    if (code)
        return code;
    struct walk walk = {.provider = provider, .profiles = profiles};
    if (!named || profile_exists(profiles, profile))
        code = resolve(&walk, profile, true, out, error);
    else
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "profile \"%.64s\" is in neither of the AWS config and credentials "
                         "files: correct AWS_PROFILE or --profile",
                         profile);
    profiles_free(profiles);
    return code;
}

enum error_code credentials_from_web_identity(struct credentials_provider *provider,
                                              const char *role_arn, const char *token_file,
                                              const char *session_name, struct aws_credentials *out,
                                              struct error *error)
{
    struct buffer token;
    struct walk walk = {.provider = provider};
    const struct aws_credentials nobody = {.access_key_id = (char[]){"unsigned"},
                                           .secret_access_key = (char[]){"unsigned"}};
    buffer_init(&token, OUTPUT_MAX);
    enum error_code code = credentials_read_file(token_file, &token, error);
    struct credentials_role role = {
        .role_arn = role_arn, .session_name = session_name, .web_token = token.data};
    if (!code)
        code = role_assume(&walk, &nobody, &role, out, error);
    if (!code)
        out->source = "web identity";
    credentials_wipe(&token);
    return code;
}
