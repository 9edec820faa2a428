/* Shared by the DynamoDB calls. Not for use outside aws/. */
#ifndef AWS_DYNAMODB_INTERNAL_H
#define AWS_DYNAMODB_INTERNAL_H

#include "aws/dynamodb.h"

#define DYNAMODB_BODY_MAX ((size_t)16 << 20)

/* ProjectionExpression with aliased names, and ExpressionAttributeNames of these and of `names`
 * (JSON, may be NULL). Nothing where both are NULL. */
void dynamodb_append_projection(struct buffer *body, const char *projection, const char *names);

/* The first failure of several calls in flight. */
struct dynamodb_many {
    struct aws_client *client;
    const char *table;
    struct error first;
};
void dynamodb_many_fail(struct dynamodb_many *many, const struct error *error, bool *stop);
/* What to do with a call that failed or came back in part: milliseconds, or AWS_SLOT_DONE for
 * good. */
int64_t dynamodb_many_again(struct dynamodb_many *many, const struct aws_slot *slot);
enum error_code dynamodb_many_end(const struct dynamodb_many *many, enum error_code code,
                                  struct error *error);

void dynamodb_request_fill(struct aws_slot *slot, const char *operation);
/* A throttled call goes out again; anything else is the end. */
int64_t dynamodb_refused(struct dynamodb_many *many, const struct aws_slot *slot,
                         const struct error *error, bool *stop);
/* The call's rest, as its answer names it, goes out again. */
int64_t dynamodb_rest_again(struct dynamodb_many *many, struct aws_slot *slot,
                            struct json_object *rest, bool *stop);
/* The answer's body, the caller's to put; NULL: it is no JSON, and that is the end. */
struct json_object *dynamodb_answer_parse(struct dynamodb_many *many,
                                          const struct aws_response *response,
                                          const struct aws_slot *slot, bool *stop);

#endif
