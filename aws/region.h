/* Regions and the partitions they lie in. A region is known by its form and by the prefixes of the
 * partitions' own patterns, so that a new region of a known partition needs no release.
 * Source: botocore partitions.json semantics as documented in AWS General Reference, "AWS
 * regions". */
#ifndef AWS_REGION_H
#define AWS_REGION_H

#include <stdbool.h>

#include "core/base/error.h"

struct aws_partition {
    const char *name;              /* in ARNs: "aws", "aws-cn", "aws-us-gov" */
    const char *dns_suffix;        /* "amazonaws.com" */
    const char *dual_stack_suffix; /* "api.aws": hosts with IPv6 */
};

/* Partition of a region. ERROR_CONFIG with a line that names AWS_REGION where the region is empty
 * or of no known partition. The row is static. */
MUST_CHECK enum error_code region_partition_find(const char *region,
                                                 const struct aws_partition **partition,
                                                 struct error *error);

/* A part of an ARN, `arn:partition:service:region:account:resource`, copied to `out`.
 * index: 1 partition, 2 service, 3 region, 4 account, 5 resource (whole rest).
 * False where the text is not an ARN or the part does not fit. */
bool arn_part(const char *arn, int index, char *out, unsigned long size);

#endif
