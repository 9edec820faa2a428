#include "aws/sqs.h"

#include "aws/sqs_internal.h"
#include "core/base/json.h"

void sqs_body_begin(struct buffer *body, const char *queue_url)
{
    buffer_clear(body);
    buffer_char(body, '{');
    if (queue_url)
        json_append_member(body, "QueueUrl", queue_url);
}

enum error_code sqs_call(struct aws_client *client, const char *operation, struct buffer *body,
                         struct json_object **answer, struct error *error)
{
    buffer_char(body, '}');
    return aws_call_json(client, AWS_SQS, operation, body, answer, error);
}

const char *sqs_queue_name(const char *url_or_arn)
{
    const char *slash = strrchr(url_or_arn, '/');
    const char *colon = strrchr(url_or_arn, ':');
    if (slash)
        return slash + 1;
    return colon ? colon + 1 : url_or_arn;
}

static void queue_read(struct json_object *json, struct sqs_queue *queue)
{
    const char *arn = json_text(json, "QueueArn", NULL);
    const char *policy = json_text(json, "RedrivePolicy", NULL);
    struct json_object *redrive = NULL;
    snprintf(queue->arn, sizeof queue->arn, "%s", arn ? arn : "");
    (void)json_integer(json, "ApproximateNumberOfMessages", &queue->messages);
    (void)json_integer(json, "ApproximateNumberOfMessagesNotVisible", &queue->in_flight);
    (void)json_integer(json, "VisibilityTimeout", &queue->visibility_timeout_s);
    (void)json_integer(json, "MessageRetentionPeriod", &queue->retention_s);
    if (json_integer(json, "CreatedTimestamp", &queue->created_at_ms))
        queue->created_at_ms *= 1000;
    if (!policy || json_parse(policy, strlen(policy), &redrive, NULL))
        return;
    const char *target = json_text(redrive, "deadLetterTargetArn", NULL);
    snprintf(queue->dead_letter_arn, sizeof queue->dead_letter_arn, "%s", target ? target : "");
    (void)json_integer(redrive, "maxReceiveCount", &queue->max_receive_count);
    json_object_put(redrive);
}

enum error_code sqs_get_queue_attributes(struct aws_client *client, const char *queue_url,
                                         struct sqs_queue *queue, struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    memset(queue, 0, sizeof *queue);
    buffer_init(&body, 8192);
    sqs_body_begin(&body, queue_url);
    buffer_text(&body, ",\"AttributeNames\":[\"All\"]");
    enum error_code code = sqs_call(client, "GetQueueAttributes", &body, &answer, error);
    if (!code)
        queue_read(json_member(answer, "Attributes"), queue);
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

enum error_code sqs_get_queue_url(struct aws_client *client, const char *name, const char *account,
                                  struct buffer *url, struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    buffer_init(&body, 8192);
    sqs_body_begin(&body, NULL);
    json_append_member(&body, "QueueName", name);
    if (account)
        json_append_member(&body, "QueueOwnerAWSAccountId", account);
    enum error_code code = sqs_call(client, "GetQueueUrl", &body, &answer, error);
    const char *found = json_text(answer, "QueueUrl", NULL);
    if (!code && !found)
        code = error_set(error, ERROR_SERVICE, "SQS GetQueueUrl: the response has no URL");
    if (!code) {
        buffer_text(url, found);
        code = buffer_check(url, error);
    }
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

static enum error_code urls_list(struct aws_client *client, const char *operation,
                                 const char *queue_url, const char *prefix, const char *member,
                                 sqs_url_fn *give, void *context, struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    const char *token = NULL;
    bool more = true;
    enum error_code code = ERROR_NONE;
    buffer_init(&body, 16384);
    while (more && !code) {
        struct json_object *next = NULL;
        sqs_body_begin(&body, queue_url);
        json_append_member_integer(&body, "MaxResults", 1000);
        if (prefix)
            json_append_member(&body, "QueueNamePrefix", prefix);
        if (token)
            json_append_member(&body, "NextToken", token);
        code = sqs_call(client, operation, &body, &next, error);
        json_object_put(answer);
        answer = next;
        struct json_object *list = json_member(answer, member);
        for (size_t i = 0; !code && i < json_count(list) && more; i++)
            more = give(context, json_object_get_string(json_object_array_get_idx(list, i)));
        token = json_text(answer, "NextToken", NULL);
        more = more && token;
    }
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

enum error_code sqs_list_queues(struct aws_client *client, const char *prefix, sqs_url_fn *url,
                                void *context, struct error *error)
{
    return urls_list(client, "ListQueues", NULL, prefix, "QueueUrls", url, context, error);
}

enum error_code sqs_list_dead_letter_sources(struct aws_client *client, const char *queue_url,
                                             sqs_url_fn *url, void *context, struct error *error)
{
    return urls_list(client, "ListDeadLetterSourceQueues", queue_url, NULL, "queueUrls", url,
                     context, error);
}

enum error_code sqs_change_visibility(struct aws_client *client, const char *queue_url,
                                      const char *receipt_handle, int timeout_s,
                                      struct error *error)
{
    struct buffer body;
    buffer_init(&body, 16384);
    sqs_body_begin(&body, queue_url);
    json_append_member(&body, "ReceiptHandle", receipt_handle);
    json_append_member_integer(&body, "VisibilityTimeout", timeout_s);
    enum error_code code = sqs_call(client, "ChangeMessageVisibility", &body, NULL, error);
    buffer_release(&body);
    return code;
}
