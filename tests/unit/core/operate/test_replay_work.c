/* What a replay sends, and what it makes of the answers. */
#include "tests/unit/aws/test_fake.h"

#include "core/operate/replay/replay_private.h"

#define TRACE "Root=1-5759e988-bd862e3fe1be46a994272793"
#define ATTRIBUTES "{\"a\":{\"DataType\":\"String\",\"StringValue\":\"b\"}}"

struct bench {
    struct fake fake;
    struct pipeline pipeline;
    struct replay_plan plan;
    struct replay_run run;
    struct dead_letter letters[3];
    struct replay_item items[3], *list[3];
    struct aws_slot slot;
    struct aws_response response;
    struct sqs_outcome outcomes[3];
};

static void answer_never(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)exchange;
    fail_msg("request %zu went out", number);
}

static void bench_init(struct bench *bench, const char *endpoint)
{
    memset(bench, 0, sizeof *bench);
    fake_init(&bench->fake, answer_never);
    if (endpoint)
        setenv("AWS_ENDPOINT_URL", endpoint, 1);
    bench->pipeline =
        (struct pipeline){.aws = fake_client(&bench->fake), .world = &bench->fake.world};
    snprintf(bench->plan.queue.source, sizeof bench->plan.queue.source, "csv-parser");
    bench->plan.memory = (struct arena)ARENA_INIT;
    bench->run = (struct replay_run){.pipeline = &bench->pipeline, .plan = &bench->plan};
    for (size_t i = 0; i < 3; i++) {
        static const char *const bodies[] = {"first", "{\"requestPayload\":{\"key\":\"a/b\"}}",
                                             "{\"key\":\"c\"}"};
        bench->letters[i] = (struct dead_letter){
            .message_id = "m", .body = bodies[i], .body_length = strlen(bodies[i])};
        bench->items[i] =
            (struct replay_item){.letter = &bench->letters[i], .url = "http://q/1/source"};
        bench->list[i] = &bench->items[i];
    }
    buffer_init(&bench->slot.body, 1 << 20);
    aws_response_init(&bench->response);
}

static void bench_release(struct bench *bench)
{
    buffer_release(&bench->slot.body);
    aws_response_release(&bench->response);
    arena_release(&bench->plan.memory);
    aws_client_free(bench->pipeline.aws);
    fake_release(&bench->fake);
}

static const char *filled(struct bench *bench, const struct replay_work *work, size_t at,
                          size_t count)
{
    buffer_clear(&bench->slot.body);
    work->fill(&bench->run, work, &bench->slot, bench->list + at, count);
    return bench->slot.body.data;
}

static void test_a_batch_carries_all_of_every_message(void **state)
{
    struct bench bench;
    (void)state;
    bench_init(&bench, NULL);
    bench.letters[1].attributes = ATTRIBUTES;
    bench.letters[2].trace_header = TRACE;
    const char *body = filled(&bench, &replay_work_send, 0, 3);
    assert_string_equal(bench.slot.request.operation, "SendMessageBatch");
    assert_int_equal(bench.slot.request.service, AWS_SQS);
    assert_true(bench.slot.request.once);
    assert_true(bench.slot.request.timeout_ms > 0 &&
                bench.slot.request.timeout_ms < replay_work_send.extend_s * 1000);
    assert_non_null(strstr(body, "http://q/1/source"));
    assert_non_null(strstr(body, "\"Id\":\"0\",\"MessageBody\":\"first\""));
    assert_non_null(strstr(body, "\"Id\":\"2\""));
    assert_non_null(strstr(body, ATTRIBUTES));
    assert_non_null(strstr(body, TRACE));
    bench_release(&bench);
}

static void test_a_trace_is_sent_alone_where_a_batch_would_lose_it(void **state)
{
    struct bench bench;
    (void)state;
    bench_init(&bench, "http://127.0.0.1:1");
    assert_false(replay_send_alone(&bench.run, &bench.letters[0]));
    bench.letters[0].trace_header = TRACE;
    bench.letters[0].attributes = ATTRIBUTES;
    assert_true(replay_send_alone(&bench.run, &bench.letters[0]));
    const char *body = filled(&bench, &replay_work_send, 0, 1);
    assert_string_equal(bench.slot.request.operation, "SendMessage");
    assert_true(bench.slot.request.once);
    assert_non_null(strstr(body, "\"MessageBody\":\"first\""));
    assert_non_null(strstr(body, ATTRIBUTES));
    assert_non_null(strstr(body, TRACE));
    bench_release(&bench);
    bench_init(&bench, NULL);
    bench.letters[0].trace_header = TRACE;
    assert_false(replay_send_alone(&bench.run, &bench.letters[0]));
    bench_release(&bench);
}

static void test_what_the_queue_answers_to_a_batch(void **state)
{
    struct bench bench;
    struct error error = ERROR_INIT;
    (void)state;
    bench_init(&bench, NULL);
    buffer_text(&bench.response.body, "{\"Successful\":[{\"Id\":\"1\",\"MessageId\":\"new\"}]}");
    replay_work_send.read(&bench.response, &error, 3, bench.outcomes);
    assert_int_equal(bench.outcomes[1].code, ERROR_NONE);
    assert_string_equal(bench.outcomes[1].message_id, "new");
    assert_true(bench.outcomes[0].code && bench.outcomes[0].possibly_done);
    buffer_clear(&bench.response.body);
    buffer_text(&bench.response.body, "<html>");
    replay_work_send.read(&bench.response, &error, 3, bench.outcomes);
    for (size_t i = 0; i < 3; i++)
        assert_true(bench.outcomes[i].code && bench.outcomes[i].possibly_done);
    error_set(&error, ERROR_UNAVAILABLE, "no answer");
    error.possibly_done = true;
    memset(bench.outcomes, 0, sizeof bench.outcomes);
    replay_work_send.read(&bench.response, &error, 3, bench.outcomes);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(bench.outcomes[i].code, ERROR_UNAVAILABLE);
        assert_true(bench.outcomes[i].possibly_done);
    }
    error.possibly_done = false;
    replay_work_send.read(&bench.response, &error, 3, bench.outcomes);
    assert_false(bench.outcomes[0].possibly_done || bench.outcomes[2].possibly_done);
    bench_release(&bench);
}

static void test_the_function_gets_the_event_that_it_failed_with(void **state)
{
    struct bench bench;
    (void)state;
    bench_init(&bench, NULL);
    assert_string_equal(filled(&bench, &replay_work_invoke, 1, 1), "{\"key\":\"a/b\"}");
    assert_string_equal(bench.slot.request.path, "/2015-03-31/functions/csv-parser/invocations");
    assert_int_equal(bench.slot.request.service, AWS_LAMBDA);
    assert_true(bench.slot.request.once);
    assert_true(bench.slot.request.timeout_ms >= 300000);
    assert_int_equal(bench.slot.request.header_count, 1);
    assert_string_equal(bench.slot.request.headers[0].name, "x-amz-invocation-type");
    assert_string_equal(bench.slot.request.headers[0].value, "RequestResponse");
    assert_string_equal(filled(&bench, &replay_work_invoke, 2, 1), "{\"key\":\"c\"}");
    bench_release(&bench);
}

static void test_what_a_function_answers(void **state)
{
    struct bench bench;
    struct error error = ERROR_INIT;
    (void)state;
    bench_init(&bench, NULL);
    bench.outcomes[0].code = ERROR_INTERNAL;
    buffer_text(&bench.response.body, "{\"errorMessage\":\"part of a right answer\"}");
    replay_work_invoke.read(&bench.response, &error, 1, bench.outcomes);
    assert_int_equal(bench.outcomes[0].code, ERROR_NONE);
    buffer_text(&bench.response.headers, "x-amz-function-error: Unhandled\n");
    replay_work_invoke.read(&bench.response, &error, 1, bench.outcomes);
    assert_int_equal(bench.outcomes[0].code, ERROR_SERVICE);
    assert_true(bench.outcomes[0].sender_fault);
    assert_non_null(strstr(bench.outcomes[0].detail, "part of a right answer"));
    buffer_clear(&bench.response.body);
    replay_work_invoke.read(&bench.response, &error, 1, bench.outcomes);
    assert_int_equal(bench.outcomes[0].code, ERROR_SERVICE);
    assert_non_null(strstr(bench.outcomes[0].detail, "Unhandled"));
    bench_release(&bench);
}

static void test_a_call_that_took_too_long_is_not_made_again(void **state)
{
    struct bench bench;
    struct error error = ERROR_INIT;
    (void)state;
    bench_init(&bench, NULL);
    error_set(&error, ERROR_UNAVAILABLE, "the line went dead");
    replay_work_invoke.read(&bench.response, &error, 1, bench.outcomes);
    assert_int_equal(bench.outcomes[0].code, ERROR_UNAVAILABLE);
    assert_false(bench.outcomes[0].sender_fault);
    error_set(&error, ERROR_TIMEOUT, "no answer in time");
    replay_work_invoke.read(&bench.response, &error, 1, bench.outcomes);
    assert_int_equal(bench.outcomes[0].code, ERROR_TIMEOUT);
    assert_true(bench.outcomes[0].sender_fault);
    bench_release(&bench);
}

/* A send twice is a duplicate and has an intent; a call and a deletion twice are none. A message
 * stays hidden for as long as work on it may take. */
static void test_what_each_engine_needs(void **state)
{
    (void)state;
    assert_true(replay_work_send.sends && !replay_work_send.cancellable);
    assert_int_equal(replay_work_send.entries, SQS_BATCH_ENTRIES);
    assert_false(replay_work_discard.sends || replay_work_discard.cancellable);
    assert_null(replay_work_discard.fill);
    assert_false(replay_work_invoke.sends);
    assert_true(replay_work_invoke.cancellable);
    assert_int_equal(replay_work_invoke.entries, 1);
    assert_true(replay_work_invoke.least_hold_ms > 300000);
    const struct replay_work *works[] = {&replay_work_send, &replay_work_discard,
                                         &replay_work_invoke};
    for (size_t i = 0; i < 3; i++)
        assert_true(works[i]->extend_s * 1000 > works[i]->least_hold_ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_batch_carries_all_of_every_message),
        cmocka_unit_test(test_a_trace_is_sent_alone_where_a_batch_would_lose_it),
        cmocka_unit_test(test_what_the_queue_answers_to_a_batch),
        cmocka_unit_test(test_the_function_gets_the_event_that_it_failed_with),
        cmocka_unit_test(test_what_a_function_answers),
        cmocka_unit_test(test_a_call_that_took_too_long_is_not_made_again),
        cmocka_unit_test(test_what_each_engine_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
