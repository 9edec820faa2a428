/* Words as a POSIX shell takes them back, for commands that are copied and pasted. */
#ifndef INTAKE_TUI_SHELL_TEXT_H
#define INTAKE_TUI_SHELL_TEXT_H

#include "core/base/buffer.h"

/* Appends the word: bare where every byte of it is plain, else in single quotes. */
void shell_append(struct buffer *line, const char *word);

#endif
