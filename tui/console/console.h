/* The console as a whole: the stack of screens, what lies over them, what is
 * known. Everything here belongs to the screen's thread. */
#ifndef INTAKE_TUI_CONSOLE_CONSOLE_H
#define INTAKE_TUI_CONSOLE_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tui/console/action.h"
#include "tui/console/header_facts.h"
#include "tui/console/jobs.h"
#include "tui/console/screen.h"
#include "tui/session/state.h"

#define CONSOLE_DEPTH 24
#define CONSOLE_TOAST 768
#define CONSOLE_PASTE 512
#define CONSOLE_AHEAD 64
#define CONSOLE_OWNER 1 /* the owner id of jobs that belong to no screen; screens have others */

struct session;
struct session_options;

/* Something that lies over the screen and takes all keys: a prompt, the palette, a question. */
struct overlay_ops {
    /* Sets the cursor's place where one is to be seen. */
    void (*draw)(struct console *console, void *state, struct area area, int *y, int *x);
    /* May call console_overlay_close, after which `state` is gone. */
    struct effect (*key)(struct console *console, void *state, int key);
    void (*free)(void *state);
    bool takes_text; /* what is pasted is typed into it; else it is ignored */
};

struct console {
    const struct session_options *options;
    struct session *session; /* for configuration and identity; never connects */
    struct jobs *jobs;
    int wake_read, wake_write;
    struct screen *stack[CONSOLE_DEPTH];
    size_t depth;
    const struct overlay_ops *overlay;
    void *overlay_state;
    struct header header;
    struct state state;
    char toast[CONSOLE_TOAST];
    enum theme_tone toast_tone;
    int64_t toast_until_ms;
    char paste[CONSOLE_PASTE];
    size_t paste_length;
    bool pasting;
    bool paste_text;   /* some of it was typed into the overlay */
    bool paste_gap;    /* and a line ended since, and more may follow */
    int64_t pasted_ms; /* when the last key of the paste came */
    /* What may still come of a word that was typed where one letter was enough, and since when. */
    const char *expected;
    int64_t expected_ms;
    int unbound;              /* the key that was last said to do nothing; 0: none */
    int ahead[CONSOLE_AHEAD]; /* keys that wait for the rows they are about */
    size_t ahead_count;
    uint64_t last_id;
    void *handover;   /* what the next screen is opened with beside its argument */
    bool interrupted; /* a Ctrl-C came and no key since */
    bool dirty;
    bool quit;
    int exit_code;
};

int64_t console_now(void);   /* monotonic, ms */
int64_t console_clock(void); /* since the epoch, ms */

struct screen *console_top(const struct console *console);
/* Does what the effect says; frees its text. */
void console_apply(struct console *console, struct effect effect);
/* Looks the key up, checks role and read-only, runs. An action about a row waits where the rows are
 * still to come, and so does what is typed behind it; a key of the console's own gives them up. */
void console_key(struct console *console, int key);
/* A paste that nobody ended is over when no more of it came for a tenth of a second: ms until then,
 * or negative where nothing is pasted. */
int64_t console_paste_tick(struct console *console, int64_t now_ms);
/* A question was answered by the first letter of a word: its others are no keys. `rest` is static.
 */
void console_expect(struct console *console, const char *rest);
/* Leaves the program from whichever screen, asking only while an action of the user's runs. */
struct effect console_leave(struct console *console);
struct effect console_run_action(struct console *console, const struct action *action);
/* The rows that the screen awaited are there: presses the keys that waited for them. */
void console_resume(struct screen *screen);
void console_toast(struct console *console, enum theme_tone tone, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void console_overlay(struct console *console, const struct overlay_ops *ops, void *state);
void console_overlay_close(struct console *console);

/* Starts a job of the screen's; `spec->owner` is filled in. */
uint64_t console_start(struct screen *screen, struct job_spec *spec);
/* The screen of that id, or NULL when it was left. For jobs_collect. */
void *console_find_owner(void *context, uint64_t owner);

void console_close_screens(struct console *console);

enum role console_role(const struct console *console);
bool console_read_only(const struct console *console);

void console_draw(struct console *console);
/* Where the current screen draws. */
struct area console_pane(void);

#endif
