/* The shared config and credentials files: what is a section, a property, a comment, a line that
 * goes on, which of two counts, and what is refused with its line. */
#include "tests/unit/aws/test_fake.h"

#include <unistd.h>

static char config_path[64], credentials_path[64];

static void file_put(char *path, const char *variable, const char *text)
{
    snprintf(path, 64, "/tmp/intake-profile-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    setenv(variable, path, 1);
}

static enum error_code both_read(const char *config, const char *credentials,
                                 struct profiles **profiles, struct error *error)
{
    file_put(config_path, "AWS_CONFIG_FILE", config);
    file_put(credentials_path, "AWS_SHARED_CREDENTIALS_FILE", credentials);
    enum error_code code = profiles_read_files(profiles, error);
    unlink(config_path);
    unlink(credentials_path);
    return code;
}

static struct profiles *read_well(const char *config, const char *credentials)
{
    struct profiles *profiles = NULL;
    struct error error = ERROR_INIT;
    assert_int_equal(both_read(config, credentials, &profiles, &error), ERROR_NONE);
    return profiles;
}

static void assert_value(const struct profiles *profiles, const char *profile, const char *key,
                         const char *wanted)
{
    const char *found = profile_get(profiles, profile, key);
    if (wanted)
        assert_string_equal(found ? found : "(none)", wanted);
    else
        assert_null(found);
}

static void test_sections_and_names(void **state)
{
    (void)state;
    struct profiles *profiles = read_well(
        "\xEF\xBB\xBF[default]\r\nregion = a\r\n[profile\tone] ; remark\nregion=b\n"
        "[profile \"with space\"]\nregion = c\n[ profile  a:b/c%d.e@f+g ]# x\nregion = d\n"
        "[two]\nregion = e\n[profilethree]\nregion = f\n[profile in valid]\nregion = g\n"
        "[profile empty]\n[sso-session s]\nsso_region = h\n[plugins]\nx = y\n",
        "[four]\nregion = i\n[profile five]\nregion = j\n");
    assert_value(profiles, "default", "region", "a");
    assert_value(profiles, "one", "region", "b");
    assert_value(profiles, "with space", "region", "c");
    assert_value(profiles, "a:b/c%d.e@f+g", "region", "d");
    assert_value(profiles, "four", "region", "i");
    assert_true(profile_exists(profiles, "empty"));
    static const char *const absent[] = {"two", "profilethree", "three", "in valid", "five", "s"};
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        assert_false(profile_exists(profiles, absent[i]));
    assert_string_equal(profile_get_sso_session(profiles, "s", "sso_region"), "h");
    profiles_free(profiles);
}

static void test_a_long_name_is_itself(void **state)
{
    static const char *const a = "a-name-of-sixty-letters-that-differs-in-its-very-last-one-x";
    static const char *const b = "a-name-of-sixty-letters-that-differs-in-its-very-last-one-y";
    char text[512];
    (void)state;
    snprintf(text, sizeof text, "[profile %s]\nregion = x\n[profile %s]\nregion = y\n", a, b);
    struct profiles *profiles = read_well(text, "");
    assert_value(profiles, a, "region", "x");
    assert_value(profiles, b, "region", "y");
    profiles_free(profiles);
}

static void test_values(void **state)
{
    (void)state;
    struct profiles *profiles =
        read_well("# remark\n; another\n[profile p]\n"
                  "Key_A \t=  one=two \t\nkey_b = v # remark\nkey_c = v;w#x\n"
                  "key_d =\n \n\tkey_e = x\n    key_f = y ; remark\n"
                  "in valid = z\nkey_g = first\n  second # kept\n"
                  "  # a remark\nkey_a = again\n",
                  "");
    assert_value(profiles, "p", "key_a", "again");
    assert_value(profiles, "p", "KEY_A", "again");
    assert_value(profiles, "p", "key_b", "v");
    assert_value(profiles, "p", "key_c", "v;w#x");
    assert_value(profiles, "p", "in valid", NULL);
    assert_value(profiles, "p", "key_g", "first\nsecond # kept");
    profiles_free(profiles);
}

static void test_a_first_line_that_is_indented_is_a_property(void **state)
{
    (void)state;
    struct profiles *profiles = read_well("[profile p]\n  region = a\n  output = json\n", "");
    assert_value(profiles, "p", "region", "a");
    assert_value(profiles, "p", "output", "json");
    profiles_free(profiles);
}

static void test_nested_lines(void **state)
{
    (void)state;
    struct profiles *profiles =
        read_well("[services s]\ns3 =\n  endpoint_url = http://a:1 # remark\n\n  other = b\n"
                  "sqs =\n  endpoint_url = http://b:2\n[profile p]\nservices = s\n",
                  "");
    assert_string_equal(profile_get_service(profiles, "s", "s3", "endpoint_url"), "http://a:1");
    assert_string_equal(profile_get_service(profiles, "s", "s3", "other"), "b");
    assert_string_equal(profile_get_service(profiles, "s", "sqs", "endpoint_url"), "http://b:2");
    assert_null(profile_get_service(profiles, "s", "sqs", "other"));
    profiles_free(profiles);
}

static void test_which_of_two_counts(void **state)
{
    (void)state;
    struct profiles *profiles =
        read_well("[profile p]\na = 1\nb = 1\nc = 1\n[profile p]\nb = 2\nc = 2\n"
                  "[default]\nd = bare\ne = bare\n[profile default]\nd = full\n",
                  "[p]\nc = 3\n[default]\nf = secret\n");
    assert_value(profiles, "p", "a", "1");
    assert_value(profiles, "p", "b", "2");
    assert_value(profiles, "p", "c", "3");
    assert_value(profiles, "default", "d", "full");
    assert_value(profiles, "default", "e", NULL);
    assert_value(profiles, "default", "f", "secret");
    profiles_free(profiles);
}

static void test_what_cannot_be_read_is_told_with_its_line(void **state)
{
    static const struct {
        const char *text;
        int line;
        const char *why;
    } rows[] = {{"[profile p", 1, "must end with ']'"},
                {"\nname = value\n", 2, "no [section]"},
                {" -continued\n", 1, "no [section]"},
                {"[profile p]\n= value\n", 2, "no key"},
                {"[profile p]\nkey : value\n", 2, "KEY = VALUE"},
                {"[profile p]\n -continued\n", 2, "KEY = VALUE"},
                {"[profile p]\na = b\n[profile p]\n -continued\n", 4, "KEY = VALUE"},
                {"[profile p]\ns3 =\n novalue\n", 3, "KEY = VALUE"},
                {"[profile p]\ns3 =\n = value\n", 3, "no key"},
                {"[plugins]\nnothing\n", 2, "KEY = VALUE"}};
    char place[160];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct profiles *profiles = NULL;
        struct error error = ERROR_INIT;
        assert_int_equal(both_read(rows[i].text, "", &profiles, &error), ERROR_CONFIG);
        assert_null(profiles);
        snprintf(place, sizeof place, "%s:%d: ", config_path, rows[i].line);
        assert_non_null(strstr(error.message, place));
        assert_non_null(strstr(error.message, rows[i].why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sections_and_names),
        cmocka_unit_test(test_a_long_name_is_itself),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_a_first_line_that_is_indented_is_a_property),
        cmocka_unit_test(test_nested_lines),
        cmocka_unit_test(test_which_of_two_counts),
        cmocka_unit_test(test_what_cannot_be_read_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
