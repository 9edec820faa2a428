/* Plan, then apply: the screen every action that changes things goes through. It shows what, how
 * many, whose, where to, what is left out and why; asks in a way that no slip of a finger answers;
 * then shows progress and what came of it. */
#ifndef INTAKE_TUI_SCREENS_PLAN_H
#define INTAKE_TUI_SCREENS_PLAN_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "tui/action.h"
#include "tui/jobs.h"

/* One kind of action. All but `size` and `release` run on a worker. `work` is the action's own. */
struct plan_ops {
    const char *title; /* "Replay dead letters" */
    const char *verb;  /* "replay": the command's word in the audit log and in questions */
    enum role role;
    /* Reads, freezes, and writes the plan as people read it. */
    enum error_code (*make)(struct job_context *context, void *work, struct buffer *text,
                            struct error *error);
    /* How many things the plan changes; 0: nothing to do. */
    int64_t (*size)(const void *work);
    /* Does it; `text` is what came of it, also where it fails half-way. Holds nothing afterwards. */
    enum error_code (*apply)(struct job_context *context, void *work, const char *reason,
                             struct buffer *text, struct error *error);
    /* Gives back what a plan that is not applied holds; NULL where it holds nothing. */
    enum error_code (*abandon)(struct job_context *context, void *work, struct error *error);
    void (*release)(void *work); /* frees */
};

/* Opens the screen for `work`, which it takes. `target` names the thing acted on. */
struct effect plan_open(struct console *console, const struct plan_ops *ops, const char *target,
                        void *work);

#endif
