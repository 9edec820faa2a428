/* Shared by the SQS calls. Not for use outside aws/. */
#ifndef AWS_SQS_INTERNAL_H
#define AWS_SQS_INTERNAL_H

#include "aws/sqs.h"

struct json_object;

/* '{' and the queue's URL (NULL: none). sqs_call puts the '}'. */
void sqs_body_begin(struct buffer *body, const char *queue_url);
MUST_CHECK enum error_code sqs_call(struct aws_client *client, const char *operation,
                                    struct buffer *body, struct json_object **answer,
                                    struct error *error);

/* What an entry under "Failed" in the answer to a batch says, whoever's fault it is called. */
void sqs_outcome_fail(struct json_object *entry, struct sqs_outcome *outcome);

#endif
