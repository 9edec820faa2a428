/* What outlives the program belongs to one environment: drafts and journals are found where they
 * were made, and nowhere else. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operate/mend.h"
#include "core/operate/replay/journal.h"
#include "core/operate/state_directory.h"
#include "tests/unit/test_folder.h"

#define UPLOAD "UPLOAD_20260131_080000_VEND001"

static void path_of(const char *environment, const char *target, char path[512])
{
    state_directory_choose(environment, target);
    assert_int_equal(mend_path(UPLOAD, path, 512, NULL), ERROR_NONE);
}

static void test_each_target_has_its_own_draft(void **state)
{
    char plain[512], one[512], other[512], again[512], named[512], named_too[512];
    (void)state;
    path_of("", "", plain);
    path_of("", "bucket a", one);
    path_of("", "bucket b", other);
    path_of("", "bucket a", again);
    path_of("staging", "", named);
    path_of("production", "", named_too);
    assert_string_not_equal(one, other);
    assert_string_not_equal(one, plain);
    assert_string_equal(one, again);
    assert_non_null(strstr(named, "/staging/mend/" UPLOAD ".csv"));
    assert_string_not_equal(named, named_too);
}

static void test_a_draft_of_before_is_found(void **state)
{
    char plain[512], found[512];
    struct buffer mend;
    (void)state;
    path_of("", "", plain);
    buffer_init(&mend, 512);
    assert_int_equal(state_directory(&mend, NULL), ERROR_NONE);
    buffer_text(&mend, "/mend");
    (void)mkdir(mend.data, 0700);
    buffer_release(&mend);
    int fd = open(plain, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    path_of("", "bucket a", found);
    assert_string_equal(found, plain);
    assert_int_equal(unlink(plain), 0);
    path_of("", "bucket a", found);
    assert_string_not_equal(found, plain);
}

static void journal_in(const char *target, char path[512])
{
    struct journal *journal = NULL;
    state_directory_choose("", target);
    assert_int_equal(journal_open("arn:aws:sqs:us-east-1:1:q", "q", 1700000000000, &journal, NULL),
                     ERROR_NONE);
    snprintf(path, 512, "%s", journal_path(journal));
    journal_close(journal);
}

static void test_each_target_has_its_own_journal(void **state)
{
    char one[512], other[512], again[512];
    (void)state;
    journal_in("bucket a", one);
    journal_in("bucket b", other);
    journal_in("bucket a", again);
    assert_string_not_equal(one, other);
    assert_string_equal(one, again);
}

static void assert_name(const char *expected)
{
    struct buffer path;
    buffer_init(&path, 4096);
    assert_int_equal(state_directory_name(&path, NULL), ERROR_NONE);
    assert_string_equal(path.data, expected);
    buffer_release(&path);
}

static void test_an_environment_is_a_directory_below(void **state)
{
    static const struct {
        const char *environment, *directory;
    } list[] = {
        {"production", "/state/intake/production"},
        {"test", "/state/intake/test"},
        {"default", "/state/intake"},
        {"../../x", "/state/intake/_._.._x"},
        {"a.b/c", "/state/intake/a.b_c"},
        {"", "/state/intake"},
    };
    (void)state;
    setenv("XDG_STATE_HOME", "/state", 1);
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        state_directory_choose(list[i].environment, "");
        assert_name(list[i].directory);
    }
}

static void test_where_it_lies(void **state)
{
    struct buffer path;
    (void)state;
    state_directory_choose("default", "");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/home/one", 1);
    assert_name("/home/one/.local/state/intake");
    unsetenv("XDG_STATE_HOME");
    assert_name("/home/one/.local/state/intake");
    setenv("HOME", "relative", 1);
    buffer_init(&path, 4096);
    assert_int_equal(state_directory_name(&path, NULL), ERROR_CONFIG);
    unsetenv("HOME");
    assert_int_equal(state_directory_name(&path, NULL), ERROR_CONFIG);
    buffer_release(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_target_has_its_own_draft),
        cmocka_unit_test(test_a_draft_of_before_is_found),
        cmocka_unit_test(test_each_target_has_its_own_journal),
        cmocka_unit_test(test_an_environment_is_a_directory_below),
        cmocka_unit_test(test_where_it_lies),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
