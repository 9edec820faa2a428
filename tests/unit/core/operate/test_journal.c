/* The journal of a replay, state by state: what is kept, what is synced, what a second crash
 * leaves. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operate/replay/journal.h"
#include "tests/unit/test_folder.h"

static char arn[] = "arn:aws:sqs:us-east-1:1:q-dlq"; /* of each test its own */
static unsigned synced;

int fdatasync(int fd)
{
    synced++;
    return fsync(fd);
}

static int another_queue(void **state)
{
    (void)state;
    arn[strlen("arn:aws:sqs:us-east-1:")]++;
    return 0;
}

static struct journal *opened(void)
{
    struct journal *journal = NULL;
    assert_int_equal(journal_open(arn, "q-dlq", 1700000000000, &journal, NULL), ERROR_NONE);
    return journal;
}

static void crashed(struct journal *journal)
{
    assert_int_equal(journal_write(journal, true, NULL), ERROR_NONE);
    journal_close(journal);
}

static void note_sending(struct journal *journal, const char *id, const char *receipt)
{
    journal_note_held(journal, id, receipt);
    journal_note(journal, JOURNAL_SENDING, id);
}

static off_t size_of(const struct journal *journal)
{
    struct stat found;
    assert_int_equal(stat(journal_path(journal), &found), 0);
    return found.st_size;
}

static void test_what_is_sent_stays_sent_when_it_is_held_again(void **state)
{
    struct journal *journal = opened();
    (void)state;
    note_sending(journal, "x", "first");
    journal_note(journal, JOURNAL_SENT, "x");
    journal_note_held(journal, "x", "second");
    assert_int_equal(journal_find(journal, "x")->state, JOURNAL_SENT);
    crashed(journal);
    journal = opened();
    assert_int_equal(journal_find(journal, "x")->state, JOURNAL_SENT);
    assert_string_equal(journal_find(journal, "x")->receipt, "second");
    crashed(journal);
}

static void test_only_what_this_run_held_is_met(void **state)
{
    struct journal *journal = opened();
    (void)state;
    journal_note_held(journal, "x", "r");
    assert_true(journal_find(journal, "x")->met);
    crashed(journal);
    journal = opened();
    assert_false(journal_find(journal, "x")->met);
    crashed(journal);
}

static void test_settling_keeps_all_that_is_open_with_its_receipt(void **state)
{
    struct journal *journal = opened();
    struct stat found;
    (void)state;
    note_sending(journal, "doubt", "r0");
    crashed(journal);
    journal = opened();
    journal_note_held(journal, "doubt", "r1");
    journal_note_told(journal, "doubt");
    note_sending(journal, "sending", "r2");
    note_sending(journal, "sent", "r3");
    journal_note(journal, JOURNAL_SENT, "sent");
    journal_note_held(journal, "held", "r4");
    journal_note_held(journal, "deleted", "r5");
    journal_note(journal, JOURNAL_DELETED, "deleted");
    assert_int_equal(journal_settle(journal, NULL), ERROR_NONE);
    assert_int_equal(stat(journal_path(journal), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    journal_close(journal);
    journal = opened();
    assert_int_equal(journal_count(journal), 3);
    assert_true(journal_entry_in_doubt(journal_find(journal, "doubt")));
    assert_string_equal(journal_find(journal, "doubt")->receipt, "r1");
    assert_int_equal(journal_find(journal, "sending")->state, JOURNAL_SENDING);
    assert_string_equal(journal_find(journal, "sending")->receipt, "r2");
    assert_int_equal(journal_find(journal, "sent")->state, JOURNAL_SENT);
    assert_string_equal(journal_find(journal, "sent")->receipt, "r3");
    crashed(journal);
}

static void test_a_doubt_outlives_a_second_crash(void **state)
{
    struct journal *journal = opened();
    size_t sent = 9, unknown = 9;
    (void)state;
    note_sending(journal, "x", "r");
    note_sending(journal, "y", "r");
    crashed(journal);
    journal = opened();
    journal_note(journal, JOURNAL_SENT, "x");
    journal_note_held(journal, "y", "r2");
    assert_true(journal_entry_in_doubt(journal_find(journal, "y")));
    crashed(journal);
    assert_int_equal(journal_look(arn, "q-dlq", &sent, &unknown, NULL), ERROR_NONE);
    assert_int_equal(sent, 1);
    assert_int_equal(unknown, 1);
    journal = opened();
    assert_int_equal(journal_find(journal, "x")->state, JOURNAL_SENT);
    assert_true(journal_find(journal, "x")->unknown);
    assert_true(journal_entry_in_doubt(journal_find(journal, "y")));
    crashed(journal);
}

static void test_what_was_torn_off_is_cut_before_more_is_written(void **state)
{
    static const char torn[] = "{\"sent\":[\"y\"";
    struct journal *journal = opened();
    char path[512], text[2048];
    (void)state;
    journal_note_held(journal, "x", "r");
    snprintf(path, sizeof path, "%s", journal_path(journal));
    crashed(journal);
    int fd = open(path, O_RDWR | O_APPEND);
    assert_int_equal(write(fd, torn, strlen(torn)), (ssize_t)strlen(torn));
    journal = opened();
    crashed(journal);
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    close(fd);
    assert_true(len > 0);
    text[len] = '\0';
    assert_null(strstr(text, torn));
}

static void test_intents_are_on_the_disk_and_nothing_is_written_twice(void **state)
{
    struct journal *journal = opened();
    (void)state;
    note_sending(journal, "x", "r");
    unsigned before = synced;
    assert_int_equal(journal_write(journal, true, NULL), ERROR_NONE);
    assert_int_equal(synced, before + 1);
    off_t size = size_of(journal);
    assert_int_equal(journal_write(journal, false, NULL), ERROR_NONE);
    assert_int_equal(synced, before + 1);
    assert_int_equal(size_of(journal), size);
    assert_int_equal(journal_settle(journal, NULL), ERROR_NONE);
    assert_int_equal(synced, before + 2);
    journal_close(journal);
}

/* A full disk takes the beginning of a line, or none of it. */
static void write_that_fails(rlim_t room)
{
    struct journal *journal = opened();
    struct rlimit old, tight;
    struct error error = ERROR_INIT;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, SIG_IGN);
    tight = (struct rlimit){.rlim_cur = (rlim_t)size_of(journal) + room, .rlim_max = old.rlim_max};
    journal_note(journal, JOURNAL_SENDING, "x");
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    enum error_code code = journal_write(journal, true, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(code, ERROR_IO);
    assert_non_null(strstr(error.message, "cannot write"));
    assert_int_equal(journal_write(journal, true, NULL), ERROR_NONE);
    journal_close(journal);
    journal = opened();
    assert_int_equal(journal_count(journal), 1);
    assert_int_equal(journal_find(journal, "x")->state, JOURNAL_SENDING);
    crashed(journal);
}

static void test_a_write_that_fails_is_told(void **state)
{
    static const rlim_t rooms[] = {0, 1, 9, 15};
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        another_queue(state);
        write_that_fails(rooms[i]);
    }
}

static void test_a_damaged_line_is_no_line_that_says_nothing(void **state)
{
    static const char *const damaged[] = {"", "{\"sent\":[\"y\"", "{\"se{\"sent\":[\"y\"]}",
                                          "\0\0\0"};
    struct error error = ERROR_INIT;
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        another_queue(state);
        struct journal *journal = opened();
        char path[512], named[600];
        snprintf(path, sizeof path, "%s", journal_path(journal));
        snprintf(named, sizeof named, "line 2 of %s is damaged", path);
        crashed(journal);
        int fd = open(path, O_WRONLY | O_APPEND);
        assert_true(write(fd, damaged[i], i == 3 ? 3 : strlen(damaged[i])) >= 0);
        assert_int_equal(write(fd, "\n{\"sending\":[\"x\"]}\n", 20), 20);
        close(fd);
        assert_int_equal(journal_open(arn, "q-dlq", 0, &journal, &error), ERROR_INVALID);
        assert_non_null(strstr(error.message, named));
        assert_int_equal(journal_look(arn, "q-dlq", NULL, NULL, &error), ERROR_INVALID);
        assert_int_equal(unlink(path), 0); /* as it says */
        crashed(opened());
    }
}

static void test_a_queue_of_another_account_has_another_journal(void **state)
{
    struct journal *journal = opened(), *other = NULL;
    (void)state;
    another_queue(NULL);
    assert_int_equal(journal_open(arn, "q-dlq", 0, &other, NULL), ERROR_NONE);
    assert_string_not_equal(journal_path(journal), journal_path(other));
    crashed(journal);
    crashed(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_what_is_sent_stays_sent_when_it_is_held_again, another_queue),
        cmocka_unit_test_setup(test_only_what_this_run_held_is_met, another_queue),
        cmocka_unit_test_setup(test_settling_keeps_all_that_is_open_with_its_receipt,
                               another_queue),
        cmocka_unit_test_setup(test_a_doubt_outlives_a_second_crash, another_queue),
        cmocka_unit_test_setup(test_what_was_torn_off_is_cut_before_more_is_written, another_queue),
        cmocka_unit_test_setup(test_intents_are_on_the_disk_and_nothing_is_written_twice,
                               another_queue),
        cmocka_unit_test_setup(test_a_write_that_fails_is_told, another_queue),
        cmocka_unit_test_setup(test_a_damaged_line_is_no_line_that_says_nothing, another_queue),
        cmocka_unit_test_setup(test_a_queue_of_another_account_has_another_journal, another_queue),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
