/* What a check by the live catalogue asks the database, over a connection of its own: one for each
 * worker. */
#ifndef INTAKE_TUI_SESSION_CHECK_DATABASE_H
#define INTAKE_TUI_SESSION_CHECK_DATABASE_H

#include "core/base/error.h"
#include "core/operate/check/check.h"
#include "core/record/categories.h"
#include "core/record/refusal.h"
#include "tui/session/session.h"

struct check_database;

MUST_CHECK enum error_code check_database_new(struct session *session, struct check_database **out,
                                              struct error *error);
void check_database_free(struct check_database *database);

/* The catalogue's SKUs and product ids; lives as long as `database`. */
const struct check_lookup *check_database_lookup(struct check_database *database);

/* UNKNOWN_VENDOR or VENDOR_NOT_ACTIVE, where the name is good and its vendor is not. */
MUST_CHECK enum error_code check_database_vendor(struct check_database *database, const char *path,
                                                 const char *vendor_id, struct refusal *refusal,
                                                 struct error *error);

/* The active categories. */
MUST_CHECK enum error_code check_database_categories(struct session *session,
                                                     struct categories *categories,
                                                     struct error *error);

#endif
