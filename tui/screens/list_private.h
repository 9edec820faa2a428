/* What list.c and list_actions.c share. */
#ifndef INTAKE_TUI_SCREENS_LIST_PRIVATE_H
#define INTAKE_TUI_SCREENS_LIST_PRIVATE_H

#include "tui/screens/list.h"

enum list_intent {
    LIST_REPLACE, /* the first load */
    LIST_TO_FIRST,
    LIST_TO_LAST,
    LIST_APPEND,
    LIST_PREPEND,
    LIST_REFRESH
};

struct list {
    struct grid grid;
    struct freshness freshness;
    struct area area; /* of the last drawing */
    char filter[FILTER_SIZE];
    int64_t typed_ms; /* when the filter last changed and was not asked for yet; 0: it was */
    uint64_t job;     /* 0: none runs */
    uint64_t generation;
    bool pending; /* nothing was had yet under this filter */
    bool missed;  /* newer rows lie before the loaded ones */
};

struct list_request {
    const struct list_spec *spec;
    char *argument;
    char *cursor;
    struct filter filter;
    enum list_intent intent;
    enum window_place place;
    size_t limit;
    size_t start; /* of a refresh: the window's row that the page begins at */
    uint64_t generation;
    struct window_page page;
};

struct list *list_of(const struct screen *screen);
void list_ask(struct screen *screen, enum list_intent intent, enum window_place place,
              const char *cursor, size_t limit, size_t start);
/* By that column; a second time the other way round, a third time as the source has it. */
struct effect list_sort(struct screen *screen, int column);

#endif
