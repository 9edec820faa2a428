/* Arguments of screens about a part of an upload: "UPLOAD_... type:INVALID_PRICE field:price". */
#ifndef INTAKE_TUI_SCREENS_UPLOAD_ARGUMENT_H
#define INTAKE_TUI_SCREENS_UPLOAD_ARGUMENT_H

#include "tui/console_filter.h"

struct upload_argument {
    char upload_id[256];
    struct filter narrowed; /* type, field, row */
};

void upload_argument_parse(struct upload_argument *argument, const char *text);

#endif
