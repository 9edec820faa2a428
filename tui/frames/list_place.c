#include "tui/frames/list_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"

/* number TAB id, and where there is a value another TAB and the value, which may hold any byte. */
char *list_cursor(const struct page_key *key)
{
    return console_format("%lld\t%s%s%s", (long long)key->number, key->id ? key->id : "",
                          key->value ? "\t" : "", key->value ? key->value : "");
}

void list_place_read(struct list_place *place, const struct list_query *query)
{
    static const enum page_start starts[] = {
        [WINDOW_FIRST] = PAGE_FIRST,   [WINDOW_LAST] = PAGE_LAST,   [WINDOW_AFTER] = PAGE_AFTER,
        [WINDOW_BEFORE] = PAGE_BEFORE, [WINDOW_EXACT] = PAGE_EXACT, [WINDOW_AT] = PAGE_AFTER};
    struct page_key *key = &place->position.key;
    char *end;
    memset(place, 0, sizeof *place);
    key->number = strtoll(query->cursor, &end, 10);
    if (query->place == WINDOW_AT) {
        place->position = page_at(query->order, key->number);
        return;
    }
    place->position.start = starts[query->place];
    place->position.order = query->order;
    if (*end != '\t')
        return;
    end++;
    snprintf(place->id, sizeof place->id, "%.*s", (int)strcspn(end, "\t"), end);
    if (place->id[0] != '\0')
        key->id = place->id;
    end += strcspn(end, "\t");
    key->value = *end == '\t' ? end + 1 : NULL;
}
