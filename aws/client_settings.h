/* Settings that stand in the environment or in the profile, the environment first. Not for use
 * outside aws/. Source: AWS SDKs and Tools Reference Guide, "Settings reference". */
#ifndef AWS_CLIENT_SETTINGS_H
#define AWS_CLIENT_SETTINGS_H

#include <stdbool.h>

#include "core/base/error.h"

struct aws_client;

/* NULL where the variable is absent or empty. */
const char *client_setting_variable(const char *name);

/* *value NULL where neither says it; the text is the environment's or the client's. */
MUST_CHECK enum error_code client_setting_text(struct aws_client *client, const char *variable,
                                               const char *key, const char **value,
                                               struct error *error);
/* ERROR_CONFIG for another word than true or false; absent leaves *value as it is. */
MUST_CHECK enum error_code client_setting_bool(struct aws_client *client, const char *variable,
                                               const char *key, bool *value, struct error *error);

/* retry_mode and max_attempts, read once for the client; a value that is none of theirs is
 * ERROR_CONFIG. */
MUST_CHECK enum error_code client_setting_retries(struct aws_client *client, struct error *error);

#endif
