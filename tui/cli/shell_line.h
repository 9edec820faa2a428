/* A command as a person can paste it into a shell: every value quoted where it must be. Pure. */
#ifndef INTAKE_TUI_CLI_SHELL_LINE_H
#define INTAKE_TUI_CLI_SHELL_LINE_H

#include <stdint.h>

#include "core/base/buffer.h"

/* The text as one word of bash and zsh (and of every other shell, but for control characters): bare
 * where nothing in it means anything, else in single quotes, with $'...' where a terminal would
 * take a byte of it for a command of its own. */
void shell_quote(struct buffer *out, const char *text);
/* " --name value", or "--name=value" where the value looks like an option; nothing for NULL. */
void shell_option(struct buffer *out, const char *name, const char *value);

struct shell_line {
    struct buffer text;
    bool lacking; /* something was to be said that the command has no words for */
};

void shell_line_begin(struct shell_line *line, const char *command);
void shell_line_operand(struct shell_line *line, const char *value);
/* --name value; nothing for NULL. */
void shell_line_option(struct shell_line *line, const char *name, const char *value);
/* What the filter says of a key, as that option; a line that one option cannot say is lacking. */
struct filter;
void shell_line_term(struct shell_line *line, const char *name, const struct filter *filter,
                     const char *key);
/* The same with a moment as filters take it (tui/base/filter.h); nothing where it is none. */
void shell_line_moment(struct shell_line *line, const char *name, const char *value,
                       int64_t now_ms);
/* What the command has no option for: nothing for NULL. */
void shell_line_lack(struct shell_line *line, const char *value);
/* The line, heap; NULL where something is lacking, for what is no equal is no equivalent. */
char *shell_line_end(struct shell_line *line);

/* `line` with the first word of `argument` in place of its %s, heap. */
char *shell_line_filled(const char *line, const char *argument);

#endif
