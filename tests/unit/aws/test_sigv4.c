/* The stages of signing, one by one, against the examples that AWS publishes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/sigv4.h"
#include "core/base/time_text.h"

static int64_t moment(const char *text)
{
    int64_t ms = 0;
    assert_true(time_text_parse_iso8601(text, strlen(text), &ms));
    return ms;
}

static struct sigv4_options s3_options(void)
{
    return (struct sigv4_options){
        .credentials = {.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                        .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"},
        .region = "us-east-1",
        .service = "s3",
        .time_ms = moment("2013-05-24T00:00:00Z"),
        .sign_body = true,
        .expires_s = 86400,
    };
}

/* S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in a
 * Single Chunk", example GET Object. */
static void test_header_stages(void **state)
{
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"},
                                           {"Range", " bytes=0-9 "},
                                           {"User-Agent", "left out"}};
    struct sigv4_request request = {
        .method = "GET", .path = "/test.txt", .headers = headers, .header_count = 3};
    struct sigv4_options options = s3_options();
    struct sigv4_result result;
    (void)state;
    sigv4_result_init(&result);
    assert_int_equal(sigv4_sign_header(&request, &options, &result, NULL), ERROR_NONE);
    assert_string_equal(
        result.canonical_request.data,
        "GET\n/test.txt\n\nhost:examplebucket.s3.amazonaws.com\nrange:bytes=0-9\n"
        "x-amz-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
        "x-amz-date:20130524T000000Z\n\nhost;range;x-amz-content-sha256;x-amz-date\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(result.string_to_sign.data,
                        "AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"
                        "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972");
    assert_string_equal(result.signature,
                        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
    sigv4_result_release(&result);
}

/* S3 API Reference, "Authenticating Requests: Using Query Parameters". */
static void test_presigned_stages(void **state)
{
    const struct sigv4_header headers[] = {{"Host", "examplebucket.s3.amazonaws.com"}};
    struct sigv4_request request = {
        .method = "GET", .path = "/test.txt", .headers = headers, .header_count = 1};
    struct sigv4_options options = s3_options();
    struct sigv4_result result;
    struct error error = ERROR_INIT;
    (void)state;
    options.payload_hash = SIGV4_UNSIGNED_PAYLOAD;
    sigv4_result_init(&result);
    assert_int_equal(sigv4_sign_query(&request, &options, &result, &error), ERROR_NONE);
    assert_string_equal(result.signature,
                        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    assert_string_equal(
        result.query.data,
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-"
        "east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-"
        "SignedHeaders=host&X-Amz-Signature="
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
    options.expires_s = 604801;
    assert_int_equal(sigv4_sign_query(&request, &options, &result, &error), ERROR_INVALID);
    sigv4_result_release(&result);
}

/* IAM User Guide, "Examples of how to derive a signing key". */
/* The SigV4 test suite, get-header-key-duplicate: one line, the values in their order. */
static void test_a_header_that_is_repeated(void **state)
{
    const struct sigv4_header headers[] = {{"Host", "example.amazonaws.com"},
                                           {"My-Header1", "value2"},
                                           {"My-Header1", "value2"},
                                           {"My-Header1", "value1"}};
    struct sigv4_request request = {
        .method = "GET", .path = "/", .headers = headers, .header_count = 4};
    const struct sigv4_options options = {
        .credentials = {.access_key_id = "AKIDEXAMPLE",
                        .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
        .region = "us-east-1",
        .service = "service",
        .time_ms = moment("2015-08-30T12:36:00Z")};
    struct sigv4_result result;
    (void)state;
    sigv4_result_init(&result);
    assert_int_equal(sigv4_sign_header(&request, &options, &result, NULL), ERROR_NONE);
    assert_string_equal(result.canonical_request.data,
                        "GET\n/\n\nhost:example.amazonaws.com\nmy-header1:value2,value2,value1\n"
                        "x-amz-date:20150830T123600Z\n\nhost;my-header1;x-amz-date\n"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_string_equal(result.signature,
                        "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
    sigv4_result_release(&result);
}

static void test_signing_key(void **state)
{
    static const unsigned char wanted[SIGV4_DIGEST_SIZE] = {
        0xc4, 0xaf, 0xb1, 0xcc, 0x57, 0x71, 0xd8, 0x71, 0x76, 0x3a, 0x39,
        0x3e, 0x44, 0xb7, 0x03, 0x57, 0x1b, 0x55, 0xcc, 0x28, 0x42, 0x4d,
        0x1a, 0x5e, 0x86, 0xda, 0x6e, 0xd3, 0xc1, 0x54, 0xa4, 0xb9};
    struct sigv4_options options = {
        .credentials = {.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
        .region = "us-east-1",
        .service = "iam",
        .time_ms = moment("2015-08-30T12:36:00Z")};
    unsigned char key[SIGV4_DIGEST_SIZE];
    (void)state;
    assert_int_equal(sigv4_signing_key(&options, key, NULL), ERROR_NONE);
    assert_memory_equal(key, wanted, sizeof key);
}

static const char *canonical_path(const char *path, bool s3, struct sigv4_result *result)
{
    const struct sigv4_header headers[] = {{"Host", "h"}};
    struct sigv4_request request = {
        .method = "GET", .path = path, .headers = headers, .header_count = 1};
    struct sigv4_options options = s3_options();
    options.normalize_path = options.encode_path_twice = !s3;
    assert_int_equal(sigv4_sign_header(&request, &options, result, NULL), ERROR_NONE);
    char *line = strchr(result->canonical_request.data, '\n') + 1;
    *strchr(line, '\n') = '\0';
    return line;
}

static void test_paths(void **state)
{
    static const struct {
        const char *path;
        const char *plain; /* every service but S3 */
        const char *s3;
    } rows[] = {
        {"", "/", "/"},
        {"//a/./b/../c//", "/a/c/", "//a/./b/../c//"},
        {"/a%20b", "/a%2520b", "/a%20b"},
        {"/../..", "/", "/../.."},
        {"/a/b/..", "/a", "/a/b/.."},
    };
    struct sigv4_result result;
    (void)state;
    sigv4_result_init(&result);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(canonical_path(rows[i].path, false, &result), rows[i].plain);
        assert_string_equal(canonical_path(rows[i].path, true, &result), rows[i].s3);
    }
    sigv4_result_release(&result);
}

static void test_token_signed_or_not(void **state)
{
    const struct sigv4_header headers[] = {{"Host", "h"}};
    struct sigv4_request request = {
        .method = "GET", .path = "/", .headers = headers, .header_count = 1};
    struct sigv4_options options = s3_options();
    struct sigv4_result result;
    (void)state;
    sigv4_result_init(&result);
    options.credentials.token = "a+b";
    assert_int_equal(sigv4_sign_header(&request, &options, &result, NULL), ERROR_NONE);
    assert_non_null(strstr(result.canonical_request.data, "\nx-amz-security-token:a+b\n"));
    assert_int_equal(sigv4_sign_query(&request, &options, &result, NULL), ERROR_NONE);
    assert_non_null(strstr(result.canonical_request.data, "X-Amz-Security-Token=a%2Bb&"));
    options.omit_session_token = true;
    assert_int_equal(sigv4_sign_header(&request, &options, &result, NULL), ERROR_NONE);
    assert_null(strstr(result.canonical_request.data, "security-token"));
    assert_int_equal(sigv4_sign_query(&request, &options, &result, NULL), ERROR_NONE);
    assert_null(strstr(result.canonical_request.data, "Security-Token"));
    assert_non_null(strstr(result.query.data, "&X-Amz-Security-Token=a%2Bb&X-Amz-Signature="));
    sigv4_result_release(&result);
}

static void test_links_last_a_second_to_a_week(void **state)
{
    static const struct {
        int64_t seconds;
        enum error_code code;
    } rows[] = {{-1, ERROR_INVALID},
                {0, ERROR_INVALID},
                {1, ERROR_NONE},
                {604800, ERROR_NONE},
                {604801, ERROR_INVALID}};
    const struct sigv4_header headers[] = {{"Host", "h"}};
    const struct sigv4_request request = {
        .method = "GET", .path = "/", .headers = headers, .header_count = 1};
    struct sigv4_options options = s3_options();
    struct sigv4_result result;
    (void)state;
    sigv4_result_init(&result);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        options.expires_s = rows[i].seconds;
        assert_int_equal(sigv4_sign_query(&request, &options, &result, NULL), rows[i].code);
    }
    sigv4_result_release(&result);
}

/* What is signed once leaves nothing in what is signed next with the same result. */
static void test_a_result_is_used_again(void **state)
{
    const struct sigv4_header headers[] = {{"Host", "h"}};
    const struct sigv4_request request = {
        .method = "GET", .path = "/", .headers = headers, .header_count = 1};
    const struct sigv4_options options = s3_options();
    struct sigv4_result once, twice;
    (void)state;
    sigv4_result_init(&once);
    sigv4_result_init(&twice);
    assert_int_equal(sigv4_sign_header(&request, &options, &once, NULL), ERROR_NONE);
    assert_int_equal(sigv4_sign_query(&request, &options, &twice, NULL), ERROR_NONE);
    assert_int_equal(sigv4_sign_header(&request, &options, &twice, NULL), ERROR_NONE);
    assert_string_equal(once.authorization.data, twice.authorization.data);
    assert_string_equal(once.canonical_request.data, twice.canonical_request.data);
    assert_string_equal(once.signed_headers.data, twice.signed_headers.data);
    assert_int_equal(twice.query.len, once.query.len);
    sigv4_result_release(&once);
    sigv4_result_release(&twice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_header_stages),
        cmocka_unit_test(test_presigned_stages),
        cmocka_unit_test(test_a_header_that_is_repeated),
        cmocka_unit_test(test_signing_key),
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_token_signed_or_not),
        cmocka_unit_test(test_links_last_a_second_to_a_week),
        cmocka_unit_test(test_a_result_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
