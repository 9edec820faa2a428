#include "tui/commands/submit_made_of.h"

#include "core/history/history.h"
#include "core/operate/shift/shift.h"

enum error_code made_of_check(struct session *session, const char *made_of, struct error *error)
{
    struct upload_detail detail = {.pending_records = 0};
    struct db *db = NULL;
    enum error_code code = session_database(session, &db, error);
    if (!code)
        code = upload_find(db, made_of, &detail, error);
    upload_detail_release(&detail);
    return code;
}

enum error_code made_of_write(struct session *session, const char *bucket,
                              const struct submission *submission, const char *made_of,
                              struct error *error)
{
    struct db *db = NULL;
    if (!submission->sent)
        return ERROR_NONE;
    enum error_code code = session_database(session, &db, error);
    if (!code)
        code = fixed_upload_write(db, bucket, submission, made_of, error);
    return code ? error_wrap(error, "uploaded, but not linked with %s", made_of) : code;
}
