/* aws_probe_operate logs GROUP | lambda FUNCTION | cloudformation STACK | cloudwatch */
#include "tests/tools/aws_probe.h"

#include "aws/cloudformation.h"
#include "aws/cloudwatch.h"
#include "aws/lambda.h"
#include "aws/logs.h"

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

static bool probe_logs(struct probe *probe)
{
    const char *group = probe->arguments[0];
    struct logs_filter filter = {.group = group};
    STEP(logs_describe_groups(probe->client, group, group_count, probe, &probe->error));
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
    struct lambda_invoke_config config;
    lambda_function_init(&function);
    STEP(lambda_get_function(client, name, &function, &probe->error));
    printf("  %s %s %lld s %lld MB\n", function.arn, function.state, (long long)function.timeout_s,
           (long long)function.memory_mb);
    EXPECT(function.timeout_s == 7 && function.environment != NULL);
    STEP(lambda_list_mappings(client, name, NULL, mapping_seen, probe, &probe->error));
    EXPECT(probe->seen == 1);
    STEP(lambda_get_invoke_config(client, name, &config, &probe->error));
    printf("  invoke config %d %lld\n", config.present, (long long)config.maximum_retries);
    EXPECT(config.present && config.maximum_retries == 1);
    EXPECT(lambda_get_function(client, "no-such", &function, &probe->error) == ERROR_NOT_FOUND);
    printf("  %s\n", probe->error.message);
    lambda_function_release(&function);
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

int main(int count, char **arguments)
{
    static const struct probe_area areas[] = {
        {"logs", probe_logs},
        {"lambda", probe_lambda},
        {"cloudformation", probe_cloudformation},
        {"cloudwatch", probe_cloudwatch},
    };
    return probe_main(count, arguments, areas, sizeof areas / sizeof areas[0]);
}
