/* AWS CloudFormation: a stack's outputs. Source: AWS CloudFormation API Reference. */
#ifndef AWS_CLOUDFORMATION_H
#define AWS_CLOUDFORMATION_H

#include <stdbool.h>

#include "aws/client.h"

/* One output, valid during the call; false ends. status (size >= 48, may be NULL) gets the stack's
 * status. ERROR_NOT_FOUND: no such stack. */
typedef bool cloudformation_output_fn(void *context, const char *key, const char *value);
MUST_CHECK enum error_code cloudformation_describe_outputs(struct aws_client *client,
                                                           const char *stack,
                                                           cloudformation_output_fn *output,
                                                           void *context, char status[48],
                                                           struct error *error);

#endif
