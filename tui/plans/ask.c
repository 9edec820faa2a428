#include <stdio.h>
#include <string.h>

#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/plans/plan_private.h"

#define TYPED_FROM 100 /* more things than this want their number typed */
#define FORCE "force"

static struct effect reason_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    struct plan *plan = plan_screen_of(screen)->plan;
    if (!kept)
        return effect_toast(TONE_WARN, "not applied");
    snprintf(plan->reason, sizeof plan->reason, "%s", text);
    plan_start(screen, PLAN_APPLYING);
    return effect_redraw();
}

static struct effect ask_reason(struct console *console)
{
    static const struct prompt_spec spec = {.label = "reason, for the audit log: ",
                                            .hint = "enter applies the plan, esc does not",
                                            .entered = reason_entered};
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect number_entered(struct console *console, const char *text, bool kept)
{
    const struct plan_screen *view = plan_screen_of(console_top(console));
    if (!kept || strcmp(text, view->typed) != 0)
        return effect_toast(TONE_WARN, "not applied: %s was asked for", view->typed);
    return ask_reason(console);
}

static struct effect ask_number(struct console *console)
{
    static const struct prompt_spec spec = {.label = "type the number of things to change: ",
                                            .hint = "it stands above the plan",
                                            .entered = number_entered};
    struct plan_screen *view = plan_screen_of(console_top(console));
    int64_t size = plan_size(view->plan->ops, view->plan->work);
    if (size <= TYPED_FROM && !console->header.facts.production)
        return ask_reason(console);
    snprintf(view->typed, sizeof view->typed, "%lld", (long long)size);
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect force_entered(struct console *console, const char *text, bool kept)
{
    const struct plan *plan = plan_screen_of(console_top(console))->plan;
    if (!kept || strcmp(text, FORCE) != 0)
        return effect_toast(TONE_WARN, "not applied: the word " FORCE " was asked for");
    plan->ops->force(plan->work, true);
    return ask_number(console);
}

static bool held_back(const struct plan *plan)
{
    struct buffer why;
    buffer_init(&why, 1024);
    bool held = plan->ops->held_back && plan->ops->held_back(plan->work, &why);
    buffer_release(&why);
    return held;
}

struct effect plan_apply_action(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {.label =
                                                "type the word " FORCE " to do it all the same: ",
                                            .hint = "why not stands in the plan",
                                            .entered = force_entered};
    struct plan_screen *view = plan_screen_of(screen);
    const struct plan *plan = view->plan;
    if (view->state != PLAN_READY)
        return effect_toast(TONE_DIM, "there is no plan to apply now");
    if (plan_size(plan->ops, plan->work) == 0)
        return effect_toast(TONE_DIM, "there is nothing to do");
    if (plan->ops->force)
        plan->ops->force(plan->work, false);
    if (!held_back(plan))
        return ask_number(console);
    prompt_open(console, &spec, "");
    return effect_redraw();
}
