/* What a dead letter says, and which of them a filter takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/sqs_wire.h"
#include "core/base/json.h"
#include "core/operate/dead_letter/hold.h"

static struct dead_letter decoded(enum dead_letter_kind kind, const char *body,
                                  struct arena *memory)
{
    struct dead_letter letter = {.message_id = "m-1", .body = body, .body_length = strlen(body)};
    dead_letter_decode(kind, &letter, memory);
    assert_non_null(letter.summary);
    return letter;
}

static void test_record_error(void **state)
{
    struct arena memory = ARENA_INIT;
    struct dead_letter letter =
        decoded(DEAD_LETTER_REDRIVE,
                "{\"upload_id\":\"UPLOAD_1\",\"vendor_id\":\"V1\",\"record_id\":\"REC_00007\","
                "\"row_number\":7,\"error_type\":\"INVALID_PRICE\",\"error_message\":\"price x\"}",
                &memory);
    (void)state;
    assert_true(letter.decoded);
    assert_string_equal(letter.upload_id, "UPLOAD_1");
    assert_string_equal(letter.record_id, "REC_00007");
    assert_string_equal(letter.error_type, "INVALID_PRICE");
    assert_string_equal(letter.summary, "row 7: price x");
    arena_release(&memory);
}

static void test_upload_finished(void **state)
{
    struct arena memory = ARENA_INIT;
    struct dead_letter letter =
        decoded(DEAD_LETTER_REDRIVE,
                "{\"type\":\"upload_finished\",\"upload_id\":\"U\",\"vendor_id\":\"V\","
                "\"status\":\"partial\",\"timestamp\":\"2026-01-01T00:00:00Z\"}",
                &memory);
    (void)state;
    assert_true(letter.decoded);
    assert_null(letter.error_type);
    assert_string_equal(letter.summary, "upload finished: partial");
    arena_release(&memory);
}

static void test_function_record(void **state)
{
    struct arena memory = ARENA_INIT;
    struct dead_letter letter =
        decoded(DEAD_LETTER_FUNCTION,
                "{\"version\":\"1.0\",\"requestContext\":{\"condition\":\"RetriesExhausted\","
                "\"approximateInvokeCount\":3},\"requestPayload\":{\"Records\":[{\"eventName\":"
                "\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":"
                "\"uploads/V1/V1_a+b%2B.csv\",\"versionId\":\"v9\"}}}]},\"responsePayload\":{"
                "\"errorType\":\"UNAVAILABLE\",\"errorMessage\":\"no database\"}}",
                &memory);
    (void)state;
    assert_true(letter.decoded);
    assert_string_equal(letter.object_key, "uploads/V1/V1_a b+.csv");
    assert_string_equal(letter.object_version, "v9");
    assert_string_equal(letter.vendor_id, "V1");
    assert_string_equal(letter.error_type, "UNAVAILABLE");
    assert_string_equal(letter.summary,
                        "uploads/V1/V1_a b+.csv: RetriesExhausted after 3 attempts: "
                        "no database");
    arena_release(&memory);
}

static void test_stream_batch(void **state)
{
    struct arena memory = ARENA_INIT;
    struct dead_letter letter = decoded(
        DEAD_LETTER_STREAM,
        "{\"requestContext\":{\"condition\":\"RetryAttemptsExhausted\"},\"DDBStreamBatchInfo\":{"
        "\"shardId\":\"shardId-1\",\"startSequenceNumber\":\"10\",\"endSequenceNumber\":\"20\","
        "\"batchSize\":3,\"streamArn\":\"arn:x\"}}",
        &memory);
    (void)state;
    assert_true(letter.decoded);
    assert_int_equal(letter.record_count, 3);
    assert_string_equal(letter.summary, "3 records of shardId-1, 10 to 20: RetryAttemptsExhausted");
    arena_release(&memory);
}

static void test_what_fits_no_decoder(void **state)
{
    static const char *const bodies[] = {"",
                                         "x",
                                         "[]",
                                         "{}",
                                         "1",
                                         "null",
                                         "\"\\u0000\"",
                                         "{\"Records\":[]}",
                                         "{\"DDBStreamBatchInfo\":7}",
                                         "{\"upload_id\":{}}"};
    (void)state;
    for (int kind = DEAD_LETTER_REDRIVE; kind <= DEAD_LETTER_STREAM; kind++)
        for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
            struct arena memory = ARENA_INIT;
            struct dead_letter letter = decoded((enum dead_letter_kind)kind, bodies[i], &memory);
            assert_false(letter.decoded);
            assert_true(letter.summary[0] != '\0');
            arena_release(&memory);
        }
}

static void test_filter(void **state)
{
    static const char *const ids[] = {"m-2", "m-1"};
    static const char *const uploads[] = {"U1", "U2"};
    struct dead_letter letter = {.message_id = "m-1",
                                 .upload_id = "U1",
                                 .vendor_id = "V1",
                                 .error_type = "INVALID_PRICE",
                                 .uploads = uploads,
                                 .upload_count = 2};
    (void)state;
    assert_true(dead_letter_matches(&letter, &(struct dead_letter_filter){.upload = NULL}));
    assert_true(dead_letter_matches(&letter, &(struct dead_letter_filter){.upload = "U2"}));
    assert_false(dead_letter_matches(&letter, &(struct dead_letter_filter){.upload = "U"}));
    assert_true(dead_letter_matches(&letter, &(struct dead_letter_filter){.upload = "U9,u2"}));
    assert_false(dead_letter_matches(&letter, &(struct dead_letter_filter){.upload = "-u2"}));
    assert_true(dead_letter_matches(&letter, &(struct dead_letter_filter){.vendor = "v9,v1"}));
    assert_false(dead_letter_matches(&letter, &(struct dead_letter_filter){.vendor = "-V1"}));
    assert_true(dead_letter_matches(&letter, &(struct dead_letter_filter){.vendor = "-V9"}));
    assert_true(dead_letter_matches(
        &letter, &(struct dead_letter_filter){.vendor = "V1", .type = "INVALID_PRICE"}));
    assert_false(dead_letter_matches(
        &letter, &(struct dead_letter_filter){.vendor = "V1", .type = "DUPLICATE_SKU"}));
    assert_true(
        dead_letter_matches(&letter, &(struct dead_letter_filter){.ids = ids, .id_count = 2}));
    assert_false(
        dead_letter_matches(&letter, &(struct dead_letter_filter){.ids = ids, .id_count = 1}));
    letter.vendor_id = NULL;
    assert_false(dead_letter_matches(&letter, &(struct dead_letter_filter){.vendor = "V1"}));
}

/* An answer that leaves an entry out, names one that was not asked for, or is none. */
static void test_batch_answers(void **state)
{
    struct aws_response response;
    struct sqs_outcome outcomes[3];
    struct error error = ERROR_INIT;
    (void)state;
    aws_response_init(&response);
    buffer_text(
        &response.body,
        "{\"Successful\":[{\"Id\":\"0\",\"MessageId\":\"new\"},{\"Id\":\"7\"}],"
        "\"Failed\":[{\"Id\":\"2\",\"Code\":\"InvalidMessageContents\",\"SenderFault\":true,\"Message\":\"no\"}]}");
    assert_int_equal(sqs_wire_batch_read(&response, 3, outcomes, &error), ERROR_NONE);
    assert_int_equal(outcomes[0].code, ERROR_NONE);
    assert_string_equal(outcomes[0].message_id, "new");
    assert_true(outcomes[1].code != ERROR_NONE && outcomes[1].possibly_done);
    assert_true(outcomes[2].sender_fault && !outcomes[2].possibly_done);
    buffer_clear(&response.body);
    buffer_text(&response.body, "<html>");
    assert_int_equal(sqs_wire_batch_read(&response, 3, outcomes, &error), ERROR_INVALID);
    assert_true(outcomes[0].possibly_done && outcomes[2].possibly_done);
    aws_response_release(&response);
}

static void test_age(void **state)
{
    static const struct {
        int64_t age, retention;
        enum dead_letter_age expected;
    } cases[] = {{-1, 86400, DEAD_LETTER_FRESH},   {3599, 86400, DEAD_LETTER_FRESH},
                 {3600, 86400, DEAD_LETTER_OLD},   {43199, 86400, DEAD_LETTER_OLD},
                 {43200, 86400, DEAD_LETTER_LATE}, {999999, 0, DEAD_LETTER_OLD},
                 {60, 100, DEAD_LETTER_FRESH}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct dead_letter_queue queue = {.oldest_age_s = cases[i].age,
                                                .retention_s = cases[i].retention};
        assert_int_equal(dead_letter_queue_age(&queue), cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record_error),         cmocka_unit_test(test_upload_finished),
        cmocka_unit_test(test_function_record),      cmocka_unit_test(test_stream_batch),
        cmocka_unit_test(test_what_fits_no_decoder), cmocka_unit_test(test_filter),
        cmocka_unit_test(test_batch_answers),        cmocka_unit_test(test_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
