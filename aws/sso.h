/* IAM Identity Center: keys of a role by the token that `aws sso login` left in ~/.aws/sso/cache,
 * and that token renewed where it may be. Source: AWS SDKs and Tools Reference Guide, "IAM Identity
 * Center credential provider"; SSO Portal API Reference, GetRoleCredentials; SSO OIDC API
 * Reference, CreateToken. */
#ifndef AWS_SSO_H
#define AWS_SSO_H

#include "aws/credentials.h"

/* A credentials_sso_fn. A token of an `sso_session` is renewed in its last five minutes, and its
 * file written anew, as the SDKs do. Whether a token is still good is the portal's to say, not our
 * clock's. */
MUST_CHECK enum error_code sso_credentials_get(const struct credentials_options *options,
                                               const struct credentials_sso *sso,
                                               struct aws_credentials *out, struct error *error);

#endif
