/* Vendors by what people typed for their ids. */
#ifndef INTAKE_CORE_HISTORY_VENDORS_FIND_H
#define INTAKE_CORE_HISTORY_VENDORS_FIND_H

#include <stdbool.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct db;

/* What people typed for vendors, alternatives in it, as the ids that exist, whatever the case:
 * taken from `arena`, and *changed is set where it differs. One that has neither a row nor an
 * upload is ERROR_NOT_FOUND with what is near. NULL stays. */
MUST_CHECK enum error_code vendors_find(struct db *db, struct arena *arena, const char **vendors,
                                        bool *changed, struct error *error);

/* ERROR_NOT_FOUND with the ids that are near; another error where the database does not tell. */
MUST_CHECK enum error_code vendor_missing(struct db *db, const char *vendor, struct error *error);

#endif
