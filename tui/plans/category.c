#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/operate/vendors/category.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/plans/plans.h"
#include "tui/session/session.h"

struct category_work {
    struct plan_thing thing; /* variant: enum category_action */
    char *parent;            /* of an addition */
    struct category_action_plan plan;
};

static enum error_code make(struct job_context *context, void *data, struct buffer *text,
                            struct error *error)
{
    struct category_work *work = data;
    struct pipeline pipeline;
    const struct category_request request = {.action = (enum category_action)work->thing.variant,
                                             .name = work->thing.id,
                                             .parent = work->parent};
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (code)
        return code;
    category_action_plan_release(&work->plan);
    code = category_action_plan_make(&pipeline, &request, &work->plan, error);
    if (!code)
        category_action_plan_text(&work->plan, text);
    return code;
}

static int64_t size(const void *data)
{
    const struct category_work *work = data;
    return work->plan.changes ? 1 : 0;
}

static void outline(const void *data, struct plan_outline *outline)
{
    const struct category_work *work = data;
    outline->vendor = "all";
    outline->destination = "the categories";
    snprintf(outline->what, sizeof outline->what, "%lld products, %lld rejected records",
             (long long)work->plan.category.products, (long long)work->plan.rejected_records);
}

static void command(const void *data, struct buffer *line)
{
    const struct category_work *work = data;
    buffer_format(line, "intake %s ",
                  category_action_name((enum category_action)work->thing.variant));
    shell_quote(line, work->thing.id);
    if (work->parent && work->parent[0]) {
        buffer_text(line, " --parent ");
        shell_quote(line, work->parent);
    }
}

static enum error_code apply(struct job_context *context, void *data, const char *reason,
                             struct buffer *text, struct error *error)
{
    struct category_work *work = data;
    struct pipeline pipeline;
    bool changed = false;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = category_action_apply(&pipeline, &work->plan, reason, &changed, error);
    if (!code)
        category_action_plan_text(&work->plan, text);
    return code;
}

static void release(void *data)
{
    struct category_work *work = data;
    category_action_plan_release(&work->plan);
    free(work->parent);
    plan_thing_release(work);
}

#define CATEGORY_OPS(title_text, verb_text)                                                      \
    {                                                                                            \
        .title = title_text, .verb = verb_text, .role = ROLE_OPERATOR, .make = make,             \
        .apply = apply, .size = size, .outline = outline, .command = command, .release = release \
    }

static const struct plan_ops ops[] = {
    [CATEGORY_ADD] = CATEGORY_OPS("Add a category", "categories add"),
    [CATEGORY_DEACTIVATE] = CATEGORY_OPS("Deactivate a category", "categories deactivate"),
    [CATEGORY_ACTIVATE] = CATEGORY_OPS("Activate a category", "categories activate"),
};

#define CATEGORY_KIND(action)                                                                   \
    {                                                                                           \
        .ops = &ops[action], .things = "categories", .work_size = sizeof(struct category_work), \
        .variant = (action)                                                                     \
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
