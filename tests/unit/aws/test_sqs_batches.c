/* Many messages in a call: SQS's per-entry outcomes, and what fits into a batch. */
#include "tests/unit/aws/test_fake.h"

#include "aws/sqs.h"

/* Entry 3 is refused for good, entry 4 fails once by the service's fault. */
static void answer_entries(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    struct buffer body;
    (void)fake;
    buffer_init(&body, 65536);
    buffer_text(&body, "{\"Successful\":[");
    size_t given = 0;
    for (size_t i = 0; i < 25; i++) {
        char id[32];
        snprintf(id, sizeof id, "\"Id\":\"%zu\"", i);
        if (strstr(exchange->body, id) == NULL || i == 3 || (i == 4 && number < 3))
            continue;
        buffer_format(&body, "%s{%s,\"MessageId\":\"m%zu\"}", given++ > 0 ? "," : "", id, i);
    }
    buffer_text(&body, "]");
    if (strstr(exchange->body, "\"Id\":\"3\"") != NULL)
        buffer_text(
            &body,
            ",\"Failed\":[{\"Id\":\"3\",\"SenderFault\":true,"
            "\"Code\":\"InvalidMessageContents\",\"Message\":\"no\"},{\"Id\":\"4\",\"SenderFault\":false,"
            "\"Code\":\"InternalError\"}]");
    buffer_char(&body, '}');
    fake_reply(exchange, 200, "", body.data);
    buffer_release(&body);
}

static void test_each_entry_has_its_outcome(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct sqs_send sends[25];
    struct sqs_outcome outcomes[25];
    (void)state;
    fake_init(&fake, answer_entries);
    struct aws_client *client = fake_client(&fake);
    for (size_t i = 0; i < 25; i++)
        sends[i] = (struct sqs_send){.body = "x", .body_length = 1};
    assert_int_equal(sqs_send_message_batch(client, "http://q/0/q", sends, 25, 0, outcomes, &error),
                     ERROR_NONE);
    assert_int_equal(fake.count, 4);
    assert_int_equal(fake.most_queued, 3);
    for (size_t i = 0; i < 25; i++) {
        char id[16];
        snprintf(id, sizeof id, "m%zu", i);
        assert_int_equal(outcomes[i].code, i == 3 ? ERROR_INVALID : ERROR_NONE);
        assert_string_equal(outcomes[i].message_id, i == 3 ? "" : id);
    }
    assert_true(outcomes[3].sender_fault);
    assert_string_equal(outcomes[3].detail, "no");
    aws_client_free(client);
    fake_release(&fake);
}

/* What the service calls the sender's fault, and what it is. */
static const struct {
    const char *service_code;
    enum error_code code;
    bool final;
} entry_codes[] = {
    {"RequestThrottled", ERROR_THROTTLED, false},
    {"ThrottlingException", ERROR_THROTTLED, false},
    {"KMS.ThrottlingException", ERROR_THROTTLED, false},
    {"KmsThrottled", ERROR_THROTTLED, false},
    {"KMS.DisabledException", ERROR_UNAVAILABLE, false},
    {"KmsInvalidState", ERROR_UNAVAILABLE, false},
    {"com.amazonaws.sqs#KmsAccessDenied", ERROR_UNAVAILABLE, false},
    {"AccessDenied", ERROR_DENIED, false},
    {"SignatureDoesNotMatch", ERROR_UNAUTHENTICATED, false},
    {"InvalidClientTokenId", ERROR_UNAUTHENTICATED, false},
    {"AWS.SimpleQueueService.InvalidSecurityToken", ERROR_UNAUTHENTICATED, false},
    {"SecurityTokenExpiredTokenException", ERROR_EXPIRED_CREDENTIALS, false},
    {"AWS.SimpleQueueService.NonExistentQueue", ERROR_NOT_FOUND, false},
    {"SomethingNewNextYear", ERROR_SERVICE, false},
    {"InvalidMessageContents", ERROR_INVALID, true},
    {"InvalidParameterValue", ERROR_INVALID, true},
    {"AWS.SimpleQueueService.BatchRequestTooLong", ERROR_TOO_LARGE, true},
    {"ReceiptHandleIsInvalid", ERROR_INVALID, true},
};

static void answer_sender_fault(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    char body[400];
    (void)number;
    snprintf(body, sizeof body,
             "{\"Failed\":[{\"Id\":\"0\",\"SenderFault\":true,\"Code\":\"%s\"}]}",
             (const char *)fake->more);
    fake_reply(exchange, 200, "", body);
}

static void test_a_sender_fault_is_final_only_where_it_is_about_the_message(void **state)
{
    const struct sqs_send send = {.body = "x", .body_length = 1};
    (void)state;
    for (size_t i = 0; i < sizeof entry_codes / sizeof entry_codes[0]; i++) {
        struct fake fake;
        struct sqs_outcome outcome;
        fake_init(&fake, answer_sender_fault);
        fake.more = (void *)(uintptr_t)entry_codes[i].service_code;
        struct aws_client *client = fake_client(&fake);
        assert_int_equal(
            sqs_send_message_batch(client, "http://q/0/q", &send, 1, 0, &outcome, NULL),
            ERROR_NONE);
        assert_int_equal(outcome.code, entry_codes[i].code);
        assert_int_equal(outcome.sender_fault, entry_codes[i].final);
        aws_client_free(client);
        fake_release(&fake);
    }
}

/* Throttled for as many answers as the test says, then taken. */
static void answer_throttled_entry(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    const size_t *throttled = fake->more;
    fake_reply(
        exchange, 200, "",
        number < *throttled
            ? "{\"Failed\":[{\"Id\":\"0\",\"SenderFault\":true,\"Code\":\"RequestThrottled\"}]}"
            : "{\"Successful\":[{\"Id\":\"0\",\"MessageId\":\"m\"}]}");
}

/* Six times after the first, each after a wait; a queue that stays throttled ends it. */
static void test_a_throttled_entry_is_sent_again_several_times(void **state)
{
    const struct sqs_send send = {.body = "x", .body_length = 1};
    (void)state;
    for (size_t throttled = 0; throttled < 12; throttled++) {
        struct fake fake;
        struct sqs_outcome outcome;
        fake_init(&fake, answer_throttled_entry);
        fake.more = &throttled;
        struct aws_client *client = fake_client(&fake);
        assert_int_equal(
            sqs_send_message_batch(client, "http://q/0/q", &send, 1, 0, &outcome, NULL),
            ERROR_NONE);
        assert_int_equal(fake.count, throttled < 6 ? throttled + 1 : 7);
        assert_int_equal(outcome.code, throttled <= 6 ? ERROR_NONE : ERROR_THROTTLED);
        assert_false(outcome.sender_fault);
        for (size_t i = 1; i < fake.count; i++)
            assert_true(fake.requests[i].at_ms > fake.requests[i - 1].at_ms);
        aws_client_free(client);
        fake_release(&fake);
    }
}

/* A call with entry 6 in it is refused as a whole; with none it is taken. */
static void answer_whole(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    struct buffer body;
    if (strstr(exchange->body, "\"Id\":\"6\"") == NULL) {
        buffer_init(&body, 65536);
        buffer_text(&body, "{\"Successful\":[");
        for (size_t i = 0, given = 0; i < 10; i++) {
            char id[32];
            snprintf(id, sizeof id, "\"Id\":\"%zu\"", i);
            if (strstr(exchange->body, id) != NULL)
                buffer_format(&body, "%s{%s}", given++ > 0 ? "," : "", id);
        }
        buffer_text(&body, "]}");
        fake_reply(exchange, 200, "", body.data);
        buffer_release(&body);
        return;
    }
    (void)number;
    snprintf(fake->more, 200, "{\"__type\":\"com.amazonaws.sqs#BatchRequestTooLong\"}");
    fake_reply(exchange, 400, "", fake->more);
}

static void
test_a_call_that_is_refused_for_one_entry_is_cut_until_that_one_stands_alone(void **state)
{
    struct fake fake;
    struct sqs_send sends[10];
    struct sqs_outcome outcomes[10];
    char text[200];
    (void)state;
    fake_init(&fake, answer_whole);
    fake.more = text;
    struct aws_client *client = fake_client(&fake);
    for (size_t i = 0; i < 10; i++)
        sends[i] = (struct sqs_send){.body = "x", .body_length = 1};
    assert_int_equal(sqs_send_message_batch(client, "http://q/0/q", sends, 10, 0, outcomes, NULL),
                     ERROR_NONE);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(outcomes[i].code, i == 6 ? ERROR_TOO_LARGE : ERROR_NONE);
        assert_int_equal(outcomes[i].sender_fault, i == 6);
    }
    aws_client_free(client);
    fake_release(&fake);
}

static size_t entries_of(const struct fake_request *request)
{
    size_t count = 0;
    for (const char *at = request->body; (at = strstr(at, "\"Id\":")) != NULL; at++)
        count++;
    return count;
}

static void answer_all_entries(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    const char *at = fake->requests[number].body;
    struct buffer body;
    buffer_init(&body, 65536);
    buffer_text(&body, "{\"Successful\":[");
    for (size_t given = 0; (at = strstr(at, "\"Id\":\"")) != NULL; at += 6, given++)
        buffer_format(&body, "%s{\"Id\":\"%.*s\"}", given > 0 ? "," : "",
                      (int)strcspn(at + 6, "\""), at + 6);
    buffer_text(&body, "],\"Failed\":[]}");
    fake_reply(exchange, 200, "", body.data);
    buffer_release(&body);
}

/* SQS refuses a batch of eleven as a whole. */
static void test_no_batch_has_more_than_ten_entries(void **state)
{
    static const char *const operations[] = {"SendMessageBatch", "DeleteMessageBatch",
                                             "ChangeMessageVisibilityBatch"};
    static const size_t counts[] = {1, 9, 10, 11, 20, 21, 30};
    struct sqs_send sends[30];
    const char *handles[30];
    struct sqs_outcome outcomes[30];
    (void)state;
    for (size_t i = 0; i < 30; i++) {
        sends[i] = (struct sqs_send){.body = "x", .body_length = 1};
        handles[i] = "h";
    }
    for (size_t i = 0; i < 3 * sizeof counts / sizeof counts[0]; i++) {
        size_t count = counts[i / 3], sum = 0;
        struct fake fake;
        enum error_code code;
        fake_init(&fake, answer_all_entries);
        struct aws_client *client = fake_client(&fake);
        if (i % 3 == 0)
            code = sqs_send_message_batch(client, "http://q/0/q", sends, count, 1, outcomes, NULL);
        else if (i % 3 == 1)
            code =
                sqs_delete_message_batch(client, "http://q/0/q", handles, count, 1, outcomes, NULL);
        else
            code = sqs_change_visibility_batch(client, "http://q/0/q", handles, count, 7, 1,
                                               outcomes, NULL);
        assert_int_equal(code, ERROR_NONE);
        assert_int_equal(fake.count, (count + 9) / 10);
        for (size_t k = 0; k < fake.count; k++) {
            assert_in_range(entries_of(&fake.requests[k]), 1, 10);
            assert_non_null(strstr(fake.requests[k].headers, operations[i % 3]));
            sum += entries_of(&fake.requests[k]);
        }
        assert_int_equal(sum, count);
        for (size_t k = 0; k < count; k++)
            assert_int_equal(outcomes[k].code, ERROR_NONE);
        aws_client_free(client);
        fake_release(&fake);
    }
}

static size_t calls_for_two(size_t length, const struct sqs_entry_attribute *attribute)
{
    struct fake fake;
    struct sqs_outcome outcomes[2];
    char *text = malloc(length);
    assert_non_null(text);
    memset(text, 'x', length);
    fake_init(&fake, answer_entries);
    struct aws_client *client = fake_client(&fake);
    const struct sqs_send sends[2] = {{.body = text, .body_length = length},
                                      {.body = text,
                                       .body_length = length,
                                       .attributes = attribute,
                                       .attribute_count = attribute != NULL ? 1 : 0}};
    assert_int_equal(sqs_send_message_batch(client, "http://q/0/q", sends, 2, 1, outcomes, NULL),
                     ERROR_NONE);
    size_t calls = fake.count;
    aws_client_free(client);
    free(text);
    fake_release(&fake);
    return calls;
}

/* Bodies, and names, types and values of attributes: all of it counts. */
static void test_a_batch_is_no_larger_than_a_queue_takes(void **state)
{
    const struct sqs_entry_attribute attribute = {.name = "abcd", .value = "ef"};
    (void)state;
    assert_int_equal(calls_for_two(SQS_MESSAGE_MAX / 2, NULL), 1);
    assert_int_equal(calls_for_two(SQS_MESSAGE_MAX / 2 + 1, NULL), 2);
    assert_int_equal(calls_for_two(SQS_MESSAGE_MAX / 2 - 6, &attribute), 1);
    assert_int_equal(calls_for_two(SQS_MESSAGE_MAX / 2 - 5, &attribute), 2);
}

static void test_large_messages_go_alone(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct sqs_send sends[3];
    struct sqs_outcome outcomes[3];
    char *large = malloc(200000);
    (void)state;
    assert_non_null(large);
    memset(large, 'x', 200000);
    fake_init(&fake, answer_entries);
    struct aws_client *client = fake_client(&fake);
    for (size_t i = 0; i < 3; i++)
        sends[i] = (struct sqs_send){.body = large, .body_length = 200000};
    assert_int_equal(sqs_send_message_batch(client, "http://q/0/q", sends, 3, 0, outcomes, &error),
                     ERROR_NONE);
    assert_int_equal(fake.count, 3);
    aws_client_free(client);
    free(large);
    fake_release(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_entry_has_its_outcome),
        cmocka_unit_test(test_a_sender_fault_is_final_only_where_it_is_about_the_message),
        cmocka_unit_test(test_a_throttled_entry_is_sent_again_several_times),
        cmocka_unit_test(
            test_a_call_that_is_refused_for_one_entry_is_cut_until_that_one_stands_alone),
        cmocka_unit_test(test_no_batch_has_more_than_ten_entries),
        cmocka_unit_test(test_a_batch_is_no_larger_than_a_queue_takes),
        cmocka_unit_test(test_large_messages_go_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
