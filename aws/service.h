/* The services this product calls: names for signing, endpoints and settings, one table row each.
 * Source: AWS General Reference, "Service endpoints and quotas"; AWS SDKs and Tools Reference
 * Guide, "Service-specific endpoints". */
#ifndef AWS_SERVICE_H
#define AWS_SERVICE_H

#include <stdbool.h>

enum aws_service {
    AWS_S3,
    AWS_DYNAMODB,
    AWS_DYNAMODB_STREAMS,
    AWS_SQS,
    AWS_SNS,
    AWS_SECRETS_MANAGER,
    AWS_LOGS,
    AWS_LAMBDA,
    AWS_STS,
    AWS_CLOUDFORMATION,
    AWS_CLOUDWATCH,
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_SERVICE_COUNT
};

struct aws_service_row {
    const char *name;          /* in messages: "DynamoDB" */
    const char *signing_name;  /* in the credential scope: "dynamodb" */
    const char *host_label;    /* first label of the host: "streams.dynamodb" */
    const char *environment;   /* tail of AWS_ENDPOINT_URL_<...> */
    const char *profile_key;   /* key in a profile's `services` section */
    const char *target_prefix; /* X-Amz-Target before the dot; NULL: not a JSON RPC service */
    const char *json_version;  /* "1.0" or "1.1"; NULL with target_prefix */
    const char *query_version; /* Version of the query protocol; NULL: not that protocol */
    bool government_fips;      /* the plain host of us-gov regions is the FIPS one */
};

/* Never NULL for a service of the enum. */
const struct aws_service_row *aws_service_row(enum aws_service service);

/* The service's name in messages. */
const char *aws_service_name(enum aws_service service);

#endif
