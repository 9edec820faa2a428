#include "core/operate/audit.h"

#include "core/base/point.h"
#include "sql/db.h"

enum error_code audit_write(struct db *db, const struct audit_note *note, struct error *error)
{
    struct db_params params = DB_PARAMS_INIT;
    db_param_text(&params, note->action);
    db_param_text(&params, note->target);
    db_param_text(&params, note->reason);
    db_param_text(&params, note->plan);
    db_param_text(&params, note->outcome);
    db_param_text(&params, note->detail);
    point_reached("before an action is audited");
    enum error_code code =
        db_query(db,
                 "INSERT INTO audit_log (action, target, reason, plan, outcome, detail)"
                 " VALUES ($1, $2, $3, $4::jsonb, $5, $6::jsonb)",
                 &params, NULL, error);
    point_reached("after an action is audited");
    return code ? error_wrap(error, "cannot write the audit log") : ERROR_NONE;
}

enum error_code audit_write_last(struct db *db, const struct cancel *watched,
                                 const struct audit_note *note, struct error *error)
{
    db_watch(db, NULL);
    db_pipeline_end(db);
    db_rollback(db);
    enum error_code code = db_ensure(db, error);
    if (!code)
        code = audit_write(db, note, error);
    db_watch(db, watched);
    return code;
}
