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

struct alarms {
    cloudwatch_alarm_fn *give;
    void *context;
};

static bool alarms_give(void *context, const struct xml_node *result)
{
    const struct alarms *alarms = context;
    bool more = true;
    const struct xml_node *node = xml_find(result, "MetricAlarms/member");
    for (; node && more; node = xml_next(node)) {
        struct cloudwatch_alarm entry;
        alarm_read(node, &entry);
        more = alarms->give(alarms->context, &entry);
    }
    return more;
}

enum error_code cloudwatch_describe_alarms(struct aws_client *client, const char *prefix,
                                           cloudwatch_alarm_fn *alarm, void *context,
                                           struct error *error)
{
    struct alarms alarms = {alarm, context};
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_CLOUDWATCH, "DescribeAlarms");
    aws_query_add(&body, "AlarmNamePrefix", prefix);
    enum error_code code = aws_query_pages(client, AWS_CLOUDWATCH, "DescribeAlarms", &body,
                                           alarms_give, &alarms, error);
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
    if (metric->dimension_name) {
        aws_query_add(body, QUERY "MetricStat.Metric.Dimensions.member.1.Name",
                      metric->dimension_name);
        aws_query_add(body, QUERY "MetricStat.Metric.Dimensions.member.1.Value",
                      metric->dimension_value);
    }
    aws_query_add_integer(body, QUERY "MetricStat.Period", metric->period_s);
    aws_query_add(body, QUERY "MetricStat.Stat", metric->statistic);
#undef QUERY
}

struct points {
    cloudwatch_point_fn *give;
    void *context;
};

static bool points_give(void *context, const struct xml_node *result)
{
    const struct points *points = context;
    bool more = true;
    const struct xml_node *series = xml_find(result, "MetricDataResults/member");
    const struct xml_node *time = xml_find(series, "Timestamps/member");
    const struct xml_node *value = xml_find(series, "Values/member");
    for (; time && value && more; time = xml_next(time), value = xml_next(value)) {
        int64_t at_ms;
        if (time_text_parse_iso8601(time->text, strlen(time->text), &at_ms))
            more = points->give(points->context, at_ms, strtod(value->text, NULL));
    }
    return more;
}

enum error_code cloudwatch_get_metric(struct aws_client *client,
                                      const struct cloudwatch_metric *metric,
                                      cloudwatch_point_fn *point, void *context,
                                      struct error *error)
{
    struct points points = {point, context};
    struct buffer body;
    buffer_init(&body, BODY_MAX);
    aws_query_begin(&body, AWS_CLOUDWATCH, "GetMetricData");
    metric_write(&body, metric);
    enum error_code code = aws_query_pages(client, AWS_CLOUDWATCH, "GetMetricData", &body,
                                           points_give, &points, error);
    buffer_release(&body);
    return code;
}
