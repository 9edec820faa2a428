#include "aws/cloudwatch.h"

#include <strings.h>

#include "aws/copy.h"
#include "aws/query_protocol.h"
#include "core/base/time_text.h"

#define BODY_MAX 16384

static void alarm_read(const struct xml_node *node, struct cloudwatch_alarm *alarm)
{
    memset(alarm, 0, sizeof *alarm);
    AWS_COPY(alarm->name, xml_text(node, "AlarmName"));
    AWS_COPY(alarm->state, xml_text(node, "StateValue"));
    AWS_COPY(alarm->metric, xml_text(node, "MetricName"));
    AWS_COPY(alarm->namespace_name, xml_text(node, "Namespace"));
    AWS_COPY(alarm->action, xml_text(node, "AlarmActions/member"));
    alarm->actions_enabled = strcasecmp(xml_text(node, "ActionsEnabled"), "true") == 0;
}

enum error_code cloudwatch_describe_alarms(struct aws_client *client, const char *prefix,
                                           cloudwatch_alarm_fn *alarm, void *context,
                                           struct error *error)
{
    struct xml_document page = {.arena = ARENA_INIT};
    struct buffer body;
    struct aws_request request = {.service = AWS_CLOUDWATCH, .operation = "DescribeAlarms"};
    const char *token = NULL;
    bool more = true;
    enum error_code code = ERROR_NONE;
    buffer_init(&body, BODY_MAX);
    while (more && code == ERROR_NONE) {
        struct xml_document next;
        aws_query_begin(&body, AWS_CLOUDWATCH, request.operation);
        aws_query_add(&body, "AlarmNamePrefix", prefix);
        aws_query_add(&body, "NextToken", token);
        code = aws_query_call(client, &request, &body, &next, error);
        xml_release(&page);
        page = next;
        const struct xml_node *result = xml_find(page.root, "DescribeAlarmsResult");
        const struct xml_node *node = xml_find(result, "MetricAlarms/member");
        for (; node != NULL && more; node = xml_next(node)) {
            struct cloudwatch_alarm entry;
            alarm_read(node, &entry);
            more = alarm(context, &entry);
        }
        token = xml_text(result, "NextToken");
        more = more && *token != '\0';
    }
    xml_release(&page);
    buffer_release(&body);
    return code;
}

static void metric_write(struct buffer *body, const struct cloudwatch_metric *metric)
{
#define QUERY "MetricDataQueries.member.1."
    char start[TIME_TEXT_SIZE], end[TIME_TEXT_SIZE];
    time_text_iso8601(metric->start_ms, start);
    time_text_iso8601(metric->end_ms, end);
    aws_query_add(body, "StartTime", start);
    aws_query_add(body, "EndTime", end);
    aws_query_add(body, "ScanBy", "TimestampAscending");
    aws_query_add(body, QUERY "Id", "m1");
    aws_query_add(body, QUERY "MetricStat.Metric.Namespace", metric->namespace_name);
    aws_query_add(body, QUERY "MetricStat.Metric.MetricName", metric->metric);
    if (metric->dimension_name != NULL) {
        aws_query_add(body, QUERY "MetricStat.Metric.Dimensions.member.1.Name",
                      metric->dimension_name);
        aws_query_add(body, QUERY "MetricStat.Metric.Dimensions.member.1.Value",
                      metric->dimension_value);
    }
    aws_query_add_integer(body, QUERY "MetricStat.Period", metric->period_s);
    aws_query_add(body, QUERY "MetricStat.Stat", metric->statistic);
#undef QUERY
}

static bool points_give(const struct xml_node *result, cloudwatch_point_fn *point, void *context)
{
    bool more = true;
    const struct xml_node *series = xml_find(result, "MetricDataResults/member");
    const struct xml_node *time = xml_find(series, "Timestamps/member");
    const struct xml_node *value = xml_find(series, "Values/member");
    for (; time != NULL && value != NULL && more; time = xml_next(time), value = xml_next(value)) {
        int64_t at_ms;
        if (time_text_parse_iso8601(time->text, strlen(time->text), &at_ms))
            more = point(context, at_ms, strtod(value->text, NULL));
    }
    return more;
}

enum error_code cloudwatch_get_metric(struct aws_client *client,
                                      const struct cloudwatch_metric *metric,
                                      cloudwatch_point_fn *point, void *context,
                                      struct error *error)
{
    struct xml_document page = {.arena = ARENA_INIT};
    struct buffer body;
    struct aws_request request = {.service = AWS_CLOUDWATCH, .operation = "GetMetricData"};
    const char *token = NULL;
    bool more = true;
    enum error_code code = ERROR_NONE;
    buffer_init(&body, BODY_MAX);
    while (more && code == ERROR_NONE) {
        struct xml_document next;
        aws_query_begin(&body, AWS_CLOUDWATCH, request.operation);
        metric_write(&body, metric);
        aws_query_add(&body, "NextToken", token);
        code = aws_query_call(client, &request, &body, &next, error);
        xml_release(&page);
        page = next;
        const struct xml_node *result = xml_find(page.root, "GetMetricDataResult");
        token = xml_text(result, "NextToken");
        more = points_give(result, point, context) && *token != '\0';
    }
    xml_release(&page);
    buffer_release(&body);
    return code;
}
