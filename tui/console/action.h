/* An action is one row of a table. Key hints, the help screen, the palette and the role check are
 * derived from it; there is no second list. */
#ifndef INTAKE_TUI_CONSOLE_ACTION_H
#define INTAKE_TUI_CONSOLE_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/operate/role.h"

struct console;
struct screen;

enum action_flag {
    ACTION_CHANGES = 1, /* writes: refused in read-only, never on a key beside a movement */
    ACTION_HINT = 2,    /* worth a place in the hint line */
    ACTION_MOVES = 4,   /* a movement: left out of the palette */
    ACTION_GOES = 8,    /* to a screen that the palette names itself */
    ACTION_OF_ROW = 16  /* about the rows that show, as all of a list's own actions are */
};

/* What a handler wants done. The loop does it; handlers draw nothing. */
enum effect_kind {
    EFFECT_NONE,
    EFFECT_REDRAW,
    EFFECT_PUSH,    /* open `screen` with `text` as its argument */
    EFFECT_REPLACE, /* the same in place of the current one */
    EFFECT_POP,
    EFFECT_QUIT,
    EFFECT_TOAST,  /* say `text` in `tone` */
    EFFECT_COPY,   /* put `text` on the clipboard (OSC 52) */
    EFFECT_PAGER,  /* show `text` in $PAGER */
    EFFECT_REPAINT /* clear the terminal and draw all of it */
};

struct effect {
    enum effect_kind kind;
    const char *screen; /* a screen's name, static */
    char *text;         /* heap, the loop frees it */
    char *filter;       /* of a list that is pushed, heap; NULL: all of it */
    char *row;          /* the key of its row to stand on, heap; NULL: the first */
    int tone;           /* enum theme_tone */
};

struct action {
    const char *name; /* the palette's word */
    const char *keys; /* names separated by spaces, the first is the one that is shown */
    const char *help; /* one line, in the operator's words */
    enum role role;
    unsigned flags;
    struct effect (*run)(struct console *console, struct screen *screen);
};

struct action_table {
    const struct action *rows;
    size_t count;
};

#define ACTION_TABLE(rows)                       \
    {                                            \
        (rows), sizeof(rows) / sizeof((rows)[0]) \
    }

/* Other words for the action in the palette, those of other tools among them, separated by spaces;
 * NULL for none. One table in action.c holds them. */
const char *action_aliases(const char *name);
/* Its rows, for the tests: false at the end. */
bool action_alias_at(size_t index, const char **name, const char **aliases);

/* A handler that is one expression of `console` and `screen`. */
#define ACTION(name, expression)                                              \
    static struct effect name(struct console *console, struct screen *screen) \
    {                                                                         \
        (void)console;                                                        \
        (void)screen;                                                         \
        return (expression);                                                  \
    }

/* The actions every screen has (tui/console/actions.c). */
extern const struct action_table console_actions;

struct effect effect_none(void);
struct effect effect_redraw(void);
struct effect effect_push(const char *screen, const char *argument);
/* Opens a list narrowed by `filter`; NULL or "" for none. */
struct effect effect_push_filtered(const char *screen, const char *argument, const char *filter);
struct effect effect_pop(void);
struct effect effect_toast(int tone, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct effect effect_text(enum effect_kind kind, char *text); /* takes `text` */

/* The keys of the action: the configuration's (keys.NAME), else the table's. */
const char *action_keys(const struct action *action);
/* Sets keys of all actions of that name, for good; both texts must outlive the program's run. */
void action_keys_set(const char *name, const char *keys);

/* NULL where no row has that key or name. */
const struct action *action_by_key(struct action_table table, int key);
const struct action *action_by_name(struct action_table table, const char *name);
/* Why `action` may not run for somebody of `role`, or NULL when it may. */
const char *action_refusal(const struct action *action, enum role role, bool read_only);

#endif
