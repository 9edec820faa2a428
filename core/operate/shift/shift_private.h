/* What the operations of a shift share. */
#ifndef INTAKE_CORE_OPERATE_SHIFT_SHIFT_PRIVATE_H
#define INTAKE_CORE_OPERATE_SHIFT_SHIFT_PRIVATE_H

#include "core/operate/shift/shift.h"

/* ERROR_USAGE: it is empty, too long, or not UTF-8. `what` names it. */
MUST_CHECK enum error_code shift_text_check(const char *what, const char *text,
                                            struct error *error);
/* A column of the row, kept in the plan's memory; NULL for NULL. */
MUST_CHECK enum error_code shift_keep(struct arena *memory, const struct db_result *row,
                                      const char *column, const char **out, struct error *error);
/* ERROR_NOT_FOUND with what is near where there is no such upload. */
MUST_CHECK enum error_code shift_upload_check(struct pipeline *pipeline, const char *upload_id,
                                              struct error *error);
/* Runs a statement that returns `at` and `by` of the one row it wrote; none was written is
 * ERROR_CONFLICT with that sentence. */
MUST_CHECK enum error_code shift_write(struct pipeline *pipeline, const char *sql,
                                       const struct db_params *params, const char *conflict,
                                       struct shift_result *result, struct error *error);
/* The audit log's row. `plan` is released. */
MUST_CHECK enum error_code shift_conclude(struct pipeline *pipeline, const char *action,
                                          const char *target, const char *reason,
                                          enum error_code failed, struct buffer *plan,
                                          const struct shift_result *result, struct error *error);

#endif
