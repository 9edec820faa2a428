/* The actions on one upload or one vendor, each opened with its plan. */
#ifndef INTAKE_TUI_SCREENS_PLANS_H
#define INTAKE_TUI_SCREENS_PLANS_H

#include "core/vendor_action.h"
#include "tui/screens/plan.h"

/* The notification desk: exact text, recipients, cool-down; then sends. */
struct effect plan_notify(struct console *console, const char *upload_id);
/* Both report files rebuilt from the database. */
struct effect plan_report(struct console *console, const char *upload_id);
/* Rejected records judged as rules and catalogue stand now; or those that never got an outcome. */
struct effect plan_revalidate(struct console *console, const char *upload_id, bool pending);
/* The draft of an upload's mended file, judged, then sent as a new upload and followed to its end. */
struct effect plan_submit(struct console *console, const char *upload_id);
struct effect plan_vendor(struct console *console, enum vendor_action action,
                          const char *vendor_id);

#endif
