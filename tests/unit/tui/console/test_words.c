/* Completion, commands for a shell, what is remembered, what a spreadsheet is given, where one
 * is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/session/state.h"
#include "tui/widgets/complete.h"
#include "tui/widgets/grid.h"
#include "tests/unit/test_folder.h"

static const char *word_at(const void *context, size_t index)
{
    const char *const *words = context;

    return words[index];
}

static const char *const keys[] = {"vendor", "status", "since", "search", NULL};

static void completed(const char *typed, const char *expected, const char *others_expected)
{
    struct edit edit = {.length = 0};
    char others[64];

    edit_set(&edit, typed);
    complete_word(&edit, word_at, keys, ":", others, sizeof(others));
    assert_string_equal(edit.text, expected);
    assert_string_equal(others, others_expected);
    assert_int_equal(edit.cursor, strlen(expected));
}

static void a_word_is_completed_as_far_as_it_is_clear(void **state)
{
    (void)state;
    completed("ven", "vendor:", "");
    completed("shoes VEN", "shoes vendor:", "");
    completed("s", "s", "status since search");
    completed("se", "search:", "");
    completed("x", "x", "");
    completed("", "", "vendor status since search");
}

static void what_is_behind_the_cursor_stays(void **state)
{
    struct edit edit = {.length = 0};
    char others[64];

    (void)state;
    edit_set(&edit, "ve shoes");
    edit.cursor = 2;
    complete_word(&edit, word_at, keys, ":", others, sizeof(others));
    assert_string_equal(edit.text, "vendor: shoes");
    assert_int_equal(edit.cursor, 7);
}

static void quoted(const char *text, const char *expected)
{
    struct buffer out;

    buffer_init(&out, 1024);
    shell_quote(&out, text);
    assert_string_equal(out.data, expected);
    buffer_release(&out);
}

static void a_shell_takes_every_text_for_one_word(void **state)
{
    (void)state;
    quoted("UPLOAD_1", "UPLOAD_1");
    quoted("", "''");
    quoted("two words", "'two words'");
    quoted("it's", "'it'\\''s'");
    quoted("$(rm -rf ~)`x`", "'$(rm -rf ~)`x`'");
    quoted("*", "'*'");
    quoted("https://sqs.eu/1/q?x", "'https://sqs.eu/1/q?x'");
    quoted("arn:aws:sqs:eu-central-1:1:q", "arn:aws:sqs:eu-central-1:1:q");
    quoted("~", "'~'");
    quoted("\x1b[31m'\n", "$'\\033[31m\\'\\012'");
    quoted("caf\xc3\xa9", "'caf\xc3\xa9'");
    quoted("\xc2\x9b", "$'\\302\\233'");
}

static void a_line_says_all_or_nothing(void **state)
{
    struct shell_line line;
    char *text;

    (void)state;
    shell_line_begin(&line, "intake uploads");
    shell_line_option(&line, "vendor", "VEND001");
    shell_line_option(&line, "status", NULL);
    shell_line_option(&line, "search", "-a b");
    shell_line_moment(&line, "since", "2d", 0);
    shell_line_moment(&line, "until", "2026-01-02", 0);
    shell_line_moment(&line, "until", "nonsense", 0);
    text = shell_line_end(&line);
    assert_string_equal(text, "intake uploads --vendor VEND001 --search='-a b' --since 2d"
                              " --until 2026-01-02T00:00:00Z");
    free(text);
    shell_line_begin(&line, "intake logs");
    shell_line_lack(&line, NULL);
    shell_line_lack(&line, "level");
    assert_null(shell_line_end(&line));
}

static struct state_view view_of(const char *name)
{
    return (struct state_view){console_copy(name),        console_copy("uploads"),
                               console_copy("VEND001"),   console_copy("since:2d"),
                               console_copy("id status"), console_copy("-errors")};
}

static void views_and_arrangements_are_there_the_next_time(void **context)
{
    char name[32];
    struct error error = ERROR_INIT;
    struct state state;

    assert_int_equal(folder_make(context), 0);
    state_load(&state);
    for (int i = 0; i < STATE_VIEWS - 1; i++) {
        snprintf(name, sizeof(name), "view%d", i);
        assert_true(state_save_view(&state, view_of(name)));
    }
    assert_false(state_save_view(&state, view_of("more")));
    assert_true(state_save_view(&state, view_of("view3")));
    assert_true(state_save_view(&state, view_of(STATE_LAST)));
    state_drop_view(&state, "view4");
    assert_true(state_save_view(&state, view_of("more")));
    state_set_layout(&state, "errors", "line type", "type");
    state_set_layout(&state, "errors", "line", "-line");
    assert_int_equal(state_save(&state, &error), ERROR_NONE);
    state_release(&state);
    state_load(&state);
    assert_int_equal(state.view_count, STATE_VIEWS);
    assert_null(state_find_view(&state, "view4"));
    assert_string_equal(state_find_view(&state, STATE_LAST)->columns, "id status");
    assert_string_equal(state_find_view(&state, "more")->sort, "-errors");
    assert_int_equal(state.layout_count, 1);
    assert_string_equal(state_find_layout(&state, "errors")->sort, "-line");
    assert_null(state_find_layout(&state, "uploads"));
    state_release(&state);
    assert_int_equal(folder_drop(context), 0);
}

static const struct grid_column columns[] = {
    {.name = "id", .title = "ID", .width = 8, .least = 4},
    {.name = "name", .title = "NAME", .width = 8, .least = 4},
    {.name = "size", .title = "SIZE", .width = 8, .least = 4, .number = true},
};

static void add(struct window_page *page, const char *id, const char *name, const char *size)
{
    const char *cells[] = {id, name, size};

    window_page_add(page, row_new(id, id, cells, 3));
}

static void an_export_has_the_columns_that_show_and_no_formulas(void **state)
{
    struct grid grid;
    struct window_page page = {.count = 0};
    char unknown[32];
    char *text;

    (void)state;
    add(&page, "A", "=1+1", "-5");
    add(&page, "B", "@SUM(A1)", "5.25");
    add(&page, "C", "\tcmd", "-x");
    grid_init(&grid, columns, 3, 100);
    window_replace(&grid.window, &page);
    grid_changed(&grid, 0);
    assert_true(grid_show(&grid, "size, name nonsense size", unknown, sizeof(unknown)));
    assert_string_equal(unknown, "nonsense");
    text = grid_text(&grid);
    assert_non_null(strstr(text, "size\tname\n-5\t'=1+1\n5.25\t'@SUM(A1)\n'-x\t'"));
    assert_null(strstr(text, "A\t"));
    free(text);
    assert_false(grid_show(&grid, "no such", unknown, sizeof(unknown)));
    assert_int_equal(grid.view_count, 2);
    grid_release(&grid);
}

static void placed(const struct grid *grid, const char *expected)
{
    char text[96];

    grid_place(grid, text, sizeof(text));
    assert_string_equal(text, expected);
}

static void rows_add(struct window_page *page, int from, int count, bool before, bool after)
{
    for (int i = 0; i < count; i++) {
        char id[16];

        snprintf(id, sizeof(id), "%06d", from + i);
        add(page, id, "", "");
    }
    page->more_before = before;
    page->more_after = after;
}

static void the_place_is_told_as_far_as_it_is_known(void **state)
{
    struct grid grid;
    struct window_page page = {.count = 0};

    (void)state;
    grid_init(&grid, columns, 3, 1500);
    placed(&grid, "");
    rows_add(&page, 0, 1000, false, true);
    window_replace(&grid.window, &page);
    grid_select(&grid, 511);
    placed(&grid, "row 512 of 1,000+");
    rows_add(&page, 1000, 1000, true, false);
    window_append(&grid.window, &page);
    grid_select(&grid, 1499);
    placed(&grid, "row 2,000 of 2,000");
    mark_set_add(&grid.marks, "000000");
    placed(&grid, "row 2,000 of 2,000, 1 marked");
    rows_add(&page, 500000, 10, true, true);
    window_replace(&grid.window, &page);
    grid_select(&grid, 0);
    placed(&grid, "1 marked");
    rows_add(&page, 900000, 10, true, false);
    window_replace(&grid.window, &page);
    grid_select(&grid, 7);
    placed(&grid, "row 3 from the end, 1 marked");
    grid_release(&grid);
}

static void where_rows_move_each_is_there_once(void **state)
{
    struct window window;
    struct window_page page = {.count = 0};

    (void)state;
    window_init(&window, 100);
    window.moving = true;
    rows_add(&page, 0, 10, false, true);
    window_replace(&window, &page);
    rows_add(&page, 2, 4, true, true); /* as before: what follows stays */
    assert_true(window_refresh(&window, 2, &page));
    assert_int_equal(window.count, 10);
    add(&page, "000001", "", ""); /* it stood before these, and now behind */
    rows_add(&page, 4, 2, true, true);
    assert_true(window_refresh(&window, 3, &page));
    assert_int_equal(window_drop_twins(&window, 3, 3), 1);
    assert_int_equal(window.count, 5);
    assert_string_equal(row_key(window.rows[1]), "000002");
    assert_string_equal(row_key(window.rows[2]), "000001");
    assert_false(window.at_last);
    window_release(&window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_is_completed_as_far_as_it_is_clear),
        cmocka_unit_test(what_is_behind_the_cursor_stays),
        cmocka_unit_test(a_shell_takes_every_text_for_one_word),
        cmocka_unit_test(a_line_says_all_or_nothing),
        cmocka_unit_test(views_and_arrangements_are_there_the_next_time),
        cmocka_unit_test(an_export_has_the_columns_that_show_and_no_formulas),
        cmocka_unit_test(the_place_is_told_as_far_as_it_is_known),
        cmocka_unit_test(where_rows_move_each_is_there_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
