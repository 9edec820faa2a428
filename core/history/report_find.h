/* Where an upload's report files lie, for those who read them. */
#ifndef INTAKE_CORE_HISTORY_REPORT_FIND_H
#define INTAKE_CORE_HISTORY_REPORT_FIND_H

#include "core/history/history.h"
#include "core/pipeline/report.h"

/* Larger ones are not read into memory. */
#define REPORT_FILE_MAX ((size_t)256 * 1024 * 1024)

/* The key of that file of an upload that was read with upload_find. ERROR_NOT_FOUND says why there
 * is none: the file was refused, it has no errors, it is processing. */
MUST_CHECK enum error_code report_find(const struct upload *upload, enum report_kind kind,
                                       char key[REPORT_KEY_SIZE], struct error *error);

#endif
