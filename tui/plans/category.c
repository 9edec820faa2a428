#include <stdio.h>
#include <stdlib.h>

#include "core/operate/vendors/category.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"

struct category_work {
    struct plan_thing thing; /* variant: enum category_action */
    char *parent;            /* of an addition */
};

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    const struct category_work *work = data;
    const struct category_request request = {.action = (enum category_action)work->thing.variant,
                                             .name = work->thing.id,
                                             .parent = work->parent};
    return plan_thing_make(context, data, &request, text, error);
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct category_work *work = data;
    const struct category_action_plan *plan = work->thing.plan;
    outline->vendor = "all";
    outline->destination = "categories";
    snprintf(outline->what, sizeof outline->what, "%lld products, %lld rejected records",
             (long long)plan->category.products, (long long)plan->rejected_records);
}

static void command(const void *data, struct buffer *line)
{
    const struct category_work *work = data;
    buffer_format(line, "intake %s ",
                  category_action_name((enum category_action)work->thing.variant));
    shell_quote(line, work->thing.id);
    shell_option(line, "parent", work->parent && work->parent[0] ? work->parent : NULL);
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    const struct category_work *work = data;
    bool changed;
    enum error_code code = plan_thing_apply(context, data, reason, &changed, error);
    if (!code)
        category_operation.text(work->thing.plan, text);
    return code;
}

static void release(void *data)
{
    struct category_work *work = data;
    free(work->parent);
    plan_thing_release(work);
}

#define CATEGORY_OPS(title_text, verb_text)                                              \
    {                                                                                    \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make,     \
        .apply = apply, .size = plan_thing_size, .outline = outline, .command = command, \
        .release = release                                                               \
    }

static const struct plan_ops ops[] = {
    [CATEGORY_ADD] = CATEGORY_OPS("Add a category", "categories add"),
    [CATEGORY_DEACTIVATE] = CATEGORY_OPS("Deactivate a category", "categories deactivate"),
    [CATEGORY_ACTIVATE] = CATEGORY_OPS("Activate a category", "categories activate"),
};

#define CATEGORY_KIND(action)                                                          \
    {                                                                                  \
        .ops = &ops[action], .operation = &category_operation, .things = "categories", \
        .variant = (action), .work_size = sizeof(struct category_work)                 \
    }

static const struct plan_kind plan_add = CATEGORY_KIND(CATEGORY_ADD);
const struct plan_kind plan_category_deactivate = CATEGORY_KIND(CATEGORY_DEACTIVATE);
const struct plan_kind plan_category_activate = CATEGORY_KIND(CATEGORY_ACTIVATE);

struct effect plan_category_add(struct console *console, const char *name, const char *parent,
                                uint64_t origin)
{
    struct category_work *work = plan_thing_new(&plan_add, name);
    work->parent = console_copy(parent);
    return plan_open_marked(console, plan_add.ops, name, work, origin);
}
