#include "core/pipeline/items_compare.h"

#include "aws/dynamodb.h"
#include "core/base/memory.h"
#include "core/base/point.h"
#include "core/pipeline/ledger.h"
#include "core/record/item.h"

enum item_says { SAYS_NOTHING, SAYS_PENDING, SAYS_VALID, SAYS_ERROR, SAYS_OTHER };

struct comparing {
    unsigned char *says; /* by row - 1 */
    size_t rows;
};

static enum item_says read_status(struct json_object *item)
{
    size_t len = 0;
    const char *status = dynamodb_get_text(item, "status", &len);
    if (!status)
        return SAYS_OTHER;
    return strcmp(status, ITEM_STATUS_PENDING) == 0     ? SAYS_PENDING
           : strcmp(status, ITEM_STATUS_VALIDATED) == 0 ? SAYS_VALID
           : strcmp(status, ITEM_STATUS_ERROR) == 0     ? SAYS_ERROR
                                                        : SAYS_OTHER;
}

static bool note_item(void *context, struct json_object *item)
{
    struct comparing *comparing = context;
    size_t len = 0;
    uint32_t row = 0;
    const char *record_id = dynamodb_get_text(item, "record_id", &len);
    if (record_id && record_id_parse(record_id, len, &row) && row >= 1 && row <= comparing->rows)
        comparing->says[row - 1] = (unsigned char)read_status(item);
    return true;
}

static enum error_code read_items(struct pipeline *pipeline, const char *upload_id,
                                  struct comparing *comparing, struct error *error)
{
    struct buffer values;
    const char *table = NULL;
    buffer_init(&values, 1024);
    dynamodb_item_begin(&values);
    dynamodb_write_string(&values, ":u", upload_id);
    dynamodb_item_end(&values);
    enum error_code code = settings_require(pipeline->settings, SETTING_TABLE, &table, error);
    const struct dynamodb_query query = {.table = table,
                                         .condition = "upload_id = :u",
                                         .projection = "record_id,status",
                                         .values = values.data,
                                         .consistent = true};
    if (!code)
        code = dynamodb_query(pipeline->aws, &query, note_item, comparing, error);
    buffer_release(&values);
    return code;
}

/* One that bears another final status is marked as a revised verdict is. */
static const char unmark_sql[] = "WITH " LEASE_HELD(
    "$1",
    "$2") " UPDATE upload_records r SET item_marked_at = NULL,"
          "        revision = coalesce(r.revision, 0) + k.final,"
          "        judged_at = CASE WHEN k.final = 1 THEN clock_timestamp() ELSE r.judged_at END"
          "   FROM unnest($4::int[], $5::int[]) AS k (row_number, final)"
          "  WHERE r.upload_id = $3 AND r.row_number = k.row_number AND EXISTS (SELECT FROM held)";

static const char trust_sql[] = "WITH " LEASE_HELD(
    "$1", "$2") " UPDATE upload_history SET items_doubted_at = NULL"
                "  WHERE upload_id = $3"
                "    AND items_doubted_at < clock_timestamp() - interval '" ITEMS_DOUBTED_FOR "'"
                "    AND EXISTS (SELECT FROM held)";

static enum error_code unmark(struct pipeline *pipeline, const char *upload_id,
                              const struct lease *lease, struct db_array *rows,
                              struct db_array *finals, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT, trust = DB_PARAMS_INIT;
    const char *row_list = NULL, *final_list = NULL;
    bool any = rows->count > 0;
    enum error_code code = db_array_literal(rows, &row_list, error);
    if (!code)
        code = db_array_literal(finals, &final_list, error);
    lease_params(&params, lease);
    db_param_text(&params, upload_id);
    db_param_text(&params, row_list);
    db_param_text(&params, final_list);
    lease_params(&trust, lease);
    db_param_text(&trust, upload_id);
    point_reached("before marks are removed");
    if (!code && any)
        code = db_query(pipeline->db, unmark_sql, &params, NULL, error);
    point_reached("after marks are removed");
    if (!code)
        code = db_query(pipeline->db, trust_sql, &trust, NULL, error);
    return code;
}

static const char ledger_sql[] =
    "SELECT row_number, outcome, max(row_number) OVER () AS last FROM upload_records r"
    " WHERE upload_id = $1 AND " LEDGER_MARKED_SQL("r") " ORDER BY row_number";

enum error_code items_compare(struct pipeline *pipeline, const char *upload_id,
                              const struct lease *lease, int64_t *count, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    struct db_result ledger = DB_RESULT_INIT;
    struct db_array rows, finals;
    struct comparing comparing = {.says = NULL};
    *count = 0;
    db_array_init(&rows, 1 << 20);
    db_array_init(&finals, 1 << 20);
    db_param_text(&params, upload_id);
    enum error_code code = db_query(pipeline->db, ledger_sql, &params, &ledger, error);
    if (!code && ledger.count) {
        comparing.rows = (size_t)db_row_int(&ledger, 0, "last");
        comparing.says = memory_new(comparing.rows, 1);
        code = comparing.says ? read_items(pipeline, upload_id, &comparing, error)
                              : error_set(error, ERROR_MEMORY, "out of memory for rows");
    }
    for (int i = 0; i < ledger.count && !code; i++) {
        int64_t row = db_row_int(&ledger, i, "row_number");
        enum item_says says = comparing.says[row - 1];
        bool valid = strcmp(db_row_text(&ledger, i, "outcome"), "valid") == 0;
        if (says == SAYS_NOTHING || says == (valid ? SAYS_VALID : SAYS_ERROR))
            continue;
        db_array_add_int(&rows, row);
        db_array_add_int(&finals, says != SAYS_PENDING);
        ++*count;
    }
    if (!code && lease)
        code = unmark(pipeline, upload_id, lease, &rows, &finals, error);
    free(comparing.says);
    db_array_release(&rows);
    db_array_release(&finals);
    db_result_release(&ledger);
    return code ? error_wrap(error, "comparing the items of %s with the ledger", upload_id)
                : ERROR_NONE;
}
