/* People's keys: by `aws sso login`, by a role with an MFA code, by a process; and what is said
 * when they cannot be had. */
#include "tests/unit/aws/test_fake.h"

#include <sys/stat.h>
#include <unistd.h>

#include "aws/sqs.h"
#include "aws/sso.h"
#include "tests/unit/test_folder.h"

#define ROLE_KEYS                                                                 \
    "{\"roleCredentials\":{\"accessKeyId\":\"SSOKEY\",\"secretAccessKey\":\"s\"," \
    "\"sessionToken\":\"t\",\"expiration\":1700003600000}}"
#define ROLE_XML                                                                           \
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>MFAKEY</AccessKeyId>" \
    "<SecretAccessKey>very-secret</SecretAccessKey><SessionToken>t</SessionToken>"         \
    "<Expiration>2023-11-14T23:13:20Z</Expiration></Credentials></AssumeRoleResult>"       \
    "</AssumeRoleResponse>"
#define SESSION                                                            \
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\n" \
    "sso_region = us-east-1\n"                                             \
    "[profile x]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = Ops\n"
#define LEGACY                                                                              \
    "[profile x]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n" \
    "sso_account_id = 123456789012\nsso_role_name = Ops\n"
#define DEVICE                                                                 \
    "[profile x]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\n" \
    "mfa_serial = arn:aws:iam::1:mfa/me\n"                                     \
    "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n"
#define BY_SESSION "ee0bfd2552fbd840c02cc48b6e823320543c450f" /* SHA-1 of "corp" */
#define BY_URL "a51746d4aa793ae07b25e90c3a5db96fc7832bd7"
#define TOKEN(end)                                                               \
    "{\"startUrl\":\"https://corp.awsapps.com/start\",\"region\":\"us-east-1\"," \
    "\"accessToken\":\"the-token\",\"expiresAt\":\"" end "\""
#define REFRESHABLE                                                            \
    ",\"clientId\":\"c\",\"clientSecret\":\"hidden\",\"refreshToken\":\"r1\"," \
    "\"registrationExpiresAt\":\"2024-01-01T00:00:00Z\",\"other\":[1]}"

struct setup {
    struct fake fake;
    struct credentials_provider *provider;
    struct aws_credentials found;
    struct error error;
};

static int asked;

static void file_put(const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *at = path + strlen(folder) + 1; *at != '\0'; at++) {
        if (*at == '/') {
            *at = '\0';
            mkdir(path, 0700);
            *at = '/';
        }
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    fclose(file);
}

static void file_get(const char *name, char *text, size_t size, mode_t *mode)
{
    char path[512];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *mode = status.st_mode & 07777;
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static enum error_code code_give(void *context, const char *serial, const struct cancel *cancel,
                                 char code[CREDENTIALS_CODE_SIZE], struct error *error)
{
    (void)context, (void)cancel, (void)error;
    assert_string_equal(serial, "arn:aws:iam::1:mfa/me");
    snprintf(code, CREDENTIALS_CODE_SIZE, "123456");
    asked++;
    return ERROR_NONE;
}

static void setup_init(struct setup *setup, const char *config, credentials_code_fn *code,
                       void (*answer)(struct fake *, struct http_exchange *, size_t))
{
    char path[512];
    memset(setup, 0, sizeof *setup);
    fake_init(&setup->fake, answer);
    unsetenv("AWS_ACCESS_KEY_ID");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    setenv("HOME", folder, 1);
    file_put("config", config);
    snprintf(path, sizeof path, "%s/config", folder);
    setenv("AWS_CONFIG_FILE", path, 1);
    const struct credentials_options options = {.profile = "x",
                                                .profiles = profiles_read_files,
                                                .assume = sts_credentials_assume,
                                                .sso = sso_credentials_get,
                                                .code = code,
                                                .world = &setup->fake.world,
                                                .transport = &setup->fake.transport};
    assert_int_equal(credentials_provider_new(&setup->provider, &options, NULL), ERROR_NONE);
    aws_credentials_init(&setup->found);
}

static void setup_release(struct setup *setup)
{
    aws_credentials_release(&setup->found);
    credentials_provider_free(setup->provider);
    fake_release(&setup->fake);
}

static enum error_code get(struct setup *setup)
{
    error_clear(&setup->error);
    return credentials_get(setup->provider, &setup->found, &setup->error);
}

static void answer_keys(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake, (void)number;
    fake_reply(exchange, 200, "", ROLE_KEYS);
}

static void answer_refresh(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)number;
    bool renewal = strstr(fake->requests[fake->count - 1].url, "/token") != NULL;
    fake_reply(exchange, 200, "",
               renewal ? "{\"accessToken\":\"new-token\",\"expiresIn\":3600,"
                         "\"refreshToken\":\"r2\",\"tokenType\":\"Bearer\"}"
                       : ROLE_KEYS);
}

static void answer_refused(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)number;
    bool renewal = strstr(fake->requests[fake->count - 1].url, "/token") != NULL;
    fake_reply(exchange, renewal ? 400 : 401, "x-amzn-errortype: UnauthorizedException\n",
               "{\"message\":\"Session token not found or invalid\"}");
}

static void answer_forbidden(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake, (void)number;
    fake_reply(exchange, 403, "x-amzn-errortype: ForbiddenException\n",
               "{\"message\":\"No access\"}");
}

static void answer_role(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    (void)fake, (void)number;
    fake_reply(exchange, 200, "", ROLE_XML);
}

static void test_keys_by_a_session_and_by_the_older_form(void **state)
{
    static const char *const configs[] = {SESSION, LEGACY};
    static const char *const names[] = {BY_SESSION, BY_URL};
    char file[128];
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct setup setup;
        snprintf(file, sizeof file, ".aws/sso/cache/%s.json", names[i]);
        file_put(file,
                 i == 0 ? TOKEN("2023-11-14T23:13:20Z") "}" : TOKEN("2023-11-14T23:13:20UTC") "}");
        setup_init(&setup, configs[i], NULL, answer_keys);
        assert_int_equal(get(&setup), ERROR_NONE);
        assert_string_equal(setup.found.access_key_id, "SSOKEY");
        assert_string_equal(setup.found.source, "sso");
        assert_int_equal(setup.found.expires_at_ms, 1700003600000);
        assert_int_equal(setup.fake.count, 1);
        assert_string_equal(setup.fake.requests[0].method, "GET");
        assert_string_equal(setup.fake.requests[0].url,
                            "https://portal.sso.us-east-1.amazonaws.com/federation/credentials"
                            "?role_name=Ops&account_id=123456789012");
        assert_non_null(
            strstr(setup.fake.requests[0].headers, "x-amz-sso_bearer_token: the-token"));
        assert_null(strstr(setup.fake.requests[0].headers, "Authorization"));
        setup_release(&setup);
    }
}

static void test_a_token_near_its_end_is_renewed_and_kept(void **state)
{
    struct setup setup;
    char text[4096];
    mode_t mode;
    (void)state;
    file_put(".aws/sso/cache/" BY_SESSION ".json", TOKEN("2023-11-14T22:14:20Z") REFRESHABLE);
    setup_init(&setup, SESSION, NULL, answer_refresh);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_int_equal(setup.fake.count, 2);
    assert_string_equal(setup.fake.requests[0].url, "https://oidc.us-east-1.amazonaws.com/token");
    assert_string_equal(setup.fake.requests[0].body,
                        "{\"grantType\":\"refresh_token\",\"clientId\":\"c\","
                        "\"clientSecret\":\"hidden\",\"refreshToken\":\"r1\"}");
    assert_non_null(strstr(setup.fake.requests[1].headers, "x-amz-sso_bearer_token: new-token"));
    file_get(".aws/sso/cache/" BY_SESSION ".json", text, sizeof text, &mode);
    assert_int_equal(mode, 0600);
    assert_non_null(strstr(text, "\"accessToken\":\"new-token\""));
    assert_non_null(strstr(text, "\"refreshToken\":\"r2\""));
    assert_non_null(strstr(text, "\"expiresAt\":\"2023-11-14T23:13:2"));
    assert_non_null(strstr(text, "\"clientSecret\":\"hidden\""));
    assert_non_null(strstr(text, "\"startUrl\":\"https://corp.awsapps.com/start\""));
    setup_release(&setup);
}

static void test_a_token_that_cannot_be_renewed_says_how_to_sign_in(void **state)
{
    static const char *const tokens[] = {
        TOKEN("2023-11-14T21:13:20Z") "}",         /* no refresh token */
        TOKEN("2023-11-14T21:13:20Z") REFRESHABLE, /* refused */
        TOKEN("2023-11-14T23:13:20Z") "}",         /* ended elsewhere */
    };
    (void)state;
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        struct setup setup;
        file_put(".aws/sso/cache/" BY_SESSION ".json", tokens[i]);
        setup_init(&setup, SESSION, NULL, answer_refused);
        assert_int_equal(get(&setup), ERROR_EXPIRED_CREDENTIALS);
        assert_non_null(strstr(setup.error.message, "`aws sso login --profile x`"));
        assert_non_null(strstr(setup.error.message, "2023-11-14T2"));
        assert_null(strstr(setup.error.message, "token not found"));
        setup_release(&setup);
    }
}

static void test_our_clock_alone_ends_no_token(void **state)
{
    struct setup setup;
    (void)state;
    file_put(".aws/sso/cache/" BY_SESSION ".json", TOKEN("2023-11-14T21:13:20Z") "}");
    setup_init(&setup, SESSION, NULL, answer_keys);
    assert_int_equal(get(&setup), ERROR_NONE);
    setup_release(&setup);
}

static void test_a_renewal_that_fails_leaves_a_good_token_in_use(void **state)
{
    struct setup setup;
    char text[4096];
    mode_t mode;
    (void)state;
    file_put(".aws/sso/cache/" BY_SESSION ".json", TOKEN("2023-11-14T22:14:20Z") REFRESHABLE);
    setup_init(&setup, SESSION, NULL, answer_keys);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_non_null(strstr(setup.fake.requests[1].headers, "x-amz-sso_bearer_token: the-token"));
    file_get(".aws/sso/cache/" BY_SESSION ".json", text, sizeof text, &mode);
    assert_non_null(strstr(text, "\"refreshToken\":\"r1\""));
    setup_release(&setup);
}

static void test_caches_that_are_no_use(void **state)
{
    static const struct {
        const char *text;
        const char *why;
    } rows[] = {
        {"{\"accessToken\":", "is not a valid SSO token file"},
        {"[]", "contains no token"},
        {"{}", "contains no token"},
        {"{\"accessToken\":42,\"expiresAt\":\"2023-11-14T23:13:20Z\"}", "contains no token"},
        {"{\"startUrl\":\"https://other.awsapps.com/start\",\"accessToken\":\"the-token\","
         "\"expiresAt\":\"2023-11-14T23:13:20Z\"}",
         "different start URL"},
        {"", "is not a valid SSO token file"},
    };
    struct setup setup;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        file_put(".aws/sso/cache/" BY_SESSION ".json", rows[i].text);
        setup_init(&setup, SESSION, NULL, answer_keys);
        enum error_code code = get(&setup);
        assert_int_equal(code, ERROR_NO_CREDENTIALS);
        assert_non_null(strstr(setup.error.message, rows[i].why));
        assert_non_null(strstr(setup.error.message, "`aws sso login --profile x`"));
        assert_null(strstr(setup.error.message, "the-token"));
        assert_int_equal(setup.fake.count, 0);
        setup_release(&setup);
    }
    setup_init(&setup,
               "[sso-session other]\nsso_start_url = https://o\nsso_region = us-east-1\n"
               "[profile x]\nsso_session = other\nsso_account_id = 1\nsso_role_name = r\n",
               NULL, answer_keys);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "not signed in yet"));
    setup_release(&setup);
}

static void test_a_role_that_is_not_assigned(void **state)
{
    struct setup setup;
    (void)state;
    file_put(".aws/sso/cache/" BY_SESSION ".json", TOKEN("2023-11-14T23:13:20Z") "}");
    setup_init(&setup, SESSION, NULL, answer_forbidden);
    assert_int_equal(get(&setup), ERROR_DENIED);
    assert_non_null(strstr(setup.error.message, "role Ops of account 123456789012"));
    setup_release(&setup);
}

static void test_a_profile_that_lacks_a_key(void **state)
{
    static const struct {
        const char *config;
        const char *missing;
    } rows[] = {
        {"[profile x]\nsso_session = gone\nsso_account_id = 1\nsso_role_name = r\n",
         "[sso-session gone]"},
        {"[sso-session s]\nsso_start_url = https://s\n[profile x]\nsso_session = s\n",
         "sso_region"},
        {"[profile x]\nsso_start_url = https://s\nsso_region = us-east-1\nsso_account_id = 1\n",
         "sso_role_name"},
        {"[profile x]\nsso_start_url = https://s\nsso_region = us-east-1\nsso_role_name = r\n",
         "sso_account_id"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct setup setup;
        setup_init(&setup, rows[i].config, NULL, answer_keys);
        assert_int_equal(get(&setup), ERROR_CONFIG);
        assert_non_null(strstr(setup.error.message, rows[i].missing));
        setup_release(&setup);
    }
}

/* The file is the AWS CLI's: its name is the SHA-1 of
 * {"RoleArn": "arn:aws:iam::1:role/ops", "SerialNumber": "arn:aws:iam::1:mfa/me"}. */
#define CLI_FILE ".aws/cli/cache/ae1154c8a48ab7637a1ed454bf7eb9e20010dead.json"

static void test_a_code_is_asked_for_once(void **state)
{
    char text[4096];
    mode_t mode;
    (void)state;
    asked = 0;
    for (size_t i = 0; i < 2; i++) {
        struct setup setup;
        setup_init(&setup, DEVICE, code_give, answer_role);
        assert_int_equal(get(&setup), ERROR_NONE);
        assert_string_equal(setup.found.access_key_id, "MFAKEY");
        assert_int_equal(setup.fake.count, 1 - i);
        if (i == 0)
            assert_non_null(
                strstr(setup.fake.requests[0].body,
                       "SerialNumber=arn%3Aaws%3Aiam%3A%3A1%3Amfa%2Fme&TokenCode=123456"));
        setup_release(&setup);
    }
    assert_int_equal(asked, 1);
    file_get(CLI_FILE, text, sizeof text, &mode);
    assert_int_equal(mode, 0600);
    assert_null(strstr(text, "123456"));
    assert_non_null(strstr(text, "\"Expiration\":\"2023-11-14T23:13:20Z\""));
}

static void test_kept_keys_that_end_or_are_broken_are_not_used(void **state)
{
    static const char *const kept[] = {
        ("{\"Credentials\":{\"AccessKeyId\":\"OLD\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\","
         "\"Expiration\":\"2023-11-14T22:13:40+00:00\"}}"),
        "{\"Credentials\":{\"AccessKeyId\":\"OLD\"", "{}", "[1]"};
    (void)state;
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        struct setup setup;
        file_put(CLI_FILE, kept[i]);
        asked = 0;
        setup_init(&setup, DEVICE, code_give, answer_role);
        assert_int_equal(get(&setup), ERROR_NONE);
        assert_string_equal(setup.found.access_key_id, "MFAKEY");
        assert_int_equal(asked, 1);
        setup_release(&setup);
    }
}

static void test_nobody_to_ask_for_a_code(void **state)
{
    struct setup setup;
    (void)state;
    file_put(CLI_FILE, "");
    setup_init(&setup, DEVICE, NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "arn:aws:iam::1:mfa/me"));
    assert_non_null(strstr(setup.error.message, "in a terminal"));
    assert_int_equal(setup.fake.count, 0);
    setup_release(&setup);
}

static void test_two_sources_and_half_a_key(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[profile x]\nrole_arn = r\nsource_profile = b\ncredential_source = Environment\n"
               "[profile b]\naws_access_key_id = k\naws_secret_access_key = s\n",
               NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_non_null(strstr(setup.error.message, "both source_profile and credential_source"));
    setup_release(&setup);
    setup_init(&setup, "[profile x]\naws_secret_access_key = s\n", NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "no aws_access_key_id"));
    setup_release(&setup);
}

static void test_a_circle_is_one_with_keys_too(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[profile x]\nrole_arn = r\nsource_profile = b\naws_access_key_id = k\n"
               "aws_secret_access_key = s\n[profile b]\nrole_arn = r\nsource_profile = x\n",
               NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_CONFIG);
    assert_non_null(strstr(setup.error.message, "cycle"));
    assert_int_equal(setup.fake.count, 0);
    setup_release(&setup);
}

/* The portal's keys work once; then the service calls them expired, and the portal says no. */
static void answer_expiring(struct fake *fake, struct http_exchange *exchange, size_t number)
{
    bool portal = strstr(fake->requests[fake->count - 1].url, "/federation/") != NULL;
    if (portal)
        fake_reply(exchange, number == 0 ? 200 : 401, "", number == 0 ? ROLE_KEYS : "{}");
    else
        fake_reply(exchange, number == 1 ? 200 : 403, "",
                   number == 1 ? "{\"QueueUrl\":\"https://q\"}"
                               : "{\"__type\":\"ExpiredTokenException\",\"message\":\"over\"}");
}

static void test_a_sign_in_that_ends_in_the_middle_says_how_to_go_on(void **state)
{
    struct setup setup;
    struct aws_client *client = NULL;
    struct buffer url;
    (void)state;
    file_put(".aws/sso/cache/" BY_SESSION ".json", TOKEN("2023-11-14T23:13:20Z") "}");
    setup_init(&setup, SESSION, NULL, answer_expiring);
    const struct aws_options options = {.profile = "x",
                                        .profiles = profiles_read_files,
                                        .sso = sso_credentials_get,
                                        .world = &setup.fake.world,
                                        .transport = &setup.fake.transport};
    buffer_init(&url, 1024);
    assert_int_equal(aws_client_new(&client, &options, NULL), ERROR_NONE);
    assert_int_equal(sqs_get_queue_url(client, "q", NULL, &url, &setup.error), ERROR_NONE);
    assert_int_equal(sqs_get_queue_url(client, "q", NULL, &url, &setup.error),
                     ERROR_EXPIRED_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, "`aws sso login --profile x`"));
    assert_int_equal(setup.fake.count, 4);
    buffer_release(&url);
    aws_client_free(client);
    setup_release(&setup);
}

static void process_fails(const char *command, const char *why)
{
    struct setup setup;
    char config[512];
    snprintf(config, sizeof config, "[profile x]\ncredential_process = %s\n", command);
    setup_init(&setup, config, NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_NO_CREDENTIALS);
    assert_non_null(strstr(setup.error.message, why));
    assert_null(strstr(setup.error.message, "hush"));
    setup_release(&setup);
}

static void test_a_process_that_is_no_use(void **state)
{
    (void)state;
    process_fails("echo hush; echo hush >&2", "did not write JSON");
    process_fails("echo hush >&2; exit 7", "status 7");
    process_fails("kill -9 $$", "status 137");
    process_fails("echo '{\"Version\":2,\"AccessKeyId\":\"hush\",\"SecretAccessKey\":\"hush\"}'",
                  "Version is not 1");
    process_fails("echo '{\"Version\":1,\"AccessKeyId\":\"hush\"}'", "missing");
    process_fails("yes hush", "more than");
    process_fails("/nonexistent/hush", "status 127");
}

static void test_a_process_that_never_ends_is_given_up(void **state)
{
    struct cancel cancel = {1};
    struct aws_credentials out;
    struct error error = ERROR_INIT;
    struct credentials_provider *provider = NULL;
    struct setup setup;
    (void)state;
    setup_init(&setup, "[profile x]\ncredential_process = sleep 1000\n", NULL, answer_role);
    const struct credentials_options options = {
        .profile = "x", .profiles = profiles_read_files, .cancel = &cancel};
    aws_credentials_init(&out);
    assert_int_equal(credentials_provider_new(&provider, &options, NULL), ERROR_NONE);
    assert_int_equal(credentials_get(provider, &out, &error), ERROR_CANCELLED);
    credentials_provider_free(provider);
    setup_release(&setup);
}

static void test_a_process_that_leaves_somebody_behind(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup,
               "[profile x]\ncredential_process = sleep 1000 & echo '{\"Version\":1,"
               "\"AccessKeyId\":\"K\",\"SecretAccessKey\":\"s\"}'\n",
               NULL, answer_role);
    assert_int_equal(get(&setup), ERROR_NONE);
    assert_string_equal(setup.found.access_key_id, "K");
    assert_string_equal(setup.found.source, "process");
    setup_release(&setup);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_by_a_session_and_by_the_older_form),
        cmocka_unit_test(test_a_token_near_its_end_is_renewed_and_kept),
        cmocka_unit_test(test_a_token_that_cannot_be_renewed_says_how_to_sign_in),
        cmocka_unit_test(test_our_clock_alone_ends_no_token),
        cmocka_unit_test(test_a_renewal_that_fails_leaves_a_good_token_in_use),
        cmocka_unit_test(test_caches_that_are_no_use),
        cmocka_unit_test(test_a_role_that_is_not_assigned),
        cmocka_unit_test(test_a_profile_that_lacks_a_key),
        cmocka_unit_test(test_a_code_is_asked_for_once),
        cmocka_unit_test(test_kept_keys_that_end_or_are_broken_are_not_used),
        cmocka_unit_test(test_nobody_to_ask_for_a_code),
        cmocka_unit_test(test_two_sources_and_half_a_key),
        cmocka_unit_test(test_a_circle_is_one_with_keys_too),
        cmocka_unit_test(test_a_sign_in_that_ends_in_the_middle_says_how_to_go_on),
        cmocka_unit_test(test_a_process_that_is_no_use),
        cmocka_unit_test(test_a_process_that_never_ends_is_given_up),
        cmocka_unit_test(test_a_process_that_leaves_somebody_behind),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
