/* Amazon SNS, query protocol. Source: Amazon SNS API Reference. */
#ifndef AWS_SNS_H
#define AWS_SNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

struct sns_publish {
    const char *topic_arn;
    const char *subject; /* ASCII, at most 100 characters; NULL: none */
    const char *message;
    const struct aws_pair *attributes; /* String type */
    size_t attribute_count;
};
/* error->possibly_done tells where the message may have been accepted all the same. */
MUST_CHECK enum error_code sns_publish(struct aws_client *client, const struct sns_publish *publish,
                                       char message_id[64], struct error *error);

struct sns_subscription {
    char arn[320]; /* "PendingConfirmation" while the endpoint has not confirmed */
    char protocol[24];
    char endpoint[320];
    char topic_arn[256];
    char owner[24];
    bool pending;
    char filter_policy[512]; /* JSON, "" = none; filled by get_subscription_attributes */
};
/* filter_policy: JSON, NULL = none. subscription_arn (size >= 320) may be NULL. */
MUST_CHECK enum error_code sns_subscribe(struct aws_client *client, const char *topic_arn,
                                         const char *protocol, const char *endpoint,
                                         const char *filter_policy, char subscription_arn[320],
                                         struct error *error);
typedef bool sns_subscription_fn(void *context, const struct sns_subscription *subscription);
/* All pages; false from the callback ends. Filter policies are not part of the listing. */
MUST_CHECK enum error_code sns_list_subscriptions(struct aws_client *client, const char *topic_arn,
                                                  sns_subscription_fn *subscription, void *context,
                                                  struct error *error);
MUST_CHECK enum error_code sns_get_subscription_attributes(struct aws_client *client,
                                                           const char *subscription_arn,
                                                           struct sns_subscription *subscription,
                                                           struct error *error);
/* The FilterPolicy of many confirmed subscriptions, several calls in flight. The texts live during
 * the call of `filter`; policy NULL: the subscription is gone. false from it ends. */
typedef bool sns_filter_fn(void *context, size_t place, const char *policy, const char *scope);
MUST_CHECK enum error_code sns_get_filter_policies(struct aws_client *client,
                                                   const char *const *arns, size_t count,
                                                   sns_filter_fn *filter, void *context,
                                                   struct error *error);
MUST_CHECK enum error_code sns_set_subscription_attribute(struct aws_client *client,
                                                          const char *subscription_arn,
                                                          const char *name, const char *value,
                                                          struct error *error);

struct sns_topic {
    int64_t confirmed;
    int64_t pending;
    char owner[24];
};
MUST_CHECK enum error_code sns_get_topic_attributes(struct aws_client *client,
                                                    const char *topic_arn, struct sns_topic *topic,
                                                    struct error *error);

#endif
