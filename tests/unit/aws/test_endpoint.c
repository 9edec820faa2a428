/* Where calls go: regions and partitions, settings of the endpoint, addressing of buckets and
 * keys. */
#include "tests/unit/aws/test_fake.h"

#include <unistd.h>

#include "aws/s3.h"
#include "aws/sqs.h"

static void answer_ok(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", "");
}

static void assert_endpoint(struct fake *fake, enum aws_service service, const char *wanted)
{
    struct buffer url;
    struct error error = ERROR_INIT;
    struct aws_client *client = fake_client(fake);
    buffer_init(&url, 1024);
    assert_int_equal(aws_client_endpoint(client, service, &url, &error), ERROR_NONE);
    assert_string_equal(url.data, wanted);
    buffer_release(&url);
    aws_client_free(client);
}

static void test_standard_endpoints(void **state)
{
    struct fake fake;
    (void)state;
    fake_init(&fake, answer_ok);
    assert_endpoint(&fake, AWS_DYNAMODB_STREAMS,
                    "https://streams.dynamodb.eu-central-1.amazonaws.com");
    assert_endpoint(&fake, AWS_CLOUDWATCH, "https://monitoring.eu-central-1.amazonaws.com");
    setenv("AWS_REGION", "cn-north-1", 1);
    assert_endpoint(&fake, AWS_SQS, "https://sqs.cn-north-1.amazonaws.com.cn");
    setenv("AWS_REGION", "us-gov-west-1", 1);
    assert_endpoint(&fake, AWS_S3, "https://s3.us-gov-west-1.amazonaws.com");
    fake_release(&fake);
}

static void test_partitions(void **state)
{
    static const struct {
        const char *region;
        const char *partition; /* NULL: unknown */
    } rows[] = {{"eu-central-1", "aws"},
                {"mx-central-1", "aws"},
                {"cn-northwest-1", "aws-cn"},
                {"us-gov-east-1", "aws-us-gov"},
                {"mars-west-1", NULL},
                {"eu-central", NULL},
                {"", NULL},
                {"eu-central-1.evil.com", NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct aws_partition *partition = NULL;
        struct error error = ERROR_INIT;
        enum error_code code = region_partition_find(rows[i].region, &partition, &error);
        if (rows[i].partition == NULL) {
            assert_int_equal(code, ERROR_CONFIG);
            assert_non_null(strstr(error.message, "AWS_REGION"));
        } else {
            assert_int_equal(code, ERROR_NONE);
            assert_string_equal(partition->name, rows[i].partition);
        }
    }
}

/* A setting that is no address alone would become another request. */
static void test_an_endpoint_is_one_address(void **state)
{
    static const char *const taken[] = {"http://localhost:4566", "http://[::1]:4566/",
                                        "https://vpce-1.s3.eu-central-1.vpce.amazonaws.com/a/b"};
    static const char *const refused[] = {
        "localhost:4566",        "http://",          "https:///path", "http://a b",
        "http://a\r\nX-Evil: 1", "http://h/\x1b[2J", "http://h?x=1",  "http://h#x",
        "http://m\xC3\xBCnchen", "http://h/<x>",     "http://h/\x7f"};
    struct fake fake;
    (void)state;
    fake_init(&fake, answer_ok);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct error error = ERROR_INIT;
        struct aws_client *client = fake_client(&fake);
        setenv("AWS_ENDPOINT_URL", refused[i], 1);
        if (s3_head_bucket(client, "b", &error) != ERROR_CONFIG)
            fail_msg("%s is taken", refused[i]);
        assert_non_null(strstr(error.message, "AWS_ENDPOINT_URL"));
        for (const char *at = error.message; *at != '\0'; at++)
            assert_true((unsigned char)*at >= ' ' && *at != 0x7f);
        aws_client_free(client);
    }
    assert_int_equal(fake.count, 0);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        struct aws_client *client = fake_client(&fake);
        setenv("AWS_ENDPOINT_URL", taken[i], 1);
        assert_int_equal(s3_head_bucket(client, "b", NULL), ERROR_NONE);
        aws_client_free(client);
    }
    unsetenv("AWS_ENDPOINT_URL");
    fake_release(&fake);
}

static void test_fips_and_dual_stack(void **state)
{
    struct fake fake;
    (void)state;
    fake_init(&fake, answer_ok);
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    setenv("AWS_REGION", "us-east-1", 1);
    assert_endpoint(&fake, AWS_S3, "https://s3-fips.us-east-1.amazonaws.com");
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "True", 1);
    assert_endpoint(&fake, AWS_S3, "https://s3-fips.dualstack.us-east-1.amazonaws.com");
    assert_endpoint(&fake, AWS_LAMBDA, "https://lambda-fips.us-east-1.api.aws");
    setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
    setenv("AWS_REGION", "us-isob-east-1", 1);
    assert_endpoint(&fake, AWS_SQS, "https://sqs.us-isob-east-1.api.aws.scloud");
    fake_release(&fake);
}

static void assert_no_endpoint(struct fake *fake, const char *why)
{
    struct buffer url;
    struct error error = ERROR_INIT;
    struct aws_client *client = fake_client(fake);
    buffer_init(&url, 1024);
    assert_int_equal(aws_client_endpoint(client, AWS_S3, &url, &error), ERROR_CONFIG);
    assert_non_null(strstr(error.message, why));
    buffer_release(&url);
    aws_client_free(client);
}

static void test_what_nobody_can_promise_is_refused(void **state)
{
    struct fake fake;
    (void)state;
    fake_init(&fake, answer_ok);
    setenv("AWS_USE_FIPS_ENDPOINT", "yes please", 1);
    assert_no_endpoint(&fake, "true or false");
    setenv("AWS_USE_FIPS_ENDPOINT", "true", 1);
    setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1", 1);
    assert_no_endpoint(&fake, "AWS_USE_FIPS_ENDPOINT");
    unsetenv("AWS_ENDPOINT_URL_S3");
    setenv("AWS_REGION", "cn-north-1", 1);
    assert_no_endpoint(&fake, "no FIPS endpoint");
    fake_release(&fake);
}

static void answer_unwell(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake, (void)number;
    fake_reply(exchange, 500, "", "");
}

static size_t attempts_made(const char *mode, const char *most, enum error_code *code)
{
    struct fake fake;
    struct buffer url;
    struct error error = ERROR_INIT;
    fake_init(&fake, answer_unwell);
    if (mode)
        setenv("AWS_RETRY_MODE", mode, 1);
    if (most)
        setenv("AWS_MAX_ATTEMPTS", most, 1);
    struct aws_client *client = fake_client(&fake);
    buffer_init(&url, 1024);
    *code = sqs_get_queue_url(client, "q", NULL, &url, &error);
    size_t made = fake.count;
    buffer_release(&url);
    aws_client_free(client);
    fake_release(&fake);
    return made;
}

static void test_retry_modes(void **state)
{
    enum error_code code;
    (void)state;
    assert_int_equal(attempts_made(NULL, NULL, &code), 3);
    assert_int_equal(attempts_made("standard", NULL, &code), 3);
    assert_int_equal(attempts_made("adaptive", NULL, &code), 3);
    assert_int_equal(attempts_made("legacy", NULL, &code), 5);
    assert_int_equal(attempts_made("legacy", "2", &code), 2);
    assert_int_equal(attempts_made("sometimes", NULL, &code), 0);
    assert_int_equal(code, ERROR_CONFIG);
    assert_int_equal(attempts_made(NULL, "0", &code), 0);
    assert_int_equal(code, ERROR_CONFIG);
}

static void answer_throttled(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake, (void)number;
    fake_reply(exchange, 400, "", "{\"__type\":\"ThrottlingException\"}");
}

static void test_the_adaptive_mode_waits_its_turn(void **state)
{
    struct fake fake;
    struct buffer url;
    (void)state;
    fake_init(&fake, answer_throttled);
    setenv("AWS_RETRY_MODE", "adaptive", 1);
    struct aws_client *client = fake_client(&fake);
    buffer_init(&url, 1024);
    assert_int_equal(sqs_get_queue_url(client, "q", NULL, &url, NULL), ERROR_THROTTLED);
    assert_int_equal(fake.count, 3);
    assert_true(fake.requests[2].at_ms - fake.requests[1].at_ms >= 1000);
    buffer_release(&url);
    aws_client_free(client);
    fake_release(&fake);
}

static void test_an_unknown_region_is_told_before_anything_is_sent(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    (void)state;
    fake_init(&fake, answer_ok);
    setenv("AWS_REGION", "mars-west-1", 1);
    setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1", 1);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(s3_head_bucket(client, "b", &error), ERROR_CONFIG);
    assert_non_null(strstr(error.message, "region \"mars-west-1\""));
    assert_int_equal(fake.count, 0);
    aws_client_free(client);
    fake_release(&fake);
}

static void file_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void test_order_of_the_settings(void **state)
{
    struct fake fake;
    char path[] = "/tmp/intake-config-XXXXXX";
    int fd = mkstemp(path);
    (void)state;
    assert_true(fd >= 0);
    close(fd);
    fake_init(&fake, answer_ok);
    file_write(path, "[default]\nregion = eu-west-1\nservices = local\n"
                     "endpoint_url = http://profile:1/\n"
                     "[services local]\ns3 =\n    addressing_style = path\n"
                     "    endpoint_url = http://profile-s3:2\nsqs =\n  max_attempts = 3\n"
                     "[profile other]\nendpoint_url = http://other:3\n"
                     "ignore_configured_endpoint_urls = false\n");
    setenv("AWS_CONFIG_FILE", path, 1);
    assert_endpoint(&fake, AWS_S3, "http://profile-s3:2");
    assert_endpoint(&fake, AWS_SQS, "http://profile:1");
    setenv("AWS_PROFILE", "other", 1);
    assert_endpoint(&fake, AWS_S3, "http://other:3");
    unsetenv("AWS_PROFILE");
    setenv("AWS_ENDPOINT_URL", "http://all:4", 1);
    assert_endpoint(&fake, AWS_S3, "http://all:4");
    setenv("AWS_ENDPOINT_URL_S3", "http://env-s3:5", 1);
    assert_endpoint(&fake, AWS_S3, "http://env-s3:5");
    assert_endpoint(&fake, AWS_SQS, "http://all:4");
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_endpoint(&fake, AWS_S3, "https://s3.eu-central-1.amazonaws.com");
    unsetenv("AWS_REGION");
    assert_endpoint(&fake, AWS_S3, "https://s3.eu-west-1.amazonaws.com");
    unlink(path);
    fake_release(&fake);
}

static void test_addressing_of_buckets_and_keys(void **state)
{
    static const struct {
        const char *endpoint;
        const char *bucket;
        const char *key;
        const char *url;
    } rows[] = {
        {NULL, "bucket", "a/b.csv", "https://bucket.s3.eu-central-1.amazonaws.com/a/b.csv"},
        {NULL, "my.bucket", "k", "https://s3.eu-central-1.amazonaws.com/my.bucket/k"},
        {"http://127.0.0.1:4566", "bucket", "k", "http://127.0.0.1:4566/bucket/k"},
        {"http://h/prefix/", "bucket", "k", "http://h/prefix/bucket/k"},
        {NULL, "b", "a+b c%20/../\xc3\xa9//x",
         "https://b.s3.eu-central-1.amazonaws.com/a%2Bb%20c%2520/../%C3%A9//x"},
        {NULL, "b", "/k", "https://b.s3.eu-central-1.amazonaws.com//k"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct fake fake;
        struct error error = ERROR_INIT;
        fake_init(&fake, answer_ok);
        if (rows[i].endpoint != NULL)
            setenv("AWS_ENDPOINT_URL_S3", rows[i].endpoint, 1);
        struct aws_client *client = fake_client(&fake);
        assert_int_equal(s3_head_object(client, rows[i].bucket, rows[i].key, NULL, NULL, &error),
                         ERROR_NONE);
        assert_string_equal(fake.requests[0].url, rows[i].url);
        aws_client_free(client);
        fake_release(&fake);
    }
}

static void test_the_endpoint_wins_over_the_queues_url(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    (void)state;
    fake_init(&fake, answer_ok);
    setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:9324", 1);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(
        sqs_change_visibility(client, "http://elsewhere:1/000000000000/q", "r", 0, &error),
        ERROR_NONE);
    assert_string_equal(fake.requests[0].url, "http://127.0.0.1:9324/");
    assert_non_null(strstr(fake.requests[0].body, "\"QueueUrl\":\"http://elsewhere:1/"));
    aws_client_free(client);
    fake_release(&fake);
}

static void test_presigned_links_end_with_the_credentials(void **state)
{
    struct fake fake;
    struct error error = ERROR_INIT;
    struct buffer url;
    int64_t end = 0;
    (void)state;
    fake_init(&fake, answer_ok);
    buffer_init(&url, 8192);
    struct aws_client *client = fake_client(&fake);
    assert_int_equal(s3_presign_get(client, "b", "k", "v1", 604800, &url, &end, &error),
                     ERROR_NONE);
    assert_int_equal(end, FAKE_START_MS + INT64_C(604800000));
    assert_non_null(strstr(url.data, "https://b.s3.eu-central-1.amazonaws.com/k?X-Amz-Algorithm="));
    assert_non_null(strstr(url.data, "&versionId=v1&X-Amz-Signature="));
    assert_int_equal(s3_presign_get(client, "b", "k", NULL, 604801, &url, &end, &error),
                     ERROR_INVALID);
    aws_client_free(client);
    setenv("AWS_SESSION_TOKEN", "t", 1);
    setenv("AWS_CREDENTIAL_EXPIRATION", "2023-11-14T23:13:20Z", 1);
    client = fake_client(&fake);
    assert_int_equal(s3_presign_get(client, "b", "k", NULL, 604800, &url, &end, &error),
                     ERROR_NONE);
    assert_int_equal(end, FAKE_START_MS + 3600000);
    aws_client_free(client);
    unsetenv("AWS_CREDENTIAL_EXPIRATION");
    buffer_clear(&url);
    client = fake_client(&fake);
    assert_int_equal(s3_presign_get(client, "b", "k", NULL, 604800, &url, &end, &error),
                     ERROR_NONE);
    assert_int_equal(end, FAKE_START_MS + INT64_C(43200000));
    assert_non_null(strstr(url.data, "&X-Amz-Expires=43200&"));
    aws_client_free(client);
    unsetenv("AWS_SESSION_TOKEN");
    buffer_release(&url);
    fake_release(&fake);
}

static void test_arn_parts(void **state)
{
    char part[64];
    const char *arn = "arn:aws:lambda:eu-central-1:123:function:csv-parser";
    (void)state;
    assert_true(arn_part(arn, 1, part, sizeof part));
    assert_string_equal(part, "aws");
    assert_true(arn_part(arn, 4, part, sizeof part));
    assert_string_equal(part, "123");
    assert_true(arn_part(arn, 5, part, sizeof part));
    assert_string_equal(part, "function:csv-parser");
    assert_false(arn_part(arn, 5, part, 4));
    assert_false(arn_part("arn:aws", 3, part, sizeof part));
    assert_false(arn_part("no", 1, part, sizeof part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_endpoint_is_one_address),
        cmocka_unit_test(test_fips_and_dual_stack),
        cmocka_unit_test(test_what_nobody_can_promise_is_refused),
        cmocka_unit_test(test_retry_modes),
        cmocka_unit_test(test_the_adaptive_mode_waits_its_turn),
        cmocka_unit_test(test_standard_endpoints),
        cmocka_unit_test(test_partitions),
        cmocka_unit_test(test_an_unknown_region_is_told_before_anything_is_sent),
        cmocka_unit_test(test_order_of_the_settings),
        cmocka_unit_test(test_addressing_of_buckets_and_keys),
        cmocka_unit_test(test_the_endpoint_wins_over_the_queues_url),
        cmocka_unit_test(test_presigned_links_end_with_the_credentials),
        cmocka_unit_test(test_arn_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
