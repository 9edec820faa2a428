#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/widgets/grid.h"
#include "tui/widgets/window.h"

static const struct grid_column columns[] = {
    {.name = "id", .title = "ID", .width = 8, .least = 4},
    {.name = "size", .title = "SIZE", .width = 8, .least = 4, .number = true},
};

/* Rows with the keys first, first - 1, ... as a history has them: newest (highest) first. */
static struct window_page page_of(int first, int count, bool more_before, bool more_after)
{
    struct window_page page = {.more_before = more_before, .more_after = more_after};

    for (int i = 0; i < count; i++) {
        char key[16];
        char size[16];
        const char *cells[2];

        snprintf(key, sizeof(key), "%04d", first - i);
        snprintf(size, sizeof(size), "%d", (first - i) * 7 % 13);
        cells[0] = key;
        cells[1] = size;
        window_page_add(&page, row_new(key, key, cells, 2));
    }
    return page;
}

static void expect(const struct window *window, int first, int last)
{
    assert_int_equal(window->count, first - last + 1);
    for (size_t i = 0; i < window->count; i++) {
        char key[16];

        snprintf(key, sizeof(key), "%04d", first - (int)i);
        assert_string_equal(row_key(window->rows[i]), key);
    }
}

static void rows_keep_their_cells(void **state)
{
    const char *cells[] = {"one", NULL, "three"};
    struct row *row = row_new("key", "cursor", cells, 3);

    (void)state;
    assert_string_equal(row_cell(row, 0), "one");
    assert_string_equal(row_cell(row, 1), "");
    assert_string_equal(row_cell(row, 2), "three");
    assert_string_equal(row_cell(row, 3), "");
    assert_string_equal(row_key(row), "key");
    assert_string_equal(row_cursor(row), "cursor");
    free(row);
}

static void pages_join_at_both_ends_and_the_window_stays_bounded(void **state)
{
    struct window window;
    struct window_page page = page_of(1000, 10, true, true);

    (void)state;
    window_init(&window, 25);
    window_replace(&window, &page);
    expect(&window, 1000, 991);
    page = page_of(990, 10, true, true);
    assert_int_equal(window_append(&window, &page), 0);
    expect(&window, 1000, 981);
    page = page_of(980, 10, true, false);
    assert_int_equal(window_append(&window, &page), 5);
    expect(&window, 995, 971);
    assert_true(window.at_last);
    assert_false(window.at_first);
    page = page_of(1000, 5, false, true);
    assert_int_equal(window_prepend(&window, &page), 5);
    expect(&window, 1000, 976);
    assert_true(window.at_first);
    assert_false(window.at_last);
    window_release(&window);
}

static void a_refresh_takes_new_rows_and_drops_those_that_went(void **state)
{
    struct window window;
    struct window_page page = page_of(100, 20, false, true);

    (void)state;
    window_init(&window, 1000);
    window_replace(&window, &page);
    page = page_of(103, 10, false, true); /* three came in */
    assert_true(window_refresh(&window, 0, &page));
    expect(&window, 103, 81);
    page = page_of(98, 3, true, true); /* 95 to 93 are not what follows 99 any more: 98, 97, 96 */
    assert_true(window_refresh(&window, 5, &page));
    expect(&window, 103, 81);
    page = page_of(90, 2, true, false); /* nothing behind 89 any more */
    assert_true(window_refresh(&window, 13, &page));
    expect(&window, 103, 89);
    assert_true(window.at_last);
    window_release(&window);
}

static void a_refresh_that_meets_nothing_known_is_refused(void **state)
{
    struct window window;
    struct window_page page = page_of(100, 10, false, true);

    (void)state;
    window_init(&window, 1000);
    window_replace(&window, &page);
    page = page_of(500, 10, false, true);
    assert_false(window_refresh(&window, 0, &page));
    expect(&window, 100, 91);
    window_page_release(&page);
    window_release(&window);
}

static void marks_are_a_set_of_keys(void **state)
{
    struct mark_set marks = {0};

    (void)state;
    mark_set_toggle(&marks, "b");
    mark_set_toggle(&marks, "a");
    mark_set_add(&marks, "a");
    assert_int_equal(marks.count, 2);
    assert_true(mark_set_has(&marks, "a"));
    mark_set_toggle(&marks, "a");
    assert_false(mark_set_has(&marks, "a"));
    assert_true(mark_set_has(&marks, "b"));
    mark_set_clear(&marks);
    assert_int_equal(marks.count, 0);
}

static void the_selection_follows_its_row_and_keeps_its_line(void **state)
{
    struct grid grid;
    struct window_page page = page_of(100, 50, true, true);

    (void)state;
    grid_init(&grid, columns, 2, 1000);
    grid.height = 10;
    window_replace(&grid.window, &page);
    grid_changed(&grid, 0);
    grid_select(&grid, 20);
    assert_string_equal(grid.selected_key, "0080");
    assert_int_equal(grid.selected - grid.top, 9);
    page = page_of(110, 10, false, true);
    grid_changed(&grid, (long)window_prepend(&grid.window, &page));
    assert_string_equal(row_key(grid_selected(&grid)), "0080");
    assert_int_equal(grid.selected - grid.top, 9);
    grid_release(&grid);
}

static void sorting_orders_the_view_and_not_the_window(void **state)
{
    struct grid grid;
    struct window_page page = page_of(13, 13, false, false);

    (void)state;
    grid_init(&grid, columns, 2, 1000);
    grid.height = 5;
    window_replace(&grid.window, &page);
    grid_changed(&grid, 0);
    grid_select(&grid, 3);
    grid_sort(&grid, 1, false);
    assert_string_equal(row_key(grid_selected(&grid)), "0010");
    for (size_t i = 1; i < grid_count(&grid); i++)
        assert_true(strtol(row_cell(grid_row(&grid, i - 1), 1), NULL, 10) <=
                    strtol(row_cell(grid_row(&grid, i), 1), NULL, 10));
    expect(&grid.window, 13, 1);
    grid_sort(&grid, -1, false);
    assert_string_equal(row_key(grid_row(&grid, 0)), "0013");
    grid_release(&grid);
}

static void moving_stays_inside(void **state)
{
    struct grid grid;
    struct window_page page = page_of(30, 30, false, false);

    (void)state;
    grid_init(&grid, columns, 2, 1000);
    grid.height = 10;
    grid_move(&grid, 5);
    assert_int_equal(grid.selected, 0);
    window_replace(&grid.window, &page);
    grid_changed(&grid, 0);
    grid_scroll(&grid, 2);
    assert_int_equal(grid.selected, 9);
    assert_int_equal(grid.top, 9);
    grid_scroll(&grid, 20);
    assert_int_equal(grid.selected, 29);
    assert_int_equal(grid.top, 20);
    grid_move(&grid, -100);
    assert_int_equal(grid.selected, 0);
    assert_int_equal(grid.top, 0);
    grid_release(&grid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_keep_their_cells),
        cmocka_unit_test(pages_join_at_both_ends_and_the_window_stays_bounded),
        cmocka_unit_test(a_refresh_takes_new_rows_and_drops_those_that_went),
        cmocka_unit_test(a_refresh_that_meets_nothing_known_is_refused),
        cmocka_unit_test(marks_are_a_set_of_keys),
        cmocka_unit_test(the_selection_follows_its_row_and_keeps_its_line),
        cmocka_unit_test(sorting_orders_the_view_and_not_the_window),
        cmocka_unit_test(moving_stays_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
