#include "core/health/doctor_private.h"

#define UNFOLDED_MOST 200000

/* What costs little whatever the history: the uploads of today and yesterday are counted, and of
 * the vendors of the newest ones the days are added up. `intake recount` compares all of it. */
static const char counters_sql[] =
    "WITH since AS (SELECT (now() AT TIME ZONE 'UTC')::date - 1 AS day),"
    " counted AS (SELECT coalesce(h.vendor_id, '') AS vendor_id,"
    "   (h.upload_timestamp AT TIME ZONE 'UTC')::date AS day, count(*) AS uploads,"
    "   sum(h.total_records) AS records, sum(h.error_records) AS errors"
    "   FROM upload_history h"
    "  WHERE h.upload_timestamp >= (SELECT day FROM since)::timestamp AT TIME ZONE 'UTC'"
    "  GROUP BY 1, 2),"
    " kept AS (SELECT * FROM vendor_day_counts WHERE day >= (SELECT day FROM since)),"
    " newest AS (SELECT DISTINCT vendor_id FROM (SELECT coalesce(vendor_id, '') AS vendor_id"
    "   FROM upload_history ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 20) n),"
    " wrong AS (SELECT vendor_id FROM kept k FULL JOIN counted c USING (vendor_id, day)"
    "    WHERE coalesce(k.uploads, 0) <> coalesce(c.uploads, 0)"
    "       OR coalesce(k.records, 0) <> coalesce(c.records, 0)"
    "       OR coalesce(k.errors, 0) <> coalesce(c.errors, 0)"
    "  UNION SELECT vendor_id FROM newest n CROSS JOIN LATERAL"
    "     (SELECT sum(uploads) AS uploads, sum(records) AS records, sum(errors) AS errors,"
    "             sum(products) AS products FROM vendor_days d WHERE d.vendor_id = n.vendor_id) d"
    "     LEFT JOIN vendor_totals t USING (vendor_id)"
    "    WHERE (d.uploads, d.records, d.errors, d.products)"
    "          IS DISTINCT FROM (t.uploads, t.records, t.errors, t.products))"
    " SELECT (SELECT count(*) FROM wrong) AS wrong, (SELECT min(vendor_id) FROM wrong) AS example,"
    "        (SELECT count(DISTINCT vendor_id) FROM (SELECT vendor_id FROM counted"
    "            UNION SELECT vendor_id FROM newest) v) AS vendors,"
    "        (SELECT count(*) FROM vendor_deltas) AS unfolded";

void doctor_see_counters(struct doctor_visit *visit)
{
    struct error error = ERROR_INIT;
    struct db_result row = DB_RESULT_INIT;
    if (db_query(visit->db, counters_sql, NULL, &row, &error)) {
        doctor_unseen(visit, "counters", &error, "intake migrate");
        db_result_release(&row);
        return;
    }
    int64_t wrong = db_row_int(&row, 0, "wrong"), unfolded = db_row_int(&row, 0, "unfolded");
    const char *example = wrong ? db_row_text(&row, 0, "example") : "";
    if (wrong)
        doctor_add(visit, "counters", DOCTOR_WARN, "intake recount --dry-run; intake recount",
                   "those of %lld vendors differ from the rows, for example %s", (long long)wrong,
                   example[0] ? example : "of uploads without a vendor");
    else
        doctor_expect(visit, "counters", unfolded < UNFOLDED_MOST, DOCTOR_WARN,
                      "intake logs error-processor --since 1h: the sweep folds them",
                      "compared for %lld vendors of the last two days; %lld changes not folded yet",
                      (long long)db_row_int(&row, 0, "vendors"), (long long)unfolded);
    db_result_release(&row);
}
