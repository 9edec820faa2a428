/* Arguments of screens about a part of an upload: "UPLOAD_... type:INVALID_PRICE field:price". A
 * value comes last and takes all that follows as it stands: "UPLOAD_... field:price value=12.999 or
 * so"; one that is absent is "UPLOAD_... field:price absent". */
#ifndef INTAKE_TUI_SCREENS_UPLOAD_ARGUMENT_H
#define INTAKE_TUI_SCREENS_UPLOAD_ARGUMENT_H

#include "tui/base/filter.h"

struct upload_argument {
    char upload_id[256];
    struct filter narrowed; /* type, field, row */
    const char *value;      /* within the text that was parsed; NULL: any */
    bool absent;
};

void upload_argument_parse(struct upload_argument *argument, const char *text);

#endif
