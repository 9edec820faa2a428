#include "core/history/categories.h"

#include <stdlib.h>
#include <string.h>

#include "core/history/rows.h"
#include "core/record/categories.h"

static const char list_sql[] =
    "SELECT c.category_name, p.category_name AS parent, c.is_active, coalesce(n.products, 0) AS "
    "products"
    "  FROM product_categories c"
    "  LEFT JOIN product_categories p ON p.category_id = c.parent_category_id"
    "  LEFT JOIN (SELECT category, count(*) AS products FROM products GROUP BY category) n"
    "    ON n.category = c.category_name"
    " ORDER BY coalesce(p.category_name, c.category_name), p.category_name IS NOT NULL,"
    "          c.category_name";

static const struct row_column category_columns[] = {
    ROW_AS(listed_category, ROW_TEXT, name, "category_name"),
    ROW(listed_category, ROW_TEXT, parent),
    ROW(listed_category, ROW_FLAG, is_active),
    ROW(listed_category, ROW_NUMBER, products),
};

static const struct row_table category_rows = {ROW_TABLE(listed_category, category_columns)};

enum error_code category_list_read(struct db *db, struct category_list *list, struct error *error)
{
    struct rows rows = {.arena = &list->arena};
    struct query query;
    *list = (struct category_list){.count = 0};
    query_init(&query, list_sql);
    enum error_code code = rows_read(&rows, &category_rows, &query, db, error);
    ROWS_GIVE(list, &rows);
    return code;
}

/* As list_sql orders them. */
static int compare_listed(const void *a, const void *b)
{
    const struct listed_category *left = a, *right = b;
    int family = strcmp(left->parent ? left->parent : left->name,
                        right->parent ? right->parent : right->name);
    int level = (left->parent != NULL) - (right->parent != NULL);
    return family ? family : level ? level : strcmp(left->name, right->name);
}

enum error_code category_list_built_in(struct category_list *list, struct error *error)
{
    *list = (struct category_list){.count = 0};
    list->rows = arena_new(&list->arena, CATEGORY_DEFAULTS, sizeof *list->rows);
    if (!list->rows)
        return error_set(error, ERROR_MEMORY, "out of memory for categories");
    for (; list->count < CATEGORY_DEFAULTS; list->count++)
        list->rows[list->count] = (struct listed_category){
            category_defaults[list->count].name, category_defaults[list->count].parent, true, -1};
    qsort(list->rows, list->count, sizeof *list->rows, compare_listed);
    return ERROR_NONE;
}

void category_list_release(struct category_list *list)
{
    arena_release(&list->arena);
    *list = (struct category_list){.count = 0};
}

const struct listed_category *category_list_find(const struct category_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->rows[i].name, name) == 0)
            return &list->rows[i];
    return NULL;
}
