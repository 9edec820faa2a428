/* A plan of many: what is done to one thing, done to each of some. The ids are frozen when the plan
 * is opened; things that cannot be acted on now are left out with the reason; one that fails does
 * not stop the others, ten do. */
#ifndef INTAKE_TUI_PLANS_MANY_H
#define INTAKE_TUI_PLANS_MANY_H

#include "tui/plans/plans.h"

#define PLAN_MANY_STOP_AFTER 10

enum plan_item_state {
    PLAN_ITEM_LEFT_OUT,
    PLAN_ITEM_PLANNED, /* after apply: not tried */
    PLAN_ITEM_DONE,
    PLAN_ITEM_FAILED
};

struct plan_item {
    char *id;
    void *work;
    enum plan_item_state state;
    bool in_plan; /* of the last plan that was made */
    int64_t size;
    struct buffer text; /* its own plan, until the whole one is written */
    struct buffer why;  /* why it was left out */
};

struct plan_many {
    const struct plan_kind *kind;
    struct plan_ops ops; /* of the plan of all */
    struct plan_item *items;
    size_t count;
};

size_t plan_many_count(const struct plan_many *many, enum plan_item_state state);
int64_t plan_many_size(const struct plan_many *many);
/* The whole plan as people read it. */
void plan_many_text(const struct plan_many *many, struct buffer *text);
/* One line: what came of the item; `told` is what the action said, lines of which are joined. */
void plan_many_result(const struct plan_item *item, const struct buffer *told,
                      const struct error *error, struct buffer *text);

#endif
