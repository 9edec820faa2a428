#include "tui/session/check_database.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "core/record/names.h"
#include "sql/db.h"

enum { ARRAY_MAX = 16 * 1024 * 1024 };

struct check_database {
    struct db *db;
    struct check_lookup lookup;
    struct db_array keys;
};

static int key_compare(const void *a, const void *b)
{
    const struct check_key *const *left = a, *const *right = b;
    size_t len = (*left)->len < (*right)->len ? (*left)->len : (*right)->len;
    int difference = memcmp((*left)->text, (*right)->text, len);
    if (difference != 0 || (*left)->len == (*right)->len)
        return difference;
    return (*left)->len < (*right)->len ? -1 : 1;
}

/* The first key of those that equal the text, or the count. */
static size_t keys_find(struct check_key *const *sorted, size_t count, const char *text, size_t len)
{
    struct check_key wanted = {.text = text, .len = len};
    const struct check_key *key = &wanted;
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct check_key *candidate = sorted[middle];
        if (key_compare(&candidate, &key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Marks every key that has the row's first column. With values, those of the vendor's own product
   that has it: compared. */
static void keys_mark(struct check_key **sorted, size_t count, const struct db_result *result,
                      int row, const struct product_values *values)
{
    const char *text = db_result_text(result, row, 0);
    size_t len = db_result_length(result, row, 0);
    for (size_t i = keys_find(sorted, count, text, len); i < count; i++) {
        struct check_key *key = sorted[i];
        if (key->len != len || memcmp(key->text, text, len) != 0)
            return;
        key->taken = true;
        if (!values)
            continue;
        key->own = true;
        key->differing = product_values_differ(values, key->values);
    }
}

/* In the order of column_table. */
#define VALUE_COLUMNS                                                                          \
    "vendor_product_id, product_name, category, subcategory, description, sku, brand, price, " \
    "compare_at_price, stock_quantity, unit, weight_kg, dimensions_cm, image_url"

/* $1 the keys, $2 the vendor: which are taken, and what the vendor's own of them hold. */
struct key_statements {
    const char *taken, *own;
};
static const struct key_statements sku_statements = {
    "SELECT sku, vendor_id = $2 FROM products WHERE sku = ANY ($1::text[])",
    "SELECT sku, " VALUE_COLUMNS " FROM products"
    " WHERE sku = ANY ($1::text[]) AND vendor_id = $2"};
static const struct key_statements product_id_statements = {
    "SELECT vendor_product_id, true FROM products"
    " WHERE vendor_product_id = ANY ($1::text[]) AND vendor_id = $2",
    "SELECT vendor_product_id, " VALUE_COLUMNS " FROM products"
    " WHERE vendor_product_id = ANY ($1::text[]) AND vendor_id = $2"};

static struct product_values values_of(const struct db_result *result, int row)
{
    struct product_values values = {.of = {{NULL, 0}}};
    for (int i = 0; i < COLUMN_COUNT; i++) {
        if (db_result_is_null(result, row, 1 + i))
            continue;
        values.of[i].text = db_result_text(result, row, 1 + i);
        values.of[i].len = db_result_length(result, row, 1 + i);
    }
    return values;
}

static enum error_code sorted_look_up(struct check_database *database,
                                      const struct key_statements *statements,
                                      const struct db_params *params, struct check_key **sorted,
                                      size_t count, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    bool own = false;
    enum error_code code = db_query(database->db, statements->taken, params, &result, error);
    for (int i = 0; i < result.count && !code; i++) {
        keys_mark(sorted, count, &result, i, NULL);
        own = own || db_result_bool(&result, i, 1);
    }
    if (!code && own)
        code = db_query(database->db, statements->own, params, &result, error);
    for (int i = 0; i < result.count && !code && own; i++) {
        const struct product_values values = values_of(&result, i);
        keys_mark(sorted, count, &result, i, &values);
    }
    db_result_release(&result);
    return code;
}

static enum error_code keys_look_up(struct check_database *database,
                                    const struct key_statements *statements, const char *vendor_id,
                                    struct check_key *keys, size_t count, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    const char *literal = NULL;
    size_t used = 0;
    struct check_key **sorted = memory_new(count, sizeof *sorted);
    if (!sorted)
        return error_set(error, ERROR_MEMORY, "out of memory for keys");
    db_array_clear(&database->keys);
    for (size_t i = 0; i < count; i++) {
        if (!keys[i].text)
            continue;
        sorted[used++] = &keys[i];
        db_array_add_text(&database->keys, keys[i].text, keys[i].len);
    }
    enum error_code code = db_array_literal(&database->keys, &literal, error);
    if (!code && used > 0) {
        qsort(sorted, used, sizeof *sorted, key_compare);
        db_param_text(&params, literal);
        db_param_text(&params, vendor_id);
        code = sorted_look_up(database, statements, &params, sorted, used, error);
    }
    free(sorted);
    return code;
}

static enum error_code lookup(void *context, const char *vendor_id, struct check_key *skus,
                              struct check_key *product_ids, size_t count, struct error *error)
{
    struct check_database *database = context;
    enum error_code code = keys_look_up(database, &sku_statements, vendor_id, skus, count, error);
    if (!code)
        code = keys_look_up(database, &product_id_statements, vendor_id, product_ids, count, error);
    return code;
}

enum error_code check_database_new(struct session *session, struct check_database **out,
                                   struct error *error)
{
    struct check_database *database = memory_new(1, sizeof *database);
    *out = NULL;
    if (!database)
        return error_set(error, ERROR_MEMORY, "out of memory for a check");
    db_array_init(&database->keys, ARRAY_MAX);
    database->lookup = (struct check_lookup){database, lookup};
    enum error_code code = session_database_open(session, false, &database->db, error);
    if (!code)
        *out = database;
    else
        check_database_free(database);
    return code;
}

void check_database_free(struct check_database *database)
{
    if (!database)
        return;
    db_array_release(&database->keys);
    db_free(database->db);
    free(database);
}

const struct check_lookup *check_database_lookup(struct check_database *database)
{
    return &database->lookup;
}

enum error_code check_database_vendor(struct check_database *database, const char *path,
                                      const char *vendor_id, struct refusal *refusal,
                                      struct error *error)
{
    struct upload_name name;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result result = DB_RESULT_INIT;
    struct refusal ignored;
    refusal->code = REFUSAL_NONE;
    upload_file_name_parse(path, vendor_id, &name, &ignored);
    if (ignored.code != REFUSAL_NONE)
        return ERROR_NONE;
    db_param_text(&params, name.vendor_id);
    enum error_code code = db_query(database->db, "SELECT status FROM vendors WHERE vendor_id = $1",
                                    &params, &result, error);
    if (!code && result.count == 0)
        refusal_set_unknown_vendor(refusal, name.vendor_id);
    else if (!code && strcmp(db_result_text(&result, 0, 0), "active") != 0)
        refusal_set_vendor_not_active(refusal, name.vendor_id, db_result_text(&result, 0, 0));
    db_result_release(&result);
    return code;
}

enum error_code check_database_categories(struct session *session, struct categories *categories,
                                          struct error *error)
{
    struct db *db = NULL;
    struct db_result result = DB_RESULT_INIT;
    enum error_code code = session_database(session, &db, error);
    if (!code)
        code = db_query(db, "SELECT category_name FROM product_categories WHERE is_active", NULL,
                        &result, error);
    for (int i = 0; i < result.count && !code; i++)
        code = categories_add(categories, db_result_text(&result, i, 0),
                              db_result_length(&result, i, 0), error);
    db_result_release(&result);
    return code;
}
