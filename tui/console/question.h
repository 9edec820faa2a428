/* A question that y answers with yes and everything a person presses in doubt with no. */
#ifndef INTAKE_TUI_CONSOLE_QUESTION_H
#define INTAKE_TUI_CONSOLE_QUESTION_H

#include <stdbool.h>

#include "tui/console/action.h"

void question_open(struct console *console, struct effect (*answer)(struct console *, bool yes),
                   const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
