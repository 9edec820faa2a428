/* The pieces that every man page is made of. Source: man(7). */
#ifndef INTAKE_TUI_MANUAL_TEXT_H
#define INTAKE_TUI_MANUAL_TEXT_H

struct output;

/* Hyphens that are typed, backslashes, and dots at the start of a line; an empty line is a
 * paragraph. */
void man_text(struct output *output, const char *text);
/* `before` as it is, `text` as man_text has it, a newline. */
void man_line(struct output *output, const char *before, const char *text);
void man_title(struct output *output, const char *name, int section);

#endif
