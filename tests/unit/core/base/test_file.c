/* Bytes into files: whole, or what was there before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/file.h"

static char folder[] = "/tmp/intake-file-XXXXXX";
static char path[sizeof(folder) + 16];

static int folder_make(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof(path), "%s/kept", folder);
    return 0;
}

static int folder_remove(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* fails where anything else was left behind */
}

static void assert_holds(const char *expected)
{
    char bytes[64] = "";
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof(bytes) - 1, file), strlen(expected));
    fclose(file);
    assert_string_equal(bytes, expected);
}

static void a_file_is_replaced_whole_and_is_its_owners_alone(void **state)
{
    struct error error = ERROR_INIT;
    struct stat status;

    (void)state;
    assert_int_equal(file_replace(path, "before", 6, 0600, &error), ERROR_NONE);
    assert_int_equal(file_replace(path, "after", 5, 0600, &error), ERROR_NONE);
    assert_holds("after");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_cannot_be_written_leaves_what_was_there(void **state)
{
    char other[sizeof(folder) + 32];
    struct error error = ERROR_INIT;

    (void)state;
    assert_int_equal(file_replace(path, "kept", 4, 0600, &error), ERROR_NONE);
    snprintf(other, sizeof(other), "%s/nowhere/file", folder);
    assert_int_equal(file_replace(other, "x", 1, 0600, &error), ERROR_IO);
    assert_non_null(strstr(error.message, "nowhere/file"));
    /* A folder cannot be replaced by a file: the new one goes again. */
    assert_int_equal(file_replace(folder, "x", 1, 0600, &error), ERROR_IO);
    assert_holds("kept");
}

static void an_end_that_takes_nothing_is_told(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    assert_true(file_write_all(ends[1], "some", 4));
    close(ends[1]);
    assert_false(file_write_all(ends[1], "more", 4));
    close(ends[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_replaced_whole_and_is_its_owners_alone),
        cmocka_unit_test(what_cannot_be_written_leaves_what_was_there),
        cmocka_unit_test(an_end_that_takes_nothing_is_told),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
