/* Items of given rows, read from the table consistently (BatchGetItem, a hundred a call). */
#ifndef INTAKE_CORE_PIPELINE_ITEM_FETCH_H
#define INTAKE_CORE_PIPELINE_ITEM_FETCH_H

#include "core/pipeline/ledger.h"
#include "core/pipeline/pipeline.h"
#include "core/record/item.h"

/* Heap items; theirs is the memory of the records. */
struct item_list {
    struct upload_item **list;
    size_t count, capacity;
};

void item_list_init(struct item_list *items);
void item_list_release(struct item_list *items);
/* A new empty item at the end of the list, which owns it. */
MUST_CHECK enum error_code item_list_add(struct item_list *items, struct upload_item **item,
                                         struct error *error);

/*
 * Adds those that are in the table. One that cannot be read fails the call, or where `poison` is
 * not NULL is left out and counted there.
 */
MUST_CHECK enum error_code items_fetch(struct pipeline *pipeline, const struct ledger_missing *rows,
                                       struct item_list *items, size_t *poison,
                                       struct error *error);

#endif
