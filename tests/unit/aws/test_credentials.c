/* The credential chain: its order, each source, renewal, and what is said when nothing is found. */
#include "tests/unit/aws/test_fake.h"

#include <unistd.h>

#include "aws/credentials.h"
#include "aws/sts.h"

#define KEYS(key, end)                                                             \
    "{\"Code\":\"Success\",\"AccessKeyId\":\"" key "\",\"SecretAccessKey\":\"s\"," \
    "\"Token\":\"t\",\"Expiration\":\"" end "\"}"
#define STS(operation, key)                                                                      \
    "<" operation "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><" operation     \
    "Result><Credentials><AccessKeyId>" key "</AccessKeyId><SecretAccessKey>s</SecretAccessKey>" \
    "<SessionToken>t</SessionToken><Expiration>2023-11-14T23:13:20Z</Expiration></Credentials>"  \
    "</" operation "Result></" operation "Response>"

struct setup {
    struct fake fake;
    char config[64];
    struct credentials_provider *provider;
    struct aws_credentials found;
    struct error error;
};

static void setup_init(struct setup *setup, const char *config, const char *profile,
                       void (*answer)(struct fake *, struct http_exchange *, size_t))
{
    memset(setup, 0, sizeof *setup);
    fake_init(&setup->fake, answer);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    snprintf(setup->config, sizeof setup->config, "/tmp/intake-aws-XXXXXX");
    int fd = mkstemp(setup->config);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, config, strlen(config)), (ssize_t)strlen(config));
    close(fd);
    setenv("AWS_CONFIG_FILE", setup->config, 1);
    struct credentials_options options = {.profile = profile,
                                          .profiles = profiles_read_files,
                                          .assume = sts_credentials_assume,
                                          .world = &setup->fake.world,
                                          .transport = &setup->fake.transport};
    assert_int_equal(credentials_provider_new(&setup->provider, &options, NULL), ERROR_NONE);
    aws_credentials_init(&setup->found);
}

static void setup_release(struct setup *setup)
{
    aws_credentials_release(&setup->found);
    credentials_provider_free(setup->provider);
    unlink(setup->config);
    fake_release(&setup->fake);
}

static enum error_code get(struct setup *setup)
{
    error_clear(&setup->error);
    return credentials_get(setup->provider, &setup->found, &setup->error);
}

static void answer_none(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_fail(exchange, ERROR_NETWORK, false);
}

static void test_the_environment_comes_first(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n", NULL,
               answer_none);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "AWS_SECRET_ACCESS_KEY is not"));
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    setenv("AWS_SESSION_TOKEN", "t", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "ENV");
    assert_string_equal(setup.found.token, "t");
    assert_string_equal(setup.found.source, "environment");
    setup_release(&setup);
}

static void test_blank_variables_are_none(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "[default]\naws_access_key_id = FILE\naws_secret_access_key = s\n", NULL,
               answer_none);
    setenv("AWS_ACCESS_KEY_ID", "  ", 1);
    setenv("AWS_SECRET_ACCESS_KEY", " \t", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "FILE");
    setup_release(&setup);
}

static void answer_instance_late(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    fake_reply(exchange, number % 2 == 0 ? 500 : 200, "",
               number == 1   ? "TOKEN"
               : number == 3 ? "role"
                             : KEYS("LATE", "2099-01-01T00:00:00Z"));
}

static void test_an_instance_that_is_not_well_is_asked_again(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_instance_late);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "LATE");
    assert_int_equal(setup.fake.count, 6);
    setup_release(&setup);
}

static void test_a_named_profile_comes_before_the_environment(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[profile team]\naws_access_key_id = FILE\n# a remark\n"
               "aws_secret_access_key = s#;2 # ; a remark\naws_session_token = t=t\n",
               "team", answer_none);
    setenv("AWS_ACCESS_KEY_ID", "ENV", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "s", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "FILE");
    assert_string_equal(setup.found.secret_access_key, "s#;2");
    assert_string_equal(setup.found.token, "t=t");
    setup_release(&setup);
}

static void test_a_profile_that_is_not_there(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "[default]\n", "team", answer_none);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "profile \"team\""));
    setup_release(&setup);
    setup_init(&setup, "[default\nx\n", NULL, answer_none);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_non_null(strstr(setup.error.message, ":1: "));
    setup_release(&setup);
}

static void test_nothing_found_says_where_it_looked(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_none);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "AWS_ACCESS_KEY_ID"));
    assert_int_equal(setup.fake.count, 0);
    setup_release(&setup);
}

static void answer_role(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    fake_reply(exchange, 200, "",
               number == 0 ? STS("AssumeRole", "FIRST") : STS("AssumeRole", "SECOND"));
}

static void test_roles_through_source_profiles(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(
        &setup,
        "[profile outer]\nrole_arn = arn:aws:iam::1:role/outer\nsource_profile = inner\n"
        "external_id = x y\nduration_seconds = 900\n"
        "[profile inner]\nrole_arn = arn:aws:iam::1:role/inner\nsource_profile = base\n"
        "role_session_name = me\n"
        "[profile base]\nrole_arn = arn:aws:iam::1:role/not-asked-for\nsource_profile = base\n"
        "aws_access_key_id = BASE\naws_secret_access_key = s\n",
        "outer", answer_role);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 2);
    assert_non_null(strstr(setup.fake.requests[0].headers, "Credential=BASE/"));
    assert_string_equal(setup.fake.requests[0].body,
                        "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole"
                        "%2Finner&RoleSessionName=me");
    assert_non_null(strstr(setup.fake.requests[1].headers, "Credential=FIRST/"));
    assert_non_null(strstr(setup.fake.requests[1].body, "ExternalId=x%20y&DurationSeconds=900"));
    assert_string_equal(setup.found.access_key_id, "SECOND");
    assert_int_equal(setup.found.expires_at_ms, FAKE_START_MS + 3600000);
    setup_release(&setup);
}

static void test_roles_in_a_circle_and_without_source(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[profile a]\nrole_arn = r\nsource_profile = b\n"
               "[profile b]\nrole_arn = r\nsource_profile = a\n",
               "a", answer_none);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_non_null(strstr(setup.error.message, "cycle"));
    setup_release(&setup);
    setup_init(&setup, "[profile a]\nrole_arn = r\n", "a", answer_none);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_non_null(strstr(setup.error.message, "no source_profile"));
    setup_release(&setup);
}

static void test_credential_process(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[default]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"P\","
               "\"SecretAccessKey\":\"s\"}'\n",
               NULL, answer_none);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "P");
    assert_int_equal(setup.found.expires_at_ms, INT64_MAX);
    setup_release(&setup);
    setup_init(&setup, "[default]\ncredential_process = exit 3\n", NULL, answer_none);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "credential_process"));
    setup_release(&setup);
}

static void answer_web(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", STS("AssumeRoleWithWebIdentity", "WEB"));
}

static void test_web_identity_is_not_signed(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "the.jwt\n", NULL, answer_web);
    setenv("AWS_WEB_IDENTITY_TOKEN_FILE", setup.config, 1);
    setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/web", 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "WEB");
    assert_null(strstr(setup.fake.requests[0].headers, "Authorization"));
    assert_non_null(strstr(setup.fake.requests[0].body, "&WebIdentityToken=the.jwt"));
    setup_release(&setup);
}

static void answer_container(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    if (number == 0)
        fake_reply(exchange, 200, "", KEYS("ONE", "2023-11-14T22:23:20Z"));
    else if (number == 1)
        fake_fail(exchange, ERROR_NETWORK, true);
    else if (number == 2)
        fake_reply(exchange, 200, "", KEYS("TWO", "2023-11-14T23:23:20Z"));
    else
        fake_reply(exchange, 500, "", "");
}

static void test_the_container_and_renewal(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_container);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "ONE");
    assert_string_equal(setup.fake.requests[0].url, "http://169.254.170.2/v2/x");
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 1);
    setup.fake.clock_ms = 6 * 60 * 1000; /* four minutes before the end: renewal fails */
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "ONE");
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 2);
    setup.fake.clock_ms += 31000;
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "TWO");
    setup.fake.clock_ms = 2 * 3600 * 1000; /* behind the end by our clock: the service's counts */
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "TWO");
    credentials_forget(setup.provider); /* it says so too */
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "HTTP 500"));
    setup_release(&setup);
}

static void answer_short(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    (void)number;
    fake_reply(exchange, 200, "", KEYS("SHORT", "2023-11-14T22:23:20Z"));
}

/* By a clock ten minutes ahead all that is found has expired: it is used, and looked for again
 * after a pause, not for each call; one that jumps back stops no renewal. */
static void test_a_clock_that_is_ahead_expires_nothing(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_short);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
    setup.fake.ahead_ms = 10 * 60 * 1000;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(get(&setup), ERROR_NONE);
        assert_string_equal(setup.found.access_key_id, "SHORT");
    }
    assert_int_equal(setup.fake.count, 1);
    setup.fake.clock_ms += 31000;
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 2);
    credentials_set_skew(setup.provider, -setup.fake.ahead_ms);
    setup.fake.clock_ms += 31000;
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 2);
    setup.fake.ahead_ms = 0;
    credentials_set_skew(setup.provider, 0);
    setup.fake.clock_ms += 5 * 60 * 1000;
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 3);
    setup_release(&setup);
}

/* The keys have expired by a clock ten minutes ahead, and nothing new is to be had: the call goes
 * out, is refused for its time, and goes out again by the service's clock. */
static void answer_skewed(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    if (number == 0)
        fake_reply(exchange, 200, "", KEYS("ONE", "2023-11-14T22:23:20Z"));
    else if (strstr(exchange->url, "169.254.170.2") != NULL)
        fake_reply(exchange, 500, "", "");
    else if (strstr(fake->requests[number].headers, "T2223") != NULL)
        fake_reply(exchange, 403, "date: Tue, 14 Nov 2023 22:13:21 GMT\n",
                   "<ErrorResponse><Error><Code>RequestExpired</Code></Error></ErrorResponse>");
    else
        fake_reply(exchange, 200, "",
                   "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account>"
                   "<Arn>a</Arn><UserId>u</UserId></GetCallerIdentityResult>"
                   "</GetCallerIdentityResponse>");
}

static void test_a_call_by_a_clock_that_is_ahead(void **state)
{
    struct setup setup;
    struct sts_identity identity;
    (void)state;
    setup_init(&setup, "", NULL, answer_skewed);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
    setup.fake.ahead_ms = 10 * 60 * 1000;
    struct aws_client *client = fake_client(&setup.fake);
    for (int i = 0; i < 3; i++) {
        setup.fake.clock_ms += 1000;
        if (sts_get_caller_identity(client, &identity, &setup.error))
            fail_msg("%s", setup.error.message);
    }
    assert_int_equal(setup.fake.count, 5); /* the keys, one refusal, three answers */
    aws_client_free(client);
    setup_release(&setup);
}

static void test_the_containers_full_address(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "Bearer x\n", NULL, answer_container);
    setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", setup.config, 1);
    setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://evil.example/x", 1);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1.evil.example/x", 1);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_int_equal(setup.fake.count, 0);
    setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials", 1);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.fake.requests[0].headers, "Authorization: Bearer x\n");
    setup_release(&setup);
}

static void answer_instance(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    static const char *const bodies[] = {"TOKEN", "the-role\n",
                                         KEYS("IMDS", "2023-11-15T00:00:00Z")};
    (void)fake;
    fake_reply(exchange, 200, "", bodies[number]);
}

static void test_the_instance_by_imds_version_two(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_instance);
    unsetenv("AWS_EC2_METADATA_DISABLED");
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "IMDS");
    assert_string_equal(setup.fake.requests[0].method, "PUT");
    assert_string_equal(setup.fake.requests[2].url,
                        "http://169.254.169.254/latest/meta-data/iam/security-credentials/"
                        "the-role");
    assert_string_equal(setup.fake.requests[2].headers, "X-aws-ec2-metadata-token: TOKEN\n");
    setup_release(&setup);
}

static const char *hostile_token, *hostile_role;

static void answer_hostile(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake;
    fake_reply(exchange, 200, "",
               number == 0   ? hostile_token
               : number == 1 ? hostile_role
                             : KEYS("IMDS", "2023-11-15T00:00:00Z"));
}

/* What the metadata service says becomes no second header and no other request. */
static void test_the_instances_answers_stay_in_their_place(void **state)
{
    static const char *const pairs[][2] = {
        {"T\r\nX-Evil: 1", "r"},       {"T\x1bx", "r"},    {"T", "r ../x"},
        {"T", "r\tHTTP/1.1"},          {"T", "r\xC3\xA4"}, {"T", "r?a=b"},
        {"T", "a/../../../user-data"}, {"T", ""},          {"", "r"}};
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct setup setup;
        hostile_token = pairs[i][0];
        hostile_role = pairs[i][1];
        setup_init(&setup, "", NULL, answer_hostile);
        unsetenv("AWS_EC2_METADATA_DISABLED");
        enum error_code code = get(&setup);
        for (size_t j = 0; j < setup.fake.count; j++) {
            const struct fake_request *request = &setup.fake.requests[j];
            for (const char *at = request->url; *at != '\0'; at++)
                assert_true(*at > ' ' && *at < 0x7f);
            assert_null(strpbrk(request->headers, "\r\x1b"));
            assert_null(strstr(request->headers, "X-Evil"));
            assert_null(strstr(request->url, ".."));
            assert_null(strchr(request->url, '?'));
        }
        if (i > 0)
            assert_int_equal(code, ERROR_NO_CREDENTIALS);
        setup_release(&setup);
    }
}

static void test_keys_of_other_characters_are_refused(void **state)
{
    static const char *const names[] = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY",
                                        "AWS_SESSION_TOKEN"};
    static const char *const wrong[] = {"A\n", "A\r\nX-Evil: 1", "A B", "A\x1b", "\xC3\xA4"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < sizeof wrong / sizeof *wrong; j++) {
            struct setup setup;
            setup_init(&setup, "", NULL, answer_none);
            for (size_t k = 0; k < 3; k++)
                setenv(names[k], k == i ? wrong[j] : "x", 1);
            assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
            assert_non_null(strstr(setup.error.message, "character"));
            assert_null(strstr(setup.error.message, wrong[j]));
            setup_release(&setup);
        }
        unsetenv(names[i]);
    }
}

static void test_sharing_and_forgetting(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, "", NULL, answer_container);
    setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/x", 1);
    struct credentials_provider *shared = credentials_provider_share(setup.provider);
    assert_int_equal(get(&setup), ERROR_NONE);
    setup.fake.count = 2;
    credentials_forget(shared);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "TWO");
    credentials_provider_free(shared);
    setup_release(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_environment_comes_first),
        cmocka_unit_test(test_blank_variables_are_none),
        cmocka_unit_test(test_an_instance_that_is_not_well_is_asked_again),
        cmocka_unit_test(test_a_named_profile_comes_before_the_environment),
        cmocka_unit_test(test_a_profile_that_is_not_there),
        cmocka_unit_test(test_nothing_found_says_where_it_looked),
        cmocka_unit_test(test_roles_through_source_profiles),
        cmocka_unit_test(test_roles_in_a_circle_and_without_source),
        cmocka_unit_test(test_credential_process),
        cmocka_unit_test(test_web_identity_is_not_signed),
        cmocka_unit_test(test_the_container_and_renewal),
        cmocka_unit_test(test_a_clock_that_is_ahead_expires_nothing),
        cmocka_unit_test(test_a_call_by_a_clock_that_is_ahead),
        cmocka_unit_test(test_the_containers_full_address),
        cmocka_unit_test(test_the_instance_by_imds_version_two),
        cmocka_unit_test(test_the_instances_answers_stay_in_their_place),
        cmocka_unit_test(test_keys_of_other_characters_are_refused),
        cmocka_unit_test(test_sharing_and_forgetting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
