/* RDS's IAM authentication: a password that is a presigned `connect` for one login at one address,
 * good for 15 minutes. Source: Amazon RDS User Guide, "IAM database authentication". */
#ifndef AWS_RDS_TOKEN_H
#define AWS_RDS_TOKEN_H

#include "aws/credentials.h"
#include "core/base/buffer.h"

struct rds_login {
    const char *host, *port, *user; /* as the server knows them, not a tunnel's end */
    const char *region;
};

/* Appends the token. It is a secret: it opens the database. */
MUST_CHECK enum error_code rds_token_make(struct credentials_provider *provider,
                                          const struct rds_login *login, struct buffer *token,
                                          struct error *error);

#endif
