#include "core/history/rates.h"

#include <string.h>

#include "sql/db.h"

static const char rates_sql[] =
    "SELECT (uploads * 3600 / seconds)::bigint AS uploads, (1000 * records / seconds)::bigint AS millis"
    " FROM (SELECT count(*) AS uploads, coalesce(sum(valid_records + error_records), 0) AS records,"
    "   CASE WHEN count(*) < 2000 THEN 600"
    "     ELSE greatest(1, extract(epoch FROM now() - min(upload_timestamp))) END AS seconds"
    "   FROM (SELECT upload_timestamp, valid_records, error_records FROM upload_history"
    "     WHERE upload_timestamp >= now() - interval '10 minutes'"
    "     ORDER BY upload_timestamp DESC, upload_id DESC LIMIT 2000) newest) r";

enum error_code upload_rates_read(struct db *db, struct upload_rates *rates, struct error *error)
{
    struct db_result result = DB_RESULT_INIT;
    memset(rates, 0, sizeof *rates);
    enum error_code code = db_query(db, rates_sql, NULL, &result, error);
    if (!code) {
        rates->uploads_per_hour = db_row_int(&result, 0, "uploads");
        rates->records_per_second = (double)db_row_int(&result, 0, "millis") / 1000;
    }
    db_result_release(&result);
    return code;
}
