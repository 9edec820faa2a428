/* aws_probe_message sqs QUEUE DEAD | sns TOPIC | secrets SECRET [ROLE] */
#include "tests/tools/aws_probe.h"

#include "aws/secrets.h"
#include "aws/sns.h"
#include "aws/sqs.h"
#include "aws/sts.h"

static bool url_count(void *context, const char *url)
{
    struct probe *probe = context;
    printf("  %s\n", url);
    probe->seen++;
    return true;
}

static bool probe_move(struct probe *probe)
{
    struct aws_client *client = probe->client;
    char *handle = NULL;
    struct sqs_move_task tasks[4];
    size_t count = 4;
    if (sqs_start_move_task(client, probe->text, NULL, 0, &handle, &probe->error) != ERROR_NONE) {
        printf("  move task: [%s] %s\n", error_name(probe->error.code), probe->error.message);
        EXPECT(sqs_action_is_missing(&probe->error));
    } else {
        STEP(sqs_list_move_tasks(client, probe->text, tasks, &count, &probe->error));
        for (size_t i = 0; i < count; i++) {
            printf("  task %s moved %lld\n", tasks[i].status, (long long)tasks[i].moved);
            free(tasks[i].handle);
        }
    }
    free(handle);
    return true;
}

static bool probe_queue(struct probe *probe)
{
    const char *name = probe->arguments[0], *dead = probe->arguments[1];
    struct aws_client *client = probe->client;
    struct buffer url, dead_url;
    struct sqs_entry_attribute attributes[] = {{"upload_id", "U1"}, {"vendor_id", "VEND001"}};
    struct sqs_send sends[25];
    struct sqs_outcome outcomes[25];
    struct sqs_queue queue;
    buffer_init(&url, 1024);
    buffer_init(&dead_url, 1024);
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
    STEP(sqs_send_message_batch(client, url.data, sends, 25, 0, outcomes, &probe->error));
    for (size_t i = 0; i < 25; i++)
        EXPECT(outcomes[i].code == ERROR_NONE && outcomes[i].message_id[0] != '\0');
    STEP(sqs_get_queue_attributes(client, url.data, &queue, &probe->error));
    printf("  %s %lld messages, dead letters to %s after %lld\n", queue.arn,
           (long long)queue.messages, queue.dead_letter_arn, (long long)queue.max_receive_count);
    EXPECT(queue.messages == 25 && queue.max_receive_count == 3);
    probe->seen = 0;
    STEP(sqs_list_queues(client, name, url_count, probe, &probe->error));
    EXPECT(probe->seen >= 1);
    probe->seen = 0;
    if (sqs_list_dead_letter_sources(client, dead_url.data, url_count, probe, &probe->error) ==
        ERROR_NONE)
        EXPECT(probe->seen == 1);
    else
        EXPECT(sqs_action_is_missing(&probe->error));
    snprintf(probe->text, sizeof probe->text, "%s", queue.dead_letter_arn);
    buffer_release(&url);
    buffer_release(&dead_url);
    return true;
}

static bool probe_sqs(struct probe *probe)
{
    return probe_queue(probe) && probe_move(probe);
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
        struct credentials_role assume = {.role_arn = probe->arguments[1], .session_name = "probe"};
        aws_credentials_init(&credentials);
        STEP(sts_assume_role(probe->client, &assume, &credentials, &probe->error));
        EXPECT(credentials.token != NULL && credentials.expires_at_ms != INT64_MAX);
        aws_credentials_release(&credentials);
    }
    secrets_value_release(&value);
    return true;
}

int main(int count, char **arguments)
{
    static const struct probe_area areas[] = {
        {"sqs", probe_sqs},
        {"sns", probe_sns},
        {"secrets", probe_secrets},
    };
    return probe_main(count, arguments, areas, sizeof areas / sizeof areas[0]);
}
