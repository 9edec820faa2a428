/* Ids that lead to screens: pasted, typed into the palette, or under the cursor. */
#ifndef INTAKE_TUI_CONSOLE_JUMP_H
#define INTAKE_TUI_CONSOLE_JUMP_H

#include <stddef.h>

#include "tui/console/relations.h"

struct console;
struct effect;

/* Opens what the text names (tui/base/ids.h: id_find). */
struct effect console_jump(struct console *console, const char *text);
/* Says where console_jump would lead: "the vendor VEND001"; "" for nothing. */
void console_jump_says(const char *text, char *out, size_t size);
/* All ids of what is under the cursor of the current screen. */
void console_jump_ids(const struct console *console, struct id_set *set);
/* Opens the first that the ids lead to; a toast where they lead nowhere. */
struct effect console_jump_first(const struct id_set *set);
/* Opens where a relation leads; a toast where it does not lead anywhere. */
struct effect console_jump_go(const struct relation *relation, const struct id_set *set);

#endif
