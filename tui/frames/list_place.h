/* From the key of a row of the read model to the text of a row's cursor, and back to a position. */
#ifndef INTAKE_TUI_FRAMES_LIST_PLACE_H
#define INTAKE_TUI_FRAMES_LIST_PLACE_H

#include "core/history/page.h"
#include "tui/frames/list.h"

char *list_cursor(const struct page_key *key); /* heap */

struct list_place {
    struct page_position position; /* borrows from here and from the query */
    char id[PAGE_ID_SIZE];
};

void list_place_read(struct list_place *place, const struct list_query *query);

#endif
