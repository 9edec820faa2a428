/*
 * Messages that say the same of different records, apart from their values: counted, so that a list
 * shows the first of each and says how many more there are.
 */
#ifndef INTAKE_CORE_RECORD_MESSAGE_GROUPS_H
#define INTAKE_CORE_RECORD_MESSAGE_GROUPS_H

#include "core/record/advice.h"

#define MESSAGE_GROUP_SHOWN 3 /* of each, before the rest is only counted */
#define MESSAGE_GROUP_LINES 5 /* of those that are only counted, by line */

struct message_group {
    enum rule rule;
    enum product_column column;
    const struct advice *advice;
    int64_t count;
    int64_t lines[MESSAGE_GROUP_LINES]; /* of the first that are only counted; 0: none, not known */
};

struct message_groups {
    struct message_group *list;
    size_t count, capacity;
};

void message_groups_init(struct message_groups *groups);
void message_groups_release(struct message_groups *groups);
void message_groups_clear(struct message_groups *groups);

/* Counts one. *shown: it is among the first of its group, or of no known kind. */
MUST_CHECK enum error_code message_groups_add(struct message_groups *groups, enum rule rule,
                                              enum product_column column, const char *message,
                                              int64_t line_number, bool *shown,
                                              struct error *error);

/* "9,997 more: price has a decimal comma (lines 5, 6, 7, 8, 9, ...)"; false, and nothing, where all
   of the group were shown. */
bool message_group_append_rest(struct buffer *out, const struct message_group *group);

#endif
