#include "core/pipeline/ledger_columns.h"

static const char own_sql[] =
    "SELECT vendor_id, " LEDGER_PRODUCT_COLUMNS
    "  FROM unnest($1::text[], $2::text[]) AS k (vendor_id, vendor_product_id)"
    "  JOIN products p USING (vendor_id, vendor_product_id)";
enum { OWN_HEAD = 1 };

/* Of the same vendor, and not of the upload itself, as the vendor is told of the line then. */
static bool in_the_way(const struct batch *batch, const struct occupant *occupant)
{
    if (!occupant->vendor_id || !occupant->product)
        return false;
    for (size_t i = 0; i < batch->upload_count; i++) {
        const struct batch_upload *upload = &batch->uploads[i];
        if (strcmp(upload->vendor_id, occupant->vendor_id) == 0 &&
            (!occupant->upload_id || strcmp(upload->upload_id, occupant->upload_id) != 0))
            return true;
    }
    return false;
}

static enum error_code keep_values(struct batch *batch, const struct db_result *rows, int row,
                                   struct error *error)
{
    const int id = OWN_HEAD + COLUMN_VENDOR_PRODUCT_ID;
    const struct occupant *occupant =
        occupied_find(&batch->occupied, db_result_text(rows, row, 0), db_result_text(rows, row, id),
                      db_result_length(rows, row, id));
    if (!occupant || !occupant->product)
        return ERROR_NONE;
    struct product_values *values = arena_new(&batch->memory, 1, sizeof *values);
    bool kept = values != NULL;
    for (int i = 0; i < COLUMN_COUNT && kept; i++) {
        if (db_result_is_null(rows, row, OWN_HEAD + i))
            continue;
        values->of[i].len = db_result_length(rows, row, OWN_HEAD + i);
        values->of[i].text = arena_copy_text(
            &batch->memory, db_result_text(rows, row, OWN_HEAD + i), values->of[i].len);
        kept = values->of[i].text != NULL;
    }
    if (!kept)
        return error_set(error, ERROR_MEMORY, "out of memory for a product's values");
    occupant->product->values = values;
    return ERROR_NONE;
}

enum error_code ledger_own_read(struct db *db, struct batch *batch, struct error *error)
{
    struct db_array keys[2];
    struct db_params params = DB_PARAMS_INIT;
    struct db_result rows = DB_RESULT_INIT;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < 2; i++)
        db_array_init(&keys[i], LEDGER_ARRAY_MAX);
    for (size_t i = 0; i < batch->occupied.count; i++) {
        const struct occupant *occupant = &batch->occupied.list[i];
        if (!in_the_way(batch, occupant))
            continue;
        db_array_add_string(&keys[0], occupant->vendor_id);
        db_array_add_text(&keys[1], occupant->text, occupant->len);
    }
    if (keys[0].count)
        code = ledger_params(&params, keys, 2, error);
    if (!code && keys[0].count)
        code = db_query(db, own_sql, &params, &rows, error);
    for (int row = 0; row < rows.count && !code; row++)
        code = keep_values(batch, &rows, row, error);
    db_result_release(&rows);
    for (size_t i = 0; i < 2; i++)
        db_array_release(&keys[i]);
    return code;
}
