/* `submit --made-of`: the upload that the submitted file fixes. */
#ifndef INTAKE_TUI_COMMANDS_SUBMIT_MADE_OF_H
#define INTAKE_TUI_COMMANDS_SUBMIT_MADE_OF_H

#include "core/operate/submit.h"
#include "tui/session/session.h"

/* Before anything is sent. ERROR_NOT_FOUND with what is near: there is no such upload. */
MUST_CHECK enum error_code made_of_check(struct session *session, const char *made_of,
                                         struct error *error);
/* Once the file is put; nothing is written of one that was not. */
MUST_CHECK enum error_code made_of_write(struct session *session, const char *bucket,
                                         const struct submission *submission, const char *made_of,
                                         struct error *error);

#endif
