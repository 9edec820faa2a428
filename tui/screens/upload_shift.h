/* What people said of an upload, on its page. */
#ifndef INTAKE_TUI_SCREENS_UPLOAD_SHIFT_H
#define INTAKE_TUI_SCREENS_UPLOAD_SHIFT_H

#include "core/history/shift.h"
#include "tui/widgets/document.h"

/* Acknowledged, assigned, which upload it fixes and which one fixes it: fields of the head. */
void upload_shift_fields(struct document *document, const struct upload_shift *shift);
/* The newest notes, a section of their own; nothing where there are none. */
void upload_shift_notes(struct document *document, const char *upload_id,
                        const struct upload_shift *shift);

#endif
