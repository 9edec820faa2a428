/* What the files of the plan screen share: plan.c draws and moves, ask.c asks before it
 * applies, work.c runs the jobs. */
#ifndef INTAKE_TUI_PLANS_PLAN_PRIVATE_H
#define INTAKE_TUI_PLANS_PLAN_PRIVATE_H

#include "tui/base/filter.h"
#include "tui/console/screen.h"
#include "tui/plans/plan.h"
#include "tui/widgets/document.h"

#define PLAN_REASON_SIZE 256

enum plan_state { PLAN_MAKING, PLAN_READY, PLAN_APPLYING, PLAN_OVER };

/* Shared by the screen and the job that has it now; the one that lets go of it last frees it. */
struct plan {
    const struct plan_ops *ops;
    struct console *console;
    void *work;
    char *target;
    uint64_t origin; /* the list that `target` is marked on; 0: none */
    char reason[PLAN_REASON_SIZE];
    struct buffer text; /* of the job that runs */
    bool holds;         /* a plan was made and neither applied nor abandoned */
    bool applied;       /* by the job that runs, and all of it */
    bool left;          /* its screen was closed */
    bool busy;          /* a job has it */
};

struct plan_screen {
    struct plan *plan;
    enum plan_state state;
    struct document document;
    struct area area;
    uint64_t job;
    int64_t began_ms;
    char verdict[160]; /* the line under the title */
    enum theme_tone verdict_tone;
    char typed[32]; /* the number that was asked for */
    char filter[FILTER_SIZE];
};

struct plan_screen *plan_screen_of(const struct screen *screen);
/* PLAN_MAKING or PLAN_APPLYING: starts the job. */
void plan_start(struct screen *screen, enum plan_state state);
/* The screen was closed, or the job ended after that: what is held goes back, then all goes. */
void plan_let_go(struct plan *plan);
/* The action that asks, then applies. */
struct effect plan_apply_action(struct console *console, struct screen *screen);
/* The action that asks for the plan's options, then makes it again. */
struct effect plan_options_action(struct console *console, struct screen *screen);

#endif
