/* config.ini beside the AWS profiles, read by two threads at once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/profile_files.h"
#include "tui/session/config.h"

#define PATIENCE_MS 20000

static const char text[] = "[live]\nregion = eu-west-1 ; where we are\n";
static char folder[] = "/tmp/intake-config-XXXXXX";
static char path[64];

static void profiles_read(void)
{
    struct profiles *profiles = NULL;
    struct error error = ERROR_INIT;
    assert_int_equal(profiles_read_files(&profiles, &error), ERROR_NONE);
    profiles_free(profiles);
}

static void *config_read_beside(void *out)
{
    struct error error = ERROR_INIT;
    struct config **config = out;
    if (config_read(path, config, &error))
        *config = NULL;
    return NULL;
}

static void wait_until_taken(int fd)
{
    int waiting = 1;
    for (int i = 0; i < PATIENCE_MS && waiting; i++) {
        assert_int_equal(ioctl(fd, FIONREAD, &waiting), 0);
        if (waiting)
            poll(NULL, 0, 1);
    }
    assert_int_equal(waiting, 0);
}

/* The reader stands in the middle of the file, with a line of the parser's in its hands. First of
 * all tests: what the parser is told, it is told once in a process. */
static void test_profiles_may_be_read_while_another_thread_reads_the_configuration(void **state)
{
    struct config *config = NULL;
    pthread_t reader;
    const size_t first = strlen("[live]\n");
    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(pthread_create(&reader, NULL, config_read_beside, &config), 0);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, first), first);
    wait_until_taken(fd);
    profiles_read();
    assert_int_equal(write(fd, text + first, strlen(text) - first), strlen(text) - first);
    close(fd);
    pthread_join(reader, NULL);
    assert_non_null(config);
    assert_string_equal(config_get(config, "live", "region"), "eu-west-1");
    config_free(config);
    unlink(path);
}

static void test_the_configuration_says_the_same_whatever_was_read_before(void **state)
{
    FILE *file = fopen(path, "we");
    (void)state;
    assert_non_null(file);
    fputs("# a comment\n[live] ; and one\nregion = eu-west-1 ; where we are\n"
          "stack = a;b\nprofile = ops\t; two\n",
          file);
    fclose(file);
    for (int round = 0; round < 2; round++) {
        struct config *config = NULL;
        struct error error = ERROR_INIT;
        assert_int_equal(config_read(path, &config, &error), ERROR_NONE);
        assert_string_equal(config_get(config, "live", "region"), "eu-west-1");
        assert_string_equal(config_get(config, "live", "stack"), "a;b");
        assert_string_equal(config_get(config, "live", "profile"), "ops");
        config_free(config);
        profiles_read();
    }
    unlink(path);
}

static int set_up(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || setenv("HOME", folder, 1) || unsetenv("AWS_CONFIG_FILE") ||
        unsetenv("AWS_SHARED_CREDENTIALS_FILE"))
        return 1;
    snprintf(path, sizeof path, "%s/config.ini", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_profiles_may_be_read_while_another_thread_reads_the_configuration),
        cmocka_unit_test(test_the_configuration_says_the_same_whatever_was_read_before),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
