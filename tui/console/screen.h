/* A screen is a `const struct screen_ops` and private state. To add one: a file in tui/screens/ and
 * its line in screens.def. */
#ifndef INTAKE_TUI_CONSOLE_SCREEN_H
#define INTAKE_TUI_CONSOLE_SCREEN_H

#include <stdbool.h>
#include <stdint.h>

#include "tui/console/action.h"
#include "tui/widgets/draw.h"

struct console;
struct filter_words;
struct freshness;
struct id_set;

struct screen {
    const struct screen_ops *ops;
    struct console *console;
    uint64_t id;    /* never used twice: how results find their way home */
    char *argument; /* what it was opened with, never NULL */
    void *state;
};

/* The keys that move are the same on every screen that has lines (tui/console/movement.h). */
enum movement {
    MOVE_UP,
    MOVE_DOWN,
    MOVE_PAGE_UP,
    MOVE_PAGE_DOWN,
    MOVE_HALF_UP,
    MOVE_HALF_DOWN,
    MOVE_FIRST, /* of all there is, not of what is loaded */
    MOVE_LAST
};

#define LAYOUT_SIZE 256

/* Which columns show and what they are sorted by, in the words of tui/session/state.h. */
struct screen_layout {
    char columns[LAYOUT_SIZE], sort[64];
};

struct screen_ops {
    const char *name;     /* the palette's word */
    const char *aliases;  /* other words for it, separated by spaces; NULL: none */
    const char *title;    /* shown above the pane */
    const char *help;     /* one line of the help screen */
    const char *argument; /* what it wants to be opened with ("UPLOAD"), NULL for nothing */
    bool inner;           /* opened by other screens alone: not in the palette */
    const struct action_table *actions; /* its own, looked up first; NULL for none */
    const struct action_table *kind;    /* those of the kind it is built on, NULL for none */
    const void *spec;                   /* of that widget */
    void (*open)(struct screen *screen);
    void (*close)(struct screen *screen);
    void (*draw)(struct screen *screen, struct area area);
    void (*move)(struct screen *screen, enum movement movement); /* NULL: it has no lines */
    /* Starts what is due and says when to come again, in ms (negative: not by itself). Never
     * waits. */
    int64_t (*tick)(struct screen *screen, int64_t now_ms);
    struct effect (*filter)(struct screen *screen, const char *text, bool final);
    void (*select)(struct screen *screen, const char *key); /* to stand on once it is there */
    struct effect (*click)(struct screen *screen, int y, int x, bool open);
    /* NULL where it has none. */
    const struct freshness *(*freshness)(const struct screen *screen);
    const char *(*filter_text)(const struct screen *screen);
    const char *(*filter_keys)(const struct screen *screen); /* separated by spaces */
    const struct filter_words *(*filter_words)(const struct screen *screen);
    /* Where one is in it and how much is marked: "row 12 of 1,200, 3 marked"; "" where it is
     * unknown. */
    void (*where)(const struct screen *screen, char *out, size_t size);
    /* Whether the action is worth a hint as things stand, where `usual` says whether it is by its
     * flags. NULL: as usual. */
    bool (*offers)(const struct screen *screen, const struct action *action, bool usual);
    /* Whether the rows to come are others than those that show: the first ones, or those of
     * another filter. NULL: never. */
    bool (*awaits)(const struct screen *screen);
    /* Gives up what was asked for and takes long, a sort: whether there was anything. What shows
     * stays. NULL: nothing takes long. */
    bool (*cancel)(struct screen *screen);
    /* How it is arranged, and to arrange it so; NULL where there is nothing to arrange. */
    void (*layout)(const struct screen *screen, struct screen_layout *layout);
    void (*arrange)(struct screen *screen, const struct screen_layout *layout);
    const char *(*subject)(const struct screen *screen); /* the id under the cursor */
    /* All ids of what is under the cursor, then of the screen's own subject. */
    void (*ids)(const struct screen *screen, struct id_set *set);
    char *(*command)(const struct screen *screen); /* the equivalent command, heap */
    char *(*text)(const struct screen *screen);    /* all it shows as text, heap */
};

#endif
