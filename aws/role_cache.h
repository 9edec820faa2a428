/* Keys of roles that wanted an MFA code, in the AWS CLI's own place and form, so that one code
 * serves both until the keys end: ~/.aws/cli/cache/SHA1.json, readable by its owner alone. Source:
 * botocore, "AssumeRoleCredentialFetcher". Not for use outside aws/. */
#ifndef AWS_ROLE_CACHE_H
#define AWS_ROLE_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/credentials.h"

/* False where there are none, or none that last another minute; what cannot be read is none. */
bool role_cache_read(const struct credentials_role *role, int64_t now_ms,
                     struct aws_credentials *out);
/* A cache that cannot be written is none. */
void role_cache_write(const struct credentials_role *role, const struct aws_credentials *keys);

#endif
