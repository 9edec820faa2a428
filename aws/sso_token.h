/* The token of a sign-in, as its file has it. Not for use outside aws/. */
#ifndef AWS_SSO_TOKEN_H
#define AWS_SSO_TOKEN_H

#include "aws/client.h"
#include "aws/credentials.h"

struct json_object;

struct sso_token {
    char path[4096];
    struct json_object *json; /* the whole file; every text below is its own */
    const char *access_token;
    int64_t expires_at_ms; /* INT64_MAX: not told */
};

/* ERROR_NO_CREDENTIALS says which file is missing or wrong, and how to sign in. Release it also
 * then. */
MUST_CHECK enum error_code sso_token_read(const struct credentials_sso *sso,
                                          struct sso_token *token, struct error *error);
void sso_token_release(struct sso_token *token);

/* Renews the token through `client` where its time has come and it can be; a failure leaves it as
 * it was, for it may be good still. */
void sso_token_refresh(struct aws_client *client, const struct credentials_sso *sso,
                       struct sso_token *token);

#endif
