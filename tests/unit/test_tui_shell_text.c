/* Words that a shell takes back as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tui/shell_text.h"

static void assert_word(const char *word, const char *expected)
{
    struct buffer line;

    buffer_init(&line, 1024);
    shell_append(&line, word);
    assert_string_equal(line.data, expected);
    buffer_release(&line);
}

static void plain_words_stay_bare_and_others_are_quoted(void **state)
{
    (void)state;
    assert_word("UPLOAD_20260131_080000_VEND001", "UPLOAD_20260131_080000_VEND001");
    assert_word("https://sqs.eu/1/q?x", "'https://sqs.eu/1/q?x'");
    assert_word("", "''");
    assert_word("a b", "'a b'");
    assert_word("it's; rm -rf $HOME `x`", "'it'\\''s; rm -rf $HOME `x`'");
    assert_word("~/x", "'~/x'");
    assert_word("arn:aws:sqs:eu-central-1:1:q", "arn:aws:sqs:eu-central-1:1:q");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_words_stay_bare_and_others_are_quoted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
