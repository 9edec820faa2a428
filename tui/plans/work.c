#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/frames/list.h"
#include "tui/plans/plan_private.h"
#include "tui/session/session.h"

#define MAKE_WAIT_MS 300000
#define APPLY_WAIT_MS (24LL * 3600 * 1000)
#define ABANDON_WAIT_MS 60000
#define TEXT_MAX (4u << 20)

int64_t plan_size(const struct plan_ops *ops, const void *work)
{
    return ops->size ? ops->size(work) : 1;
}

static void plan_free(struct plan *plan)
{
    plan->ops->release(plan->work);
    buffer_release(&plan->text);
    free(plan->target);
    free(plan);
}

static enum error_code abandon_run(struct job_context *context, void *data, struct error *error)
{
    struct plan *plan = data;
    plan->holds = false;
    return plan->ops->abandon(context, plan->work, error);
}

static void abandon_released(void *data)
{
    plan_free(data);
}

void plan_let_go(struct plan *plan)
{
    struct job_spec job = {.title = "returning the messages held by the plan",
                           .lane = JOB_ACTION,
                           .timeout_ms = ABANDON_WAIT_MS,
                           .must_finish = true,
                           .run = abandon_run,
                           .release = abandon_released,
                           .data = plan};
    if (plan->holds && plan->ops->abandon)
        jobs_start(plan->console->jobs, &job);
    else
        plan_free(plan);
}

static void settle(const struct plan *plan)
{
    const char *target = plan->target;
    if (plan->ops->settled)
        plan->ops->settled(plan->work, plan->console, plan->origin);
    else if (plan->applied)
        list_unmark(plan->console, plan->origin, &target, 1);
}

static void make_released(void *data)
{
    struct plan *plan = data;
    plan->busy = false;
    if (plan->left)
        plan_let_go(plan);
}

static void apply_released(void *data)
{
    settle(data);
    make_released(data);
}

static enum error_code make_run(struct job_context *context, void *data, struct error *error)
{
    struct plan *plan = data;
    enum error_code code = session_require_role(context->session, plan->ops->role, true,
                                                plan->ops->verb, plan->target, error);
    if (!code && plan->holds && plan->ops->abandon)
        code = abandon_run(context, plan, error);
    if (!code)
        code = plan->ops->make(context, plan->work, &plan->text, error);
    plan->holds = !code;
    return code;
}

static enum error_code apply_run(struct job_context *context, void *data, struct error *error)
{
    struct plan *plan = data;
    enum error_code code;
    code = plan->ops->apply(context, plan->work, plan->reason[0] != '\0' ? plan->reason : NULL,
                            &plan->text, error);
    plan->applied = !code;
    plan->holds = error_code_is_authentication(code);
    return code;
}

/* Of the lines that tell what came of each thing. */
static enum theme_tone tone_of(const char *line, bool results)
{
    static const struct {
        const char *word;
        enum theme_tone tone;
    } tones[] = {{"done", TONE_GOOD},      {"failed", TONE_BAD},    {"  failed", TONE_BAD},
                 {"not tried", TONE_WARN}, {"excluded", TONE_WARN}, {"stopped", TONE_BAD},
                 {"cancelled", TONE_WARN}};
    for (size_t i = 0; results && i < sizeof tones / sizeof tones[0]; i++) {
        if (strncmp(line, tones[i].word, strlen(tones[i].word)) == 0)
            return tones[i].tone;
    }
    return TONE_NORMAL;
}

static void add_lines(struct document *document, const char *text, bool results)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = console_copy_bytes(text, length);
        document_text(document, tone_of(line, results), line);
        free(line);
        text += length + (text[length] == '\n');
    }
}

static void say(struct plan_screen *view, enum theme_tone tone, const char *what)
{
    snprintf(view->verdict, sizeof view->verdict, "%s", what);
    view->verdict_tone = tone;
}

static void say_ready(struct plan_screen *view)
{
    int64_t size = plan_size(view->plan->ops, view->plan->work);
    if (size == 0) {
        say(view, TONE_DIM, "nothing to do");
        return;
    }
    snprintf(view->verdict, sizeof view->verdict, "press A to apply %lld change%s, esc to cancel",
             (long long)size, size == 1 ? "" : "s");
    view->verdict_tone = TONE_KEY;
}

static void job_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct plan_screen *view = plan_screen_of(screen);
    bool made = view->state == PLAN_MAKING;
    bool well = !error->code;
    view->job = 0;
    document_clear(&view->document);
    view->document.selected = 0;
    if (data)
        add_lines(&view->document, view->plan->text.data, !made);
    if (!well) {
        document_text(&view->document, TONE_NORMAL, "");
        document_text(&view->document, TONE_BAD, error->message);
    }
    document_filter(&view->document, view->filter);
    view->state = made && well ? PLAN_READY : PLAN_OVER;
    if (view->state == PLAN_READY)
        say_ready(view);
    else if (well)
        say(view, TONE_GOOD, "done");
    else
        say(view, TONE_WARN,
            made ? "nothing was changed; ctrl-r makes a new plan"
                 : "results so far; ctrl-r makes a plan for the rest");
}

void plan_start(struct screen *screen, enum plan_state state)
{
    struct plan_screen *view = plan_screen_of(screen);
    struct plan *plan = view->plan;
    bool making = state == PLAN_MAKING;
    char *title = console_format("%s %s", plan->ops->title, plan->target);
    struct job_spec job = {.title = title,
                           .lane = JOB_ACTION,
                           .timeout_ms = making ? MAKE_WAIT_MS : APPLY_WAIT_MS,
                           .action = true,
                           .plans = making,
                           .run = making ? make_run : apply_run,
                           .done = job_done,
                           .release = making ? make_released : apply_released,
                           .data = plan};
    view->state = state;
    view->began_ms = console_now();
    buffer_clear(&plan->text);
    plan->applied = false;
    plan->busy = true;
    view->job = console_start(screen, &job);
    free(title);
}

struct effect plan_open_marked(struct console *console, const struct plan_ops *ops,
                               const char *target, void *work, uint64_t origin)
{
    struct plan *plan = console_allocate(sizeof *plan);
    plan->ops = ops;
    plan->console = console;
    plan->work = work;
    plan->target = console_copy(target);
    plan->origin = origin;
    buffer_init(&plan->text, TEXT_MAX);
    console->handover = plan;
    return effect_push("plan", target);
}

struct effect plan_open(struct console *console, const struct plan_ops *ops, const char *target,
                        void *work)
{
    return plan_open_marked(console, ops, target, work, 0);
}
