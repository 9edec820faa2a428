/* What happened to an upload, in order, each line leading to where more of it is said. */
#ifndef INTAKE_TUI_SCREENS_UPLOAD_TIMELINE_H
#define INTAKE_TUI_SCREENS_UPLOAD_TIMELINE_H

#include "core/history/history.h"
#include "core/history/timeline.h"
#include "tui/widgets/document.h"

/* With the dead letters that a peek has seen. On a worker. */
void upload_timeline_add(struct document *document, const struct upload *upload,
                         const struct timeline *timeline);
/* The dead letters alone; false where none is known. */
bool upload_messages_add(struct document *document, const char *upload_id,
                         const struct timeline *timeline);

#endif
