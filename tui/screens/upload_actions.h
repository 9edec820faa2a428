/* What can be done to the upload under the cursor: the same keys on every screen about uploads. */
#ifndef INTAKE_TUI_SCREENS_UPLOAD_ACTIONS_H
#define INTAKE_TUI_SCREENS_UPLOAD_ACTIONS_H

#include "tui/console/action.h"

extern const struct action_table upload_actions;

#endif
