/* What reaches a terminal, and what a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tui/cli/output.h"

#define PICTURE_ESC "\xE2\x90\x9B"

struct setup {
    struct output output;
    char text[4096];
};

static void setup_init(struct setup *setup, bool terminal, bool color)
{
    memset(setup, 0, sizeof *setup);
    output_init(&setup->output, false, false, color ? OUTPUT_COLOR_ALWAYS : OUTPUT_COLOR_NEVER);
    setup->output.terminal = terminal;
    setup->output.stream = tmpfile();
    assert_non_null(setup->output.stream);
}

/* All that was written, once. */
static const char *setup_end(struct setup *setup)
{
    assert_int_equal(output_finish(&setup->output, NULL), ERROR_NONE);
    rewind(setup->output.stream);
    size_t len = fread(setup->text, 1, sizeof setup->text - 1, setup->output.stream);
    setup->text[len] = '\0';
    fclose(setup->output.stream);
    output_release(&setup->output);
    return setup->text;
}

static const char hostile[] = "a\033]0;x\007,\xC2\x9B"
                              "31m\r\nb\033[31m\n\xE2\x80\xAE"
                              "c\x7F\xFF";

static void test_a_file_gets_the_bytes(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, false, false);
    output_lines(&setup.output, hostile, strlen(hostile));
    buffer_text(&setup.output.text, "\033[2J\r");
    assert_string_equal(setup_end(&setup) + strlen(hostile), "\033[2J\r");
    assert_memory_equal(setup.text, hostile, strlen(hostile));
}

static void test_a_terminal_gets_what_can_be_seen(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, true, false);
    output_lines(&setup.output, hostile, strlen(hostile));
    assert_string_equal(setup_end(&setup), "a" PICTURE_ESC "]0;x\xE2\x90\x87,<U+009B>31m\n"
                                           "b" PICTURE_ESC "[31m\n"
                                           "<U+202E>c\xE2\x90\xA1<xFF>\n");
}

static void test_no_way_around_the_guard(void **state)
{
    struct setup setup;
    (void)state;
    setup_init(&setup, true, true);
    output_styled(&setup.output, STYLE_BAD, "red\033[0m");
    buffer_text(&setup.output.text, "\tplain\033]52;c;eA==\007\033[2J\033[1;5m\r\xC2\x9B\n\033");
    output_flush(&setup.output);
    output_format(&setup.output, "%s", "\033[3");
    assert_string_equal(setup_end(&setup),
                        "\033[31mred" PICTURE_ESC "[0m\033[0m\tplain" PICTURE_ESC
                        "]52;c;eA==\xE2\x90\x87" PICTURE_ESC "[2J" PICTURE_ESC
                        "[1;5m\xE2\x90\x8D<U+009B>\n" PICTURE_ESC PICTURE_ESC "[3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_file_gets_the_bytes),
        cmocka_unit_test(test_a_terminal_gets_what_can_be_seen),
        cmocka_unit_test(test_no_way_around_the_guard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
