#include <openssl/crypto.h>
#include <stdio.h>
#include <strings.h>

#include "aws/credentials_internal.h"
#include "aws/role_cache.h"

#define DEPTH_MAX 8
#define OUTPUT_MAX 65536

struct walk {
    struct credentials_provider *provider;
    const struct profiles *profiles;
    const char *visited[DEPTH_MAX];
    int depth;
};

static enum error_code resolve(struct walk *walk, const char *profile, bool role_allowed,
                               struct aws_credentials *out, struct error *error);

static struct credentials_options options_of(const struct credentials_provider *provider)
{
    return (struct credentials_options){.profile = provider->profile,
                                        .profiles = provider->profiles,
                                        .assume = provider->assume,
                                        .region = provider->region,
                                        .world = &provider->world,
                                        .cancel = provider->cancel,
                                        .transport = provider->transport};
}

/* With the keys that a role is assumed by. */
static enum error_code role_assume(struct walk *walk, const struct aws_credentials *source,
                                   const struct credentials_role *role, struct aws_credentials *out,
                                   struct error *error)
{
    const struct credentials_provider *provider = walk->provider;
    const struct credentials_options options = options_of(provider);
    if (!provider->assume)
        return error_set(error, ERROR_CONFIG, "%s: roles are not supported here, use keys",
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

/* A role with a device: its keys are kept where the AWS CLI keeps them, for a code is good for one
 * call. One asks at a time, and who waited finds what the other got. */
static enum error_code role_with_code(struct walk *walk, const struct aws_credentials *source,
                                      struct credentials_role *role, struct aws_credentials *out,
                                      struct error *error)
{
    static pthread_mutex_t asking = PTHREAD_MUTEX_INITIALIZER;
    struct credentials_provider *provider = walk->provider;
    char shown[CREDENTIALS_CODE_SIZE] = "";
    enum error_code code = ERROR_NONE;
    pthread_mutex_lock(&asking);
    if (role_cache_read(role, world_now_ms(&provider->world) + provider->skew_ms, out))
        goto done;
    if (!provider->code)
        code = error_set(error, ERROR_NO_CREDENTIALS,
                         "%s requires an MFA code for %s, which cannot be entered here: run an "
                         "intake or aws command in a terminal first",
                         role->role_arn, role->mfa_serial);
    else
        code = provider->code(provider->code_context, role->mfa_serial, provider->cancel, shown,
                              error);
    role->mfa_code = shown;
    if (!code)
        code = role_assume(walk, source, role, out, error);
    if (!code)
        role_cache_write(role, out);
done:
    pthread_mutex_unlock(&asking);
    OPENSSL_cleanse(shown, sizeof shown);
    role->mfa_code = NULL;
    return code;
}

static enum error_code source_keys(struct walk *walk, const char *profile,
                                   struct aws_credentials *keys, struct error *error)
{
    const char *source = profile_get(walk->profiles, profile, "source_profile");
    const char *named = profile_get(walk->profiles, profile, "credential_source");
    if (source && named)
        return error_set(
            error, ERROR_CONFIG,
            "profile \"%.64s\" has both source_profile and credential_source: remove one", profile);
    if (source)
        return resolve(walk, source, strcmp(source, profile) != 0, keys, error);
    if (named)
        return source_named(walk, named, keys, error);
    return error_set(error, ERROR_CONFIG,
                     "profile \"%.64s\" has a role_arn, but no source_profile and no "
                     "credential_source",
                     profile);
}

static enum error_code from_role(struct walk *walk, const char *profile,
                                 struct aws_credentials *out, struct error *error)
{
    const struct profiles *profiles = walk->profiles;
    const char *duration = profile_get(profiles, profile, "duration_seconds");
    struct credentials_role role = {
        .role_arn = profile_get(profiles, profile, "role_arn"),
        .session_name = profile_get(profiles, profile, "role_session_name"),
        .external_id = profile_get(profiles, profile, "external_id"),
        .mfa_serial = profile_get(profiles, profile, "mfa_serial"),
        .duration_s = duration ? strtoll(duration, NULL, 10) : 0,
    };
    struct aws_credentials keys;
    aws_credentials_init(&keys);
    enum error_code code = source_keys(walk, profile, &keys, error);
    if (!code && role.mfa_serial)
        code = role_with_code(walk, &keys, &role, out, error);
    else if (!code)
        code = role_assume(walk, &keys, &role, out, error);
    aws_credentials_release(&keys);
    return code;
}

static enum error_code sso_incomplete(const struct credentials_sso *sso, const char *key,
                                      struct error *error)
{
    return error_set(error, ERROR_CONFIG,
                     "profile \"%.64s\" signs in by SSO, but %s is missing%s%.64s%s: run `aws "
                     "configure sso --profile %.64s`",
                     sso->profile, key, sso->session ? " in [sso-session " : "",
                     sso->session ? sso->session : "", sso->session ? "]" : "", sso->profile);
}

static enum error_code from_sso(struct walk *walk, const char *profile, const char *session,
                                struct aws_credentials *out, struct error *error)
{
    const struct profiles *profiles = walk->profiles;
    const struct credentials_provider *provider = walk->provider;
    const struct credentials_options options = options_of(provider);
    struct credentials_sso sso = {
        .profile = profile,
        .session = session,
        .start_url = session ? profile_get_sso_session(profiles, session, "sso_start_url")
                             : profile_get(profiles, profile, "sso_start_url"),
        .region = session ? profile_get_sso_session(profiles, session, "sso_region")
                          : profile_get(profiles, profile, "sso_region"),
        .account_id = profile_get(profiles, profile, "sso_account_id"),
        .role_name = profile_get(profiles, profile, "sso_role_name"),
    };
    if (!sso.start_url)
        return sso_incomplete(&sso, "sso_start_url", error);
    if (!sso.region)
        return sso_incomplete(&sso, "sso_region", error);
    if (!sso.account_id || !sso.role_name)
        return error_set(error, ERROR_CONFIG,
                         "profile \"%.64s\" signs in by SSO, but has no %s: run `aws configure sso "
                         "--profile %.64s`",
                         profile, sso.account_id ? "sso_role_name" : "sso_account_id", profile);
    if (!provider->sso)
        return error_set(error, ERROR_CONFIG,
                         "profile \"%.64s\": SSO is not supported here, use keys", profile);
    return provider->sso(&options, &sso, out, error);
}

static enum error_code from_keys(struct walk *walk, const char *profile,
                                 struct aws_credentials *out, struct error *error)
{
    const char *key = profile_get(walk->profiles, profile, "aws_access_key_id");
    const char *secret = profile_get(walk->profiles, profile, "aws_secret_access_key");
    if (!key || !secret)
        return error_set(error, ERROR_NO_CREDENTIALS, "profile \"%.64s\" has %s, but no %s",
                         profile, key ? "aws_access_key_id" : "aws_secret_access_key",
                         key ? "aws_secret_access_key" : "aws_access_key_id");
    return credentials_fill(out, key, secret,
                            profile_get(walk->profiles, profile, "aws_session_token"), INT64_MAX,
                            "profile", error);
}

/* A profile may name itself as its source, for its own keys; other than that each comes once. */
static bool visit(struct walk *walk, const char *profile)
{
    if (walk->depth == DEPTH_MAX)
        return false;
    for (int i = 0; i < walk->depth - 1; i++)
        if (strcmp(walk->visited[i], profile) == 0)
            return false;
    walk->visited[walk->depth++] = profile;
    return true;
}

static enum error_code resolve(struct walk *walk, const char *profile, bool role_allowed,
                               struct aws_credentials *out, struct error *error)
{
    const struct profiles *profiles = walk->profiles;
    const char *role = profile_get(profiles, profile, "role_arn");
    const char *token_file = profile_get(profiles, profile, "web_identity_token_file");
    const char *key = profile_get(profiles, profile, "aws_access_key_id");
    const char *secret = profile_get(profiles, profile, "aws_secret_access_key");
    const char *session = profile_get(profiles, profile, "sso_session");
    const char *process = profile_get(profiles, profile, "credential_process");
    bool source = walk->depth > 0;
    if (!visit(walk, profile))
        return error_set(error, ERROR_CONFIG, "profile \"%.64s\": source_profile has a cycle",
                         profile);
    if (source && !profile_exists(profiles, profile))
        return error_set(error, ERROR_CONFIG, "source_profile \"%.64s\" does not exist", profile);
    if (source && key && secret)
        return from_keys(walk, profile, out, error);
    if (role && token_file && role_allowed)
        return credentials_from_web_identity(walk->provider, role, token_file,
                                             profile_get(profiles, profile, "role_session_name"),
                                             out, error);
    if (role && role_allowed)
        return from_role(walk, profile, out, error);
    if (session || profile_get(profiles, profile, "sso_start_url"))
        return from_sso(walk, profile, session, out, error);
    if (key || secret)
        return from_keys(walk, profile, out, error);
    if (process)
        return credentials_from_process(process, walk->provider->cancel, out, error);
    if (source)
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
                         "profile \"%.64s\" is not in the AWS config or credentials files: "
                         "correct AWS_PROFILE or --profile",
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
