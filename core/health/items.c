/* Whether ledger and items agree. */
#include "core/base/world.h"
#include "core/health/doctor_private.h"
#include "core/pipeline/items_compare.h"

#define ITEMS_COMPARED 4000

/* Uploads whose items were doubted, then the latest ones, of so many records together. */
static const char compared_sql[] =
    "SELECT upload_id FROM ("
    " SELECT upload_id, sum(total_records) OVER"
    "        (ORDER BY items_doubted_at DESC NULLS LAST, upload_timestamp DESC, upload_id) AS so_far"
    "   FROM (SELECT upload_id, total_records, items_doubted_at, upload_timestamp"
    "           FROM upload_history WHERE items_doubted_at IS NOT NULL"
    "         UNION"
    "         (SELECT upload_id, total_records, items_doubted_at, upload_timestamp"
    "            FROM upload_history WHERE status <> 'processing' AND total_records > 0"
    "           ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 10)) AS chosen) AS summed"
    " WHERE so_far <= $1 LIMIT 20";

void doctor_see_items(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_params params = DB_PARAMS_INIT;
    struct db_result uploads = DB_RESULT_INIT;
    struct pipeline pipeline = {.aws = visit->aws,
                                .db = visit->db,
                                .settings = visit->settings,
                                .world = &world_real,
                                .cancel = visit->cancel};
    int64_t differ = 0;
    char remedy[UPLOAD_ID_SIZE + 48] = "intake revalidate ID --pending";
    if (!visit->db)
        return;
    db_param_int(&params, ITEMS_COMPARED);
    enum error_code code = db_query(visit->db, compared_sql, &params, &uploads, &error);
    for (int row = 0; row < uploads.count && !code; row++) {
        int64_t count = 0;
        const char *upload_id = db_row_text(&uploads, row, "upload_id");
        code = items_compare(&pipeline, upload_id, NULL, &count, &error);
        if (!code && count && !differ)
            snprintf(remedy, sizeof remedy, "intake revalidate %s --pending", upload_id);
        differ += count;
    }
    if (code)
        doctor_unseen(visit, "items and ledger", &error, "intake doctor");
    else
        doctor_expect(visit, "items and ledger", differ == 0, DOCTOR_WARN, remedy,
                      "%lld items of the last %d uploads do not have their final status",
                      (long long)differ, uploads.count);
    db_result_release(&uploads);
}
