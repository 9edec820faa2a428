/* What services answer, good or bad, to calls of ours. The first byte, 'a' to 'z', says to which
 * call; see fuzz_aws.h for the rest. At most 1200 bytes.
 * Files: aws/call.c aws/service_error.c aws/service_code.c aws/retry.c aws/query_protocol.c
 * aws/s3.c aws/s3_bucket.c aws/sqs.c aws/sqs_batch.c aws/sqs_wire.c aws/sqs_move.c aws/sns.c
 *        aws/sns_filters.c aws/lambda.c aws/logs.c aws/cloudformation.c aws/cloudwatch.c
 * aws/secrets.c aws/sts.c aws/dynamodb.c aws/dynamodb_batch.c aws/dynamodb_streams.c */
#include <json-c/json.h>

#include "aws/cloudformation.h"
#include "aws/cloudwatch.h"
#include "aws/dynamodb.h"
#include "aws/lambda.h"
#include "aws/logs.h"
#include "aws/s3.h"
#include "aws/secrets.h"
#include "aws/sns.h"
#include "aws/sqs.h"
#include "aws/sts.h"
#include "tests/fuzz/fuzz_aws.h"

#define QUEUE "https://sqs.eu-central-1.amazonaws.com/1/q"

static bool on_text(void *context, const char *text)
{
    (void)context;
    FUZZ_HOLDS(text);
    return true;
}

static bool on_output(void *context, const char *key, const char *value)
{
    return on_text(context, key) && on_text(context, value);
}

static bool on_entry(void *context, const struct s3_entry *entry)
{
    return on_text(context, entry->key);
}

static bool on_subscription(void *context, const struct sns_subscription *subscription)
{
    (void)context;
    FUZZ_HOLDS(memchr(subscription->arn, '\0', sizeof subscription->arn));
    return true;
}

static bool on_filter(void *context, size_t place, const char *policy, const char *scope)
{
    (void)context;
    (void)policy;
    (void)scope;
    return place < 2;
}

static bool on_mapping(void *context, const struct lambda_mapping *mapping)
{
    (void)context;
    FUZZ_HOLDS(memchr(mapping->uuid, '\0', sizeof mapping->uuid));
    return true;
}

static bool on_event(void *context, const struct logs_event *event)
{
    (void)context;
    FUZZ_HOLDS(event->message && strlen(event->message) <= event->message_length);
    return true;
}

static bool on_group(void *context, const struct logs_group *group)
{
    return on_text(context, group->name);
}

static bool on_alarm(void *context, const struct cloudwatch_alarm *alarm)
{
    return on_text(context, alarm->name);
}

static bool on_point(void *context, int64_t timestamp_ms, double value)
{
    (void)context;
    (void)timestamp_ms;
    (void)value;
    return true;
}

static bool on_item(void *context, struct json_object *item)
{
    (void)context;
    FUZZ_HOLDS(item);
    (void)dynamodb_get_text(item, "sku", NULL);
    return true;
}

static bool next_item(void *context, struct buffer *item)
{
    int *left = context;
    dynamodb_item_begin(item);
    dynamodb_write_string(item, "upload_id", "U");
    dynamodb_item_end(item);
    return (*left)-- > 0;
}

static enum error_code ask_s3(char call, struct aws_client *client, struct error *error)
{
    struct s3_object object;
    struct buffer body;
    struct s3_public_access access;
    struct s3_notification list[2];
    size_t count = 2;
    char algorithm[32];
    bool enabled;
    enum error_code code = ERROR_NONE;
    s3_object_init(&object);
    buffer_init(&body, 4096);
    if (call == 'a')
        code = s3_head_object(client, "b", "k", "", &object, error);
    else if (call == 'b')
        code = s3_get_object(client, "b", "k", "v", 256, &body, &object, error);
    else if (call == 'c')
        code = s3_list_objects(client, "b", "p/", on_entry, NULL, error);
    else if (call == 'd')
        code = s3_get_versioning(client, "b", &enabled, error);
    else if (call == 'e')
        code = s3_get_encryption(client, "b", algorithm, error);
    else if (call == 'f')
        code = s3_get_public_access(client, "b", &access, error);
    else
        code = s3_get_notifications(client, "b", list, &count, error);
    FUZZ_HOLDS(code || count <= 2);
    if (!code && call <= 'b')
        (void)s3_object_metadata(&object, "upload_id");
    s3_object_release(&object);
    buffer_release(&body);
    return code;
}

static enum error_code ask_sqs(char call, struct aws_client *client, struct error *error)
{
    static const struct sqs_send sends[] = {{"one", 3, NULL, 0}, {"two", 3, NULL, 0}};
    struct sqs_queue queue;
    struct sqs_outcome outcomes[2];
    struct sqs_move_task tasks[2];
    size_t count = 2;
    struct buffer url;
    enum error_code code = ERROR_NONE;
    memset(tasks, 0, sizeof tasks);
    buffer_init(&url, 512);
    if (call == 'h')
        code = sqs_get_queue_attributes(client, QUEUE, &queue, error);
    else if (call == 'i')
        code = sqs_get_queue_url(client, "q", NULL, &url, error);
    else if (call == 'j')
        code = sqs_list_queues(client, "q", on_text, NULL, error);
    else if (call == 'k')
        code = sqs_send_message_batch(client, QUEUE, sends, 2, 1, outcomes, error);
    else
        code = sqs_list_move_tasks(client, "arn:aws:sqs:eu-central-1:1:q", tasks, &count, error);
    for (size_t i = 0; i < 2 && call == 'k'; i++)
        FUZZ_HOLDS(outcomes[i].code < ERROR_CODE_COUNT &&
                   memchr(outcomes[i].detail, '\0', sizeof outcomes[i].detail));
    for (size_t i = 0; i < 2; i++)
        free(tasks[i].handle);
    buffer_release(&url);
    return code;
}

static enum error_code ask_sns(char call, struct aws_client *client, struct error *error)
{
    static const char *const arns[] = {"arn:a", "arn:b"};
    const struct sns_publish publish = {.topic_arn = "arn:t", .message = "m"};
    struct sns_subscription subscription;
    struct sns_topic topic;
    char id[64];
    if (call == 'm')
        return sns_publish(client, &publish, id, error);
    if (call == 'n')
        return sns_list_subscriptions(client, "arn:t", on_subscription, NULL, error);
    if (call == 'o')
        return sns_get_subscription_attributes(client, "arn:a", &subscription, error);
    if (call == 'p')
        return sns_get_topic_attributes(client, "arn:t", &topic, error);
    return sns_get_filter_policies(client, arns, 1, on_filter, NULL, error);
}

static enum error_code ask_lambda(char call, struct aws_client *client, struct error *error)
{
    struct lambda_function function;
    struct lambda_invoke_config config;
    struct buffer answer;
    bool failed;
    enum error_code code;
    lambda_function_init(&function);
    buffer_init(&answer, 512);
    if (call == 'r')
        code = lambda_invoke(client, "f", "{}", 2, 1000, &answer, &failed, error);
    else if (call == 's')
        code = lambda_get_function(client, "f", &function, error);
    else if (call == 't')
        code = lambda_list_mappings(client, "f", NULL, on_mapping, NULL, error);
    else
        code = lambda_get_invoke_config(client, "f", &config, error);
    lambda_function_release(&function);
    buffer_release(&answer);
    return code;
}

static enum error_code ask_dynamodb(char call, struct aws_client *client, struct error *error)
{
    static const char *const keys[] = {"{\"upload_id\":{\"S\":\"U\"}}"};
    static const struct dynamodb_statement statement = {"UPDATE \"T\" SET a=1", NULL};
    const struct dynamodb_stream_range range = {"arn:s", "shard", "1", "9", 10};
    const struct dynamodb_query query = {.table = "T", .condition = "upload_id = :u"};
    struct dynamodb_table table;
    struct dynamodb_outcome outcome;
    int left = 3;
    size_t written = 0;
    const struct dynamodb_puts puts = {&left, next_item, 1, 2, false, NULL, NULL};
    switch (call) {
    case 'A':
        return dynamodb_batch_get(client, "T", keys, 1, true, NULL, on_item, NULL, error);
    case 'B':
        return dynamodb_query(client, &query, on_item, NULL, error);
    case 'C':
        return dynamodb_batch_execute(client, &statement, 1, &outcome, error);
    case 'D':
        return dynamodb_describe_table(client, "T", &table, error);
    case 'E':
        return dynamodb_stream_read(client, &range, on_item, NULL, error);
    default:
        return dynamodb_batch_write(client, "T", &puts, &written, error);
    }
}

static enum error_code ask_others(char call, struct aws_client *client, struct error *error)
{
    const struct logs_filter filter = {.group = "g"};
    const struct cloudwatch_metric metric = {"n", "m", NULL, NULL, "Sum", 0, 3600000, 60};
    struct secrets_description description;
    struct sts_identity identity;
    struct buffer value;
    char status[48];
    enum error_code code;
    buffer_init(&value, 4096);
    if (call == 'v')
        code = logs_filter_events(client, &filter, on_event, NULL, error);
    else if (call == 'w')
        code = logs_describe_groups(client, "g", on_group, NULL, error);
    else if (call == 'x')
        code = cloudformation_describe_outputs(client, "s", on_output, NULL, status, error);
    else if (call == 'y')
        code = cloudwatch_describe_alarms(client, "a", on_alarm, NULL, error);
    else if (call == 'z')
        code = cloudwatch_get_metric(client, &metric, on_point, NULL, error);
    else if (call == 'G')
        code = secrets_get_value(client, "s", &value, error);
    else if (call == 'H')
        code = secrets_describe(client, "s", &description, error);
    else
        code = sts_get_caller_identity(client, &identity, error);
    secrets_value_release(&value);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct error error = ERROR_INIT;
    enum error_code code;
    if (!len)
        return 0;
    char call = (char)data[0];
    fuzz_net_environment();
    fuzz_net_begin(data + 1, len - 1);
    struct aws_client *client = fuzz_client();
    if (call >= 'a' && call <= 'g')
        code = ask_s3(call, client, &error);
    else if (call >= 'h' && call <= 'l')
        code = ask_sqs(call, client, &error);
    else if (call >= 'm' && call <= 'q')
        code = ask_sns(call, client, &error);
    else if (call >= 'r' && call <= 'u')
        code = ask_lambda(call, client, &error);
    else if (call >= 'A' && call <= 'F')
        code = ask_dynamodb(call, client, &error);
    else
        code = ask_others(call, client, &error);
    fuzz_judge(code, &error);
    aws_client_free(client);
    return 0;
}
