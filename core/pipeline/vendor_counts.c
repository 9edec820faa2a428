#include "core/pipeline/vendor_counts.h"

enum { AT_ONCE = 20000 };

enum error_code vendor_counts_fold(struct pipeline *pipeline, int64_t *folded, struct error *error)
{
    enum error_code code = db_ensure(pipeline->db, error);
    int64_t last = AT_ONCE;
    for (*folded = 0; !code && last == AT_ONCE; *folded += last) {
        struct db_params params = DB_PARAMS_INIT;
        struct db_result row = DB_RESULT_INIT;
        db_param_int(&params, AT_ONCE);
        code = pipeline_check(pipeline, error);
        if (!code)
            code = db_query(pipeline->db, "SELECT vendor_counts_fold($1::integer)", &params, &row,
                            error);
        last = code ? 0 : db_result_int(&row, 0, 0);
        db_result_release(&row);
    }
    return code;
}
