/* The journal of a replay: what a crash leaves is read back, and never as more than it was. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/operate/replay/journal.h"
#include "tests/unit/test_folder.h"

#define ARN "arn:aws:sqs:us-east-1:1:q-dlq"

static struct journal *opened(void)
{
    struct journal *journal = NULL;
    struct error error = ERROR_INIT;
    assert_int_equal(journal_open(ARN, "q-dlq", 1700000000000, &journal, &error), ERROR_NONE);
    return journal;
}

static void written(struct journal *journal)
{
    struct error error = ERROR_INIT;
    assert_int_equal(journal_write(journal, true, &error), ERROR_NONE);
}

static void settled(struct journal *journal)
{
    struct error error = ERROR_INIT;
    assert_int_equal(journal_settle(journal, &error), ERROR_NONE);
    journal_close(journal);
}

static void test_states_survive_a_crash(void **state)
{
    struct journal *journal = opened();
    struct stat found;
    (void)state;
    for (const char *id = "abcd"; *id != '\0'; id++)
        journal_note_held(journal, (char[]){*id, '\0'}, "receipt \"quoted\"");
    journal_note(journal, JOURNAL_SENDING, "b");
    journal_note(journal, JOURNAL_SENDING, "c");
    journal_note(journal, JOURNAL_SENDING, "d");
    journal_note(journal, JOURNAL_SENT, "c");
    journal_note(journal, JOURNAL_SENT, "d");
    journal_note(journal, JOURNAL_DELETED, "d");
    written(journal);
    assert_int_equal(stat(journal_path(journal), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0600);
    journal_close(journal); /* no settling: a crash */
    journal = opened();
    assert_int_equal(journal_count(journal), 4);
    assert_int_equal(journal_find(journal, "a")->state, JOURNAL_HELD);
    assert_false(journal_find(journal, "a")->unknown);
    assert_true(journal_find(journal, "b")->unknown);
    assert_true(journal_entry_in_doubt(journal_find(journal, "b")));
    assert_int_equal(journal_find(journal, "c")->state, JOURNAL_SENT);
    assert_false(journal_find(journal, "c")->unknown);
    assert_int_equal(journal_find(journal, "d")->state, JOURNAL_DELETED);
    assert_string_equal(journal_find(journal, "c")->receipt, "receipt \"quoted\"");
    settled(journal);
    journal = opened(); /* only what is open was kept */
    assert_int_equal(journal_count(journal), 2);
    assert_null(journal_find(journal, "a"));
    journal_note(journal, JOURNAL_DELETED, "c");
    journal_note(journal, JOURNAL_DELETED, "b");
    journal_note_told(journal, "b");
    settled(journal);
    assert_int_equal(access(folder, F_OK), 0);
    journal = opened();
    assert_int_equal(journal_count(journal), 0);
    settled(journal);
}

/* Sent again after a doubt and then deleted: in doubt until somebody was told of it. */
static void test_a_doubt_outlives_the_runs_that_did_not_tell(void **state)
{
    struct journal *journal = opened();
    (void)state;
    journal_note_held(journal, "x", "r");
    journal_note(journal, JOURNAL_SENDING, "x");
    written(journal);
    journal_close(journal);
    journal = opened();
    journal_note_held(journal, "x", "r2");
    journal_note(journal, JOURNAL_SENDING, "x");
    journal_note(journal, JOURNAL_SENT, "x");
    journal_note(journal, JOURNAL_DELETED, "x");
    written(journal);
    settled(journal);
    journal = opened();
    assert_int_equal(journal_find(journal, "x")->state, JOURNAL_DELETED);
    assert_true(journal_find(journal, "x")->unknown);
    journal_note_told(journal, "x");
    settled(journal);
    journal = opened();
    assert_int_equal(journal_count(journal), 0);
    settled(journal);
}

static void test_a_torn_line_is_dropped(void **state)
{
    struct journal *journal = opened();
    static const char torn[] = "{\"sent\":[\"y\"";
    char path[512];
    size_t sent = 9, unknown = 9;
    (void)state;
    journal_note_held(journal, "y", "r");
    journal_note(journal, JOURNAL_SENDING, "y");
    written(journal);
    snprintf(path, sizeof path, "%s", journal_path(journal));
    journal_close(journal);
    int fd = open(path, O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, torn, strlen(torn)), (ssize_t)strlen(torn));
    close(fd);
    assert_int_equal(journal_look(ARN, "q-dlq", &sent, &unknown, NULL), ERROR_NONE);
    assert_int_equal(sent, 0);
    assert_int_equal(unknown, 1);
    journal = opened();
    assert_int_equal(journal_find(journal, "y")->state, JOURNAL_SENDING);
    journal_note(journal, JOURNAL_DELETED, "y");
    written(journal);
    journal_close(journal);
    journal = opened();
    assert_int_equal(journal_find(journal, "y")->state, JOURNAL_DELETED);
    journal_note_told(journal, "y");
    settled(journal);
}

static void test_one_process_at_a_time(void **state)
{
    struct journal *journal = opened(), *other = NULL;
    struct error error = ERROR_INIT;
    (void)state;
    assert_int_equal(journal_open(ARN, "q-dlq", 0, &other, &error), ERROR_CONFLICT);
    assert_null(other);
    assert_int_equal(journal_open(ARN "-b", "q-dlq", 0, &other, &error), ERROR_NONE);
    settled(other);
    settled(journal);
}

static void test_looking_makes_nothing(void **state)
{
    size_t sent = 1, unknown = 1;
    char missing[64];
    (void)state;
    snprintf(missing, sizeof missing, "%s/missing", folder);
    setenv("XDG_STATE_HOME", missing, 1);
    assert_int_equal(journal_look(ARN, "q", &sent, &unknown, NULL), ERROR_NONE);
    assert_int_equal(sent + unknown, 0);
    assert_int_not_equal(access(missing, F_OK), 0);
    setenv("XDG_STATE_HOME", folder, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_states_survive_a_crash),
        cmocka_unit_test(test_a_doubt_outlives_the_runs_that_did_not_tell),
        cmocka_unit_test(test_a_torn_line_is_dropped),
        cmocka_unit_test(test_one_process_at_a_time),
        cmocka_unit_test(test_looking_makes_nothing),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_drop);
}
