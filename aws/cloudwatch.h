/* Amazon CloudWatch: alarms and metric sums, query protocol.
 * Source: Amazon CloudWatch API Reference. */
#ifndef AWS_CLOUDWATCH_H
#define AWS_CLOUDWATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/client.h"

struct cloudwatch_alarm {
    char name[256];
    char state[24]; /* OK, ALARM, INSUFFICIENT_DATA */
    char metric[128];
    char namespace_name[128];
    char action[256]; /* first alarm action, "" = none */
    bool actions_enabled;
};
typedef bool cloudwatch_alarm_fn(void *context, const struct cloudwatch_alarm *alarm);
MUST_CHECK enum error_code cloudwatch_describe_alarms(struct aws_client *client, const char *prefix,
                                                      cloudwatch_alarm_fn *alarm, void *context,
                                                      struct error *error);

struct cloudwatch_metric {
    const char *namespace_name;
    const char *metric;
    const char *dimension_name; /* NULL: none */
    const char *dimension_value;
    const char *statistic; /* "Sum", "Average", "Maximum", ... */
    int64_t start_ms;
    int64_t end_ms;
    int64_t period_s; /* a multiple of 60 */
};
typedef bool cloudwatch_point_fn(void *context, int64_t timestamp_ms, double value);
MUST_CHECK enum error_code cloudwatch_get_metric(struct aws_client *client,
                                                 const struct cloudwatch_metric *metric,
                                                 cloudwatch_point_fn *point, void *context,
                                                 struct error *error);

#endif
