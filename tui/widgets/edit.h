/* A line of text being typed: UTF-8, a cursor, the usual Emacs keys, a history. */
#ifndef INTAKE_TUI_WIDGETS_EDIT_H
#define INTAKE_TUI_WIDGETS_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#define EDIT_SIZE 256

struct edit {
    char text[EDIT_SIZE];
    size_t length, cursor; /* bytes */
};

void edit_set(struct edit *edit, const char *text);
/* Puts `text` in place of what lies between `from` and the cursor, where there is room for it. */
void edit_replace(struct edit *edit, size_t from, const char *text);
/* True when the key was one of its own (the text or the cursor may have changed). */
bool edit_key(struct edit *edit, int key);
/* Draws it at (y, x) in `width` columns; returns the column of the cursor. */
int edit_draw(const struct edit *edit, int y, int x, int width);

#endif
