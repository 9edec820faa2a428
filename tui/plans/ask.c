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
                                            .hint = "enter: apply, esc: cancel",
                                            .entered = reason_entered};
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect number_entered(struct console *console, const char *text, bool kept)
{
    const struct plan_screen *view = plan_screen_of(console_top(console));
    if (!kept || strcmp(text, view->typed) != 0)
        return effect_toast(TONE_WARN, "not applied: type %s to confirm", view->typed);
    return ask_reason(console);
}

static struct effect ask_number(struct console *console)
{
    static const struct prompt_spec spec = {.label = "type the number of changes to confirm: ",
                                            .hint = "shown above the plan",
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
        return effect_toast(TONE_WARN, "not applied: type the word " FORCE " to confirm");
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
    static const struct prompt_spec spec = {.label = "type the word " FORCE " to send anyway: ",
                                            .hint = "the plan shows the reason",
                                            .entered = force_entered};
    struct plan_screen *view = plan_screen_of(screen);
    const struct plan *plan = view->plan;
    if (view->state != PLAN_READY)
        return effect_toast(TONE_DIM, "no plan to apply");
    if (plan_size(plan->ops, plan->work) == 0)
        return effect_toast(TONE_DIM, "nothing to do");
    if (plan->ops->force)
        plan->ops->force(plan->work, false);
    if (!held_back(plan))
        return ask_number(console);
    prompt_open(console, &spec, "");
    return effect_redraw();
}

/* ---- options */

static enum theme_tone options_judge(struct console *console, const char *text, char *out,
                                     size_t size)
{
    const struct plan *plan = plan_screen_of(console_top(console))->plan;
    if (!plan->ops->options->read(plan->work, text, false, out, size))
        return TONE_BAD;
    snprintf(out, size, "enter: plan again");
    return TONE_DIM;
}

static struct effect options_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    const struct plan *plan = plan_screen_of(screen)->plan;
    char why[256];
    if (!kept)
        return effect_redraw();
    if (!plan->ops->options->read(plan->work, text, true, why, sizeof why))
        return effect_toast(TONE_WARN, "not changed: %s", why);
    plan_start(screen, PLAN_MAKING);
    return effect_redraw();
}

struct effect plan_options_action(struct console *console, struct screen *screen)
{
    const struct plan_screen *view = plan_screen_of(screen);
    const struct plan_options *options = view->plan->ops->options;
    if (!options)
        return effect_toast(TONE_DIM, "this plan has no options");
    if (view->job != 0)
        return effect_toast(TONE_DIM, "in progress");
    const struct prompt_spec spec = {.label = "options: ",
                                     .hint = options->hint,
                                     .judge = options_judge,
                                     .entered = options_entered};
    struct buffer text;
    buffer_init(&text, 1024);
    options->shown(view->plan->work, &text);
    prompt_open(console, &spec, text.data);
    buffer_release(&text);
    return effect_redraw();
}
