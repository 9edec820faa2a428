/* One value of a rejected record, typed at the foot of its page into the upload's draft. */
#ifndef INTAKE_TUI_SCREENS_RECORD_EDIT_H
#define INTAKE_TUI_SCREENS_RECORD_EDIT_H

#include "tui/console/screen.h"

/* Of the column under the cursor of the record's page. */
struct effect record_edit(struct console *console, struct screen *screen);

#endif
