/* Plan, then apply: the screen every action that changes things goes through. It shows what, how
 * many, whose, where to, what is left out and why; asks in a way that no slip of a finger answers;
 * then shows progress and what came of it. */
#ifndef INTAKE_TUI_PLANS_PLAN_H
#define INTAKE_TUI_PLANS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "tui/console/action.h"
#include "tui/console/jobs.h"

/* A plan in a few words, beside others. Texts live as long as the work and its plan. */
struct plan_outline {
    const char *vendor;      /* whose it is; NULL: not known */
    const char *destination; /* what is written to; NULL: nothing to say */
    char what[160];          /* "3 records, 2 would be valid" */
};

/* Options of a plan that are typed on its screen, as words of a filter; then it is made again. */
struct plan_options {
    const char *hint; /* "rate:5/s  to:QUEUE" */
    /* Appends what is chosen, as it would be typed. */
    void (*shown)(const void *work, struct buffer *text);
    /* Understands what is typed, or says in `why` what is wrong with it, and false. With `take` it
     * is chosen. */
    bool (*read)(void *work, const char *typed, bool take, char *why, size_t size);
};

/* One kind of action. `work` is the action's own. */
struct plan_ops {
    const char *title; /* "Replay dead letters" */
    const char *verb;  /* "replay": the command's word in the audit log and in questions */
    enum role role;
    /* On a worker. Reads, freezes, and writes the plan as people read it. May be called again, also
     * after apply: what an earlier call made goes. */
    enum error_code (*make)(struct job_context *context, void *work, struct buffer *text,
                            struct error *error);
    /* On a worker. Does it; `text` is what came of it, also where it fails half-way. Holds nothing
     * afterwards, but where credentials failed it: then nothing can be given back yet either, and
     * that is left to abandon. */
    enum error_code (*apply)(struct job_context *context, void *work, const char *reason,
                             struct buffer *text, struct error *error);
    /* On a worker. Gives back what a plan that is not applied holds; NULL where it holds
     * nothing. */
    enum error_code (*abandon)(struct job_context *context, void *work, struct error *error);
    /* The rest is called while no worker has the work; NULL where not said otherwise. */
    int64_t (*size)(const void *work); /* things the plan changes, 0: nothing to do; NULL: one */
    void (*outline)(const void *work, struct plan_outline *outline);
    /* Whether something stands against the plan that only the word `force` overcomes; appends what
     * it is, a sentence without its full stop. */
    bool (*held_back)(const void *work, struct buffer *why);
    void (*force)(void *work, bool forced);
    void (*command)(const void *work, struct buffer *line); /* appends the equivalent command */
    const struct plan_options *options;
    /* After apply; `origin` is the screen it was opened from, 0 for none, and may be gone. */
    void (*settled)(void *work, struct console *console, uint64_t origin);
    void (*release)(void *work); /* frees; never NULL */
};

int64_t plan_size(const struct plan_ops *ops, const void *work);

/* Opens the screen for `work`, which it takes. `target` names the thing acted on. */
struct effect plan_open(struct console *console, const struct plan_ops *ops, const char *target,
                        void *work);
/* The same for what is marked on the list whose id is `origin`. Once `target` is done its mark
 * goes, unless `settled` sees to the marks. */
struct effect plan_open_marked(struct console *console, const struct plan_ops *ops,
                               const char *target, void *work, uint64_t origin);

#endif
