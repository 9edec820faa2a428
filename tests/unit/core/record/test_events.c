#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/record/event_queue.h"
#include "core/record/event_s3.h"
#include "core/record/event_stream.h"

static void test_s3(void **state)
{
    (void)state;
    static const char text[] =
        "{\"Records\":[{\"eventVersion\":\"2.1\",\"eventTime\":\"2026-01-02T03:04:05.000Z\","
        "\"eventName\":\"ObjectCreated:CompleteMultipartUpload\",\"s3\":{\"bucket\":{\"name\":"
        "\"b\"},"
        "\"object\":{\"key\":\"uploads/V/V_a+b%2Bc%25%C3%A9.csv\",\"size\":10,\"eTag\":\"e\","
        "\"versionId\":\"v1\",\"sequencer\":\"0A\"}}},"
        "{\"eventName\":\"ObjectRemoved:Delete\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
        "\"object\":{\"key\":\"k\"}}}]}";
    struct s3_event event;
    assert_int_equal(s3_event_decode(text, strlen(text), &event, NULL), ERROR_NONE);
    assert_int_equal(event.count, 2);
    assert_string_equal(event.list[0].bucket, "b");
    assert_string_equal(event.list[0].key, "uploads/V/V_a b+c%\xC3\xA9.csv");
    assert_string_equal(event.list[0].version, "v1");
    assert_string_equal(event.list[0].sequencer, "0A");
    assert_int_equal(event.list[0].size, 10);
    assert_int_equal(event.list[0].event_time_ms, INT64_C(1767323045000));
    assert_true(event.list[0].created);
    assert_false(event.list[1].created);
    assert_null(event.list[1].version);
    assert_int_equal(event.list[1].size, -1);
    s3_event_release(&event);
}

static void test_s3_other_documents(void **state)
{
    (void)state;
    static const char test[] = "{\"Service\":\"Amazon S3\",\"Event\":\"s3:TestEvent\"}";
    static const char failed[] =
        "{\"requestContext\":{},\"requestPayload\":{\"Records\":[{\"eventName\":"
        "\"ObjectCreated:Put\",\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"k\"}}}]}}";
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "{\"Records\":{}}",
        "{\"Records\":[{}]}",
        "{\"Records\":[{\"eventName\":\"x\",\"s3\":{\"bucket\":{\"name\":\"b\"}}}]}",
        ("{\"Records\":[{\"eventName\":\"x\",\"s3\":{\"bucket\":{\"name\":\"b\"},"
         "\"object\":{\"key\":\"a%00b\"}}}]}"),
    };
    struct s3_event event;
    assert_int_equal(s3_event_decode(test, strlen(test), &event, NULL), ERROR_NONE);
    assert_int_equal(event.count, 0);
    s3_event_release(&event);
    assert_int_equal(s3_event_decode(failed, strlen(failed), &event, NULL), ERROR_NONE);
    assert_int_equal(event.count, 1);
    s3_event_release(&event);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct error error = ERROR_INIT;
        assert_int_equal(s3_event_decode(bad[i], strlen(bad[i]), &event, &error), ERROR_INVALID);
        assert_true(error.message[0] != '\0');
        s3_event_release(&event);
    }
}

static void test_keys(void **state)
{
    (void)state;
    char out[32];
    struct buffer encoded;
    buffer_init(&encoded, 256);
    assert_int_equal(s3_key_decode("a+b%zz%4%", 9, out), 9);
    assert_string_equal(out, "a b%zz%4%");
    s3_key_encode(&encoded, "a b+c%/\xC3\xA9~", 10);
    assert_string_equal(encoded.data, "a+b%2Bc%25/%C3%A9%7E");
    buffer_release(&encoded);
}

#define IMAGE(row)                                                            \
    "{\"upload_id\":{\"S\":\"U\"},\"record_id\":{\"S\":\"REC_0000" row "\"}," \
    "\"vendor_id\":{\"S\":\"V\"},\"status\":{\"S\":\"pending_validation\"},"  \
    "\"row_number\":{\"N\":\"" row "\"},\"product_data\":{\"M\":{\"sku\":{\"S\":\"X\"}}}}"

static void test_stream(void **state)
{
    (void)state;
    static const char text[] =
        "{\"Records\":[{\"eventID\":\"1\",\"eventName\":\"INSERT\",\"dynamodb\":{"
        "\"SequenceNumber\":\"100\",\"NewImage\":" IMAGE(
            "1") "}},"
                 "{\"eventID\":\"2\",\"eventName\":\"MODIFY\",\"dynamodb\":{\"SequenceNumber\":"
                 "\"101\"}},"
                 "{\"eventID\":\"3\",\"eventName\":\"INSERT\",\"dynamodb\":{\"SequenceNumber\":"
                 "\"102\","
                 "\"NewImage\":{\"upload_id\":{\"S\":\"U\"}}}},"
                 "{\"eventName\":\"INSERT\"},7]}";
    struct stream_event event;
    assert_int_equal(stream_event_decode(text, strlen(text), &event, NULL), ERROR_NONE);
    assert_int_equal(event.count, 5);
    assert_true(event.list[0].insert);
    assert_false(event.list[0].poison);
    assert_string_equal(event.list[0].sequence_number, "100");
    assert_string_equal(event.list[0].item.record_id, "REC_00001");
    assert_int_equal(event.list[0].item.record.fields[COLUMN_SKU].len, 1);
    assert_false(event.list[1].insert);
    assert_false(event.list[1].poison);
    assert_true(event.list[2].poison);
    assert_string_equal(event.list[2].problem,
                        "the item's attribute record_id is missing or no text");
    assert_string_equal(event.list[2].sequence_number, "102");
    assert_true(event.list[3].poison);
    assert_string_equal(event.list[3].sequence_number, "");
    assert_false(event.list[4].insert);
    stream_event_release(&event);
    assert_int_equal(stream_event_decode("{\"Records\":1}", 13, &event, NULL), ERROR_INVALID);
    stream_event_release(&event);
}

static void test_queue(void **state)
{
    (void)state;
    static const char text[] =
        "{\"Records\":["
        "{\"messageId\":\"1\",\"attributes\":{\"ApproximateReceiveCount\":\"3\"},\"body\":"
        "\"{\\\"upload_id\\\":\\\"U\\\",\\\"vendor_id\\\":\\\"V\\\",\\\"record_id\\\":\\\"R\\\","
        "\\\"error_type\\\":\\\"INVALID_PRICE\\\"}\"},"
        "{\"messageId\":\"2\",\"body\":\"{\\\"type\\\":\\\"upload_finished\\\",\\\"upload_id\\\":"
        "\\\"U\\\",\\\"vendor_id\\\":\\\"V\\\",\\\"status\\\":\\\"completed\\\"}\"},"
        "{\"messageId\":\"3\",\"body\":\"no JSON\"},"
        "{\"messageId\":\"4\",\"body\":\"[]\"},"
        "{\"messageId\":\"5\",\"body\":\"{\\\"type\\\":\\\"upload_finished\\\"}\"},"
        "{\"messageId\":\"6\",\"body\":\"{\\\"upload_id\\\":\\\"U\\\",\\\"vendor_id\\\":\\\"V\\\","
        "\\\"record_id\\\":\\\"R\\\",\\\"error_type\\\":\\\"ODD\\\"}\"},"
        "{}]}";
    struct queue_event event;
    assert_int_equal(queue_event_decode(text, strlen(text), &event, NULL), ERROR_NONE);
    assert_int_equal(event.count, 7);
    assert_int_equal(event.list[0].kind, QUEUE_MESSAGE_RECORD_ERROR);
    assert_int_equal(event.list[0].receive_count, 3);
    assert_string_equal(event.list[0].error_type, "INVALID_PRICE");
    assert_int_equal(event.list[1].kind, QUEUE_MESSAGE_UPLOAD_FINISHED);
    assert_string_equal(event.list[1].status, "completed");
    assert_null(event.list[1].record_id);
    for (size_t i = 2; i < 7; i++) {
        assert_int_equal(event.list[i].kind, QUEUE_MESSAGE_POISON);
        assert_non_null(event.list[i].problem);
    }
    assert_string_equal(event.list[2].body, "no JSON");
    assert_string_equal(event.list[6].message_id, "");
    queue_event_release(&event);
    assert_int_equal(queue_event_decode("1", 1, &event, NULL), ERROR_INVALID);
    queue_event_release(&event);
}

static void test_an_upload_that_names_no_vendor(void **state)
{
    (void)state;
    static const char *const vendors[] = {"\"vendor_id\":null,", "\"vendor_id\":\"\",", ""};
    for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++) {
        struct queue_message message = {0};
        struct arena memory = ARENA_INIT;
        char body[256];
        int len = snprintf(body, sizeof body,
                           "{\"type\":\"upload_finished\",%s\"upload_id\":\"U\","
                           "\"status\":\"failed\"}",
                           vendors[i]);
        assert_int_equal(queue_body_decode(body, (size_t)len, &message, &memory, NULL), ERROR_NONE);
        assert_int_equal(message.kind, QUEUE_MESSAGE_UPLOAD_FINISHED);
        assert_string_equal(message.vendor_id ? message.vendor_id : "", "");
        arena_release(&memory);
    }
}

static void test_the_clock(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool scheduled;
    } cases[] = {
        {"{\"source\":\"aws.events\",\"detail-type\":\"Scheduled Event\",\"detail\":{}}", true},
        {"{\"source\":\"aws.scheduler\"}", true},
        {"{\"source\":\"aws.events\",\"Records\":[]}", false},
        {"{\"source\":\"aws.s3\"}", false},
        {"{\"source\":7}", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct queue_event event;
        bool records = strstr(cases[i].text, "Records");
        assert_int_equal(queue_event_decode(cases[i].text, strlen(cases[i].text), &event, NULL),
                         cases[i].scheduled || records ? ERROR_NONE : ERROR_INVALID);
        assert_int_equal(event.scheduled, cases[i].scheduled);
        assert_int_equal(event.count, 0);
        queue_event_release(&event);
    }
}

static void test_the_schedule_of_the_retention(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t days; /* 0: it is none */
    } cases[] = {
        {"{\"intake\":\"prune\",\"older_than_days\":400}", 400},
        {"{\"older_than_days\":90, \"intake\":\"prune\"}", 90},
        {"{\"intake\":\"prune\"}", 0},
        {"{\"intake\":\"prune\",\"older_than_days\":\"x\"}", 0},
        {"{\"intake\":\"sweep\",\"older_than_days\":400}", 0},
        {"{\"older_than_days\":400}", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct queue_event event;
        assert_int_equal(queue_event_decode(cases[i].text, strlen(cases[i].text), &event, NULL),
                         cases[i].days ? ERROR_NONE : ERROR_INVALID);
        assert_int_equal(event.prune, cases[i].days > 0);
        if (event.prune)
            assert_int_equal(event.prune_days, cases[i].days);
        assert_false(event.scheduled);
        queue_event_release(&event);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_s3),        cmocka_unit_test(test_s3_other_documents),
        cmocka_unit_test(test_keys),      cmocka_unit_test(test_stream),
        cmocka_unit_test(test_queue),     cmocka_unit_test(test_an_upload_that_names_no_vendor),
        cmocka_unit_test(test_the_clock), cmocka_unit_test(test_the_schedule_of_the_retention),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
