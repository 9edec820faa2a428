#include "core/history/report_find.h"

#include <string.h>

#include "core/record/names.h"

enum error_code report_find(const struct upload *upload, enum report_kind kind,
                            char key[REPORT_KEY_SIZE], struct error *error)
{
    bool processing = strcmp(upload->status, "processing") == 0;
    if (upload->failure_reason && upload->error_records == 0)
        return error_set(error, ERROR_NOT_FOUND, "%s has no report: its file was refused: %s",
                         upload->upload_id, upload->failure_reason);
    if (!upload->error_file_s3_key && upload->error_records == 0)
        return error_set(error, ERROR_NOT_FOUND, "%s has no report: it has no errors%s",
                         upload->upload_id, processing ? " so far" : "");
    if (!upload->error_file_s3_key && processing)
        return error_set(error, ERROR_NOT_FOUND,
                         "%s has no report yet: it is still processing; try again in a minute",
                         upload->upload_id);
    if (kind == REPORT_REJECTED)
        rejected_key_format(upload->vendor_id, upload->upload_id, key);
    else
        report_key_format(upload->vendor_id, upload->upload_id, key);
    return ERROR_NONE;
}
