#include "aws/aws_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "tests/unit/test_folder.h"

/* FIPS 180-4's example of SHA-1. */
#define ABC "a9993e364706816aba3e25717850c26c9cd0d89d"

static void test_a_path_is_named_by_its_digest(void **state)
{
    char path[256], short_path[32];
    struct error error = ERROR_INIT;
    (void)state;
    setenv("HOME", "/home/one", 1);
    assert_int_equal(aws_file_path("sso/cache", "abc", path, sizeof path, &error), ERROR_NONE);
    assert_string_equal(path, "/home/one/.aws/sso/cache/" ABC ".json");
    assert_int_equal(aws_file_path("sso/cache", "abc", short_path, sizeof short_path, &error),
                     ERROR_CONFIG);
}

static void test_folders_are_their_owners_alone(void **state)
{
    static const char *const names[] = {"/.aws", "/.aws/sso", "/.aws/sso/cache"};
    char path[256];
    struct stat found;
    (void)state;
    setenv("HOME", folder, 1);
    for (int times = 0; times < 2; times++) {
        assert_true(aws_file_folder("sso/cache"));
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            snprintf(path, sizeof path, "%s%s", folder, names[i]);
            assert_int_equal(stat(path, &found), 0);
            assert_int_equal(found.st_mode & 07777, 0700);
        }
    }
}

static void test_without_a_home(void **state)
{
    char path[256];
    struct error error = ERROR_INIT;
    (void)state;
    unsetenv("HOME");
    assert_int_equal(aws_file_path("sso/cache", "abc", path, sizeof path, &error), ERROR_CONFIG);
    assert_string_equal(error.message, "HOME is not set, so ~/.aws cannot be found");
    assert_false(aws_file_folder("sso/cache"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_path_is_named_by_its_digest),
        cmocka_unit_test(test_folders_are_their_owners_alone),
        cmocka_unit_test(test_without_a_home),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
