/* The shared `config` and `credentials` files, read by inih.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files". */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>

#include "core/base/error.h"

struct profiles;

/* Reads AWS_CONFIG_FILE (else ~/.aws/config) and AWS_SHARED_CREDENTIALS_FILE (else
 * ~/.aws/credentials). A file that is not there is empty; a line that cannot be read is
 * ERROR_CONFIG with file and line. */
MUST_CHECK enum error_code profiles_read(struct profiles **profiles, struct error *error);
/* Zeroes what it held; NULL is fine. */
void profiles_free(struct profiles *profiles);

/* The profile to use: `wanted`, else AWS_PROFILE, else "default". */
const char *profile_name(const char *wanted);
bool profile_exists(const struct profiles *profiles, const char *profile);
/* A key of a profile, the credentials file before the config file; NULL where absent. */
const char *profile_get(const struct profiles *profiles, const char *profile, const char *key);
/* A nested key of a `services` section: [services <name>] <service> = <key> = value. */
const char *profile_get_service(const struct profiles *profiles, const char *services,
                                const char *service, const char *key);

#endif
