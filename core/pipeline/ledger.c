#include "core/pipeline/ledger.h"

#include "core/base/point.h"
#include "core/pipeline/ledger_columns.h"

void ledger_missing_init(struct ledger_missing *missing)
{
    *missing = (struct ledger_missing){.list = NULL};
}

void ledger_missing_release(struct ledger_missing *missing)
{
    free(missing->list);
    ledger_missing_init(missing);
}

void ledger_abandon(struct pipeline *pipeline)
{
    db_pipeline_end(pipeline->db);
    db_rollback(pipeline->db);
}

#define UPLOADS_SQL                                                                       \
    "SELECT h.upload_id, h.vendor_id, h.total_records, h.valid_records, h.error_records," \
    "       h.failure_code IS NOT NULL OR h.pruned_at IS NOT NULL AS ended,"              \
    "       h.status = 'processing' AND NOT EXISTS"                                       \
    "         (SELECT FROM vendors v WHERE v.vendor_id = h.vendor_id) AS orphan"          \
    "  FROM upload_history h"                                                             \
    " WHERE h.upload_id = ANY ($1::text[])"                                               \
    "   AND h.vendor_id IS NOT NULL"                                                      \
    " ORDER BY h.upload_id"

/* How a batch's transaction begins. Its waits for other rows than the uploads' are not bounded. */
struct opening {
    const char *begin_sql;
    const char *bound_sql;
    const char *uploads_sql;
    const char *free_sql;
};

#define FREE_SQL "SET LOCAL lock_timeout = 0"
#define LOCKED_SQL UPLOADS_SQL " FOR UPDATE OF h"

static const struct opening to_settle[] = {
    [BATCH_LOCKS_WAIT] = {"BEGIN", FREE_SQL, LOCKED_SQL, FREE_SQL},
    [BATCH_LOCKS_BOUNDED] = {"BEGIN", "SET LOCAL lock_timeout = " LEDGER_LOCK_WAIT_MS, LOCKED_SQL,
                             FREE_SQL},
    [BATCH_LOCKS_SKIP] = {"BEGIN", FREE_SQL, LOCKED_SQL " SKIP LOCKED", FREE_SQL},
};
static const struct opening to_look = {"BEGIN READ ONLY", FREE_SQL, UPLOADS_SQL, FREE_SQL};

#define RECORD_ID LEDGER_RECORD_ID_SQL("r")
#define MARKED LEDGER_MARKED_SQL("r")

static const char settled_sql[] =
    "SELECT r.upload_id, r.row_number, " MARKED " AS marked"
    "  FROM unnest($1::text[], $2::int[]) AS k (upload_id, row_number)"
    "  JOIN upload_records r USING (upload_id, row_number)";

static const char missing_sql[] =
    "SELECT DISTINCT k.upload_id, k.row_number"
    "  FROM unnest($1::text[], $2::int[]) AS k (upload_id, row_number)"
    " WHERE NOT EXISTS (SELECT FROM upload_records r"
    "                    WHERE r.upload_id = k.upload_id AND r.row_number = k.row_number)"
    "   AND NOT EXISTS (SELECT FROM upload_history h"
    "                    WHERE h.upload_id = k.upload_id AND h.failure_code IS NOT NULL)";

static const char occupied_sql[] =
    "SELECT p.sku, p.vendor_id, p.vendor_product_id, p.upload_id, p.row_number, r.line_number"
    "  FROM products p LEFT JOIN upload_records r USING (upload_id, row_number)"
    " WHERE p.sku = ANY ($1::text[])"
    " UNION "
    "SELECT p.sku, p.vendor_id, p.vendor_product_id, p.upload_id, p.row_number, r.line_number"
    "  FROM unnest($2::text[], $3::text[]) AS k (vendor_id, vendor_product_id)"
    "  JOIN products p USING (vendor_id, vendor_product_id)"
    "  LEFT JOIN upload_records r USING (upload_id, row_number)";

static const char categories_sql[] = "SELECT category_name FROM product_categories WHERE is_active";

static enum error_code queue_open(struct db *db, const struct opening *opening,
                                  struct ledger_keys *keys, struct error *error)
{
    const struct {
        const char *sql;
        struct db_array *arrays[3];
    } steps[] = {
        {opening->begin_sql, {NULL}},
        {opening->bound_sql, {NULL}},
        {opening->uploads_sql, {&keys->uploads}},
        {opening->free_sql, {NULL}},
        {settled_sql, {&keys->row_uploads, &keys->rows}},
        {missing_sql, {&keys->earlier_uploads, &keys->earlier_rows}},
        {occupied_sql, {&keys->skus, &keys->vendors, &keys->product_ids}},
        {categories_sql, {NULL}},
    };
    enum error_code code = db_pipeline_begin(db, error);
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++)
        code = ledger_queue(db, steps[i].sql, steps[i].arrays, 3, error);
    return code ? code : db_pipeline_sync(db, error);
}

static const char *keep_text(struct batch *batch, const struct db_result *rows, int row,
                             const char *column)
{
    const char *text = db_row_text(rows, row, column);
    return text ? arena_copy_text(&batch->memory, text, db_row_length(rows, row, column)) : NULL;
}

static enum error_code read_uploads(struct batch *batch, const struct db_result *rows,
                                    struct error *error)
{
    batch->uploads = arena_new(&batch->memory, (size_t)rows->count, sizeof *batch->uploads);
    if (!batch->uploads)
        return error_set(error, ERROR_MEMORY, "out of memory for %d uploads", rows->count);
    for (int row = 0; row < rows->count; row++) {
        struct batch_upload *upload = &batch->uploads[batch->upload_count++];
        upload->upload_id = keep_text(batch, rows, row, "upload_id");
        upload->vendor_id = keep_text(batch, rows, row, "vendor_id");
        upload->total = db_row_int(rows, row, "total_records");
        upload->valid = db_row_int(rows, row, "valid_records");
        upload->invalid = db_row_int(rows, row, "error_records");
        upload->ended = db_row_bool(rows, row, "ended");
        upload->orphan = db_row_bool(rows, row, "orphan");
        if (!upload->upload_id || !upload->vendor_id)
            return error_set(error, ERROR_MEMORY, "out of memory for an upload");
    }
    for (size_t i = 0; i < batch->count; i++) {
        struct batch_entry *entry = &batch->entries[i];
        for (size_t k = 0; k < batch->upload_count && !entry->upload; k++) {
            struct batch_upload *upload = &batch->uploads[k];
            if (strcmp(upload->upload_id, entry->item->upload_id) == 0 &&
                strcmp(upload->vendor_id, entry->item->vendor_id) == 0 &&
                (upload->ended || entry->item->record.row_number <= upload->total))
                entry->upload = upload;
        }
    }
    return ERROR_NONE;
}

static void read_settled(struct batch *batch, const struct db_result *rows)
{
    for (int row = 0; row < rows->count; row++) {
        struct batch_entry *entry = batch_find(batch, db_row_text(rows, row, "upload_id"),
                                               (uint32_t)db_row_int(rows, row, "row_number"));
        if (entry) {
            entry->settled_before = true;
            entry->marked = db_row_bool(rows, row, "marked");
        }
    }
}

static enum error_code read_missing(const struct batch *batch, struct ledger_missing *missing,
                                    const struct db_result *rows, struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (int row = 0; row < rows->count && !code; row++) {
        const char *upload_id = db_row_text(rows, row, "upload_id");
        uint32_t row_number = (uint32_t)db_row_int(rows, row, "row_number");
        if (batch_find(batch, upload_id, row_number))
            continue;
        void *list = missing->list;
        code = memory_reserve(&list, &missing->capacity, missing->count + 1, sizeof *missing->list,
                              error);
        missing->list = list;
        if (code)
            break;
        struct ledger_key *key = &missing->list[missing->count++];
        snprintf(key->upload_id, sizeof key->upload_id, "%s", upload_id);
        key->row_number = row_number;
    }
    return code;
}

static enum error_code read_occupied(struct batch *batch, const struct db_result *rows,
                                     struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (int row = 0; row < rows->count && !code; row++) {
        struct occupant occupant = {.text = keep_text(batch, rows, row, "sku"),
                                    .len = db_row_length(rows, row, "sku"),
                                    .upload_id = keep_text(batch, rows, row, "upload_id"),
                                    .row_number = (uint32_t)db_row_int(rows, row, "row_number"),
                                    .line_number = (uint32_t)db_row_int(rows, row, "line_number")};
        const char *vendor_id = keep_text(batch, rows, row, "vendor_id");
        const char *product_id = keep_text(batch, rows, row, "vendor_product_id");
        occupant.product = arena_new(&batch->memory, 1, sizeof *occupant.product);
        if (!occupant.text || !vendor_id || !product_id || !occupant.product)
            return error_set(error, ERROR_MEMORY, "out of memory for a product's keys");
        occupant.product->vendor_id = vendor_id;
        code = occupied_add(&batch->occupied, &occupant, error);
        occupant.vendor_id = vendor_id;
        occupant.text = product_id;
        occupant.len = db_row_length(rows, row, "vendor_product_id");
        if (!code)
            code = occupied_add(&batch->occupied, &occupant, error);
    }
    return code;
}

static enum error_code read_categories(struct batch *batch, const struct db_result *rows,
                                       struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (int row = 0; row < rows->count && !code; row++)
        code = categories_add(&batch->categories, db_row_text(rows, row, "category_name"),
                              db_row_length(rows, row, "category_name"), error);
    return code;
}

static enum error_code read_open(struct db *db, struct batch *batch, struct ledger_missing *missing,
                                 struct error *error)
{
    struct db_result rows = DB_RESULT_INIT;
    enum error_code code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code)
        code = read_uploads(batch, &rows, error);
    if (!code)
        code = db_pipeline_next(db, NULL, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code) {
        read_settled(batch, &rows);
        code = db_pipeline_next(db, &rows, error);
    }
    if (!code)
        code = read_missing(batch, missing, &rows, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code)
        code = read_occupied(batch, &rows, error);
    if (!code)
        code = db_pipeline_next(db, &rows, error);
    if (!code)
        code = read_categories(batch, &rows, error);
    db_result_release(&rows);
    return code;
}

static enum error_code open_as(struct pipeline *pipeline, const struct opening *opening, bool begun,
                               struct batch *batch, struct ledger_missing *missing,
                               struct error *error)
{
    struct opening within = *opening;
    if (begun)
        within.begin_sql = "SELECT";
    struct ledger_keys keys;
    ledger_keys_init(&keys);
    ledger_keys_fill(&keys, batch);
    missing->count = 0;
    enum error_code code = begun ? ERROR_NONE : db_ensure(pipeline->db, error);
    if (!code)
        code = queue_open(pipeline->db, &within, &keys, error);
    if (!code)
        code = read_open(pipeline->db, batch, missing, error);
    db_pipeline_end(pipeline->db);
    if (!code)
        code = ledger_own_read(pipeline->db, batch, error);
    if (code) {
        error_wrap(error, "reading the ledger");
        db_rollback(pipeline->db);
    }
    ledger_keys_release(&keys);
    return code;
}

/* tests/model: validator_open */
enum error_code ledger_open(struct pipeline *pipeline, struct batch *batch,
                            struct ledger_missing *missing, struct error *error)
{
    return open_as(pipeline, &to_settle[batch->locks], false, batch, missing, error);
}

enum error_code ledger_read_again(struct pipeline *pipeline, struct batch *batch,
                                  struct ledger_missing *missing, struct error *error)
{
    return open_as(pipeline, &to_settle[batch->locks], true, batch, missing, error);
}

enum error_code ledger_look(struct pipeline *pipeline, struct batch *batch,
                            struct ledger_missing *missing, struct error *error)
{
    return open_as(pipeline, &to_look, false, batch, missing, error);
}

/* Products that do not all go in met concurrent ones: the transaction ends there. */
static const char insert_products_sql[] =
    "WITH added AS ("
    "INSERT INTO products (upload_id, row_number, vendor_id, " LEDGER_PRODUCT_COLUMNS ")"
    " SELECT upload_id, row_number, vendor_id, vendor_product_id, product_name, category,"
    "        subcategory, description, sku, brand, price::numeric, compare_at_price::numeric,"
    "        stock_quantity::int, unit, weight_kg::numeric, dimensions_cm, image_url"
    "   FROM unnest($1::text[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],"
    "               $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],"
    "               $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])"
    "     AS p (upload_id, row_number, vendor_id, " LEDGER_PRODUCT_COLUMNS ")"
    "  ORDER BY sku"
    "     ON CONFLICT DO NOTHING RETURNING 1)"
    "SELECT intake_begin_again('a product met a concurrent one')"
    " WHERE (SELECT count(*) FROM added) <> cardinality($1::text[])";

/* Written once: that its item is to be marked stands in marks_due. */
static const char insert_records_sql[] =
    "WITH judged AS (INSERT INTO upload_records (upload_id, row_number, line_number, outcome,"
    "       error_type, vendor_product_id, sku, extra_fields, field_count, revision,"
    "       item_marked_at)"
    " SELECT n.*, NULL, now() FROM unnest($1::text[], $2::int[], $3::int[], $4::text[],"
    "            $5::text[], $6::text[], $7::text[], $8::int[], $9::int[])"
    "     AS n (upload_id, row_number) ORDER BY upload_id, row_number"
    " RETURNING upload_id, row_number)"
    "INSERT INTO marks_due (upload_id, row_number) SELECT upload_id, row_number FROM judged"
    "    ON CONFLICT DO NOTHING";

/* The original stands with the first violation of a record alone. Of a record with many, those
   behind the first lie together: the view validation_errors shows each. */
const char ledger_insert_errors_sql[] =
    "WITH e AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::text[], $3::int[],"
    "               $4::smallint[], $5::text[], $6::text[], $7::text[], $8::jsonb[], $9::bytea[],"
    "               $10::boolean[], $11::text[])"
    "     AS e (upload_id, vendor_id, row_number, rule_order, error_type, error_field,"
    "           error_message, original_data, raw, unchanged, kind)),"
    " many AS MATERIALIZED (SELECT upload_id, row_number FROM e GROUP BY 1, 2 HAVING count(*) > 2),"
    " packed AS (INSERT INTO violation_packs (upload_id, row_number, violations)"
    "   SELECT upload_id, row_number,"
    "          json_agg(json_build_array(error_type, error_field, error_message, kind)"
    "                   ORDER BY rule_order)"
    "     FROM e JOIN many USING (upload_id, row_number) WHERE rule_order > 1 GROUP BY 1, 2)"
    "INSERT INTO violation_rows (upload_id, vendor_id, row_number, line_number, record_id,"
    "       rule_order, vendor_product_id, error_type, error_field, error_message, original_data,"
    "       raw, unchanged, kind)"
    " SELECT e.upload_id, e.vendor_id, e.row_number, r.line_number, " RECORD_ID ", e.rule_order,"
    "        r.vendor_product_id, e.error_type, e.error_field, e.error_message, e.original_data,"
    "        e.raw, e.unchanged, e.kind"
    "   FROM e JOIN upload_records r USING (upload_id, row_number)"
    "   LEFT JOIN many m USING (upload_id, row_number)"
    "  WHERE e.rule_order = 1 OR m.upload_id IS NULL";

static const char update_counts_sql[] =
    "UPDATE upload_history h"
    "   SET valid_records = c.valid, error_records = c.invalid, status = c.status,"
    "       processing_completed_at ="
    "           CASE WHEN c.status <> 'processing' THEN clock_timestamp() END"
    "  FROM unnest($1::text[], $2::int[], $3::int[], $4::text[])"
    "    AS c (upload_id, valid, invalid, status)"
    " WHERE h.upload_id = c.upload_id";

static const char insert_outbox_sql[] =
    "INSERT INTO outbox (upload_id, body, attributes)"
    " SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[])";

static enum error_code queue_products(struct db *db, const struct batch *batch, int *queued,
                                      struct error *error)
{
    struct ledger_products products;
    size_t accepted = 0;
    ledger_products_init(&products);
    enum error_code code = ledger_products_fill(&products, batch, &accepted, error);
    if (!code && accepted) {
        struct db_params params = DB_PARAMS_INIT;
        code = ledger_params(&params, products.columns, LEDGER_PRODUCT_ARRAYS, error);
        if (!code)
            code = db_pipeline_queue(db, insert_products_sql, &params, error);
        ++*queued;
    }
    ledger_products_release(&products);
    return code;
}

static enum error_code queue_verdicts(struct db *db, struct ledger_verdicts *verdicts, int *queued,
                                      struct error *error)
{
    const struct {
        const char *sql;
        struct db_array *first;
        size_t arrays;
        bool needed;
    } steps[] = {
        {insert_records_sql, verdicts->records, LEDGER_RECORD_ARRAYS, true},
        {ledger_insert_errors_sql, verdicts->errors, LEDGER_ERROR_ARRAYS,
         verdicts->errors->count > 0},
        {update_counts_sql, verdicts->counts, LEDGER_COUNT_ARRAYS, true},
        {insert_outbox_sql, verdicts->outbox, LEDGER_OUTBOX_ARRAYS, verdicts->outbox->count > 0},
        {"COMMIT", NULL, 0, true},
    };
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++) {
        if (!steps[i].needed)
            continue;
        struct db_params params = DB_PARAMS_INIT;
        code = ledger_params(&params, steps[i].first, steps[i].arrays, error);
        if (!code)
            code = db_pipeline_queue(db, steps[i].sql, &params, error);
        ++*queued;
    }
    return code;
}

bool ledger_lost_race(const struct error *error)
{
    return strcmp(error->service_code, "40P01") == 0 || strcmp(error->service_code, "40001") == 0;
}

bool ledger_is_busy(const struct error *error)
{
    return strcmp(error->service_code, "55P03") == 0;
}

enum error_code
ledger_write(struct db *db, const struct batch *batch, struct ledger_verdicts *verdicts,
             enum error_code (*queue)(struct db *db, struct ledger_verdicts *verdicts, int *queued,
                                      struct error *error),
             bool *raced, struct error *error)
{
    struct error own = ERROR_INIT;
    int queued = 0;
    point_reached("before verdicts are committed");
    enum error_code code = db_pipeline_begin(db, &own);
    if (!code)
        code = queue_products(db, batch, &queued, &own);
    if (!code)
        code = queue(db, verdicts, &queued, &own);
    if (!code)
        code = db_pipeline_sync(db, &own);
    for (int i = 0; i < queued && !code; i++)
        code = db_pipeline_next(db, NULL, &own);
    point_reached("after verdicts are committed");
    db_pipeline_end(db);
    *raced = code && ledger_lost_race(&own);
    if (code)
        db_rollback(db);
    if (!code || *raced)
        return ERROR_NONE;
    error_wrap(&own, "writing the ledger");
    if (error)
        *error = own;
    return code;
}

/* tests/model: validator_settle */
enum error_code ledger_settle(struct pipeline *pipeline, struct batch *batch, bool *raced,
                              struct error *error)
{
    struct ledger_verdicts verdicts;
    *raced = false;
    ledger_verdicts_init(&verdicts);
    enum error_code code =
        ledger_verdicts_fill(&verdicts, batch, world_now_ms(pipeline->world), error);
    if (code)
        ledger_abandon(pipeline);
    else
        code = ledger_write(pipeline->db, batch, &verdicts, queue_verdicts, raced, error);
    ledger_verdicts_release(&verdicts);
    return code;
}
