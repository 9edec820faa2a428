/* Where credentials come from, in the SDKs' order: environment, web identity, shared config and
 * credentials (role_arn through STS, `aws sso login`, static keys, credential_process), container,
 * IMDSv2.
 * A provider caches what it found and renews it before it expires; it may be shared by threads.
 * Nothing is read before the first credentials_get, and no file where the environment has keys.
 * Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers". */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/profile.h"
#include "core/base/cancel.h"
#include "core/base/error.h"
#include "core/base/world.h"

struct http_transport;
struct credentials_options;

/* Heap copies, zeroed on release. */
struct aws_credentials {
    char *access_key_id;
    char *secret_access_key;
    char *token;           /* NULL = none */
    int64_t expires_at_ms; /* INT64_MAX = never, or not known */
    const char *source;    /* static text: "environment", "profile", "role", "container", ... */
};

/* A role to be assumed, or a web identity's. */
struct credentials_role {
    const char *role_arn;
    const char *session_name; /* NULL: "intake" */
    const char *external_id;
    const char *policy;     /* session policy, or NULL */
    const char *web_token;  /* AssumeRoleWithWebIdentity, unsigned */
    int64_t duration_s;     /* 0: the service's own */
    const char *mfa_serial; /* of the device that shows mfa_code; NULL: none */
    const char *mfa_code;
};

/* What a profile says of IAM Identity Center. */
struct credentials_sso {
    const char *profile; /* for `aws sso login --profile` */
    const char *session; /* of sso_session; NULL: the older form, all in the profile */
    const char *start_url;
    const char *region;
    const char *account_id;
    const char *role_name;
};

/* The role's keys, asked for with `source`: by a call to STS, which stands above this. The options
 * are those of the provider that asks. */
typedef enum error_code credentials_assume_fn(const struct credentials_options *options,
                                              const struct aws_credentials *source,
                                              const struct credentials_role *role,
                                              struct aws_credentials *out, struct error *error);

/* The role's keys by the token that `aws sso login` left. ERROR_NO_CREDENTIALS or
 * ERROR_EXPIRED_CREDENTIALS names the command that mends it. */
typedef enum error_code credentials_sso_fn(const struct credentials_options *options,
                                           const struct credentials_sso *sso,
                                           struct aws_credentials *out, struct error *error);

/* The code that an MFA device shows, CREDENTIALS_CODE_SIZE bytes with its NUL: whoever has a person
 * to ask, asks. It is used once and kept nowhere. */
#define CREDENTIALS_CODE_SIZE 7
typedef enum error_code credentials_code_fn(void *context, const char *serial,
                                            const struct cancel *cancel,
                                            char code[CREDENTIALS_CODE_SIZE], struct error *error);

struct credentials_options {
    const char *profile;           /* NULL: AWS_PROFILE, then "default" */
    profiles_reader profiles;      /* NULL: there are none */
    credentials_assume_fn *assume; /* sts_credentials_assume; NULL: no roles */
    credentials_sso_fn *sso;       /* sso_credentials_get; NULL: no SSO */
    credentials_code_fn *code;     /* NULL: nobody can be asked for an MFA code */
    void *code_context;
    const char *region;                     /* NULL: AWS_REGION, then the profile's; for STS */
    const struct world *world;              /* NULL: world_real */
    const struct cancel *cancel;            /* NULL: never */
    const struct http_transport *transport; /* NULL: curl; borrowed, used by one thread at a time */
};

struct credentials_provider;

/* One reference; texts of the options are copied. */
MUST_CHECK enum error_code credentials_provider_new(struct credentials_provider **provider,
                                                    const struct credentials_options *options,
                                                    struct error *error);
/* A provider of these keys and nothing else; the texts are copied. */
MUST_CHECK enum error_code credentials_provider_new_static(struct credentials_provider **provider,
                                                           const char *access_key_id,
                                                           const char *secret_access_key,
                                                           const char *token, struct error *error);
struct credentials_provider *credentials_provider_share(struct credentials_provider *provider);
/* Drops a reference; NULL is fine. */
void credentials_provider_free(struct credentials_provider *provider);

/* A copy of the current credentials, for the caller to release. ERROR_NO_CREDENTIALS names the
 * places that were looked at. Those that could not be renewed are given on, expired or not by our
 * clock, until credentials_forget: it is the service's clock that counts. */
MUST_CHECK enum error_code credentials_get(struct credentials_provider *provider,
                                           struct aws_credentials *out, struct error *error);
/* Drops the cache, so that the next get looks again (a service called the token expired). */
void credentials_forget(struct credentials_provider *provider);
/* The wall clock, corrected by what the services told of it. */
int64_t credentials_now_ms(struct credentials_provider *provider);
/* What a service's Date told: its clock minus ours, for deciding when to renew. */
void credentials_set_skew(struct credentials_provider *provider, int64_t skew_ms);

void aws_credentials_init(struct aws_credentials *credentials);
void aws_credentials_release(struct aws_credentials *credentials);

#endif
