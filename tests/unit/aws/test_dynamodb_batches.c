/* Many items in flight: DynamoDB's unprocessed ones, outcomes of statements, cancelling. */
#include "tests/unit/aws/test_fake.h"

#include "aws/dynamodb.h"

struct puts {
    size_t at;
    size_t count;
};

static bool put_next(void *context, struct buffer *item)
{
    struct puts *puts = context;
    if (puts->at == puts->count)
        return false;
    dynamodb_item_begin(item);
    buffer_format(item, "\"n\":{\"N\":\"%zu\"}", puts->at++);
    dynamodb_item_end(item);
    return true;
}

/* The first five answers give two items back; all else is taken. */
static void answer_unprocessed(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    fake_reply(exchange, 200, "",
               number < 5 ? "{\"UnprocessedItems\":{\"T\":["
                            "{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"7\"}}}},"
                            "{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"8\"}}}}]}}"
                          : "{\"UnprocessedItems\":{}}");
}

static void test_unprocessed_items_are_sent_again(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct puts source = {.count = 1000};
    struct dynamodb_puts puts = {.context = &source, .next = put_next};
    size_t written = 0;
    (void)state;
    fake_init(&fake, answer_unprocessed);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, &written, &error), ERROR_NONE);
    assert_int_equal(written, 1000);
    assert_int_equal(fake.count, 45);
    assert_int_equal(fake.most_queued, 8);
    size_t again = 0;
    for (size_t i = 0; i < fake.count; i++)
        again += strcmp(fake.requests[i].body,
                        "{\"RequestItems\":{\"T\":["
                        "{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"7\"}}}},"
                        "{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"8\"}}}}]}}") == 0;
    assert_int_equal(again, 5);
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_denied_later(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    if (number < 10)
        fake_reply(exchange, 200, "", "{}");
    else
        fake_reply(exchange, 400, "", "{\"__type\":\"AccessDeniedException\"}");
}

static void test_the_first_error_ends_the_writing(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct puts source = {.count = 5000};
    struct dynamodb_puts puts = {.context = &source, .next = put_next};
    size_t written = 0;
    (void)state;
    fake_init(&fake, answer_denied_later);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, &written, &error), ERROR_DENIED);
    assert_int_equal(written, 250);
    assert_true(fake.count <= 18);
    assert_non_null(strstr(error.message, "DynamoDB BatchWriteItem: AccessDeniedException"));
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_throttled_for_long(struct fake *fake, struct http_exchange *exchange,
                                      size_t number)
{
    (void)fake;
    if (number < 40)
        fake_reply(exchange, 400, "", "{\"__type\":\"ThrottlingException\"}");
    else
        fake_reply(exchange, 200, "", "{}");
}

static void test_a_throttled_table_is_waited_for(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct puts source = {.count = 100};
    struct dynamodb_puts puts = {.context = &source, .next = put_next};
    size_t written = 0;
    (void)state;
    fake_init(&fake, answer_throttled_for_long);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, &written, &error), ERROR_NONE);
    assert_int_equal(written, 100);
    aws_client_free(client);
    fake_release(&fake);
}

/* The first answer is a failure of unknown outcome; the second item is there, the third waits. */
static void answer_unknown(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    if (number == 0)
        fake_reply(exchange, 500, "", "{\"__type\":\"InternalServerError\"}");
    else if (number == 2)
        fake_reply(exchange, 400, "", "{\"__type\":\"ConditionalCheckFailedException\"}");
    else if (number == 3)
        fake_reply(exchange, 400, "", "{\"__type\":\"ThrottlingException\"}");
    else
        fake_reply(exchange, 200, "", "{}");
}

static void test_a_put_of_unknown_outcome_is_repeated_where_nothing_is(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct puts source = {.count = 3};
    size_t written = 0, repeated = 0;
    struct dynamodb_puts puts = {.context = &source, .next = put_next, .repeated = &repeated};
    (void)state;
    fake_init(&fake, answer_unknown);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, &written, &error), ERROR_NONE);
    assert_int_equal(written, 3);
    assert_int_equal(repeated, 1);
    assert_true(fake.count >= 5);
    assert_non_null(strstr(fake.requests[0].body, "\"RequestItems\""));
    for (size_t i = 1; i < fake.count; i++)
        assert_non_null(strstr(fake.requests[i].body, "attribute_not_exists(#k)"));
    assert_string_equal(fake.requests[1].body,
                        "{\"TableName\":\"T\","
                        "\"ConditionExpression\":\"attribute_not_exists(#k)\","
                        "\"ExpressionAttributeNames\":{\"#k\":\"n\"},"
                        "\"Item\":{\"n\":{\"N\":\"0\"}}}");
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_left_then_taken(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    fake_reply(exchange, 200, "",
               number == 0 ? "{\"UnprocessedItems\":{\"T\":["
                             "{\"PutRequest\":{\"Item\":{\"n\":{\"N\":\"7\"}}}}]}}"
                           : "{}");
}

static bool not_sole(void *context)
{
    (void)context;
    return false;
}

/* Who is not sure to be the only writer any more puts nothing over what another may have written.
 */
static void test_a_writer_that_is_not_sole_puts_where_nothing_is(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct puts source = {.count = 25};
    struct dynamodb_puts puts = {.context = &source, .next = put_next, .sole = not_sole};
    (void)state;
    fake_init(&fake, answer_left_then_taken);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, NULL, &error), ERROR_NONE);
    assert_int_equal(fake.count, 2);
    assert_non_null(strstr(fake.requests[1].body, "attribute_not_exists(#k)"));
    aws_client_free(client);
    fake_release(&fake);
}

static void answer_nothing(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)number;
    cancel_request(fake->more);
    fake_reply(exchange, 200, "", "{}");
}

static void test_cancel_gives_up_what_is_in_flight(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct cancel cancel = {0};
    struct puts source = {.count = 1000};
    struct dynamodb_puts puts = {.context = &source, .next = put_next};
    struct aws_client *client = NULL;
    (void)state;
    fake_init(&fake, answer_nothing);
    fake.more = &cancel;
    fake.hang_after = 1;
    struct aws_options options = {
        .world = &fake.world, .transport = &fake.transport, .cancel = &cancel};
    assert_int_equal(aws_client_new(&client, &options, NULL), ERROR_NONE);
    assert_int_equal(dynamodb_batch_write(client, "T", &puts, NULL, &error), ERROR_CANCELLED);
    assert_int_equal(fake.queued, 0);
    assert_int_equal(fake.aborted, 7);
    aws_client_free(client);
    fake_release(&fake);
}

/* Each statement fails with what the test says. */
static void answer_statement(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    char body[400];
    if (strcmp(fake->more, "412") == 0) {
        fake_reply(exchange, 412, "", "{\"__type\":\"PreconditionFailed\"}");
        return;
    }
    snprintf(body, sizeof body, "{\"Responses\":[{\"Error\":{%s%s%s}}]}",
             *(char *)fake->more ? "\"Code\":\"" : "", (char *)fake->more,
             *(char *)fake->more ? "\"" : "");
    fake_reply(exchange, 200, "",
               number < 2 || strcmp(fake->more, "Throttling") != 0 ? body : "{\"Responses\":[{}]}");
}

static void test_what_a_statement_says_is_a_condition_only_where_it_is_one(void **state)
{
    static const struct {
        const char *told;
        enum error_code code;
    } cases[] = {{"ConditionalCheckFailed", ERROR_CONFLICT},
                 {"TransactionConflict", ERROR_UNAVAILABLE},
                 {"ProvisionedThroughputExceeded", ERROR_THROTTLED},
                 {"AccessDenied", ERROR_DENIED},
                 {"SomethingNew", ERROR_SERVICE},
                 {"Throttling", ERROR_NONE},
                 {"", ERROR_SERVICE},
                 {"412", ERROR_SERVICE}};
    const struct dynamodb_statement statement = {.statement = "UPDATE"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake fake;
        struct dynamodb_outcome outcome;
        fake_init(&fake, answer_statement);
        fake.more = (void *)(uintptr_t)cases[i].told;
        struct aws_client *client = fake_client(&fake);
        (void)!dynamodb_batch_execute(client, &statement, 1, &outcome, NULL);
        assert_int_equal(outcome.code, cases[i].code);
        aws_client_free(client);
        fake_release(&fake);
    }
}

static void test_items_are_written_as_dynamodb_wants_them(void **state)
{
    struct buffer item;
    (void)state;
    buffer_init(&item, 4096);
    dynamodb_item_begin(&item);
    dynamodb_write_string(&item, "a", "q\"\n");
    dynamodb_write_string(&item, "none", NULL);
    dynamodb_write_text(&item, "b", "xyz", 2);
    dynamodb_item_end(&item);
    assert_string_equal(item.data, "{\"a\":{\"S\":\"q\\\"\\n\"},\"b\":{\"S\":\"xy\"}}");
    buffer_release(&item);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unprocessed_items_are_sent_again),
        cmocka_unit_test(test_the_first_error_ends_the_writing),
        cmocka_unit_test(test_a_throttled_table_is_waited_for),
        cmocka_unit_test(test_a_put_of_unknown_outcome_is_repeated_where_nothing_is),
        cmocka_unit_test(test_a_writer_that_is_not_sole_puts_where_nothing_is),
        cmocka_unit_test(test_cancel_gives_up_what_is_in_flight),
        cmocka_unit_test(test_what_a_statement_says_is_a_condition_only_where_it_is_one),
        cmocka_unit_test(test_items_are_written_as_dynamodb_wants_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
