/* AWS Lambda, the control and invoke API (REST JSON). Source: AWS Lambda API Reference. */
#ifndef AWS_LAMBDA_H
#define AWS_LAMBDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

struct json_object;

/*
 * Calls a function and waits for its answer (RequestResponse), which goes behind what `answer`
 * holds. *failed: the function itself failed, and the answer is its error document; that is no
 * error of this call. Sent once only, for the function may have run. timeout_ms: how long it may
 * take.
 */
MUST_CHECK enum error_code lambda_invoke(struct aws_client *client, const char *function,
                                         const void *payload, size_t length, int64_t timeout_ms,
                                         struct buffer *answer, bool *failed, struct error *error);

struct lambda_function {
    char arn[256];
    char state[24]; /* Active, Pending, Inactive, Failed */
    char role[256];
    char package_type[16];
    int64_t timeout_s;
    int64_t memory_mb;
    struct json_object *environment; /* of Variables, may be NULL */
};
void lambda_function_init(struct lambda_function *function);
void lambda_function_release(struct lambda_function *function);
MUST_CHECK enum error_code lambda_get_function(struct aws_client *client, const char *name,
                                               struct lambda_function *function,
                                               struct error *error);

struct lambda_mapping {
    char uuid[64];
    char source_arn[320];
    char function_arn[256];
    char state[32]; /* Enabled, Disabled, Enabling, ... */
    int64_t batch_size;
    int64_t maximum_retries; /* -1 = without end */
    bool bisect;
    bool reports_item_failures;
    char destination_arn[256]; /* on failure, "" = none */
    char filter[512];          /* first pattern, "" = none */
    char last_result[256];
};
typedef bool lambda_mapping_fn(void *context, const struct lambda_mapping *mapping);
/* function or source NULL: any. */
MUST_CHECK enum error_code lambda_list_mappings(struct aws_client *client, const char *function,
                                                const char *source_arn, lambda_mapping_fn *mapping,
                                                void *context, struct error *error);

struct lambda_invoke_config {
    bool present;
    int64_t maximum_retries;  /* -1 = the service's */
    char on_failure_arn[256]; /* "" = none */
};
/* Of the unpublished version ($LATEST), which AWS takes for a name without a qualifier. */
MUST_CHECK enum error_code lambda_get_invoke_config(struct aws_client *client, const char *function,
                                                    struct lambda_invoke_config *config,
                                                    struct error *error);

#endif
