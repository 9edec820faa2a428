/* The query protocol: form parameters out, XML in. Source: AWS query protocol, as the API
 * references of SNS, STS, CloudFormation and CloudWatch give it. */
#ifndef AWS_QUERY_PROTOCOL_H
#define AWS_QUERY_PROTOCOL_H

#include "aws/client.h"
#include "aws/xml.h"

/* Action and Version of the service. */
void aws_query_begin(struct buffer *body, enum aws_service service, const char *action);
/* A parameter; NULL value: none. */
void aws_query_add(struct buffer *body, const char *name, const char *value);
void aws_query_add_integer(struct buffer *body, const char *name, int64_t value);

/* Sends and parses. document (may be NULL) is to be released whatever is returned. */
MUST_CHECK enum error_code aws_query_call(struct aws_client *client,
                                          const struct aws_request *request,
                                          const struct buffer *body, struct xml_document *document,
                                          struct error *error);

/* What a page holds: the operation's result element. false: enough was seen. */
typedef bool aws_query_page_fn(void *context, const struct xml_node *result);

/* Calls with the parameters in `body`, and again with each NextToken, until there is none. */
MUST_CHECK enum error_code aws_query_pages(struct aws_client *client, enum aws_service service,
                                           const char *operation, struct buffer *body,
                                           aws_query_page_fn *page, void *context,
                                           struct error *error);

#endif
