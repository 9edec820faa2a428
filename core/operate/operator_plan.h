/* What the plans of operators' actions share: sentences about what an action means, what names may
 * be, and the row of the audit log that tells what came of it. */
#ifndef INTAKE_CORE_OPERATE_OPERATOR_PLAN_H
#define INTAKE_CORE_OPERATE_OPERATOR_PLAN_H

#include "core/base/memory.h"
#include "core/pipeline/lease.h"
#include "core/pipeline/pipeline.h"

/* Sentences, in order, in the memory of their plan. */
struct plan_notes {
    const char **list;
    size_t count;
};

MUST_CHECK enum error_code plan_note(struct plan_notes *notes, struct arena *memory,
                                     struct error *error, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* "Note: ...\n" for each, sanitised. */
void plan_notes_text(const struct plan_notes *notes, struct buffer *out);

/* A copy in the plan's memory; NULL stays NULL. ERROR_MEMORY. */
MUST_CHECK enum error_code plan_keep(struct arena *memory, const char *text, const char **copy,
                                     struct error *error);

/* A text as it is shown. */
void plan_append_visible(struct buffer *out, const char *text);

/*
 * Whether a name that people type, and vendors have to repeat, is one: not empty, at most `most`
 * characters, UTF-8, no white space on its ends and none inside but U+0020, nothing that is not
 * seen. ERROR_USAGE says what is wrong; `what` names the value ("the category's name").
 */
MUST_CHECK enum error_code plan_name_check(const char *what, const char *name, size_t most,
                                           struct error *error);

struct plan_outcome {
    const char *action; /* the command's name */
    const char *target;
    const char *reason; /* the operator's; NULL: none */
    bool changed;
    enum error_code failed;
    const char *why; /* it failed; else NULL */
};

/* One row of the audit log, whatever became of the action. `plan` is a JSON object. */
MUST_CHECK enum error_code plan_audit(struct pipeline *pipeline, const struct plan_outcome *outcome,
                                      const struct buffer *plan, struct error *error);

/* How an action ends: its row is written, then the lease (NULL: it was not had) is given back. The
 * action's own failure, which is in `error`, comes before one of the row. */
MUST_CHECK enum error_code plan_conclude(struct pipeline *pipeline,
                                         const struct plan_outcome *outcome,
                                         const struct buffer *plan, struct lease *lease,
                                         struct error *error);

#endif
