/*
 * The lists of core/history/ page by page, for the tests of their SQL:
 *
 *   history_probe LIST ORDER asc|desc LIMIT [UPLOAD [ends [KEY=VALUE...]]]
 *
 * prints the rows as `forward=ID` from the first page on, as `backward=ID` from the last page back
 * (in display order), and as `exact=ID` each row found again in that order by the key of the list's
 * own. With `ends` one page of each kind alone, for a list too long to be walked: the first one and
 * what follows it, the last one and what precedes it; of what the filter names, by the members of
 * the list's filter ("not_vendor=V"), times as milliseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/log.h"
#include "core/history/error_search.h"
#include "core/history/history.h"
#include "core/history/lists.h"
#include "sql/db.h"

#define ROWS_MOST 5000
#define ID_SIZE 200
#define VALUE_SIZE 1024

struct place {
    char id[ID_SIZE], key_id[ID_SIZE];
    char value[VALUE_SIZE];
    bool has_value;
    int64_t number;
};

struct walk {
    struct db *db;
    const char *list, *upload;
    char **filter;
    struct page_order order;
    size_t limit;
    struct place rows[ROWS_MOST];
    size_t count;
    struct error error;
};

struct page {
    struct place places[ROWS_MOST];
    size_t count;
    bool more_before, more_after;
};

static void place_add(struct page *page, const char *id, long long number, struct page_key key)
{
    struct place *place = &page->places[page->count++];
    if (id != NULL)
        snprintf(place->id, ID_SIZE, "%s", id);
    else
        snprintf(place->id, ID_SIZE, "%lld", number);
    snprintf(place->key_id, ID_SIZE, "%s", key.id != NULL ? key.id : "");
    place->has_value = key.value != NULL;
    snprintf(place->value, VALUE_SIZE, "%s", key.value != NULL ? key.value : "");
    place->number = key.number;
}

/* What the filter says of it; NULL: nothing. */
static const char *given(const struct walk *walk, const char *key)
{
    size_t len = strlen(key);
    for (char **word = walk->filter; word && *word; word++) {
        if (strncmp(*word, key, len) == 0 && (*word)[len] == '=')
            return *word + len + 1;
    }
    return NULL;
}

static int64_t given_ms(const struct walk *walk, const char *key)
{
    const char *value = given(walk, key);
    return value ? strtoll(value, NULL, 10) : HISTORY_NEVER;
}

#define GIVEN(name) .name = given(walk, #name)
#define GIVEN_TIMES .since_ms = given_ms(walk, "since_ms"), .until_ms = given_ms(walk, "until_ms")

static enum error_code uploads_page(struct walk *walk, struct page_position position,
                                    struct page *page)
{
    struct upload_filter filter = {
        GIVEN(vendor),     GIVEN(status),     GIVEN(notice),   GIVEN(code),   GIVEN(not_vendor),
        GIVEN(not_status), GIVEN(not_notice), GIVEN(not_code), GIVEN(search), GIVEN_TIMES};
    struct upload_page found = {.count = 0};
    enum error_code code =
        uploads_list(walk->db, &filter, position, walk->limit, &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, found.rows[i].upload_id, 0, found.rows[i].key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    upload_page_release(&found);
    return code;
}

static enum error_code violations_page(struct walk *walk, struct page_position position,
                                       struct page *page)
{
    struct violation_filter filter = {GIVEN(type),      GIVEN(not_type), GIVEN(field),
                                      GIVEN(not_field), GIVEN(sku),      GIVEN(product),
                                      GIVEN(unchanged), GIVEN(search)};
    struct violation_page found = {.count = 0};
    enum error_code code = violations_list(walk->db, walk->upload, &filter, position, walk->limit,
                                           &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, NULL, found.rows[i].row_number * 100 + found.rows[i].order,
                  found.rows[i].key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    violation_page_release(&found);
    return code;
}

static enum error_code products_page(struct walk *walk, struct page_position position,
                                     struct page *page)
{
    struct product_filter filter = {GIVEN(vendor),     GIVEN(not_vendor), GIVEN(upload_id),
                                    GIVEN(not_upload), GIVEN(sku),        GIVEN(not_sku),
                                    GIVEN(search)};
    struct product_list found = {.count = 0};
    enum error_code code =
        products_list(walk->db, &filter, position, walk->limit, &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, NULL, found.rows[i].product_id, found.rows[i].key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    product_list_release(&found);
    return code;
}

static enum error_code vendors_of_page(struct walk *walk, struct page_position position,
                                       struct page *page)
{
    struct vendor_filter filter = {GIVEN(status), GIVEN(not_status), GIVEN(search)};
    struct vendor_list found = {.count = 0};
    enum error_code code =
        vendors_page(walk->db, &filter, position, walk->limit, &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, found.rows[i].vendor_id, 0, found.rows[i].key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    vendor_list_release(&found);
    return code;
}

static enum error_code audit_page(struct walk *walk, struct page_position position,
                                  struct page *page)
{
    struct audit_filter filter = {GIVEN(target),     GIVEN(actor),      GIVEN(action),
                                  GIVEN(not_target), GIVEN(not_action), GIVEN(search),
                                  GIVEN_TIMES};
    struct audit_list found = {.count = 0};
    enum error_code code =
        audit_entries_list(walk->db, &filter, position, walk->limit, &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, NULL, found.rows[i].id, found.rows[i].key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    audit_list_release(&found);
    return code;
}

static enum error_code search_page(struct walk *walk, struct page_position position,
                                   struct page *page)
{
    struct error_search search = {GIVEN(sku),   GIVEN(product), GIVEN(value), GIVEN(type),
                                  GIVEN(field), GIVEN(vendor),  GIVEN(text),  GIVEN_TIMES};
    struct found_errors found = {.count = 0};
    enum error_code code =
        errors_search(walk->db, &search, position, walk->limit, &found, &walk->error);
    for (size_t i = 0; i < found.count; i++)
        place_add(page, NULL, found.rows[i].violation.row_number, found.rows[i].violation.key);
    page->more_before = found.more_before;
    page->more_after = found.more_after;
    found_errors_release(&found);
    return code;
}

static enum error_code page_read(struct walk *walk, struct page_position position,
                                 struct page *page)
{
    page->count = 0; /* the places behind it are megabytes, and not looked at */
    page->more_before = page->more_after = false;
    position.order = walk->order;
    if (strcmp(walk->list, "uploads") == 0)
        return uploads_page(walk, position, page);
    if (strcmp(walk->list, "violations") == 0)
        return violations_page(walk, position, page);
    if (strcmp(walk->list, "vendors") == 0)
        return vendors_of_page(walk, position, page);
    if (strcmp(walk->list, "products") == 0)
        return products_page(walk, position, page);
    if (strcmp(walk->list, "search") == 0)
        return search_page(walk, position, page);
    return audit_page(walk, position, page);
}

static struct page_key key_of(const struct place *place)
{
    return (struct page_key){place->has_value ? place->value : NULL, place->number,
                             place->key_id[0] != '\0' ? place->key_id : NULL};
}

static struct page one;

static enum error_code walk_forward(struct walk *walk)
{
    struct page_position position = page_first();
    do {
        enum error_code code = page_read(walk, position, &one);
        if (code != ERROR_NONE)
            return code;
        if (one.more_before != (walk->count > 0))
            printf("wrong=more_before at %zu\n", walk->count);
        for (size_t i = 0; i < one.count && walk->count < ROWS_MOST; i++) {
            printf("forward=%s\n", one.places[i].id);
            walk->rows[walk->count++] = one.places[i];
        }
        if (one.count > 0)
            position = page_after(key_of(&walk->rows[walk->count - 1]));
    } while (one.more_after && one.count > 0);
    return ERROR_NONE;
}

static enum error_code walk_backward(struct walk *walk)
{
    static struct place back[ROWS_MOST];
    struct page_position position = page_last();
    size_t at = ROWS_MOST;
    do {
        enum error_code code = page_read(walk, position, &one);
        if (code != ERROR_NONE)
            return code;
        if (one.more_after != (at < ROWS_MOST))
            printf("wrong=more_after at %zu\n", at);
        for (size_t i = one.count; i > 0 && at > 0; i--)
            back[--at] = one.places[i - 1];
        if (one.count > 0)
            position = page_before(key_of(&back[at]));
    } while (one.more_before && one.count > 0);
    for (; at < ROWS_MOST; at++)
        printf("backward=%s\n", back[at].id);
    return ERROR_NONE;
}

static enum error_code walk_exactly(struct walk *walk)
{
    for (size_t i = 0; i < walk->count; i++) {
        struct page_position position = {.start = PAGE_EXACT, .key = key_of(&walk->rows[i])};
        position.key.value = NULL;
        enum error_code code = page_read(walk, position, &one);
        if (code != ERROR_NONE)
            return code;
        bool same = one.count == 1 && one.places[0].has_value == walk->rows[i].has_value &&
                    strcmp(one.places[0].value, walk->rows[i].value) == 0;
        printf("exact=%s\n", same ? one.places[0].id : "another");
    }
    return ERROR_NONE;
}

static enum error_code walk_ends(struct walk *walk)
{
    enum error_code code = page_read(walk, page_first(), &one);
    struct page_key last =
        one.count > 0 ? key_of(&one.places[one.count - 1]) : (struct page_key){0};
    static struct page next;
    if (code == ERROR_NONE && one.count > 0)
        code = page_read(walk, page_after(last), &next);
    if (code == ERROR_NONE)
        code = page_read(walk, page_last(), &one);
    if (code == ERROR_NONE && one.count > 0)
        code = page_read(walk, page_before(key_of(&one.places[0])), &next);
    if (code == ERROR_NONE && one.count > 0) {
        struct page_position exact = {.start = PAGE_EXACT, .key = key_of(&one.places[0])};
        exact.key.value = NULL;
        code = page_read(walk, exact, &next);
    }
    return code;
}

int main(int count, char **arguments)
{
    static struct walk walk;
    struct db_settings settings = {.url = getenv("INTAKE_DATABASE_URL"),
                                   .application_name = "history_probe"};
    if (count < 5)
        return 2;
    log_init(LOG_OFF, 2);
    walk.list = arguments[1];
    walk.order.column = (int)strtol(arguments[2], NULL, 10);
    walk.order.descending = strcmp(arguments[3], "desc") == 0;
    walk.limit = (size_t)strtol(arguments[4], NULL, 10);
    walk.upload = count > 5 ? arguments[5] : "";
    walk.filter = count > 7 ? arguments + 7 : NULL;
    enum error_code code = db_new(&settings, &walk.db, &walk.error);
    bool ends = count > 6 && strcmp(arguments[6], "ends") == 0;
    if (code == ERROR_NONE && ends)
        code = walk_ends(&walk);
    if (code == ERROR_NONE && !ends)
        code = walk_forward(&walk);
    if (code == ERROR_NONE && !ends)
        code = walk_backward(&walk);
    if (code == ERROR_NONE && !ends)
        code = walk_exactly(&walk);
    if (code != ERROR_NONE)
        printf("error=%s\n", walk.error.message);
    db_free(walk.db);
    return code != ERROR_NONE;
}
