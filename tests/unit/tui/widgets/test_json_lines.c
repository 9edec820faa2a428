/* JSON in lines: only the blanks between tokens change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tui/widgets/json_lines.h"

static void documents_are_indented(void **state)
{
    static const struct {
        const char *text, *lines;
    } cases[] = {
        {"{\"a\":1,\"b\":[true,null]}", "{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ]\n}"},
        {" { \"a\" : { } , \"b\" : [ ] }\n", "{\n  \"a\": {},\n  \"b\": []\n}"},
        {"{\"price\":12.990,\"big\":123456789012345678901234567890,\"e\":1e400}",
         "{\n  \"price\": 12.990,\n  \"big\": 123456789012345678901234567890,\n  \"e\": 1e400\n}"},
        {"{\"a\":1,\"a\":2}", "{\n  \"a\": 1,\n  \"a\": 2\n}"},
        {"[\"x{,}:\\\"[\\\\\",\"\\u202e\"]", "[\n  \"x{,}:\\\"[\\\\\",\n  \"\\u202e\"\n]"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buffer out;

        buffer_init(&out, 4096);
        assert_true(json_indent(cases[i].text, strlen(cases[i].text), &out));
        assert_string_equal(out.data, cases[i].lines);
        buffer_release(&out);
    }
}

static void other_text_is_left_alone(void **state)
{
    static const char *const texts[] = {"", "plain", "12", "\"text\"", "{\"a\":", "{} {}", "[1,]"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct buffer out;

        buffer_init(&out, 4096);
        buffer_text(&out, "before");
        assert_false(json_indent(texts[i], strlen(texts[i]), &out));
        assert_string_equal(out.data, "before");
        buffer_release(&out);
    }
    assert_false(json_indent(NULL, 0, NULL));
}

static void what_does_not_fit_is_not_begun(void **state)
{
    struct buffer out;

    (void)state;
    buffer_init(&out, 8);
    assert_false(json_indent("{\"a\":[1,2,3,4]}", 15, &out));
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_indented),
        cmocka_unit_test(other_text_is_left_alone),
        cmocka_unit_test(what_does_not_fit_is_not_begun),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
