/* AWS Security Token Service. Source: AWS STS API Reference. */
#ifndef AWS_STS_H
#define AWS_STS_H

#include <stdint.h>

#include "aws/client.h"
#include "aws/credentials.h"

struct sts_identity {
    char account[24];
    char arn[320];
    char user_id[160];
};
MUST_CHECK enum error_code sts_get_caller_identity(struct aws_client *client,
                                                   struct sts_identity *identity,
                                                   struct error *error);

struct sts_assume {
    const char *role_arn;
    const char *session_name;
    const char *external_id; /* NULL: none */
    const char *policy;      /* session policy, NULL: none */
    int64_t duration_s;      /* 0: the service's */
    const char *web_token;   /* AssumeRoleWithWebIdentity: the token; NULL: AssumeRole */
};
/* out is initialised, and the caller's to release. */
MUST_CHECK enum error_code sts_assume_role(struct aws_client *client,
                                           const struct sts_assume *assume,
                                           struct aws_credentials *out, struct error *error);

#endif
