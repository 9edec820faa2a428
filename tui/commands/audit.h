/* The members of a row of the audit log, for the commands that show some. */
#ifndef INTAKE_TUI_COMMANDS_AUDIT_H
#define INTAKE_TUI_COMMANDS_AUDIT_H

#include "core/base/buffer.h"

/* Of a struct audit_entry. */
void audit_entry_json(struct buffer *out, const void *listed);

#endif
