/* aws_probe AREA [ARGUMENT]...: uses each call of an AWS client at least once against a live
 * endpoint and prints a line for every step. Exit 1 at the first step that is not as expected.
 * Driven by tests/integration/test_aws_clients.py. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#include "core/base/json.h"

struct probe {
    struct aws_client *client;
    struct error error;
    char **arguments;
    size_t seen;
    char text[256];
};

#define STEP(call)                                                                                 \
    do {                                                                                           \
        if ((call) != ERROR_NONE) {                                                                \
            printf("FAILED %s: [%s %s] %s\n", #call, error_name(probe->error.code),                \
                   probe->error.service_code, probe->error.message);                               \
            return false;                                                                          \
        }                                                                                          \
    } while (0)
#define EXPECT(condition)                                                                          \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("NOT SO (line %d): %s\n", __LINE__, #condition);                                \
            return false;                                                                          \
        }                                                                                          \
    } while (0)

static bool count_entry(void *context, const struct s3_entry *entry)
{
    struct probe *probe = context;
    printf("  %s %s %lld%s\n", entry->key, entry->version_id, (long long)entry->size,
           entry->is_delete_marker ? " deleted" : "");
    probe->seen++;
    return true;
}

static bool sink_count(void *context, const void *data, size_t length)
{
    struct probe *probe = context;
    (void)data;
    probe->seen += length;
    return true;
}

static bool probe_s3(struct probe *probe)
{
    static const char key[] = "uploads/V 1/a+b%20 \xc3\xa9\xe2\x82\xac&=?#'~.csv";
    const char *bucket = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct s3_object object;
    struct buffer body, url;
    struct aws_pair metadata[] = {{"upload_id", "U 1"}, {"vendor_id", "V"}};
    struct s3_put put = {.bucket = bucket,
                         .key = key,
                         .body = "a,b\r\n1,2\r\n",
                         .body_length = 10,
                         .content_type = "text/csv; charset=utf-8",
                         .metadata = metadata,
                         .metadata_count = 2};
    s3_object_init(&object);
    buffer_init(&body, 1 << 20);
    buffer_init(&url, 8192);
    STEP(s3_head_bucket(client, bucket, &probe->error));
    STEP(s3_put_object(client, &put, &object, &probe->error));
    printf("  version %s etag %s\n", object.version_id, object.etag);
    EXPECT(object.version_id[0] != '\0' && object.etag[0] != '\0');
    char version[128];
    snprintf(version, sizeof version, "%s", object.version_id);
    STEP(s3_head_object(client, bucket, key, NULL, &object, &probe->error));
    EXPECT(object.size == 10 && object.last_modified_ms > 0);
    EXPECT(strcmp(object.content_type, "text/csv; charset=utf-8") == 0);
    EXPECT(strcmp(s3_object_metadata(&object, "Upload_ID"), "U 1") == 0);
    STEP(s3_get_object(client, bucket, key, version, 1 << 20, &body, &object, &probe->error));
    EXPECT(body.len == 10 && memcmp(body.data, "a,b\r\n1,2\r\n", 10) == 0);
    EXPECT(strcmp(object.version_id, version) == 0);
    buffer_clear(&body);
    EXPECT(s3_get_object(client, bucket, key, NULL, 9, &body, NULL, &probe->error) ==
           ERROR_TOO_LARGE);
    STEP(s3_get_object_stream(client, bucket, key, NULL, sink_count, probe, NULL, &probe->error));
    EXPECT(probe->seen == 10);
    EXPECT(s3_head_object(client, bucket, "no/such", NULL, NULL, &probe->error) == ERROR_NOT_FOUND);
    EXPECT(s3_get_object(client, bucket, "no/such", NULL, 100, &body, NULL, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    EXPECT(strcmp(probe->error.service_code, "NoSuchKey") == 0 &&
           probe->error.request_id[0] != '\0');
    probe->seen = 0;
    STEP(s3_list_objects(client, bucket, "uploads/V 1/", count_entry, probe, &probe->error));
    EXPECT(probe->seen == 1);
    int64_t expires_at_ms = 0;
    STEP(s3_presign_get(client, bucket, key, version, 600, &url, &expires_at_ms, &probe->error));
    printf("PRESIGNED %s\n", url.data);
    EXPECT(expires_at_ms > 0);
    STEP(s3_delete_object(client, bucket, key, NULL, &probe->error));
    probe->seen = 0;
    STEP(s3_list_versions(client, bucket, "uploads/V 1/", count_entry, probe, &probe->error));
    EXPECT(probe->seen == 2);
    bool enabled;
    char algorithm[32];
    struct s3_public_access access;
    struct s3_notification notifications[4];
    size_t count = 4;
    STEP(s3_get_versioning(client, bucket, &enabled, &probe->error));
    STEP(s3_get_encryption(client, bucket, algorithm, &probe->error));
    STEP(s3_get_public_access(client, bucket, &access, &probe->error));
    STEP(s3_get_notifications(client, bucket, notifications, &count, &probe->error));
    EXPECT(enabled && strcmp(algorithm, "AES256") == 0 && access.block_public_policy);
    printf("  notifications %zu\n", count);
    s3_object_release(&object);
    buffer_release(&body);
    buffer_release(&url);
    return true;
}

struct source {
    size_t at;
    size_t count;
};

static bool item_next(void *context, struct buffer *item)
{
    struct source *source = context;
    char id[24];
    if (source->at == source->count)
        return false;
    snprintf(id, sizeof id, "REC_%05zu", ++source->at);
    dynamodb_item_begin(item);
    dynamodb_write_string(item, "upload_id", "U1");
    dynamodb_write_string(item, "record_id", id);
    dynamodb_write_string(item, "vendor_id", "VEND001");
    dynamodb_write_number(item, "row_number", (int64_t)source->at);
    dynamodb_map_begin(item, "product_data");
    dynamodb_write_string(item, "sku", "S\"1\n\xe2\x82\xac");
    dynamodb_write_string(item, "absent", NULL);
    dynamodb_map_end(item);
    dynamodb_list_begin(item, "earlier_rows");
    dynamodb_write_number(item, NULL, 1);
    dynamodb_write_number(item, NULL, 2);
    dynamodb_list_end(item);
    dynamodb_write_bool(item, "flag", true);
    dynamodb_item_end(item);
    return true;
}

static bool item_count(void *context, struct json_object *item)
{
    struct probe *probe = context;
    probe->seen++;
    return dynamodb_get_text(item, "record_id", NULL) != NULL;
}

static bool record_count(void *context, struct json_object *record)
{
    return item_count(context, json_path(record, "dynamodb", "NewImage", NULL));
}

static bool probe_streams(struct probe *probe, const char *stream_arn)
{
    struct json_object *description = NULL;
    STEP(dynamodb_describe_stream(probe->client, stream_arn, &description, &probe->error));
    struct json_object *shards = json_member(description, "Shards");
    EXPECT(json_count(shards) > 0);
    struct dynamodb_stream_range range = {
        .stream_arn = stream_arn,
        .shard_id = json_text(json_object_array_get_idx(shards, 0), "ShardId", NULL),
        .limit = 10};
    probe->seen = 0;
    STEP(dynamodb_stream_read(probe->client, &range, record_count, probe, &probe->error));
    printf("  stream records %zu\n", probe->seen);
    EXPECT(probe->seen == 10);
    json_object_put(description);
    return true;
}

static bool probe_dynamodb(struct probe *probe)
{
    const char *table = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct source source = {.count = 510};
    struct dynamodb_puts puts = {.context = &source, .next = item_next};
    size_t written;
    STEP(dynamodb_batch_write(client, table, &puts, &written, &probe->error));
    EXPECT(written == 510 && aws_client_calls(client, AWS_DYNAMODB, "BatchWriteItem") == 21);
    struct dynamodb_query query = {.table = table,
                                   .condition = "upload_id = :u",
                                   .values = "{\":u\":{\"S\":\"U1\"}}",
                                   .projection = "record_id,status",
                                   .consistent = true,
                                   .page_size = 200};
    probe->seen = 0;
    STEP(dynamodb_query(client, &query, item_count, probe, &probe->error));
    EXPECT(probe->seen == 510);
    int64_t count;
    STEP(dynamodb_query_count(client, &query, &count, &probe->error));
    EXPECT(count == 510);
    query = (struct dynamodb_query){.table = table,
                                    .index = "VendorIndex",
                                    .condition = "#v = :v",
                                    .names = "{\"#v\":\"vendor_id\"}",
                                    .values = "{\":v\":{\"S\":\"VEND001\"}}",
                                    .limit = 7};
    probe->seen = 0;
    STEP(dynamodb_query(client, &query, item_count, probe, &probe->error));
    EXPECT(probe->seen == 7);
    char keys[150][96];
    const char *list[150];
    for (int i = 0; i < 150; i++) {
        snprintf(keys[i], sizeof keys[i],
                 "{\"upload_id\":{\"S\":\"U1\"},\"record_id\":{\"S\":\"REC_%05d\"}}", i + 1);
        list[i] = keys[i];
    }
    probe->seen = 0;
    STEP(dynamodb_batch_get(client, table, list, 150, true, "record_id,product_data", item_count,
                            probe, &probe->error));
    EXPECT(probe->seen == 150);
    struct dynamodb_update update = {.table = table,
                                     .key = keys[0],
                                     .update = "SET #s = :s",
                                     .condition = "attribute_not_exists(#s)",
                                     .names = "{\"#s\":\"status\"}",
                                     .values = "{\":s\":{\"S\":\"validated\"}}"};
    STEP(dynamodb_update_item(client, &update, &probe->error));
    EXPECT(dynamodb_update_item(client, &update, &probe->error) == ERROR_CONFLICT);
    struct json_object *item = NULL;
    STEP(dynamodb_get_item(client, table, keys[0], true, &item, &probe->error));
    EXPECT(strcmp(dynamodb_get_text(item, "status", NULL), "validated") == 0);
    EXPECT(strcmp(dynamodb_get_text(dynamodb_get_map(item, "product_data"), "sku", NULL),
                  "S\"1\n\xe2\x82\xac") == 0);
    EXPECT(json_count(dynamodb_get_list(item, "earlier_rows")) == 2);
    json_object_put(item);
    struct dynamodb_statement statements[30];
    struct dynamodb_outcome outcomes[30];
    char text[256], parameters[30][64];
    snprintf(text, sizeof text,
             "UPDATE \"%s\" SET processed_at='now' WHERE upload_id='U1' AND record_id=?", table);
    for (int i = 0; i < 30; i++) {
        snprintf(parameters[i], sizeof parameters[i], "[{\"S\":\"REC_%05d\"}]", i + 1);
        statements[i] = (struct dynamodb_statement){.statement = text, .parameters = parameters[i]};
    }
    STEP(dynamodb_batch_execute(client, statements, 30, outcomes, &probe->error));
    for (int i = 0; i < 30; i++)
        EXPECT(outcomes[i].code == ERROR_NONE);
    EXPECT(dynamodb_put_item(client, table,
                             "{\"upload_id\":{\"S\":\"U1\"},\"record_id\":{\"S\":\"REC_00001\"}}",
                             "attribute_not_exists(record_id)", &probe->error) == ERROR_CONFLICT);
    struct dynamodb_table description;
    char attribute[64];
    bool enabled;
    STEP(dynamodb_describe_table(client, table, &description, &probe->error));
    printf("  %s %s %s %s %s\n", description.arn, description.billing_mode, description.hash_key,
           description.range_key, description.index_names);
    EXPECT(strcmp(description.stream_view, "NEW_IMAGE") == 0);
    STEP(dynamodb_update_ttl(client, table, "ttl", &probe->error));
    STEP(dynamodb_describe_ttl(client, table, attribute, &enabled, &probe->error));
    EXPECT(enabled && strcmp(attribute, "ttl") == 0);
    EXPECT(dynamodb_describe_table(client, "NoSuchTable", &description, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    return probe_streams(probe, probe->arguments[1]);
}

static bool url_count(void *context, const char *url)
{
    struct probe *probe = context;
    printf("  %s\n", url);
    probe->seen++;
    return true;
}

static bool probe_sqs(struct probe *probe)
{
    const char *name = probe->arguments[0], *dead = probe->arguments[1];
    struct aws_client *client = probe->client;
    struct buffer url, dead_url;
    struct sqs_messages messages;
    struct sqs_entry_attribute attributes[] = {{"upload_id", "U1"}, {"vendor_id", "VEND001"}};
    struct sqs_send sends[25];
    struct sqs_outcome outcomes[25];
    struct sqs_queue queue;
    const char *handles[25];
    buffer_init(&url, 1024);
    buffer_init(&dead_url, 1024);
    sqs_messages_init(&messages);
    STEP(sqs_get_queue_url(client, name, NULL, &url, &probe->error));
    STEP(sqs_get_queue_url(client, dead, NULL, &dead_url, &probe->error));
    EXPECT(sqs_get_queue_url(client, "no-such-queue", NULL, &url, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    for (size_t i = 0; i < 25; i++)
        sends[i] = (struct sqs_send){.body = "{\"a\":\"\xe2\x82\xac\"}",
                                     .body_length = 11,
                                     .attributes = attributes,
                                     .attribute_count = 2};
    STEP(sqs_send_message(client, url.data, &sends[0], &outcomes[0], &probe->error));
    STEP(sqs_send_message_batch(client, url.data, sends, 24, 0, outcomes, &probe->error));
    for (size_t i = 0; i < 24; i++)
        EXPECT(outcomes[i].code == ERROR_NONE && outcomes[i].message_id[0] != '\0');
    STEP(sqs_get_queue_attributes(client, url.data, &queue, &probe->error));
    printf("  %s %lld messages, dead letters to %s after %lld\n", queue.arn,
           (long long)queue.messages, queue.dead_letter_arn, (long long)queue.max_receive_count);
    EXPECT(queue.messages == 25 && queue.max_receive_count == 3);
    struct sqs_receive receive = {.queue_url = url.data, .visibility_timeout_s = 60};
    for (int i = 0; i < 10 && messages.count < 25; i++)
        STEP(sqs_receive_message(client, &receive, &messages, &probe->error));
    EXPECT(messages.count == 25 && messages.list[0].receive_count == 1);
    EXPECT(strcmp(sqs_message_attribute(&messages.list[3], "vendor_id"), "VEND001") == 0);
    EXPECT(messages.list[24].body_length == 11);
    for (size_t i = 0; i < 25; i++)
        handles[i] = messages.list[i].receipt_handle;
    STEP(sqs_change_visibility(client, url.data, handles[0], 30, &probe->error));
    STEP(
        sqs_change_visibility_batch(client, url.data, handles, 25, 90, 0, outcomes, &probe->error));
    EXPECT(outcomes[24].code == ERROR_NONE);
    STEP(sqs_delete_message_batch(client, url.data, handles, 25, 0, outcomes, &probe->error));
    EXPECT(outcomes[0].code == ERROR_NONE && outcomes[24].code == ERROR_NONE);
    probe->seen = 0;
    STEP(sqs_list_queues(client, name, url_count, probe, &probe->error));
    EXPECT(probe->seen >= 1);
    probe->seen = 0;
    if (sqs_list_dead_letter_sources(client, dead_url.data, url_count, probe, &probe->error) ==
        ERROR_NONE)
        EXPECT(probe->seen == 1);
    else
        EXPECT(sqs_action_is_missing(&probe->error));
    char *handle = NULL;
    struct sqs_move_task tasks[4];
    size_t count = 4;
    if (sqs_start_move_task(client, queue.dead_letter_arn, NULL, 0, &handle, &probe->error) !=
        ERROR_NONE) {
        printf("  move task: [%s] %s\n", error_name(probe->error.code), probe->error.message);
        EXPECT(sqs_action_is_missing(&probe->error));
    } else {
        STEP(sqs_list_move_tasks(client, queue.dead_letter_arn, tasks, &count, &probe->error));
        for (size_t i = 0; i < count; i++) {
            printf("  task %s moved %lld\n", tasks[i].status, (long long)tasks[i].moved);
            free(tasks[i].handle);
        }
    }
    free(handle);
    sqs_messages_release(&messages);
    buffer_release(&url);
    buffer_release(&dead_url);
    return true;
}

static bool subscription_count(void *context, const struct sns_subscription *subscription)
{
    struct probe *probe = context;
    printf("  %s %s %s\n", subscription->protocol, subscription->endpoint, subscription->arn);
    probe->seen++;
    return true;
}

static bool probe_sns(struct probe *probe)
{
    const char *topic = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct aws_pair attributes[] = {{"vendor_id", "VEND001"}, {"upload_id", "U1"}};
    struct sns_publish publish = {.topic_arn = topic,
                                  .subject = "Subject & more",
                                  .message = "line 1\nline 2 \xe2\x82\xac + % &",
                                  .attributes = attributes,
                                  .attribute_count = 2};
    char id[64], arn[320];
    struct sns_subscription subscription;
    struct sns_topic attributes_of;
    STEP(sns_subscribe(client, topic, "email", "contact@techgear.com",
                       "{\"vendor_id\":[\"VEND001\"]}", arn, &probe->error));
    printf("  %s\n", arn);
    STEP(sns_publish(client, &publish, id, &probe->error));
    EXPECT(id[0] != '\0');
    STEP(sns_list_subscriptions(client, topic, subscription_count, probe, &probe->error));
    EXPECT(probe->seen >= 1);
    STEP(sns_get_topic_attributes(client, topic, &attributes_of, &probe->error));
    STEP(sns_get_subscription_attributes(client, arn, &subscription, &probe->error));
    EXPECT(strcmp(subscription.filter_policy, "{\"vendor_id\":[\"VEND001\"]}") == 0);
    STEP(sns_set_subscription_attribute(client, arn, "FilterPolicy",
                                        "{\"vendor_id\":[\"VEND002\"]}", &probe->error));
    STEP(sns_get_subscription_attributes(client, arn, &subscription, &probe->error));
    EXPECT(strstr(subscription.filter_policy, "VEND002") != NULL);
    STEP(sns_unsubscribe(client, arn, &probe->error));
    return true;
}

static bool probe_secrets(struct probe *probe)
{
    struct buffer value;
    struct secrets_description description;
    struct sts_identity identity;
    buffer_init(&value, 65536);
    STEP(secrets_get_value(probe->client, probe->arguments[0], &value, &probe->error));
    printf("  %zu bytes\n", value.len);
    EXPECT(strstr(value.data, "\"username\"") != NULL);
    STEP(secrets_describe(probe->client, probe->arguments[0], &description, &probe->error));
    EXPECT(secrets_get_value(probe->client, "no/such", &value, &probe->error) == ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    STEP(sts_get_caller_identity(probe->client, &identity, &probe->error));
    printf("  %s %s\n", identity.account, identity.arn);
    if (probe->arguments[1] != NULL) {
        struct aws_credentials credentials;
        struct sts_assume assume = {.role_arn = probe->arguments[1], .session_name = "probe"};
        aws_credentials_init(&credentials);
        STEP(sts_assume_role(probe->client, &assume, &credentials, &probe->error));
        EXPECT(credentials.token != NULL && credentials.expires_at_ms != INT64_MAX);
        aws_credentials_release(&credentials);
    }
    secrets_value_release(&value);
    return true;
}

static bool event_count(void *context, const struct logs_event *event)
{
    struct probe *probe = context;
    printf("  %s %.*s\n", event->stream, (int)event->message_length, event->message);
    probe->seen++;
    return true;
}

static bool group_count(void *context, const struct logs_group *group)
{
    struct probe *probe = context;
    printf("  %s %lld days\n", group->name, (long long)group->retention_days);
    probe->seen++;
    return true;
}

static bool stream_count(void *context, const struct logs_stream *stream)
{
    struct probe *probe = context;
    printf("  %s %lld\n", stream->name, (long long)stream->last_event_ms);
    probe->seen++;
    return true;
}

static bool probe_logs(struct probe *probe)
{
    const char *group = probe->arguments[0];
    struct logs_filter filter = {.group = group};
    STEP(logs_describe_groups(probe->client, group, group_count, probe, &probe->error));
    EXPECT(probe->seen == 1);
    probe->seen = 0;
    STEP(logs_describe_streams(probe->client, group, stream_count, probe, &probe->error));
    EXPECT(probe->seen == 1);
    probe->seen = 0;
    STEP(logs_filter_events(probe->client, &filter, event_count, probe, &probe->error));
    EXPECT(probe->seen == 3);
    filter.limit = 2;
    probe->seen = 0;
    STEP(logs_filter_events(probe->client, &filter, event_count, probe, &probe->error));
    EXPECT(probe->seen == 2);
    filter = (struct logs_filter){.group = group, .pattern = "needle"};
    probe->seen = 0;
    STEP(logs_filter_events(probe->client, &filter, event_count, probe, &probe->error));
    EXPECT(probe->seen == 1);
    filter.group = "/no/such/group";
    EXPECT(logs_filter_events(probe->client, &filter, event_count, probe, &probe->error) ==
           ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    return true;
}

static bool mapping_seen(void *context, const struct lambda_mapping *mapping)
{
    struct probe *probe = context;
    printf("  mapping %s %s batch %lld\n", mapping->uuid, mapping->state,
           (long long)mapping->batch_size);
    if (probe->seen++ == 0)
        snprintf(probe->text, sizeof probe->text, "%s", mapping->uuid);
    return true;
}

static bool probe_lambda(struct probe *probe)
{
    const char *name = probe->arguments[0];
    struct aws_client *client = probe->client;
    struct lambda_function function;
    struct lambda_mapping mapping;
    struct lambda_invoke_config config;
    struct lambda_invocation invocation;
    struct buffer payload;
    buffer_init(&payload, 1 << 20);
    lambda_function_init(&function);
    STEP(lambda_get_function(client, name, &function, &probe->error));
    printf("  %s %s %lld s %lld MB\n", function.arn, function.state, (long long)function.timeout_s,
           (long long)function.memory_mb);
    EXPECT(function.timeout_s == 7 && function.environment != NULL);
    STEP(lambda_invoke(client, name, false, "{\"n\":1}", 7, 0, &payload, &invocation,
                       &probe->error));
    printf("  %d [%s] %s\n", invocation.status, invocation.function_error, payload.data);
    EXPECT(invocation.status == 200);
    STEP(lambda_invoke(client, function.arn, true, "{\"n\":2}", 7, 0, NULL, &invocation,
                       &probe->error));
    EXPECT(invocation.status == 202);
    STEP(lambda_list_mappings(client, name, NULL, mapping_seen, probe, &probe->error));
    EXPECT(probe->seen == 1);
    STEP(lambda_enable_mapping(client, probe->text, false, &probe->error));
    STEP(lambda_get_mapping(client, probe->text, &mapping, &probe->error));
    EXPECT(strncmp(mapping.state, "Disabl", 6) == 0 && mapping.reports_item_failures);
    STEP(lambda_get_invoke_config(client, name, &config, &probe->error));
    EXPECT(config.present && config.maximum_retries == 1);
    EXPECT(lambda_get_function(client, "no-such", &function, &probe->error) == ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    lambda_function_release(&function);
    buffer_release(&payload);
    return true;
}

static bool output_seen(void *context, const char *key, const char *value)
{
    struct probe *probe = context;
    printf("  %s=%s\n", key, value);
    probe->seen++;
    return true;
}

static bool alarm_seen(void *context, const struct cloudwatch_alarm *alarm)
{
    struct probe *probe = context;
    printf("  %s %s %s %s\n", alarm->name, alarm->state, alarm->metric, alarm->action);
    probe->seen++;
    return true;
}

static bool point_seen(void *context, int64_t timestamp_ms, double value)
{
    struct probe *probe = context;
    printf("  %lld %g\n", (long long)timestamp_ms, value);
    probe->seen++;
    return true;
}

static bool probe_cloudformation(struct probe *probe)
{
    char status[48];
    STEP(cloudformation_describe_outputs(probe->client, probe->arguments[0], output_seen, probe,
                                         status, &probe->error));
    EXPECT(probe->seen == 1 && strcmp(status, "CREATE_COMPLETE") == 0);
    EXPECT(cloudformation_describe_outputs(probe->client, "no-such", output_seen, probe, NULL,
                                           &probe->error) == ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    return true;
}

static bool probe_cloudwatch(struct probe *probe)
{
    int64_t now = aws_client_now_ms(probe->client);
    struct cloudwatch_metric metric = {.namespace_name = "Probe",
                                       .metric = "Count",
                                       .statistic = "Sum",
                                       .start_ms = now - 3600000,
                                       .end_ms = now + 60000,
                                       .period_s = 3600};
    STEP(cloudwatch_describe_alarms(probe->client, "probe-", alarm_seen, probe, &probe->error));
    EXPECT(probe->seen == 1);
    probe->seen = 0;
    STEP(cloudwatch_get_metric(probe->client, &metric, point_seen, probe, &probe->error));
    EXPECT(probe->seen >= 1);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(struct probe *probe);
} areas[] = {
    {"s3", probe_s3},
    {"dynamodb", probe_dynamodb},
    {"sqs", probe_sqs},
    {"sns", probe_sns},
    {"secrets", probe_secrets},
    {"logs", probe_logs},
    {"lambda", probe_lambda},
    {"cloudformation", probe_cloudformation},
    {"cloudwatch", probe_cloudwatch},
};

int main(int count, char **arguments)
{
    struct probe probe = {.error = ERROR_INIT};
    struct buffer calls;
    bool ok = false;
    if (count < 2 || aws_client_new(&probe.client, NULL, &probe.error) != ERROR_NONE) {
        fprintf(stderr, "usage: aws_probe AREA [ARGUMENT]...\n");
        return 2;
    }
    probe.arguments = arguments + 2;
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        if (strcmp(areas[i].name, arguments[1]) == 0)
            ok = areas[i].run(&probe);
    buffer_init(&calls, 65536);
    aws_client_calls_json(probe.client, &calls);
    printf("CALLS %s\n%s\n", calls.data, ok ? "OK" : "NOT OK");
    buffer_release(&calls);
    aws_client_free(probe.client);
    return ok ? 0 : 1;
}
