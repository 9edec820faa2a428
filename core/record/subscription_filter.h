/*
 * Whether a message passes a subscription's FilterPolicy, by its attributes (all of type String, as
 * ours are).
 * Source: Amazon SNS Developer Guide, "Amazon SNS subscription filter policies".
 */
#ifndef INTAKE_CORE_RECORD_SUBSCRIPTION_FILTER_H
#define INTAKE_CORE_RECORD_SUBSCRIPTION_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/client.h"

/*
 * policy: JSON, "" or "{}" = everything passes; one that cannot be read lets nothing through.
 * scope: "MessageBody" is about a body of JSON, which ours never is, so that nothing passes; any
 * other is about the attributes.
 */
bool subscription_filter_passes(const char *policy, const char *scope,
                                const struct aws_pair *attributes, size_t count);

/* Whether the policy's rule for one attribute would let this value through; true where it has no
 * rule for it, but for a policy that cannot be read. */
bool subscription_filter_allows(const char *policy, const char *name, const char *value);

#endif
