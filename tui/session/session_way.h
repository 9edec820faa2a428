/* The way to the database that a session's configuration names: `tunnel`, `database_auth`. For
 * tui/session/ alone. */
#ifndef INTAKE_TUI_SESSION_SESSION_WAY_H
#define INTAKE_TUI_SESSION_SESSION_WAY_H

#include "sql/db.h"

struct session;

/* NULL where the configuration names neither. `tokens`: with database_auth, for logins of people
 * (not the owner's, who has a password). May ask CloudFormation for the instance. The result is the
 * session's own and lives as long as it does. */
MUST_CHECK enum error_code session_way(struct session *session, bool tokens,
                                       const struct db_way **way, struct error *error);
/* Whether people's logins go by IAM. */
bool session_by_iam(const struct session *session);
bool session_has_tunnel(const struct session *session);

#endif
