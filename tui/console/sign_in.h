/* The code of an MFA device, wanted by a worker and asked for on the screen. */
#ifndef INTAKE_TUI_CONSOLE_SIGN_IN_H
#define INTAKE_TUI_CONSOLE_SIGN_IN_H

#include "aws/credentials.h"

struct console;

/* A credentials_code_fn for workers; `context` is the console's wake_write. A question that was not
 * answered is not asked again for five minutes. */
MUST_CHECK enum error_code sign_in_ask(void *context, const char *serial,
                                       const struct cancel *cancel,
                                       char code[CREDENTIALS_CODE_SIZE], struct error *error);

/* On the screen's thread: opens the prompt where a worker waits and nothing else lies over the
 * screen. */
void sign_in_look(struct console *console);

#endif
