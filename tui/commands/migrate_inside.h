/* `intake migrate --in-account`: the same by the function that reaches a private database. */
#ifndef INTAKE_TUI_COMMANDS_MIGRATE_INSIDE_H
#define INTAKE_TUI_COMMANDS_MIGRATE_INSIDE_H

#include <stdbool.h>

#include "tui/cli/command.h"

/* `look` changes nothing. Answers an exit code. */
int migrate_inside(struct command_call *call, bool look);

#endif
