/* What operators ask AWS for: subscriptions, whom a notice reaches, the functions' lines. */
#include "tests/unit/aws/test_fake.h"

#include "core/history/logs.h"
#include "core/history/subscriptions.h"
#include "core/operate/resend/resend_private.h"
#include "core/operate/vendors/action_private.h"

#define TOPIC "arn:aws:sns:eu-central-1:1:t"

struct setup {
    struct fake fake;
    struct settings settings;
    struct pipeline pipeline;
    struct error error;
};

static void setup_init(struct setup *setup,
                       void (*answer)(struct fake *, struct http_exchange *, size_t))
{
    memset(setup, 0, sizeof *setup);
    fake_init(&setup->fake, answer);
    assert_int_equal(settings_init(&setup->settings, NULL), ERROR_NONE);
    assert_int_equal(
        settings_put(&setup->settings, SETTING_TOPIC_ARN, TOPIC, SETTING_FROM_ENVIRONMENT, NULL),
        ERROR_NONE);
    setup->pipeline = (struct pipeline){.aws = fake_client(&setup->fake),
                                        .settings = &setup->settings,
                                        .world = &setup->fake.world};
}

static void setup_release(struct setup *setup)
{
    aws_client_free(setup->pipeline.aws);
    settings_release(&setup->settings);
    fake_release(&setup->fake);
}

static bool asks(const struct http_exchange *exchange, const char *text)
{
    char body[4096];
    snprintf(body, sizeof body, "%.*s", (int)exchange->body_length, (const char *)exchange->body);
    return strstr(body, text) != NULL;
}

/* ---- subscribe */

static void answer_subscribe(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)number;
    const char *refused = fake->more;
    if (refused != NULL)
        fake_reply(exchange, 403, "", refused);
    else if (asks(exchange, "Action=GetSubscriptionAttributes"))
        fake_reply(exchange, 200, "",
                   "<R><GetSubscriptionAttributesResult><Attributes><entry><key>PendingConfirmation"
                   "</key><value>false</value></entry></Attributes>"
                   "</GetSubscriptionAttributesResult></R>");
    else
        fake_reply(exchange, 200, "",
                   "<R><SubscribeResult><SubscriptionArn>" TOPIC ":s</SubscriptionArn>"
                   "</SubscribeResult></R>");
}

static void test_only_a_subscribe_that_was_taken_changes(void **state)
{
    static char refused[] = "<E><Error><Code>AuthorizationError</Code><Message>no</Message></Error>"
                            "</E>";
    static const enum vendor_step steps[] = {VENDOR_STEP_SUBSCRIBE, VENDOR_STEP_REMIND,
                                             VENDOR_STEP_SET_FILTER};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof steps / sizeof *steps; i++) {
        struct setup setup;
        struct vendor_action_result result = {.changed = false};
        struct vendor_action_plan plan = {.step = steps[i / 2],
                                          .state = SUBSCRIPTION_NONE,
                                          .topic_arn = TOPIC,
                                          .subscription_arn = TOPIC ":s",
                                          .filter_policy = "{}"};
        plan.vendor.vendor_id = "V";
        plan.vendor.email = "v@example.com";
        setup_init(&setup, answer_subscribe);
        setup.fake.more = i % 2 ? refused : NULL;
        enum error_code code =
            vendor_subscription_apply(&setup.pipeline, &plan, &result, &setup.error);
        assert_int_equal(code, i % 2 ? ERROR_DENIED : ERROR_NONE);
        assert_int_equal(result.changed, i % 2 == 0);
        if (code)
            assert_non_null(strstr(setup.error.message, "nothing was changed"));
        if (code && steps[i / 2] != VENDOR_STEP_SET_FILTER)
            assert_int_equal(result.state, SUBSCRIPTION_NONE);
        if (!code)
            assert_int_equal(result.state, SUBSCRIPTION_CONFIRMED);
        setup_release(&setup);
    }
}

/* ---- whom a notice reaches */

#define OTHERS 102

static void answer_recipients(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    static const char *const rows[][3] = {
        {TOPIC ":own", "v@example.com", "{\"vendor_id\":[\"V\"]}"},
        {TOPIC ":all", "all@example.com", ""},
        {"PendingConfirmation", "V@Example.com", ""},
        {"PendingConfirmation", "w@example.com", ""}};
    struct buffer body;
    (void)number;
    buffer_init(&body, 1 << 20);
    if (fake->more != NULL) {
        fake_reply(exchange, 403, "", fake->more);
    } else if (asks(exchange, "Action=ListSubscriptionsByTopic")) {
        buffer_text(&body, "<R><ListSubscriptionsByTopicResult><Subscriptions>");
        for (size_t i = 0; i < 4 + OTHERS; i++) {
            char arn[64], endpoint[64];
            snprintf(arn, sizeof arn, TOPIC ":o%zu", i);
            snprintf(endpoint, sizeof endpoint, "o%03zu@example.com", i);
            buffer_format(&body,
                          "<member><SubscriptionArn>%s</SubscriptionArn><Protocol>email</Protocol>"
                          "<Endpoint>%s</Endpoint></member>",
                          i < 4 ? rows[i][0] : arn, i < 4 ? rows[i][1] : endpoint);
        }
        buffer_text(&body, "</Subscriptions></ListSubscriptionsByTopicResult></R>");
        fake_reply(exchange, 200, "", body.data);
    } else {
        const char *policy = asks(exchange, "%3Aown")   ? rows[0][2]
                             : asks(exchange, "%3Aall") ? rows[1][2]
                                                        : "{\"vendor_id\":[\"W\"]}";
        buffer_format(&body,
                      "<R><GetSubscriptionAttributesResult><Attributes><entry><key>FilterPolicy"
                      "</key><value>%s</value></entry></Attributes>"
                      "</GetSubscriptionAttributesResult></R>",
                      policy);
        fake_reply(exchange, 200, "", body.data);
    }
    buffer_release(&body);
}

static void find(struct setup *setup, struct resend_plan *plan, const char *vendor)
{
    *plan = (struct resend_plan){.vendor_email = "v@example.com"};
    plan->draft.vendor_known = true;
    snprintf(plan->draft.vendor_id, sizeof plan->draft.vendor_id, "%s", vendor);
    snprintf(plan->draft.upload_id, sizeof plan->draft.upload_id, "U");
    snprintf(plan->draft.status, sizeof plan->draft.status, "partial");
    assert_int_equal(resend_find_recipients(&setup->pipeline, plan, &setup->error), ERROR_NONE);
}

static void test_whom_a_notice_reaches(void **state)
{
    struct setup setup;
    struct resend_plan plan;
    (void)state;
    setup_init(&setup, answer_recipients);
    find(&setup, &plan, "V");
    assert_int_equal(plan.reached, 2);
    assert_int_equal(plan.pending, 1);
    assert_int_equal(plan.others_unshown, OTHERS + 1 - 100);
    assert_int_equal(plan.recipient_count, 103);
    assert_int_equal(plan.warning_count, 0);
    for (size_t i = 0; i < plan.recipient_count; i++) {
        assert_int_equal(plan.recipients[i].matches_filter, i < 2);
        assert_true(plan.recipients[i].pending == (i == 2) || i > 2);
    }
    assert_string_equal(plan.recipients[2].endpoint, "V@Example.com");
    free((void *)plan.warnings);
    arena_release(&plan.memory);
    setup_release(&setup);
}

static size_t read_again(struct setup *setup, struct subscription_list *list,
                         const struct subscription_list *before, size_t turn, size_t anew)
{
    assert_int_equal(subscriptions_read(setup->pipeline.aws, TOPIC, list, &setup->error),
                     ERROR_NONE);
    assert_int_equal(subscriptions_keep_policies(list, before, turn, anew, &setup->error),
                     ERROR_NONE);
    size_t asked = setup->fake.count;
    assert_int_equal(
        subscriptions_ask_policies(setup->pipeline.aws, list, NULL, SIZE_MAX, &setup->error),
        ERROR_NONE);
    return setup->fake.count - asked;
}

static void test_a_list_read_again_asks_for_few_policies(void **state)
{
    struct setup setup;
    struct subscription_list none = {.count = 0}, first, second;
    (void)state;
    setup_init(&setup, answer_recipients);
    assert_int_equal(read_again(&setup, &first, &none, 0, 3), OTHERS + 2);
    for (size_t turn = 0; turn < first.count + 3; turn += 3) {
        size_t asked = read_again(&setup, &second, &first, turn, 3), due = 0;
        for (size_t i = 0; i < 3; i++) /* a pending one has no policy to ask for */
            due += !second.rows[(turn + i) % second.count].pending;
        assert_int_equal(asked, due);
        assert_int_equal(subscription_of_vendor(&second, "V", "v@example.com"),
                         SUBSCRIPTION_CONFIRMED);
        assert_int_equal(subscription_of_vendor(&second, "X", "o007@example.com"),
                         SUBSCRIPTION_NONE);
        subscriptions_release(&first);
        first = second;
    }
    subscriptions_release(&first);
    setup_release(&setup);
}

static void test_recipients_that_may_not_be_read_are_said(void **state)
{
    static char refused[] = "<E><Error><Code>AuthorizationError</Code><Message>no</Message></Error>"
                            "</E>";
    struct setup setup;
    struct resend_plan plan;
    (void)state;
    setup_init(&setup, answer_recipients);
    setup.fake.more = refused;
    find(&setup, &plan, "V");
    assert_int_equal(plan.reached, 0);
    assert_int_equal(plan.warning_count, 1);
    assert_non_null(strstr(plan.warnings[0], "cannot read the recipients"));
    free((void *)plan.warnings);
    arena_release(&plan.memory);
    setup_release(&setup);
}

/* ---- lines */

static void answer_lines(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    if (asks(exchange, "product-validator"))
        fake_reply(exchange, 400, "", "{\"__type\":\"ResourceNotFoundException\"}");
    else if (asks(exchange, "csv-parser"))
        fake_reply(exchange, 200, "",
                   "{\"events\":[{\"timestamp\":30,\"eventId\":\"b\",\"message\":"
                   "\"{\\\"level\\\":\\\"WARN\\\",\\\"message\\\":\\\"late\\\",\\\"upload_id\\\":"
                   "\\\"U\\\",\\\"request_id\\\":\\\"r1\\\",\\\"rows\\\":2}\\n\"},"
                   "{\"timestamp\":10,\"eventId\":\"a\",\"message\":"
                   "\"START RequestId: 4ab1-9 Version: 1\\r\\n\"}]}");
    else
        fake_reply(exchange, 200, "",
                   "{\"events\":[{\"timestamp\":30,\"eventId\":\"a\",\"message\":\"{broken\"},"
                   "{\"timestamp\":20,\"eventId\":\"z\",\"message\":\"{\\\"_aws\\\":{}}\"}]}");
}

static void test_lines_of_all_functions_in_order(void **state)
{
    const struct logs_question question = {
        .functions = {"csv-parser", "product-validator", "error-processor"},
        .text = "U",
        .since_ms = 5,
        .until_ms = 99,
        .limit = 7};
    struct setup setup;
    struct log_lines lines;
    (void)state;
    setup_init(&setup, answer_lines);
    assert_int_equal(logs_read(setup.pipeline.aws, &question, &lines, &setup.error), ERROR_NONE);
    assert_int_equal(lines.count, 4);
    assert_string_equal(lines.rows[0].message, "START RequestId: 4ab1-9 Version: 1");
    assert_string_equal(lines.rows[0].request_id, "4ab1-9");
    assert_null(lines.rows[0].level);
    assert_string_equal(lines.rows[1].message, "metrics");
    assert_string_equal(lines.rows[2].message, "late");
    assert_string_equal(lines.rows[2].level, "WARN");
    assert_string_equal(lines.rows[2].upload_id, "U");
    assert_string_equal(lines.rows[2].request_id, "r1");
    assert_string_equal(lines.rows[2].fields, "\"rows\":2");
    assert_string_equal(lines.rows[2].function, "csv-parser");
    assert_string_equal(lines.rows[3].message, "{broken");
    assert_string_equal(lines.rows[3].function, "error-processor");
    assert_string_equal(setup.fake.requests[0].body,
                        "{\"logGroupName\":\"/aws/lambda/csv-parser\",\"filterPattern\":\"\\\"U\\\""
                        "\",\"startTime\":5,\"endTime\":99,\"limit\":7}");
    log_lines_release(&lines);
    setup_release(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_a_subscribe_that_was_taken_changes),
        cmocka_unit_test(test_whom_a_notice_reaches),
        cmocka_unit_test(test_a_list_read_again_asks_for_few_policies),
        cmocka_unit_test(test_recipients_that_may_not_be_read_are_said),
        cmocka_unit_test(test_lines_of_all_functions_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
