/* Profiles: settings and keys by name, wherever they were read (aws/profile_files.h). */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include <stdbool.h>

#include "core/base/error.h"

struct profiles;

/* How a client gets at them, when something is not in the environment. A NULL reader stands for a
 * program that has no profiles. */
typedef enum error_code (*profiles_reader)(struct profiles **profiles, struct error *error);

/* Zeroes what it held; NULL is fine. */
void profiles_free(struct profiles *profiles);

/* The profile to use: `wanted`, else AWS_PROFILE, else "default". */
const char *profile_name(const char *wanted);
/* Of NULL profiles there is none. */
bool profile_exists(const struct profiles *profiles, const char *profile);
/* A key of a profile, the credentials file before the config file; NULL where absent. */
const char *profile_get(const struct profiles *profiles, const char *profile, const char *key);
/* A nested key of a `services` section: [services <name>] <service> = <key> = value. */
const char *profile_get_service(const struct profiles *profiles, const char *services,
                                const char *service, const char *key);
/* A key of an `sso-session` section: [sso-session <name>]. */
const char *profile_get_sso_session(const struct profiles *profiles, const char *session,
                                    const char *key);

#endif
