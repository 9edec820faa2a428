/* What watches: logs, recent errors, lag and alarms. */
#include <string.h>

#include "aws/cloudwatch.h"
#include "aws/logs.h"
#include "core/base/world.h"
#include "core/health/doctor_private.h"

#define REDEPLOY "deploy lambda/template.yaml again"
#define HOUR_MS (60 * 60 * 1000)
#define ERRORS_SEEN 50

struct group_view {
    const char *name;
    bool found;
    int64_t retention_days;
};

static bool note_group(void *context, const struct logs_group *group)
{
    struct group_view *view = context;
    if (strcmp(group->name, view->name) != 0)
        return true;
    view->found = true;
    view->retention_days = group->retention_days;
    return false;
}

static void see_group(struct doctor_visit *visit, const char *name)
{
    struct error error = ERROR_INIT;
    struct group_view view = {.name = name};
    if (logs_describe_groups(visit->aws, name, note_group, &view, &error))
        doctor_unseen(visit, "log group", &error, REDEPLOY);
    else
        doctor_expect(visit, "log group", view.found && view.retention_days == 30, DOCTOR_WARN,
                      REDEPLOY,
                      view.found ? "%s is kept for %lld days"
                                 : "%s does not exist "
                                   "(%lld)",
                      name, (long long)view.retention_days);
}

struct error_view {
    size_t count;
    char last[256];
};

static bool note_error(void *context, const struct logs_event *event)
{
    struct error_view *view = context;
    if (!strstr(event->message, "ERROR"))
        return true; /* a service that matches "ErrorsProcessed" of the metrics too */
    view->count++;
    snprintf(view->last, sizeof view->last, "%.*s",
             (int)(event->message_length < 200 ? event->message_length : 200), event->message);
    return view->count < ERRORS_SEEN;
}

static void see_recent_errors(struct doctor_visit *visit, const char *function, const char *group)
{
    struct error error = ERROR_INIT;
    struct error_view view = {.count = 0};
    const struct logs_filter filter = {.group = group,
                                       .pattern = "ERROR",
                                       .start_ms = world_now_ms(&world_real) - HOUR_MS,
                                       .limit = ERRORS_SEEN};
    char remedy[128];
    snprintf(remedy, sizeof remedy, "intake logs %.60s --since 1h", function);
    if (logs_filter_events(visit->aws, &filter, note_error, &view, &error))
        doctor_unseen(visit, "recent errors", &error, remedy);
    else
        doctor_expect(visit, "recent errors", view.count == 0, DOCTOR_WARN, remedy,
                      view.count ? "%s: %zu in the last hour, the last: %s" : "%s: %zu%s", function,
                      view.count, view.last);
}

void doctor_visit_logs(struct doctor_visit *visit)
{
    for (size_t i = 0; i < DOCTOR_FUNCTIONS; i++) {
        const char *function = NULL;
        char group[512];
        if (!doctor_name(visit, "log group", doctor_functions[i], &function))
            continue;
        snprintf(group, sizeof group, "/aws/lambda/%s", function);
        see_group(visit, group);
        see_recent_errors(visit, function, group);
    }
}

struct alarm_view {
    size_t count, firing, silent;
    char example[256];
};

static bool note_alarm(void *context, const struct cloudwatch_alarm *alarm)
{
    struct alarm_view *view = context;
    view->count++;
    view->silent += !alarm->actions_enabled || !alarm->action[0];
    if (strcmp(alarm->state, "ALARM") == 0) {
        view->firing++;
        snprintf(view->example, sizeof view->example, "%s", alarm->name);
    }
    return true;
}

static bool note_age(void *context, int64_t timestamp_ms, double value)
{
    double *highest = context;
    (void)timestamp_ms;
    if (value > *highest)
        *highest = value;
    return true;
}

static void see_lag(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    int64_t now = world_now_ms(&world_real);
    double highest = -1;
    const struct cloudwatch_metric metric = {
        .namespace_name = "AWS/Lambda",
        .metric = "IteratorAge",
        .dimension_name = "FunctionName",
        .dimension_value = settings_get(visit->settings, SETTING_VALIDATOR_FUNCTION),
        .statistic = "Maximum",
        .start_ms = now - HOUR_MS / 4,
        .end_ms = now,
        .period_s = 60};
    if (cloudwatch_get_metric(visit->aws, &metric, note_age, &highest, &error))
        doctor_unseen(visit, "stream lag", &error, "intake logs product-validator --since 1h");
    else if (highest < 0)
        doctor_add(visit, "stream lag", DOCTOR_OK, NULL,
                   "no IteratorAge in the last 15 minutes: no records were read");
    else
        doctor_expect(visit, "stream lag", highest < 60000, DOCTOR_WARN,
                      "intake logs product-validator --since 1h; intake dlq list",
                      "the oldest record waited for %.1f s", highest / 1000);
}

void doctor_visit_alarms(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct alarm_view view = {.count = 0};
    see_lag(visit);
    if (cloudwatch_describe_alarms(visit->aws, NULL, note_alarm, &view, &error)) {
        doctor_unseen(visit, "alarms", &error, REDEPLOY);
        return;
    }
    doctor_expect(visit, "alarms", view.count > 0 && view.silent == 0, DOCTOR_WARN, REDEPLOY,
                  "%zu, %zu of them without an action", view.count, view.silent);
    doctor_expect(visit, "alarms firing", view.firing == 0, DOCTOR_FAIL,
                  "aws cloudwatch describe-alarms --state-value ALARM",
                  view.firing ? "%zu, for example %s" : "%zu%s", view.firing, view.example);
}
