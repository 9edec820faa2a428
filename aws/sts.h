/* AWS Security Token Service. Source: AWS STS API Reference. */
#ifndef AWS_STS_H
#define AWS_STS_H

#include <stdint.h>

#include "aws/client.h"
#include "aws/credentials.h"

struct sts_identity {
    char account[24];
    char arn[320];
};
MUST_CHECK enum error_code sts_get_caller_identity(struct aws_client *client,
                                                   struct sts_identity *identity,
                                                   struct error *error);

/* out is initialised, and the caller's to release. */
MUST_CHECK enum error_code sts_assume_role(struct aws_client *client,
                                           const struct credentials_role *role,
                                           struct aws_credentials *out, struct error *error);

/* A credentials_assume_fn: a client of its own asks STS with the source's keys. */
MUST_CHECK enum error_code sts_credentials_assume(const struct credentials_options *options,
                                                  const struct aws_credentials *source,
                                                  const struct credentials_role *role,
                                                  struct aws_credentials *out, struct error *error);

#endif
