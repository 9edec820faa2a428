/* What the console remembers between two runs, under $XDG_STATE_HOME/intake, readable by its owner
 * alone: theme, filter history, saved views, how each screen was arranged. A missing file is an
 * empty memory; one that is damaged is put aside before a new one is written; one that cannot be
 * read or is of a later version stays as it is. */
#ifndef INTAKE_TUI_SESSION_STATE_H
#define INTAKE_TUI_SESSION_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

#define STATE_HISTORY 40
#define STATE_VIEWS 25 /* the one of before among them */
#define STATE_LAYOUTS 32
#define STATE_LAST "last" /* the view that was left with the program */

/* `columns` are names with spaces between them, `sort` is a name, "-name" for the highest first;
 * both "" for what the screen has by itself. */
struct state_view {
    char *name, *screen, *argument, *filter, *columns, *sort;
};

struct state_layout {
    char *screen, *columns, *sort;
};

struct state {
    char *path; /* NULL where there is no home */
    char *theme;
    char *history[STATE_HISTORY]; /* filters, newest first */
    size_t history_count;
    struct state_view views[STATE_VIEWS];
    size_t view_count;
    struct state_layout layouts[STATE_LAYOUTS]; /* the one changed last is the last */
    size_t layout_count;
    char *unknown; /* members of a later version, as text that begins with a comma; NULL: none */
    bool changed;
    bool broken;       /* the file is damaged */
    bool locked;       /* the file must not be written */
    char trouble[400]; /* what is wrong with the file, for people; "" for nothing */
};

void state_load(struct state *state);
/* Writes it where something changed (a new file renamed over the old one). */
MUST_CHECK enum error_code state_save(struct state *state, struct error *error);
void state_release(struct state *state);

void state_remember_filter(struct state *state, const char *filter);
void state_set_theme(struct state *state, const char *theme);
/* Takes its texts, in place of the view of that name. False where there are too many; STATE_LAST
 * has room. */
bool state_save_view(struct state *state, struct state_view view);
/* Of that name, or NULL. */
const struct state_view *state_find_view(const struct state *state, const char *name);
void state_drop_view(struct state *state, const char *name);
void state_set_layout(struct state *state, const char *screen, const char *columns,
                      const char *sort);
/* How the screen was arranged, or NULL. */
const struct state_layout *state_find_layout(const struct state *state, const char *screen);

#endif
