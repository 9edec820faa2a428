/* AWS Secrets Manager. Source: AWS Secrets Manager API Reference. */
#ifndef AWS_SECRETS_H
#define AWS_SECRETS_H

#include "aws/client.h"

/* Appends SecretString to `value`; release it with secrets_value_release, which zeroes it. */
MUST_CHECK enum error_code secrets_get_value(struct aws_client *client, const char *secret_id,
                                             struct buffer *value, struct error *error);
void secrets_value_release(struct buffer *value);

struct secrets_description {
    char arn[256];
    char name[256];
    bool rotation_enabled;
};
MUST_CHECK enum error_code secrets_describe(struct aws_client *client, const char *secret_id,
                                            struct secrets_description *description,
                                            struct error *error);

#endif
