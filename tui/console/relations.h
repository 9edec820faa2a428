/* What an id leads to: one table for the jump menu, the palette and what is pasted. Pure. */
#ifndef INTAKE_TUI_CONSOLE_RELATIONS_H
#define INTAKE_TUI_CONSOLE_RELATIONS_H

#include "tui/base/ids.h"

/* Offered where everything that the templates name in braces is known. Of each kind the first
 * relation is the thing itself. */
struct relation {
    char key;
    const char *word;
    const char *screen;
    const char *argument; /* template */
    const char *filter;   /* template; NULL: none */
};

const struct relation *relation_at(size_t index); /* NULL at the end */
/* Where a single id leads; NULL for ID_NONE. */
const struct relation *relation_of(enum id_kind kind);
/* False where something is not known, or does not fit. Quotes cannot be said in a filter and go. */
bool relation_fill(const char *filled, const struct id_set *set, char *out, size_t size);

#endif
