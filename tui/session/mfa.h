/* The code of an MFA device, asked for on the terminal of a command. */
#ifndef INTAKE_TUI_SESSION_MFA_H
#define INTAKE_TUI_SESSION_MFA_H

#include "aws/credentials.h"

/* A credentials_code_fn: the question goes to the terminal, not to standard output or error. Three
 * answers that are no six digits, a cancel, or no terminal end it. */
MUST_CHECK enum error_code mfa_ask_terminal(void *context, const char *serial,
                                            const struct cancel *cancel,
                                            char code[CREDENTIALS_CODE_SIZE], struct error *error);

/* Whether the text is a code, white space around it aside; copied to `code` then. */
bool mfa_code_read(const char *text, char code[CREDENTIALS_CODE_SIZE]);

#endif
