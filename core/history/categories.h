/* The table of categories as it is: names, parents, and how many products are in each. Not to be
 * confused with core/record/categories.h, the names that a record is judged by. */
#ifndef INTAKE_CORE_HISTORY_CATEGORIES_H
#define INTAKE_CORE_HISTORY_CATEGORIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct db;

struct listed_category {
    const char *name;
    const char *parent; /* NULL: it has none */
    bool is_active;
    int64_t products;
};

struct category_list {
    struct arena arena;
    struct listed_category *rows; /* each parent before its children, by name */
    size_t count;
};

/* One round trip, which counts all products. */
MUST_CHECK enum error_code category_list_read(struct db *db, struct category_list *list,
                                              struct error *error);
/* The 20 that a database begins with, all active; products are not known, -1. */
MUST_CHECK enum error_code category_list_built_in(struct category_list *list, struct error *error);
void category_list_release(struct category_list *list);

/* NULL where none has exactly this name. */
const struct listed_category *category_list_find(const struct category_list *list,
                                                 const char *name);

#endif
