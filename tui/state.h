/* What the console remembers between two runs, under $XDG_STATE_HOME/intake, readable by its owner
 * alone: theme, filter history, saved views. A broken or missing file is an empty memory. */
#ifndef INTAKE_TUI_STATE_H
#define INTAKE_TUI_STATE_H

#include <stdbool.h>
#include <stddef.h>

#define STATE_HISTORY 40
#define STATE_VIEWS 24

struct state_view {
    char *name, *screen, *argument, *filter;
};

struct state {
    char *path; /* NULL where there is no home */
    char *theme;
    char *history[STATE_HISTORY]; /* filters, newest first */
    size_t history_count;
    struct state_view views[STATE_VIEWS];
    size_t view_count;
    bool changed;
};

void state_load(struct state *state);
/* Writes it where something changed (a new file renamed over the old one). */
void state_save(struct state *state);
void state_release(struct state *state);

void state_remember_filter(struct state *state, const char *filter);
void state_set_theme(struct state *state, const char *theme);
/* Replaces the view of that name. */
void state_save_view(struct state *state, const char *name, const char *screen,
                     const char *argument, const char *filter);
void state_drop_view(struct state *state, const char *name);

#endif
