#include "core/pipeline/ledger_revise.h"

#include "core/pipeline/ledger.h"
#include "core/pipeline/ledger_columns.h"

void ledger_reopen(struct batch_entry *entry)
{
    entry->settled_before = false;
    entry->again = true;
    entry->upload->invalid--;
}

void ledger_keep(struct batch_entry *entry)
{
    entry->settled_before = true;
}

static const char forget_errors_sql[] =
    "WITH k AS MATERIALIZED (SELECT * FROM unnest($1::text[], $2::int[])"
    "                          AS k (upload_id, row_number)),"
    " unpacked AS (DELETE FROM violation_packs p USING k"
    "    WHERE p.upload_id = k.upload_id AND p.row_number = k.row_number)"
    "DELETE FROM violation_rows e USING k"
    " WHERE e.upload_id = k.upload_id AND e.row_number = k.row_number";

/* Of an accepted record nothing is kept but the product. */
static const char revise_records_sql[] =
    "UPDATE upload_records r"
    "   SET outcome = n.outcome, error_type = n.error_type, judged_at = clock_timestamp(),"
    "       revision = coalesce(r.revision, 0) + 1, item_marked_at = NULL,"
    "       vendor_product_id = CASE WHEN n.outcome = 'error' THEN r.vendor_product_id END,"
    "       sku = CASE WHEN n.outcome = 'error' THEN r.sku END,"
    "       original_data = CASE WHEN n.outcome = 'error' THEN r.original_data END,"
    "       raw = CASE WHEN n.outcome = 'error' THEN r.raw END"
    "  FROM unnest($1::text[], $2::int[], $3::text[], $4::text[])"
    "    AS n (upload_id, row_number, outcome, error_type)"
    " WHERE r.upload_id = n.upload_id AND r.row_number = n.row_number AND r.outcome = 'error'";

static const char revise_counts_sql[] =
    "UPDATE upload_history h"
    "   SET valid_records = c.valid, error_records = c.invalid, status = c.status"
    "  FROM unnest($1::text[], $2::int[], $3::int[], $4::text[])"
    "    AS c (upload_id, valid, invalid, status)"
    " WHERE h.upload_id = c.upload_id";

static enum error_code queue_all(struct db *db, struct ledger_verdicts *verdicts, int *queued,
                                 struct error *error)
{
    struct db_array *records = verdicts->records;
    const struct {
        const char *sql;
        struct db_array *arrays[LEDGER_ERROR_ARRAYS];
        size_t count;
    } steps[] = {
        {forget_errors_sql, {&records[0], &records[1]}, 2},
        {revise_records_sql, {&records[0], &records[1], &records[3], &records[4]}, 4},
        {ledger_insert_errors_sql,
         {&verdicts->errors[0], &verdicts->errors[1], &verdicts->errors[2], &verdicts->errors[3],
          &verdicts->errors[4], &verdicts->errors[5], &verdicts->errors[6], &verdicts->errors[7],
          &verdicts->errors[8], &verdicts->errors[9], &verdicts->errors[10]},
         LEDGER_ERROR_ARRAYS},
        {revise_counts_sql,
         {&verdicts->counts[0], &verdicts->counts[1], &verdicts->counts[2], &verdicts->counts[3]},
         LEDGER_COUNT_ARRAYS},
        {"COMMIT", {NULL}, 0},
    };
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && !code; i++) {
        code = ledger_queue(db, steps[i].sql, steps[i].arrays, steps[i].count, error);
        ++*queued;
    }
    return code;
}

/* tests/model: revalidate_settle */
enum error_code ledger_revise(struct pipeline *pipeline, struct batch *batch, bool *raced,
                              struct error *error)
{
    struct ledger_verdicts verdicts;
    *raced = false;
    ledger_verdicts_init(&verdicts);
    enum error_code code =
        ledger_verdicts_fill(&verdicts, batch, world_now_ms(pipeline->world), error);
    if (code || !verdicts.records->count)
        ledger_abandon(pipeline);
    else
        code = ledger_write(pipeline->db, batch, &verdicts, queue_all, raced, error);
    ledger_verdicts_release(&verdicts);
    return code;
}
