/* Amazon CloudWatch Logs. Source: Amazon CloudWatch Logs API Reference. */
#ifndef AWS_LOGS_H
#define AWS_LOGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/client.h"

struct logs_filter {
    const char *group;
    const char *pattern; /* filter pattern, NULL: all */
    int64_t start_ms;    /* 0: from the beginning */
    int64_t end_ms;      /* 0: until now */
    int64_t limit;       /* events; 0: all */
};

struct logs_event {
    const char *event_id;
    const char *stream;
    const char *message;
    size_t message_length;
    int64_t timestamp_ms;
};

/* Valid during the call; false ends. All pages, in the service's order. */
typedef bool logs_event_fn(void *context, const struct logs_event *event);
MUST_CHECK enum error_code logs_filter_events(struct aws_client *client,
                                              const struct logs_filter *filter,
                                              logs_event_fn *event, void *context,
                                              struct error *error);

struct logs_group {
    char name[512];
    int64_t retention_days; /* 0 = never expire */
    int64_t created_at_ms;
};
typedef bool logs_group_fn(void *context, const struct logs_group *group);
MUST_CHECK enum error_code logs_describe_groups(struct aws_client *client, const char *prefix,
                                                logs_group_fn *group, void *context,
                                                struct error *error);

#endif
