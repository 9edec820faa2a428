/* What can be done to the vendor under the cursor, on every screen about vendors. */
#ifndef INTAKE_TUI_SCREENS_VENDOR_ACTIONS_H
#define INTAKE_TUI_SCREENS_VENDOR_ACTIONS_H

#include "tui/console/action.h"

extern const struct action_table vendor_actions;

#endif
