/* What the doctor says of the session itself: how long the sign-in lasts, the tunnel, the
 * database's token. */
#ifndef INTAKE_TUI_SESSION_SESSION_DOCTOR_H
#define INTAKE_TUI_SESSION_SESSION_DOCTOR_H

#include "core/health/doctor.h"
#include "tui/session/session.h"

/* After doctor_run, whose connections used them. Only what the environment has is said: credentials
 * that end, a tunnel, database_auth = iam. */
void session_doctor(struct session *session, struct doctor_report *report);

#endif
