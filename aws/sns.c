#include "aws/sns.h"

#include "aws/copy.h"
#include "aws/query_protocol.h"

#define BODY_MAX ((size_t)2 << 20)

static enum error_code call(struct aws_client *client, const char *operation, bool once,
                            const struct buffer *body, struct xml_document *document,
                            struct error *error)
{
    struct aws_request request = {.service = AWS_SNS, .operation = operation, .once = once};
    return aws_query_call(client, &request, body, document, error);
}

enum error_code sns_publish(struct aws_client *client, const struct sns_publish *publish,
                            char message_id[64], struct error *error)
{
    struct xml_document document;
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "Publish");
    aws_query_add(&body, "TopicArn", publish->topic_arn);
    aws_query_add(&body, "Subject", publish->subject);
    aws_query_add(&body, "Message", publish->message);
    for (size_t i = 0; i < publish->attribute_count; i++) {
        char name[96];
        snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Name", i + 1);
        aws_query_add(&body, name, publish->attributes[i].name);
        snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.DataType", i + 1);
        aws_query_add(&body, name, "String");
        snprintf(name, sizeof name, "MessageAttributes.entry.%zu.Value.StringValue", i + 1);
        aws_query_add(&body, name, publish->attributes[i].value);
    }
    enum error_code code = call(client, "Publish", true, &body, &document, error);
    if (message_id)
        snprintf(message_id, 64, "%s", xml_text(document.root, "PublishResult/MessageId"));
    xml_release(&document);
    buffer_release(&body);
    return code;
}

enum error_code sns_subscribe(struct aws_client *client, const char *topic_arn,
                              const char *protocol, const char *endpoint, const char *filter_policy,
                              char subscription_arn[320], struct error *error)
{
    struct xml_document document;
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "Subscribe");
    aws_query_add(&body, "TopicArn", topic_arn);
    aws_query_add(&body, "Protocol", protocol);
    aws_query_add(&body, "Endpoint", endpoint);
    aws_query_add(&body, "ReturnSubscriptionArn", "true");
    if (filter_policy) {
        aws_query_add(&body, "Attributes.entry.1.key", "FilterPolicy");
        aws_query_add(&body, "Attributes.entry.1.value", filter_policy);
    }
    enum error_code code = call(client, "Subscribe", false, &body, &document, error);
    if (subscription_arn)
        snprintf(subscription_arn, 320, "%s",
                 xml_text(document.root, "SubscribeResult/SubscriptionArn"));
    xml_release(&document);
    buffer_release(&body);
    return code;
}

static void subscription_read(const struct xml_node *node, struct sns_subscription *out)
{
    memset(out, 0, sizeof *out);
    AWS_COPY(out->arn, xml_text(node, "SubscriptionArn"));
    AWS_COPY(out->protocol, xml_text(node, "Protocol"));
    AWS_COPY(out->endpoint, xml_text(node, "Endpoint"));
    AWS_COPY(out->topic_arn, xml_text(node, "TopicArn"));
    AWS_COPY(out->owner, xml_text(node, "Owner"));
    out->pending = strncmp(out->arn, "arn:", 4) != 0;
}

struct subscriptions {
    sns_subscription_fn *give;
    void *context;
};

static bool subscriptions_give(void *context, const struct xml_node *result)
{
    const struct subscriptions *subscriptions = context;
    bool more = true;
    const struct xml_node *node = xml_find(result, "Subscriptions/member");
    for (; node && more; node = xml_next(node)) {
        struct sns_subscription entry;
        subscription_read(node, &entry);
        more = subscriptions->give(subscriptions->context, &entry);
    }
    return more;
}

enum error_code sns_list_subscriptions(struct aws_client *client, const char *topic_arn,
                                       sns_subscription_fn *subscription, void *context,
                                       struct error *error)
{
    struct subscriptions subscriptions = {subscription, context};
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "ListSubscriptionsByTopic");
    aws_query_add(&body, "TopicArn", topic_arn);
    enum error_code code = aws_query_pages(client, AWS_SNS, "ListSubscriptionsByTopic", &body,
                                           subscriptions_give, &subscriptions, error);
    buffer_release(&body);
    return code;
}

/* The value of a key in a map of <entry><key/><value/></entry>. */
static const char *entry_value(const struct xml_node *map, const char *key)
{
    const struct xml_node *entry = xml_find(map, "entry");
    for (; entry; entry = xml_next(entry))
        if (strcmp(xml_text(entry, "key"), key) == 0)
            return xml_text(entry, "value");
    return "";
}

enum error_code sns_get_subscription_attributes(struct aws_client *client,
                                                const char *subscription_arn,
                                                struct sns_subscription *subscription,
                                                struct error *error)
{
    struct xml_document document;
    struct buffer body;
    memset(subscription, 0, sizeof *subscription);
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "GetSubscriptionAttributes");
    aws_query_add(&body, "SubscriptionArn", subscription_arn);
    enum error_code code =
        call(client, "GetSubscriptionAttributes", false, &body, &document, error);
    const struct xml_node *map =
        xml_find(document.root, "GetSubscriptionAttributesResult/Attributes");
    AWS_COPY(subscription->arn, entry_value(map, "SubscriptionArn"));
    AWS_COPY(subscription->protocol, entry_value(map, "Protocol"));
    AWS_COPY(subscription->endpoint, entry_value(map, "Endpoint"));
    AWS_COPY(subscription->topic_arn, entry_value(map, "TopicArn"));
    AWS_COPY(subscription->owner, entry_value(map, "Owner"));
    AWS_COPY(subscription->filter_policy, entry_value(map, "FilterPolicy"));
    subscription->pending = strcmp(entry_value(map, "PendingConfirmation"), "true") == 0;
    xml_release(&document);
    buffer_release(&body);
    return code;
}

enum error_code sns_set_subscription_attribute(struct aws_client *client,
                                               const char *subscription_arn, const char *name,
                                               const char *value, struct error *error)
{
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "SetSubscriptionAttributes");
    aws_query_add(&body, "SubscriptionArn", subscription_arn);
    aws_query_add(&body, "AttributeName", name);
    aws_query_add(&body, "AttributeValue", value);
    enum error_code code = call(client, "SetSubscriptionAttributes", false, &body, NULL, error);
    buffer_release(&body);
    return code;
}

enum error_code sns_get_topic_attributes(struct aws_client *client, const char *topic_arn,
                                         struct sns_topic *topic, struct error *error)
{
    struct xml_document document;
    struct buffer body;
    memset(topic, 0, sizeof *topic);
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_SNS, "GetTopicAttributes");
    aws_query_add(&body, "TopicArn", topic_arn);
    enum error_code code = call(client, "GetTopicAttributes", false, &body, &document, error);
    const struct xml_node *map = xml_find(document.root, "GetTopicAttributesResult/Attributes");
    topic->confirmed = strtoll(entry_value(map, "SubscriptionsConfirmed"), NULL, 10);
    topic->pending = strtoll(entry_value(map, "SubscriptionsPending"), NULL, 10);
    AWS_COPY(topic->owner, entry_value(map, "Owner"));
    xml_release(&document);
    buffer_release(&body);
    return code;
}
