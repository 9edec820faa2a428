#include "tui/widgets/window.h"

#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"

struct row *row_new(const char *key, const char *cursor, const char *const *cells, size_t count)
{
    size_t head = sizeof(struct row) + (count + 2) * sizeof(uint32_t);
    size_t total = head;
    for (size_t i = 0; i < count + 2; i++) {
        const char *text = i < count ? cells[i] : i == count ? key : cursor;
        total += (text ? strlen(text) : 0) + 1;
    }
    struct row *row = console_allocate(total);
    char *base = (char *)row;
    row->cell_count = (uint16_t)count;
    row->accent = row->second = ROW_NO_ACCENT;
    for (size_t i = 0; i < count + 2; i++) {
        const char *text = i < count ? cells[i] : i == count ? key : cursor;
        size_t length = text ? strlen(text) : 0;
        row->offsets[i] = (uint32_t)head;
        if (length > 0)
            memcpy(base + head, text, length);
        head += length + 1;
    }
    return row;
}

static const char *row_text(const struct row *row, size_t index)
{
    return (const char *)row + row->offsets[index];
}

const char *row_cell(const struct row *row, size_t index)
{
    return index < row->cell_count ? row_text(row, index) : "";
}

const char *row_key(const struct row *row)
{
    return row_text(row, row->cell_count);
}

const char *row_cursor(const struct row *row)
{
    return row_text(row, row->cell_count + (size_t)1);
}

void window_page_add(struct window_page *page, struct row *row)
{
    if ((page->count & (page->count - 1)) == 0)
        page->rows =
            console_grow(page->rows, page->count == 0 ? 1 : page->count * 2, sizeof *page->rows);
    page->rows[page->count++] = row;
}

void window_page_move(struct window_page *page, struct window_page *from)
{
    for (size_t i = 0; i < from->count; i++)
        window_page_add(page, from->rows[i]);
    from->count = 0;
}

void window_page_release(struct window_page *page)
{
    for (size_t i = 0; i < page->count; i++)
        free(page->rows[i]);
    free(page->rows);
    memset(page, 0, sizeof *page);
}

void window_init(struct window *window, size_t most)
{
    memset(window, 0, sizeof *window);
    window->most = most;
    window->before = window->after = -1;
}

static void drop(struct window *window, size_t start, size_t count)
{
    for (size_t i = start; i < start + count; i++)
        free(window->rows[i]);
    memmove(window->rows + start, window->rows + start + count,
            (window->count - start - count) * sizeof *window->rows);
    window->count -= count;
}

void window_release(struct window *window)
{
    if (window->count > 0)
        drop(window, 0, window->count);
    free(window->rows);
    window->rows = NULL;
    window->capacity = 0;
}

/* Puts the page's rows from `from` on before index `at`. */
static void insert(struct window *window, size_t at, struct window_page *page, size_t from)
{
    size_t count = page->count - from;
    if (count == 0)
        return;
    if (window->count + count > window->capacity) {
        window->capacity = (window->count + count) * 3 / 2 + 16;
        window->rows = console_grow(window->rows, window->capacity, sizeof *window->rows);
    }
    memmove(window->rows + at + count, window->rows + at,
            (window->count - at) * sizeof *window->rows);
    memcpy(window->rows + at, page->rows + from, count * sizeof *window->rows);
    window->count += count;
    page->count = from;
}

/* After rows came in at one end: what was counted beyond that end. */
static long count_left(long beyond, size_t arrived, bool more)
{
    if (!more)
        return 0;
    return beyond > (long)arrived ? beyond - (long)arrived : -1;
}

static long count_gone(long beyond, size_t dropped)
{
    return beyond >= 0 ? beyond + (long)dropped : -1;
}

void window_replace(struct window *window, struct window_page *page)
{
    if (window->count > 0)
        drop(window, 0, window->count);
    insert(window, 0, page, 0);
    window->at_first = !page->more_before;
    window->at_last = !page->more_after;
    window->before = window->at_first ? 0 : -1;
    window->after = window->at_last ? 0 : -1;
    window->loaded = true;
    window_page_release(page);
}

size_t window_append(struct window *window, struct window_page *page)
{
    size_t over = 0;
    window->after = count_left(window->after, page->count, page->more_after);
    insert(window, window->count, page, 0);
    window->at_last = !page->more_after;
    window->loaded = true;
    if (window->count > window->most) {
        over = window->count - window->most;
        drop(window, 0, over);
        window->at_first = false;
        window->before = count_gone(window->before, over);
    }
    window_page_release(page);
    return over;
}

size_t window_prepend(struct window *window, struct window_page *page)
{
    size_t count = page->count;
    window->before = count_left(window->before, count, page->more_before);
    insert(window, 0, page, 0);
    window->at_first = !page->more_before;
    window->loaded = true;
    if (window->count > window->most) {
        window->after = count_gone(window->after, window->count - window->most);
        drop(window, window->most, window->count - window->most);
        window->at_last = false;
    }
    window_page_release(page);
    return count;
}

size_t window_find(const struct window *window, const char *key, size_t hint)
{
    if (!key || window->count == 0)
        return window->count;
    if (hint >= window->count)
        hint = window->count - 1;
    for (size_t step = 0; step <= hint || hint + step < window->count; step++) {
        if (step <= hint && strcmp(row_key(window->rows[hint - step]), key) == 0)
            return hint - step;
        if (hint + step < window->count && strcmp(row_key(window->rows[hint + step]), key) == 0)
            return hint + step;
    }
    return window->count;
}

/* The first row from `start` on that the page says nothing about; `start` itself where page and
 * window have no row in common. */
static size_t find_covered(const struct window *window, size_t start,
                           const struct window_page *page)
{
    for (size_t last = page->count; last > 0; last--) {
        size_t at = window_find(window, row_key(page->rows[last - 1]), start + last - 1);
        if (at < window->count && at >= start)
            return at + 1;
    }
    return start;
}

static bool says_the_same(const struct window *window, size_t start, const struct window_page *page)
{
    if (page->count > window->count - start)
        return false;
    for (size_t i = 0; i < page->count; i++) {
        if (strcmp(row_key(page->rows[i]), row_key(window->rows[start + i])) != 0)
            return false;
    }
    return true;
}

bool window_refresh(struct window *window, size_t start, struct window_page *page)
{
    size_t covered = window->count;
    if (start > window->count)
        start = window->count;
    if (page->more_after && window->moving) {
        if (says_the_same(window, start, page))
            covered = start + page->count;
    } else if (page->more_after) {
        covered = find_covered(window, start, page);
        if (covered == start && window->count > start)
            return false;
    }
    if (!page->more_after) {
        window->at_last = true;
        window->after = 0;
    } else if (covered == window->count) {
        window->at_last = false;
        window->after = -1;
    }
    if (covered > start)
        drop(window, start, covered - start);
    insert(window, start, page, 0);
    window->loaded = true;
    window_page_release(page);
    return true;
}

static int compare_keys(const void *a, const void *b)
{
    const struct row *const *left = a;
    const struct row *const *right = b;
    return strcmp(row_key(*left), row_key(*right));
}

size_t window_drop_twins(struct window *window, size_t start, size_t count)
{
    size_t kept = 0;
    size_t gone_before = 0;
    if (count == 0)
        return 0;
    struct row **newer = console_grow(NULL, count, sizeof(struct row *));
    memcpy(newer, window->rows + start, count * sizeof(struct row *));
    qsort(newer, count, sizeof(struct row *), compare_keys);
    for (size_t i = 0; i < window->count; i++) {
        struct row *row = window->rows[i];
        if ((i < start || i >= start + count) &&
            bsearch(&row, newer, count, sizeof(struct row *), compare_keys)) {
            gone_before += i < start;
            free(row);
            continue;
        }
        window->rows[kept++] = row;
    }
    window->count = kept;
    free(newer);
    return gone_before;
}

static size_t mark_place(const struct mark_set *marks, const char *key, bool *found)
{
    size_t low = 0;
    size_t high = marks->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(marks->keys[middle], key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool mark_set_has(const struct mark_set *marks, const char *key)
{
    bool found;
    mark_place(marks, key, &found);
    return found;
}

void mark_set_add(struct mark_set *marks, const char *key)
{
    bool found;
    size_t at = mark_place(marks, key, &found);
    if (found)
        return;
    if (marks->count == marks->capacity) {
        marks->capacity = marks->capacity * 2 + 16;
        marks->keys = console_grow(marks->keys, marks->capacity, sizeof *marks->keys);
    }
    memmove(marks->keys + at + 1, marks->keys + at, (marks->count - at) * sizeof *marks->keys);
    marks->keys[at] = console_copy(key);
    marks->count++;
}

static int compare_marks(const void *a, const void *b)
{
    const char *const *left = a;
    const char *const *right = b;
    return strcmp(*left, *right);
}

void mark_set_add_rows(struct mark_set *marks, const struct window *window)
{
    size_t before = marks->count;
    marks->capacity = marks->count + window->count + 16;
    marks->keys = console_grow(marks->keys, marks->capacity, sizeof *marks->keys);
    for (size_t i = 0; i < window->count; i++) {
        const char *key = row_key(window->rows[i]);
        if (before == 0 || !bsearch(&key, marks->keys, before, sizeof *marks->keys, compare_marks))
            marks->keys[marks->count++] = console_copy(key);
    }
    if (marks->count > 1)
        qsort(marks->keys, marks->count, sizeof *marks->keys, compare_marks);
}

void mark_set_toggle(struct mark_set *marks, const char *key)
{
    bool found;
    size_t at = mark_place(marks, key, &found);
    if (!found) {
        mark_set_add(marks, key);
        return;
    }
    free(marks->keys[at]);
    marks->count--;
    memmove(marks->keys + at, marks->keys + at + 1, (marks->count - at) * sizeof *marks->keys);
}

void mark_set_clear(struct mark_set *marks)
{
    for (size_t i = 0; i < marks->count; i++)
        free(marks->keys[i]);
    free(marks->keys);
    memset(marks, 0, sizeof *marks);
}
