/* Parts of the credential chain. Not for use outside aws/. */
#ifndef AWS_CREDENTIALS_INTERNAL_H
#define AWS_CREDENTIALS_INTERNAL_H

#include <pthread.h>

#include "aws/credentials.h"
#include "aws/http.h"

struct credentials_provider {
    pthread_mutex_t mutex;
    int references;
    struct world world;
    const struct cancel *cancel;
    const struct http_transport *transport; /* NULL: curl, made when needed */
    char *profile;                          /* as asked for, or NULL */
    profiles_reader profiles;               /* or NULL */
    credentials_assume_fn *assume;          /* or NULL */
    credentials_sso_fn *sso;                /* or NULL */
    credentials_code_fn *code;              /* or NULL */
    void *code_context;
    char *region;                  /* or NULL */
    bool fixed;                    /* these keys and nothing else */
    struct aws_credentials cached; /* access_key_id NULL = none */
    int64_t renew_after_ms;        /* monotonic: a pause behind each renewal */
    int64_t skew_ms;               /* the services' clock minus ours */
};

/* Replaces what `out` held; NULL texts are refused as ERROR_NO_CREDENTIALS. */
MUST_CHECK enum error_code credentials_fill(struct aws_credentials *out, const char *key,
                                            const char *secret, const char *token,
                                            int64_t expires_at_ms, const char *source,
                                            struct error *error);
/* {"AccessKeyId", "SecretAccessKey", "Token" or "SessionToken", "Expiration"} */
MUST_CHECK enum error_code credentials_from_json(const char *text, size_t length,
                                                 const char *source, struct aws_credentials *out,
                                                 struct error *error);

/* Each part: ERROR_NONE with out filled, or ERROR_NONE with out->access_key_id NULL where it does
 * not apply, or an error where it applies and fails. */
MUST_CHECK enum error_code credentials_from_environment(struct aws_credentials *out,
                                                        struct error *error);
MUST_CHECK enum error_code credentials_from_profile(struct credentials_provider *provider,
                                                    struct aws_credentials *out,
                                                    struct error *error);
MUST_CHECK enum error_code
credentials_from_web_identity(struct credentials_provider *provider, const char *role_arn,
                              const char *token_file, const char *session_name,
                              struct aws_credentials *out, struct error *error);
MUST_CHECK enum error_code credentials_from_container(struct credentials_provider *provider,
                                                      struct aws_credentials *out,
                                                      struct error *error);
MUST_CHECK enum error_code credentials_from_instance(struct credentials_provider *provider,
                                                     struct aws_credentials *out,
                                                     struct error *error);
/* The command's answer; what it writes to stderr is nobody's. It may take a minute. */
MUST_CHECK enum error_code credentials_from_process(const char *command,
                                                    const struct cancel *cancel,
                                                    struct aws_credentials *out,
                                                    struct error *error);

/* A file's content, at most 64 KiB, without white space at its end. */
MUST_CHECK enum error_code credentials_read_file(const char *path, struct buffer *out,
                                                 struct error *error);
void credentials_wipe(struct buffer *buffer); /* zeroes and releases */

#endif
