/* A batch as columns: the arrays that the ledger's statements take. Used by core/pipeline/ledger*.c
 * alone. */
#ifndef INTAKE_CORE_PIPELINE_LEDGER_COLUMNS_H
#define INTAKE_CORE_PIPELINE_LEDGER_COLUMNS_H

#include "core/pipeline/batch.h"
#include "sql/db.h"

#define LEDGER_ARRAY_MAX ((size_t)64 * 1024 * 1024)

#define LEDGER_PRODUCT_COLUMNS                                                                 \
    "vendor_product_id, product_name, category, subcategory, description, sku, brand, price, " \
    "compare_at_price, stock_quantity, unit, weight_kg, dimensions_cm, image_url"
enum { LEDGER_PRODUCT_HEAD = 3, LEDGER_PRODUCT_ARRAYS = LEDGER_PRODUCT_HEAD + COLUMN_COUNT };

struct ledger_keys {
    struct db_array uploads;
    struct db_array row_uploads, rows;             /* the batch's own rows */
    struct db_array earlier_uploads, earlier_rows; /* those they wait for */
    struct db_array skus, vendors, product_ids;
};

void ledger_keys_init(struct ledger_keys *keys);
void ledger_keys_release(struct ledger_keys *keys);
void ledger_keys_fill(struct ledger_keys *keys, const struct batch *batch);

struct ledger_products {
    struct db_array columns[LEDGER_PRODUCT_ARRAYS];
};

void ledger_products_init(struct ledger_products *products);
void ledger_products_release(struct ledger_products *products);
MUST_CHECK enum error_code ledger_products_fill(struct ledger_products *products,
                                                const struct batch *batch, size_t *accepted,
                                                struct error *error);

enum {
    LEDGER_RECORD_ARRAYS = 9,
    LEDGER_ERROR_ARRAYS = 11,
    LEDGER_COUNT_ARRAYS = 4,
    LEDGER_OUTBOX_ARRAYS = 3
};

struct ledger_verdicts {
    struct db_array records[LEDGER_RECORD_ARRAYS];
    struct db_array errors[LEDGER_ERROR_ARRAYS];
    struct db_array counts[LEDGER_COUNT_ARRAYS];
    struct db_array outbox[LEDGER_OUTBOX_ARRAYS];
};

void ledger_verdicts_init(struct ledger_verdicts *verdicts);
void ledger_verdicts_release(struct ledger_verdicts *verdicts);
MUST_CHECK enum error_code ledger_verdicts_fill(struct ledger_verdicts *verdicts,
                                                const struct batch *batch, int64_t now_ms,
                                                struct error *error);

/* What core/pipeline/ledger.c and core/pipeline/ledger_revise.c share: $1 to $11 are
 * verdicts.errors. */
extern const char ledger_insert_errors_sql[];
/*
 * Ends the batch's transaction in one round trip: products first, then what `queue` adds (the last
 * of it a COMMIT), counting in *queued. *raced: a race was lost; then, and on an error, nothing was
 * written.
 */
MUST_CHECK enum error_code
ledger_write(struct db *db, const struct batch *batch, struct ledger_verdicts *verdicts,
             enum error_code (*queue)(struct db *db, struct ledger_verdicts *verdicts, int *queued,
                                      struct error *error),
             bool *raced, struct error *error);

/* What the vendors' own products hold that stand in the way of the batch: one statement, and only
   where there is one (core/pipeline/ledger_own.c). */
MUST_CHECK enum error_code ledger_own_read(struct db *db, struct batch *batch, struct error *error);

/* The status of an upload with these counts: processing until they meet the total. */
const char *ledger_status(int64_t total, int64_t valid, int64_t invalid);

/* Arrays as $1, $2, ... of one statement. */
MUST_CHECK enum error_code ledger_params(struct db_params *params, struct db_array *arrays,
                                         size_t count, struct error *error);
/* Queues a statement; entries of arrays up to the first NULL are its parameters. */
MUST_CHECK enum error_code ledger_queue(struct db *db, const char *sql,
                                        struct db_array *const *arrays, size_t max,
                                        struct error *error);

#endif
