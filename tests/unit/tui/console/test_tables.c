/* Walks the tables: what is added to them must hold without a second list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/text.h"
#include "tui/base/filter.h"
#include "tui/base/typed.h"
#include "tui/console/registry.h"
#include "tui/console/screen.h"
#include "tui/terminal/keys.h"

#define KEYS_OF_A_SCREEN 200

static void every_screen_is_whole(void **state)
{
    (void)state;
    assert_non_null(screen_at(0));
    assert_string_equal(screen_at(0)->name, "uploads");
    for (size_t i = 0; screen_at(i) != NULL; i++) {
        const struct screen_ops *ops = screen_at(i);

        assert_ptr_equal(screen_find(ops->name), ops);
        assert_true(strlen(ops->title) > 0);
        assert_true(strlen(ops->help) > 10);
        assert_non_null(ops->open);
        assert_non_null(ops->close);
        assert_non_null(ops->draw);
    }
}

static void every_action_has_name_key_help_and_handler(void **state)
{
    (void)state;
    for (size_t i = 0; screen_at(i) != NULL; i++) {
        for (size_t index = 0; index < SCREEN_TABLES; index++) {
            struct action_table table = screen_table(screen_at(i), index);

            for (size_t row = 0; row < table.count; row++) {
                const struct action *action = &table.rows[row];
                const char *names = action->keys;

                assert_true(strlen(action->name) > 0);
                assert_true(strlen(action->help) > 4);
                assert_non_null(action->run);
                assert_true(action->role >= ROLE_VIEWER && action->role <= ROLE_OPERATOR);
                assert_int_not_equal(keys_next(&names), KEYS_NONE);
                assert_ptr_equal(action_by_name(table, action->name), action);
            }
        }
    }
}

static void every_alias_is_of_an_action(void **state)
{
    const char *name, *words;
    (void)state;
    for (size_t i = 0; action_alias_at(i, &name, &words); i++) {
        bool found = false;
        for (size_t at = 0; screen_at(at) && !found; at++) {
            for (size_t index = 0; index < SCREEN_TABLES && !found; index++)
                found = action_by_name(screen_table(screen_at(at), index), name) != NULL;
        }
        if (!found || words[0] == '\0')
            fail_msg("%s", name);
    }
}

static void no_key_means_two_things_on_a_screen(void **state)
{
    (void)state;
    for (size_t i = 0; screen_at(i) != NULL; i++) {
        int seen[KEYS_OF_A_SCREEN];
        size_t count = 0;

        for (size_t index = 0; index < SCREEN_TABLES; index++) {
            struct action_table table = screen_table(screen_at(i), index);

            for (size_t row = 0; row < table.count; row++) {
                const char *names = table.rows[row].keys;
                int key;

                while ((key = keys_next(&names)) != KEYS_NONE) {
                    for (size_t other = 0; other < count; other++) {
                        if (seen[other] == key)
                            fail_msg("%s: %s collides", screen_at(i)->name, table.rows[row].name);
                    }
                    assert_true(count < KEYS_OF_A_SCREEN);
                    seen[count++] = key;
                }
            }
        }
    }
}

/* A US keyboard, shifted and not: the rows, and how far each is moved to the right, in quarters of
 * a key. What touches a key lies beside it, or less than a key's width away in the next row. */
static const char *const keyboard[2][4] = {
    {"`1234567890-=", "qwertyuiop[]\\", "asdfghjkl;'", "zxcvbnm,./"},
    {"~!@#$%^&*()_+", "QWERTYUIOP{}|", "ASDFGHJKL:\"", "ZXCVBNM<>?"},
};
static const int row_offset[4] = {0, 6, 7, 9};

static bool place_on_keyboard(int key, int *shift, int *row, int *x)
{
    for (*shift = 0; *shift < 2; (*shift)++) {
        for (*row = 0; *row < 4; (*row)++) {
            const char *keys = keyboard[*shift][*row];
            const char *at = key > ' ' && key < 127 ? strchr(keys, key) : NULL;

            if (at != NULL) {
                *x = row_offset[*row] + 4 * (int)(at - keys);
                return true;
            }
        }
    }
    return false;
}

static bool keys_touch(int one, int other)
{
    int shift[2], row[2], x[2];

    if (!place_on_keyboard(one, &shift[0], &row[0], &x[0]) ||
        !place_on_keyboard(other, &shift[1], &row[1], &x[1]) || shift[0] != shift[1])
        return false;
    if (row[0] == row[1])
        return abs(x[0] - x[1]) == 4;
    return abs(row[0] - row[1]) == 1 && abs(x[0] - x[1]) < 4;
}

static void a_keyboards_neighbourhood_is_known(void **state)
{
    (void)state;
    for (const char *near = "FHTYVB"; *near != '\0'; near++)
        assert_true(keys_touch('G', *near));
    for (const char *far = "GDJRUCNgfhv"; *far != '\0'; far++)
        assert_false(keys_touch('G', *far));
    assert_true(keys_touch('j', 'h') && keys_touch('j', 'u') && keys_touch('j', 'm'));
    assert_false(keys_touch('j', 'y') || keys_touch('j', '\t') || keys_touch('j', 'i' + 0x200000));
}

/* Every movement of the screen against one key. */
static const struct action *movement_beside(const struct screen_ops *ops, int key)
{
    for (size_t index = 0; index < SCREEN_TABLES; index++) {
        struct action_table table = screen_table(ops, index);

        for (size_t row = 0; row < table.count; row++) {
            const char *names = table.rows[row].keys;
            int other;

            if ((table.rows[row].flags & ACTION_MOVES) == 0)
                continue;
            while ((other = keys_next(&names)) != KEYS_NONE) {
                if (keys_touch(key, other))
                    return table.rows + row;
            }
        }
    }
    return NULL;
}

static void an_action_that_changes_things_is_not_beside_a_movement(void **state)
{
    (void)state;
    for (size_t i = 0; screen_at(i) != NULL; i++) {
        for (size_t index = 0; index < SCREEN_TABLES; index++) {
            struct action_table table = screen_table(screen_at(i), index);

            for (size_t row = 0; row < table.count; row++) {
                const struct action *beside;
                const char *names = table.rows[row].keys;
                int key;

                if ((table.rows[row].flags & ACTION_CHANGES) == 0)
                    continue;
                while ((key = keys_next(&names)) != KEYS_NONE) {
                    beside = movement_beside(screen_at(i), key);
                    if (beside != NULL)
                        fail_msg("%s: %s (%c) is beside %s (%s)", screen_at(i)->name,
                                 table.rows[row].name, key, beside->name, beside->keys);
                }
            }
        }
    }
}

static void the_fixed_keys_are_there(void **state)
{
    static const char *const fixed[] = {"up",   "down", "h",    "j",   "k",      "l",
                                        "pgup", "pgdn", "home", "end", "enter",  "esc",
                                        "/",    ":",    "?",    "f1",  "ctrl-l", "q"};

    (void)state;
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        int key = keys_parse(fixed[i], strlen(fixed[i]));

        if (screen_action(screen_at(0), key) == NULL)
            fail_msg("nothing on %s", fixed[i]);
    }
}

static void key_names_go_there_and_back(void **state)
{
    static const char *const names[] = {"enter", "esc", "space",  "tab",     "backtab",
                                        "f1",    "f12", "ctrl-l", "pgup",    "a",
                                        "A",     "/",   "?",      "\xc3\xa9"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char back[KEYS_NAME_SIZE];
        int key = keys_parse(names[i], strlen(names[i]));

        assert_int_not_equal(key, KEYS_NONE);
        keys_name(key, back);
        assert_string_equal(back, names[i]);
    }
    assert_int_equal(keys_parse("nonsense", 8), KEYS_NONE);
    assert_int_equal(keys_parse("", 0), KEYS_NONE);
    assert_int_equal(keys_parse("f0", 2), KEYS_NONE);
    assert_int_equal(keys_parse("f99", 3), KEYS_NONE);
    assert_true(keys_match("up k", 'k'));
    assert_false(keys_match("up k", 'j'));
}

static void roles_and_read_only_refuse_in_words(void **state)
{
    const struct action reads = {.name = "look", .role = ROLE_VIEWER};
    const struct action acts = {.name = "replay", .role = ROLE_OPERATOR, .flags = ACTION_CHANGES};

    (void)state;
    assert_null(action_refusal(&reads, ROLE_NONE, true));
    assert_null(action_refusal(&acts, ROLE_OPERATOR, false));
    assert_null(action_refusal(&acts, ROLE_OWNER, false));
    assert_non_null(strstr(action_refusal(&acts, ROLE_VIEWER, false), "your role is viewer"));
    assert_non_null(strstr(action_refusal(&acts, ROLE_NONE, false), "not known yet"));
    assert_non_null(strstr(action_refusal(&acts, ROLE_OPERATOR, true), "READ-ONLY"));
}

static void a_rate_is_so_many_a_second(void **state)
{
    static const char *const wrong[] = {
        "", "0", "0/s", "/s", "5/m", "-1", "5/s ", "+5", "10001", "99999999999999999999", "5s"};
    int64_t rate = 0;
    (void)state;
    assert_true(typed_rate("5", &rate) && rate == 5);
    assert_true(typed_rate("5/s", &rate) && rate == 5);
    assert_true(typed_rate("10000/s", &rate) && rate == 10000);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(typed_rate(wrong[i], &rate));
}

static void what_is_typed_is_understood_or_refused(void **state)
{
    static const char *const colors[] = {"red", "light green", NULL};
    static const struct filter_words words[] = {{.key = "color", .words = colors},
                                                {.key = "near", .words = colors, .open = true},
                                                {.key = NULL}};
    static const char *const good[] = {"color:RED",
                                       "color:red,\"light green\"",
                                       "-color:red",
                                       "since:2d until:1d",
                                       "since:2026-01-01T08:00+01:00",
                                       "row:7",
                                       "near:blue",
                                       "-red",
                                       "a,b",
                                       "arn:aws:sqs",
                                       "\"color:blue\"",
                                       "-color:red -color:\"light green\""};
    static const char *const wrong[] = {"color:blue",
                                        "color:rde",
                                        "color:red,blue",
                                        "since:1hr",
                                        "-since:1d",
                                        "until:soon",
                                        "since:1d until:2d",
                                        "since:1d until:1d",
                                        "row:x",
                                        "row:0",
                                        "row:-1",
                                        "color:red color:red",
                                        "color:",
                                        "color:,",
                                        "colr:red",
                                        "-color:blue"};
    struct filter filter;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        filter_read(&filter, good[i], "color near since until row", words, 1767312000000LL);
        if (filter.refused)
            fail_msg("%s: %s", good[i], filter.problem);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        filter_read(&filter, wrong[i], "color near since until row", words, 1767312000000LL);
        if (!filter.refused || filter.problem[0] == '\0')
            fail_msg("%s is taken", wrong[i]);
    }
    filter_read(&filter, "color:RED,\"LIGHT green\"", "color", words, 0);
    assert_string_equal(filter_value(&filter, "color"), "red\x1flight green");
    filter_read(&filter, "color:yelow", "color", words, 0);
    assert_non_null(strstr(filter.problem, "must be one of red, light green"));
}

#define WIDE                                                                           \
    "\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4" \
    "\xC3\xA4"

/* What is said of a value shows it as it was typed, in whole characters. */
static void a_problem_is_plain_text(void **state)
{
    static const char long_time[] = "since:" WIDE WIDE "x" WIDE;
    static const char long_word[] = "x" WIDE WIDE ":y";
    static const char *const typed[] = {"since:2h,x", "row:1,2", "a,b:c", long_time, long_word};
    struct filter filter;
    (void)state;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        filter_read(&filter, typed[i], "since row", NULL, 1767312000000LL);
        assert_true(filter.problem[0] != '\0');
        assert_null(strpbrk(filter.problem, "\x1d\x1f"));
        if (!utf8_valid(filter.problem, strlen(filter.problem), NULL))
            fail_msg("%s", filter.problem);
    }
    filter_read(&filter, "since:2h,x", "since row", NULL, 1767312000000LL);
    assert_non_null(strstr(filter.problem, "since:2h,x is not a time"));
}

static void what_is_too_long_is_refused(void **state)
{
    char text[3 * FILTER_SIZE], out[FILTER_SIZE];
    struct filter filter;
    (void)state;
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    assert_false(filter_search_read(text, out));
    for (size_t i = 9; i < sizeof text - 1; i += 10)
        text[i] = ' ';
    assert_false(filter_search_read(text, out));
    filter_parse(&filter, text, "");
    assert_true(filter.refused);
    text[FILTER_SIZE - 10] = '\0';
    assert_true(filter_search_read(text, out));
    assert_int_equal(strlen(out), strlen(text));
}

static void words_leave_out_and_stand_in_for_each_other(void **state)
{
    static const struct {
        const char *filter;
        bool matches;
    } cases[] = {{"red", true},
                 {"-red", false},
                 {"blue,red", true},
                 {"blue,green", false},
                 {"-blue", true},
                 {"-blue,red", false},
                 {"shoes -hat", true},
                 {"\"-5\"", true},
                 {"\"-6\"", false},
                 {"\"red shoes\"", true},
                 {"\"shoes red\"", false},
                 {"shoes red", true},
                 {"-\"red shoes\"", false},
                 {"-\"shoes red\"", true},
                 {"\"shoes red\",\"5 degrees\"", true},
                 {"-", true},
                 {"\"12,90\"", true},
                 {"\"12,91\"", false}};
    static const char *const row[] = {"Red shoes", "at -5 degrees - 12,90"};
    struct filter filter;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        filter_parse(&filter, cases[i].filter, "");
        if (filter_matches(&filter, row, 2) != cases[i].matches)
            fail_msg("%s", cases[i].filter);
    }
    filter_parse(&filter, "vendor:a,b -vendor:c", "vendor");
    assert_true(filter_key_is(&filter, "vendor", "B"));
    assert_false(filter_key_is(&filter, "vendor", "c"));
    assert_false(filter_key_is(&filter, "vendor", "d"));
    assert_string_equal(filter_value_not(&filter, "vendor"), "c");
}

static void a_quote_that_is_meant_is_found(void **state)
{
    static const struct {
        const char *typed, *value;
    } cases[] = {{"7\"TV", "7\"TV"},
                 {"\"\"\"AB\"", "\"AB"},
                 {"\"AB", "\"AB"},
                 {"7\",\"a,b\"", "7\"\x1f"
                                 "a,b"},
                 {"\"say \"\"a\"\" twice\"", "say \"a\" twice"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct filter filter;
        char text[FILTER_SIZE], option[FILTER_SIZE];
        bool negated;
        snprintf(text, sizeof text, "sku:%s", cases[i].typed);
        filter_parse(&filter, text, "sku");
        assert_string_equal(filter_value(&filter, "sku"), cases[i].value);
        filter_option_read(cases[i].typed, option, sizeof option, &negated);
        assert_string_equal(option, cases[i].value);
    }
    const char *row[] = {"a 7\" screen"};
    struct filter filter;
    filter_parse(&filter, "7\" \"-\"", "");
    assert_false(filter_matches(&filter, row, 1));
    filter_parse(&filter, "7\" screen", "");
    assert_true(filter_matches(&filter, row, 1));
}

static void a_filter_is_words_and_terms(void **state)
{
    struct filter filter;
    const char *row[] = {"UPLOAD_1", "red shoes.csv"};

    (void)state;
    filter_parse(&filter, "  vendor:VEND002 RED  Status:partial \"two words\"", "vendor status");
    assert_string_equal(filter_value(&filter, "vendor"), "VEND002");
    assert_string_equal(filter_value(&filter, "status"), "partial");
    assert_null(filter_value(&filter, "since"));
    assert_string_equal(filter.search, "RED two\x1ewords");
    assert_string_equal(filter.problem, "");
    filter_parse(&filter, "zone:eu shoes", "vendor");
    assert_string_equal(filter.search, "zone:eu shoes");
    assert_true(strlen(filter.problem) > 0);
    filter_parse(&filter, "vendor:", "vendor");
    assert_null(filter_value(&filter, "vendor"));
    filter_parse(&filter, "RED shoes", "");
    assert_true(filter_matches(&filter, row, 2));
    filter_parse(&filter, "red hats", "");
    assert_false(filter_matches(&filter, row, 2));
    filter_parse(&filter, "", "");
    assert_true(filter_matches(&filter, row, 2));
}

static void times_are_ages_days_and_dates(void **state)
{
    const int64_t now = 1767355200000; /* 2026-01-02T12:00:00Z */
    int64_t ms;

    (void)state;
    assert_true(typed_time("2d", now, &ms));
    assert_int_equal(now - ms, 2 * 86400000);
    assert_true(typed_time("30m", now, &ms));
    assert_int_equal(now - ms, 1800000);
    assert_true(typed_time("today", now, &ms));
    assert_int_equal(now - ms, 12 * 3600000);
    assert_true(typed_time("yesterday", now, &ms));
    assert_int_equal(now - ms, 36 * 3600000);
    assert_true(typed_time("2026-01-01", now, &ms));
    assert_int_equal(now - ms, 36 * 3600000);
    assert_true(typed_time("2026-01-02T11:00", now, &ms));
    assert_int_equal(now - ms, 3600000);
    assert_false(typed_time("soon", now, &ms));
    assert_false(typed_time("2x", now, &ms));
    assert_false(typed_time("99999999999999d", now, &ms));
    assert_false(typed_time("", now, &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_screen_is_whole),
        cmocka_unit_test(every_action_has_name_key_help_and_handler),
        cmocka_unit_test(no_key_means_two_things_on_a_screen),
        cmocka_unit_test(a_keyboards_neighbourhood_is_known),
        cmocka_unit_test(an_action_that_changes_things_is_not_beside_a_movement),
        cmocka_unit_test(the_fixed_keys_are_there),
        cmocka_unit_test(key_names_go_there_and_back),
        cmocka_unit_test(roles_and_read_only_refuse_in_words),
        cmocka_unit_test(every_alias_is_of_an_action),
        cmocka_unit_test(a_quote_that_is_meant_is_found),
        cmocka_unit_test(a_filter_is_words_and_terms),
        cmocka_unit_test(what_is_typed_is_understood_or_refused),
        cmocka_unit_test(a_problem_is_plain_text),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(words_leave_out_and_stand_in_for_each_other),
        cmocka_unit_test(times_are_ages_days_and_dates),
        cmocka_unit_test(a_rate_is_so_many_a_second),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
