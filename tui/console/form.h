/* Several lines of input, one after the other: prompts for what an action wants to know first. */
#ifndef INTAKE_TUI_CONSOLE_FORM_H
#define INTAKE_TUI_CONSOLE_FORM_H

#include "tui/console/action.h"

#define FORM_FIELDS_MOST 4

struct form_field {
    const char *label; /* static */
    const char *hint;  /* shown while the line is empty; NULL for none */
    bool wanted;       /* an empty line ends the form, as Esc does */
};

/* `entered` is called once all are given, with as many values; they live during the call. */
struct form_spec {
    const struct form_field *fields;
    size_t count;
    struct effect (*entered)(struct console *console, const char *const *values);
};

/* `spec` is static. */
struct effect form_open(struct console *console, const struct form_spec *spec);

#endif
