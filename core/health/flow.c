/* What moves things: queues, topics, functions and what triggers them. */
#include "aws/lambda.h"
#include "aws/sns.h"
#include "aws/sqs.h"
#include "core/base/json.h"
#include "core/health/doctor_private.h"
#include "core/history/lists.h"
#include "core/history/subscriptions.h"

#define REDEPLOY "deploy lambda/template.yaml again"
#define DAY_S (24 * 60 * 60)
#define POLICIES_SEEN 50

/* A queue by its URL; a setting may hold a name alone. */
static bool find_queue(struct doctor_visit *visit, const char *check, enum setting setting,
                       struct sqs_queue *queue)
{
    struct error error = ERROR_INIT;
    struct buffer url;
    const char *value = NULL;
    if (!doctor_name(visit, check, setting, &value))
        return false;
    buffer_init(&url, 2048);
    enum error_code code = ERROR_NONE;
    if (strncmp(value, "http", 4) == 0)
        buffer_text(&url, value);
    else
        code = sqs_get_queue_url(visit->aws, value, NULL, &url, &error);
    if (!code)
        code = sqs_get_queue_attributes(visit->aws, url.data, queue, &error);
    if (code)
        doctor_unseen(visit, check, &error, "set the correct queue, or " REDEPLOY);
    buffer_release(&url);
    return !code;
}

static void see_error_queue(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct sqs_queue queue = {.arn = ""};
    struct lambda_function function;
    const char *name = settings_get(visit->settings, SETTING_ERROR_FUNCTION);
    if (!find_queue(visit, "error queue", SETTING_ERROR_QUEUE_URL, &queue))
        return;
    doctor_add(visit, "error queue", DOCTOR_OK, NULL, "%lld waiting, %lld in flight",
               (long long)queue.messages, (long long)queue.in_flight);
    doctor_expect(visit, "redrive", queue.dead_letter_arn[0] && queue.max_receive_count == 3,
                  DOCTOR_FAIL, REDEPLOY, "to %s after %lld receives",
                  queue.dead_letter_arn[0] ? sqs_queue_name(queue.dead_letter_arn) : "nowhere",
                  (long long)queue.max_receive_count);
    doctor_expect(visit, "retention", queue.retention_s >= 4 * DAY_S, DOCTOR_WARN, REDEPLOY,
                  "%lld days", (long long)(queue.retention_s / DAY_S));
    lambda_function_init(&function);
    if (!name || lambda_get_function(visit->aws, name, &function, &error))
        doctor_unseen(visit, "visibility timeout", &error, REDEPLOY);
    else
        doctor_expect(visit, "visibility timeout",
                      queue.visibility_timeout_s >= 6 * function.timeout_s, DOCTOR_WARN, REDEPLOY,
                      "%lld s; the function timeout is %lld s (6x the function timeout or more "
                      "is required)",
                      (long long)queue.visibility_timeout_s, (long long)function.timeout_s);
    lambda_function_release(&function);
}

static void see_dead_letters(struct doctor_visit *visit, const char *check, enum setting setting)
{
    struct sqs_queue queue = {.arn = ""};
    if (!find_queue(visit, check, setting, &queue))
        return;
    char remedy[128];
    snprintf(remedy, sizeof remedy, "intake dlq peek %.60s", sqs_queue_name(queue.arn));
    if (queue.messages || queue.in_flight)
        doctor_add(visit, check, DOCTOR_WARN, remedy, "about %lld dead letters",
                   (long long)queue.messages + (long long)queue.in_flight);
    else
        doctor_expect(visit, check, queue.retention_s >= 14 * DAY_S, DOCTOR_WARN, REDEPLOY,
                      "empty, kept for %lld days", (long long)(queue.retention_s / DAY_S));
}

void doctor_visit_queues(struct doctor_visit *visit)
{
    see_error_queue(visit);
    see_dead_letters(visit, "dead letters: error messages", SETTING_ERROR_DEAD_QUEUE);
    see_dead_letters(visit, "dead letters: parser", SETTING_PARSER_DEAD_QUEUE);
    see_dead_letters(visit, "dead letters: validator", SETTING_VALIDATOR_DEAD_QUEUE);
}

static void see_topic(struct doctor_visit *visit, const char *check, enum setting setting,
                      bool wants_subscriber)
{
    struct error error = ERROR_INIT;
    struct sns_topic topic = {.confirmed = 0};
    const char *arn = NULL;
    if (!doctor_name(visit, check, setting, &arn))
        return;
    if (sns_get_topic_attributes(visit->aws, arn, &topic, &error))
        doctor_unseen(visit, check, &error, "set the correct topic, or " REDEPLOY);
    else
        doctor_expect(visit, check, !wants_subscriber || topic.confirmed > 0, DOCTOR_WARN,
                      "aws sns subscribe --protocol email: alarms have no confirmed subscriber",
                      "%lld confirmed, %lld pending subscriptions", (long long)topic.confirmed,
                      (long long)topic.pending);
}

static void see_vendor_mail(struct doctor_visit *visit, const char *topic)
{
    struct error error = ERROR_INIT;
    struct vendor_list vendors = {.count = 0};
    struct subscription_list list = {.count = 0};
    size_t unheard = 0, open = 0;
    const char *example = "", *leak = "";
    enum error_code code = subscriptions_read(visit->aws, topic, &list, &error);
    if (!code)
        code = subscriptions_ask_policies(visit->aws, &list, NULL, POLICIES_SEEN, &error);
    if (!code && visit->db)
        code = vendors_list(visit->db, NULL, &vendors, &error);
    if (code) {
        doctor_unseen(visit, "vendors' subscriptions", &error, "intake vendors");
        goto done;
    }
    for (size_t i = 0; i < vendors.count; i++) {
        const struct vendor *vendor = &vendors.rows[i];
        if (strcmp(vendor->status, "active") == 0 &&
            subscription_of_vendor(&list, vendor->vendor_id, vendor->email) !=
                SUBSCRIPTION_CONFIRMED) {
            unheard++;
            example = vendor->vendor_id;
        }
    }
    for (size_t i = 0; i < list.count; i++) {
        if (list.rows[i].policy_known && !list.rows[i].filter_policy[0]) {
            open++;
            leak = list.rows[i].endpoint;
        }
    }
    doctor_expect(visit, "vendors' subscriptions", unheard == 0, DOCTOR_WARN,
                  "intake vendors subscribe V, then the vendor confirms with the link in the "
                  "e-mail",
                  unheard ? "%zu active vendors receive no e-mail, for example %s"
                          : "%zu vendors receive no e-mail%s",
                  unheard, example);
    doctor_expect(visit, "subscription filters", open == 0, DOCTOR_FAIL,
                  "aws sns set-subscription-attributes: a FilterPolicy on vendor_id",
                  open ? "%zu subscriptions receive all vendors' e-mail, for example %s"
                       : "%zu subscriptions receive all vendors' e-mail%s",
                  open, leak);
done:
    vendor_list_release(&vendors);
    subscriptions_release(&list);
}

void doctor_visit_notices(struct doctor_visit *visit)
{
    const char *topic = settings_get(visit->settings, SETTING_TOPIC_ARN);
    see_topic(visit, "vendors' topic", SETTING_TOPIC_ARN, false);
    see_topic(visit, "operators' topic", SETTING_ALARM_TOPIC_ARN, true);
    if (topic)
        see_vendor_mail(visit, topic);
}

/* What a function must be told, and by whom it was set. */
static const enum setting told[] = {SETTING_TABLE, SETTING_SECRET, SETTING_ERROR_QUEUE_URL,
                                    SETTING_BUCKET, SETTING_TOPIC_ARN};

static void see_environment(struct doctor_visit *visit, const char *name,
                            const struct lambda_function *function)
{
    char missing[256] = "";
    for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
        const char *variable = setting_variable(told[i]);
        const char *theirs = json_text(function->environment, variable, NULL);
        const char *ours = settings_get(visit->settings, told[i]);
        if (theirs && (!ours || strcmp(ours, theirs) == 0))
            continue;
        size_t len = strlen(missing);
        snprintf(missing + len, sizeof missing - len, "%s%s %s", len ? ", " : "", variable,
                 theirs ? "differs" : "missing");
    }
    doctor_expect(visit, "environment", !missing[0], DOCTOR_FAIL, REDEPLOY, "%s: %s", name,
                  missing[0] ? missing : "complete");
}

static void see_function(struct doctor_visit *visit, enum setting setting, int64_t memory)
{
    struct error error = ERROR_INIT;
    struct lambda_function function;
    const char *name = NULL;
    if (!doctor_name(visit, "function", setting, &name))
        return;
    lambda_function_init(&function);
    if (lambda_get_function(visit->aws, name, &function, &error)) {
        doctor_unseen(visit, "function", &error, REDEPLOY);
    } else {
        bool active = strcmp(function.state, "Active") == 0;
        doctor_expect(visit, "function", active && function.memory_mb >= memory, DOCTOR_FAIL,
                      REDEPLOY, "%s: %s, %s, %lld MB, %lld s", name, function.state,
                      function.package_type, (long long)function.memory_mb,
                      (long long)function.timeout_s);
        see_environment(visit, name, &function);
    }
    lambda_function_release(&function);
}

void doctor_visit_functions(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct lambda_invoke_config config = {.present = false};
    const char *parser = settings_get(visit->settings, SETTING_PARSER_FUNCTION);
    see_function(visit, SETTING_PARSER_FUNCTION, 512);
    see_function(visit, SETTING_VALIDATOR_FUNCTION, 512);
    see_function(visit, SETTING_ERROR_FUNCTION, 256);
    if (!parser)
        return;
    if (lambda_get_invoke_config(visit->aws, parser, &config, &error))
        doctor_unseen(visit, "failed events", &error, REDEPLOY);
    else
        doctor_expect(visit, "failed events", config.on_failure_arn[0] != '\0', DOCTOR_FAIL,
                      REDEPLOY, "%s",
                      config.on_failure_arn[0] ? config.on_failure_arn
                                               : "dropped: no on-failure destination");
}

struct mapping_view {
    struct lambda_mapping mapping;
    size_t count;
};

static bool note_mapping(void *context, const struct lambda_mapping *mapping)
{
    struct mapping_view *view = context;
    if (!view->count++)
        view->mapping = *mapping;
    return true;
}

static bool see_mapping(struct doctor_visit *visit, const char *check, enum setting setting,
                        struct mapping_view *view)
{
    struct error error = ERROR_INIT;
    const char *function = NULL;
    if (!doctor_name(visit, check, setting, &function))
        return false;
    if (lambda_list_mappings(visit->aws, function, NULL, note_mapping, view, &error)) {
        doctor_unseen(visit, check, &error, REDEPLOY);
        return false;
    }
    if (view->count != 1) {
        doctor_add(visit, check, DOCTOR_FAIL, REDEPLOY,
                   "%zu mappings to %s, exactly one is required", view->count, function);
        return false;
    }
    char remedy[160];
    snprintf(remedy, sizeof remedy, "aws lambda update-event-source-mapping --uuid %.64s --enabled",
             view->mapping.uuid);
    doctor_expect(visit, check, strcmp(view->mapping.state, "Enabled") == 0, DOCTOR_FAIL, remedy,
                  "%s, batch size %lld, last result: %s", view->mapping.state,
                  (long long)view->mapping.batch_size,
                  view->mapping.last_result[0] ? view->mapping.last_result : "none yet");
    return true;
}

void doctor_visit_mappings(struct doctor_visit *visit)
{
    struct mapping_view stream = {.count = 0}, queue = {.count = 0};
    if (see_mapping(visit, "stream to validator", SETTING_VALIDATOR_FUNCTION, &stream)) {
        const struct lambda_mapping *mapping = &stream.mapping;
        bool good = mapping->reports_item_failures && mapping->bisect &&
                    mapping->maximum_retries >= 0 && mapping->destination_arn[0] &&
                    strstr(mapping->filter, "INSERT");
        doctor_expect(visit, "poison records", good, DOCTOR_FAIL, REDEPLOY,
                      "item failures %s, bisect %s, %lld retries, on failure %s, filter %s",
                      mapping->reports_item_failures ? "reported" : "not reported",
                      mapping->bisect ? "on" : "off", (long long)mapping->maximum_retries,
                      mapping->destination_arn[0] ? mapping->destination_arn : "nowhere",
                      mapping->filter[0] ? mapping->filter : "none");
    }
    if (see_mapping(visit, "error queue to processor", SETTING_ERROR_FUNCTION, &queue))
        doctor_expect(visit, "poison messages", queue.mapping.reports_item_failures, DOCTOR_FAIL,
                      REDEPLOY, "item failures %s",
                      queue.mapping.reports_item_failures ? "reported" : "not reported");
}
