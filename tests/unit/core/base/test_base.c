#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/log.h"
#include "core/base/memory.h"
#include "core/base/text.h"
#include "core/base/time_text.h"

static void every_error_code_has_a_name(void **state)
{
    (void)state;
    for (int code = 0; code < ERROR_CODE_COUNT; code++)
        assert_non_null(error_name((enum error_code)code));
}

static void an_error_keeps_its_code_when_wrapped(void **state)
{
    (void)state;
    struct error error = ERROR_INIT;
    assert_int_equal(error_set(&error, ERROR_THROTTLED, "slow %s", "down"), ERROR_THROTTLED);
    assert_true(error.retryable);
    assert_int_equal(error_wrap(&error, "writing %d items", 25), ERROR_THROTTLED);
    assert_string_equal(error.message, "writing 25 items: slow down");
    assert_int_equal(error_wrap(NULL, "x"), ERROR_INTERNAL);
}

static void a_long_error_ends_with_a_whole_character(void **state)
{
    struct error error = ERROR_INIT;
    char text[2 * sizeof error.message + 1] = "";
    (void)state;
    for (size_t before = 0; before < 4; before++) {
        size_t len = before;
        memset(text, 'a', before);
        for (; len + 4 < sizeof text; len += 4)
            memcpy(text + len, "\xF0\x9F\x98\x80", 5);
        (void)error_set(&error, ERROR_INVALID, "%s", text);
        assert_true(strlen(error.message) > sizeof error.message - 5);
        assert_true(utf8_valid(error.message, strlen(error.message), NULL));
        (void)error_wrap(&error, "%s", text);
        assert_true(utf8_valid(error.message, strlen(error.message), NULL));
    }
}

static void a_full_buffer_fails_once_and_stays_whole(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 5);
    assert_string_equal(buffer.data, "");
    buffer_text(&buffer, "hello");
    assert_int_equal(buffer_check(&buffer, NULL), ERROR_NONE);
    buffer_char(&buffer, '!');
    buffer_cut(&buffer, 2);
    buffer_char(&buffer, '!');
    assert_int_equal(buffer_check(&buffer, NULL), ERROR_TOO_LARGE);
    assert_string_equal(buffer.data, "he");
    buffer_clear(&buffer);
    buffer_format(&buffer, "%d", 12345);
    assert_int_equal(buffer_check(&buffer, NULL), ERROR_NONE);
    char *taken = buffer_take(&buffer);
    assert_string_equal(taken, "12345");
    free(taken);
    buffer_release(&buffer);
}

static void a_long_format_grows_the_buffer(void **state)
{
    (void)state;
    struct buffer buffer;
    buffer_init(&buffer, 10000);
    buffer_format(&buffer, "%01000d|%s", 7, "end");
    assert_int_equal(buffer.len, 1004);
    assert_string_equal(buffer.data + 1000, "|end");
    buffer_release(&buffer);
}

static void times_go_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        bool good;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0, true},
        {"2024-02-29T12:30:45.123Z", INT64_C(1709209845123), true},
        {"2024-02-29 12:30:45.1234+00", INT64_C(1709209845123), true},
        {"2024-02-29T14:30:45+02:00", INT64_C(1709209845000), true},
        {"2024-02-29T09:00:45-0330", INT64_C(1709209845000), true},
        {"2023-02-29T12:30:45Z", 0, false},
        {"2024-02-29T24:00:00Z", 0, false},
        {"2024-02-29", 0, false},
        {"2024-02-29T12:30:45Zx", 0, false},
        {"", 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ms = -1;
        assert_int_equal(time_text_parse_iso8601(cases[i].text, strlen(cases[i].text), &ms),
                         cases[i].good);
        if (cases[i].good)
            assert_int_equal(ms, cases[i].ms);
    }
    char out[TIME_TEXT_SIZE];
    time_text_iso8601(INT64_C(1709209845123), out);
    assert_string_equal(out, "2024-02-29T12:30:45Z");
    time_text_iso8601_ms(INT64_C(1709209845003), out);
    assert_string_equal(out, "2024-02-29T12:30:45.003Z");
    time_text_basic(0, out);
    assert_string_equal(out, "19700101T000000Z");
    time_text_compact(INT64_C(1709209845123), out);
    assert_string_equal(out, "20240229_123045");
    int64_t ms, again;
    assert_true(time_text_from_parts(9, 1, 2, 3, 4, 5, &ms));
    time_text_iso8601(ms, out);
    assert_string_equal(out, "0009-01-02T03:04:05Z");
    time_text_iso8601_ms(ms, out);
    assert_string_equal(out, "0009-01-02T03:04:05.000Z");
    assert_true(time_text_parse_iso8601(out, strlen(out), &again) && again == ms);
    time_text_basic(ms, out);
    assert_string_equal(out, "00090102T030405Z");
    time_text_compact(ms, out);
    assert_string_equal(out, "00090102_030405");
    time_text_iso8601_ms(INT64_MIN, out);
    time_text_iso8601_ms(INT64_MAX, out);
    assert_true(time_text_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &ms));
    assert_int_equal(ms, INT64_C(784111777000));
    assert_false(time_text_parse_http("Sun, 06 Nox 1994 08:49:37 GMT", &ms));
    for (int year = 1600; year < 2500; year++) {
        assert_true(time_text_from_parts(year, 3, 1, 0, 0, 0, &ms));
        time_text_iso8601(ms, out);
        char expected[TIME_TEXT_SIZE];
        snprintf(expected, sizeof expected, "%04d-03-01T00:00:00Z", year);
        assert_string_equal(out, expected);
    }
}

static void utf8_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\xC0\x80",         "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
        "\xF8\x88\x80\x80", "\x80",         "\xE2\x82",     "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        size_t offset = 99;
        char text[32];
        snprintf(text, sizeof text, "0123456789%s", bad[i]);
        assert_false(utf8_valid(text, strlen(text), &offset));
        assert_int_equal(offset, 10);
    }
    assert_true(utf8_valid("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10, NULL));
    assert_int_equal(utf8_count("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), 4);
    assert_int_equal(utf8_prefix("a\xC3\xA9\xE2\x82\xAC", 6, 2), 3);
}

static void hostile_text_is_shown_and_does_nothing(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"plain", "plain"},
        {"a\x1b[31mb", "a\xE2\x90\x9B[31mb"},
        {"a\nb\r", "a\xE2\x90\x8A"
                   "b\xE2\x90\x8D"},
        {"\xC2\x9B", "<U+009B>"},
        {"\xE2\x80\xAE", "<U+202E>"},
        {"\xE2\x80\x8B", "<U+200B>"},
        {"\xEF\xBB\xBF", "<U+FEFF>"},
        {"\xFF", "<xFF>"},
        {"\xE6\x97\xA5", "\xE6\x97\xA5"},
        {"\x7F", "\xE2\x90\xA1"},
    };
    struct buffer out;
    buffer_init(&out, 1000);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buffer_clear(&out);
        text_append_visible(&out, cases[i].text, strlen(cases[i].text));
        assert_string_equal(out.data, cases[i].shown);
    }
    buffer_clear(&out);
    text_append_visible_cut(&out, "abcdefgh", 8, 8);
    assert_string_equal(out.data, "abcdefgh");
    buffer_clear(&out);
    text_append_visible_cut(&out, "abcdefghi", 9, 8);
    assert_string_equal(out.data, "abcde...");
    buffer_clear(&out);
    text_append_visible_cut(&out, "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5", 12, 6);
    assert_string_equal(out.data, "\xE6\x97\xA5...");
    buffer_release(&out);
    assert_int_equal(text_width("\xE6\x97\xA5"
                                "a\xCC\x81",
                                6),
                     3);
}

static void json_is_bounded_and_forgiving_of_absence(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "{", "[1,]", "{} x", "nul", "{\"a\":1}{", "'a'"};
    struct json_object *object = NULL;
    struct error error = ERROR_INIT;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(json_parse(bad[i], strlen(bad[i]), &object, &error), ERROR_INVALID);
        assert_null(object);
    }
    const char text[] = "{\"a\":{\"b\":\"12\"},\"n\":7,\"s\":\"x\",\"l\":[1,2]} \n";
    assert_int_equal(json_parse(text, strlen(text), &object, &error), ERROR_NONE);
    int64_t value = 0;
    assert_true(json_integer(json_path(object, "a", NULL), "b", &value));
    assert_int_equal(value, 12);
    assert_true(json_integer(object, "n", &value));
    assert_int_equal(value, 7);
    assert_false(json_integer(object, "s", &value));
    assert_null(json_path(object, "a", "zz", "y", NULL));
    assert_int_equal(json_count(json_member(object, "l")), 2);
    assert_null(json_text(NULL, "a", NULL));
    json_object_put(object);
    assert_int_equal(json_parse("12", 2, &object, &error), ERROR_NONE);
    json_object_put(object);
}

/* The only string of an array. */
static void assert_json_decodes(const char *json, const char *expected, size_t len)
{
    struct json_object *array = NULL;
    assert_int_equal(json_parse(json, strlen(json), &array, NULL), ERROR_NONE);
    struct json_object *text = json_object_array_get_idx(array, 0);
    assert_int_equal(json_object_get_string_len(text), len);
    assert_memory_equal(json_object_get_string(text), expected, len);
    json_object_put(array);
}

static void escaped_characters_of_all_planes_are_kept(void **state)
{
    enum { EACH = 1024 };
    struct buffer json, expected;
    (void)state;
    buffer_init(&json, (size_t)EACH * 16);
    buffer_init(&expected, (size_t)EACH * 4);
    for (uint32_t first = 0; first <= 0x10FFFF; first += EACH) {
        char bytes[4];
        if (first >= 0xD800 && first <= 0xDFFF)
            continue;
        buffer_clear(&json);
        buffer_clear(&expected);
        buffer_text(&json, "[\"");
        for (uint32_t c = first; c < first + EACH; c++) {
            if (c < 0x10000)
                buffer_format(&json, c & 1 ? "\\u%04x" : "\\u%04X", (unsigned)c);
            else
                buffer_format(&json, c & 1 ? "\\u%04x\\u%04X" : "\\u%04X\\u%04x",
                              (unsigned)(0xD800 + ((c - 0x10000) >> 10)),
                              (unsigned)(0xDC00 + (c & 0x3FF)));
            buffer_append(&expected, bytes, utf8_encode(c, bytes));
        }
        buffer_text(&json, "\"]");
        assert_json_decodes(json.data, expected.data, expected.len);
    }
    buffer_release(&json);
    buffer_release(&expected);
}

static void what_only_looks_like_a_pair_is_none(void **state)
{
    static const struct {
        const char *json, *expected;
    } cases[] = {
        {"[\"\\\\ud876\\\\udc01\"]", "\\ud876\\udc01"},
        {"[\"\\\\\\ud876\\udc01\"]", "\\\xF0\xAD\xA0\x81"},
        {"[\"\\\\\\\\ud876\\udc01\"]", "\\\\ud876\xEF\xBF\xBD"},
        {"[\"\\ud876\\\\udc01\"]", "\xEF\xBF\xBD\\udc01"},
        {"[\"\\ud876\"]", "\xEF\xBF\xBD"},
        {"[\"\\udc01x\"]", "\xEF\xBF\xBDx"},
        {"[\"\\ud876\\ud876\\udc01\"]", "\xEF\xBF\xBD\xF0\xAD\xA0\x81"},
        {"[\"\\ud876\\udc01\\udc01\"]", "\xF0\xAD\xA0\x81\xEF\xBF\xBD"},
        {"[\"\\uD876\\uDC01=\\ud83d\\ude00\"]", "\xF0\xAD\xA0\x81=\xF0\x9F\x98\x80"},
    };
    static const struct {
        const char *json, *at;
    } bad[] = {
        {"[\"\\ud876\\udc01\"]x", "at byte 16"}, {"[\"\\ud876\\udc01", "at byte 14"},
        {"\\ud876\\udc01", "at byte 0"},         {"[x\"\\ud876\\udc01\"]", "at byte 1"},
        {"[\"\\ud876\\", "at byte 9"},           {"[\"\\ud876\\udc0\x10\"]", "at byte 13"},
    };
    struct error error = ERROR_INIT;
    struct json_object *none = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_json_decodes(cases[i].json, cases[i].expected, strlen(cases[i].expected));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(json_parse(bad[i].json, strlen(bad[i].json), &none, &error),
                         ERROR_INVALID);
        assert_null(none);
        assert_non_null(strstr(error.message, bad[i].at));
    }
}

/* Amazon SQS API Reference, SendMessage: what a message may hold. */
static bool a_message_may_hold(uint32_t c)
{
    return c == 0x9 || c == 0xA || c == 0xD || (c >= 0x20 && c <= 0xD7FF) ||
           (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

static bool message_holds_only_that(const struct buffer *text)
{
    const char *at = text->data, *end = text->data + text->len;
    uint32_t c;
    while (at < end)
        if (!utf8_decode(&at, end, &c) || !a_message_may_hold(c))
            return false;
    return true;
}

static void no_character_makes_a_message_that_is_refused(void **state)
{
    (void)state;
    struct buffer json, shown;
    buffer_init(&json, 64);
    buffer_init(&shown, 64);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[4];
        size_t used, len = utf8_encode(c, bytes);
        if (c >> 11 == 0xD800 >> 11)
            continue;
        buffer_clear(&json);
        buffer_clear(&shown);
        json_append_string(&json, bytes, len);
        text_append_visible(&shown, bytes, len);
        assert_true(message_holds_only_that(&json));
        assert_true(message_holds_only_that(&shown));
        assert_int_equal(json_string_prefix(bytes, len, SIZE_MAX, &used), len);
        assert_int_equal(used + 2, json.len);
    }
    buffer_clear(&json);
    json_append_string(&json, "\xEF\xBF\xBE\xEF\xBF\xBF", 6);
    assert_string_equal(json.data, "\"\\ufffe\\uffff\"");
    buffer_release(&json);
    buffer_release(&shown);
}

static void json_strings_stay_on_one_line(void **state)
{
    (void)state;
    struct buffer out;
    buffer_init(&out, 1000);
    json_append_string(&out, "a\"\\\n\x01\xC2\x85\xE2\x80\xA8\xFF\xC3\xA9", 13);
    assert_string_equal(out.data, "\"a\\\"\\\\\\n\\u0001\\u0085\\u2028\xEF\xBF\xBD\xC3\xA9\"");
    buffer_clear(&out);
    json_append_string(&out, "\xE2\x80\xAE\xF3\xA0\x80\xA1", 7);
    assert_string_equal(out.data, "\"\\u202e\\udb40\\udc21\"");
    buffer_clear(&out);
    buffer_char(&out, '{');
    json_append_member(&out, "a", NULL);
    json_append_member_integer(&out, "b", -1);
    json_append_member_bool(&out, "c", true);
    buffer_char(&out, '}');
    assert_string_equal(out.data, "{\"a\":null,\"b\":-1,\"c\":true}");
    buffer_release(&out);
}

static void log_levels_have_the_usual_names(void **state)
{
    (void)state;
    enum log_level level;
    assert_true(log_level_parse("warning", &level));
    assert_int_equal(level, LOG_WARN);
    assert_true(log_level_parse("Info", &level));
    assert_int_equal(level, LOG_INFO);
    assert_false(log_level_parse("loud", &level));
}

static void an_arena_gives_zeroed_pieces(void **state)
{
    (void)state;
    struct arena arena = ARENA_INIT;
    for (int i = 0; i < 1000; i++) {
        long *piece = arena_new(&arena, 10, sizeof *piece);
        assert_non_null(piece);
        for (int k = 0; k < 10; k++)
            assert_int_equal(piece[k], 0);
        piece[9] = 1;
    }
    assert_non_null(arena_new(&arena, 1, 1000000));
    assert_string_equal(arena_copy_text(&arena, "abc", 2), "ab");
    assert_null(arena_new(&arena, (size_t)-1, 16));
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_code_has_a_name),
        cmocka_unit_test(an_error_keeps_its_code_when_wrapped),
        cmocka_unit_test(a_long_error_ends_with_a_whole_character),
        cmocka_unit_test(a_full_buffer_fails_once_and_stays_whole),
        cmocka_unit_test(a_long_format_grows_the_buffer),
        cmocka_unit_test(times_go_both_ways),
        cmocka_unit_test(utf8_is_strict),
        cmocka_unit_test(hostile_text_is_shown_and_does_nothing),
        cmocka_unit_test(json_is_bounded_and_forgiving_of_absence),
        cmocka_unit_test(escaped_characters_of_all_planes_are_kept),
        cmocka_unit_test(what_only_looks_like_a_pair_is_none),
        cmocka_unit_test(json_strings_stay_on_one_line),
        cmocka_unit_test(no_character_makes_a_message_that_is_refused),
        cmocka_unit_test(log_levels_have_the_usual_names),
        cmocka_unit_test(an_arena_gives_zeroed_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
