#include "tui/screens/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/console_memory.h"
#include "tui/loop.h"
#include "tui/screens/page.h"
#include "tui/session.h"
#include "tui/widgets/prompt.h"

#define MAKE_WAIT_MS 300000
#define APPLY_WAIT_MS (24LL * 3600 * 1000)
#define ABANDON_WAIT_MS 60000
#define TEXT_MAX (4u << 20)
#define TYPED_FROM 100 /* more things than this want their number typed */
#define REASON_SIZE 256

enum plan_state { PLAN_MAKING, PLAN_READY, PLAN_APPLYING, PLAN_OVER };

/* Shared by the screen and the job that has it now; the one that lets go of it last frees it. */
struct plan {
    const struct plan_ops *ops;
    struct console *console;
    void *work;
    char *target;
    char reason[REASON_SIZE];
    struct buffer text;   /* of the job that runs */
    bool holds;           /* a plan was made and neither applied nor abandoned */
    bool left;            /* its screen was closed */
    bool busy;            /* a job has it */
};

struct plan_screen {
    struct plan *plan;
    enum plan_state state;
    struct document document;
    struct area area;
    uint64_t job;
    int64_t began_ms;
    const char *verdict; /* the line under the title */
    enum theme_tone verdict_tone;
    char typed[32]; /* the number that was asked for */
};

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

/* Nobody looks at the plan any more: what it holds goes back, then it goes. */
static void let_go(struct plan *plan)
{
    struct job_spec job = {.title = "giving back what the plan held",
                           .lane = JOB_ACTION,
                           .timeout_ms = ABANDON_WAIT_MS,
                           .must_finish = true,
                           .run = abandon_run,
                           .release = abandon_released,
                           .data = plan};

    if (plan->holds && plan->ops->abandon != NULL)
        jobs_start(plan->console->jobs, &job);
    else
        plan_free(plan);
}

static void job_released(void *data)
{
    struct plan *plan = data;

    plan->busy = false;
    if (plan->left)
        let_go(plan);
}

static enum error_code make_run(struct job_context *context, void *data, struct error *error)
{
    struct plan *plan = data;
    enum error_code code = session_require_role(context->session, plan->ops->role, true,
                                                plan->ops->verb, plan->target, error);

    if (code == ERROR_NONE)
        code = plan->ops->make(context, plan->work, &plan->text, error);
    plan->holds = code == ERROR_NONE;
    return code;
}

static enum error_code apply_run(struct job_context *context, void *data, struct error *error)
{
    struct plan *plan = data;

    plan->holds = false;
    return plan->ops->apply(context, plan->work, plan->reason[0] != '\0' ? plan->reason : NULL,
                            &plan->text, error);
}

static void add_lines(struct document *document, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        char *line = console_copy_bytes(text, length);

        document_text(document, TONE_NORMAL, line);
        free(line);
        text += length + (text[length] == '\n');
    }
}

static struct plan_screen *plan_of(const struct screen *screen)
{
    return screen->state;
}

static void say(struct plan_screen *view, enum theme_tone tone, const char *what)
{
    view->verdict = what;
    view->verdict_tone = tone;
}

static void job_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct plan_screen *view = plan_of(screen);
    bool made = view->state == PLAN_MAKING;

    view->job = 0;
    document_clear(&view->document);
    view->document.selected = 0;
    if (data != NULL)
        add_lines(&view->document, view->plan->text.data);
    if (error->code != ERROR_NONE) {
        document_text(&view->document, TONE_NORMAL, "");
        document_text(&view->document, TONE_BAD, error->message);
    }
    view->state = made && error->code == ERROR_NONE ? PLAN_READY : PLAN_OVER;
    if (view->state == PLAN_READY && view->plan->ops->size(view->plan->work) > 0)
        say(view, TONE_KEY, "A applies exactly this; esc leaves it undone");
    else if (view->state == PLAN_READY)
        say(view, TONE_DIM, "there is nothing to do");
    else if (error->code == ERROR_NONE)
        say(view, TONE_GOOD, "done");
    else
        say(view, TONE_WARN, made ? "nothing was done" : "what was done before stands here");
}

static void start(struct screen *screen, enum plan_state state)
{
    struct plan_screen *view = plan_of(screen);
    struct plan *plan = view->plan;
    char *title = console_format("%s %s", plan->ops->title, plan->target);
    struct job_spec job = {.title = title,
                           .lane = JOB_ACTION,
                           .timeout_ms = state == PLAN_MAKING ? MAKE_WAIT_MS : APPLY_WAIT_MS,
                           .action = true,
                           .run = state == PLAN_MAKING ? make_run : apply_run,
                           .done = job_done,
                           .release = job_released,
                           .data = plan};

    view->state = state;
    view->began_ms = console_now();
    buffer_clear(&plan->text);
    plan->busy = true;
    view->job = console_start(screen, &job);
    free(title);
}

struct effect plan_open(struct console *console, const struct plan_ops *ops, const char *target,
                        void *work)
{
    struct plan *plan = console_allocate(sizeof(*plan));

    plan->ops = ops;
    plan->console = console;
    plan->work = work;
    plan->target = console_copy(target);
    buffer_init(&plan->text, TEXT_MAX);
    console->handover = plan;
    return effect_push("plan", target);
}

static void open(struct screen *screen)
{
    struct plan_screen *view = console_allocate(sizeof(*view));

    view->plan = screen->console->handover;
    screen->console->handover = NULL;
    screen->state = view;
    start(screen, PLAN_MAKING);
}

static void close(struct screen *screen)
{
    struct plan_screen *view = plan_of(screen);
    struct plan *plan = view->plan;

    plan->left = true;
    if (view->state == PLAN_MAKING && view->job != 0)
        jobs_cancel(screen->console->jobs, view->job);
    if (!plan->busy)
        let_go(plan);
    document_release(&view->document);
    free(view);
}

static void draw_progress(struct screen *screen, struct area area)
{
    struct plan_screen *view = plan_of(screen);
    int64_t took = console_now() - view->began_ms;
    long long done = 0;
    long long total = 0;
    char rest[64] = "";

    jobs_progress(screen->console->jobs, view->job, &done, &total);
    draw_text(area.y + 1, area.x + 2, area.width - 2, TONE_INFO,
              view->state == PLAN_MAKING ? "planning: nothing is changed yet" : "applying");
    if (total <= 0 && done <= 0)
        return;
    if (done > 0 && total > done && took > 1000)
        snprintf(rest, sizeof(rest), ", about %llds left",
                 (long long)((double)took / (double)done * (double)(total - done) / 1000.0) + 1);
    draw_format(area.y + 3, area.x + 2, area.width - 2, TONE_NORMAL, "%lld of %lld, %.0f/s%s", done,
                total, took > 0 ? (double)done * 1000.0 / (double)took : 0.0, rest);
    if (total > 0 && area.width > 10) {
        int width = area.width - 6 < 60 ? area.width - 6 : 60;
        int filled = (int)((double)width * (double)(done < total ? done : total) / (double)total);

        draw_fill(area.y + 4, area.x + 2, width, TONE_HEADER);
        draw_fill(area.y + 4, area.x + 2, filled, TONE_SELECTED);
    }
}

static void draw(struct screen *screen, struct area area)
{
    struct plan_screen *view = plan_of(screen);

    view->area = area;
    draw_format(area.y, area.x + 2, area.width - 2, TONE_TITLE, "%s", view->plan->ops->title);
    if (view->job != 0) {
        draw_progress(screen, area);
        return;
    }
    draw_text(area.y + 1, area.x + 2, area.width - 2, view->verdict_tone, view->verdict);
    area.y += 3;
    area.height -= 3;
    document_draw(&view->document, area);
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    (void)now_ms;
    return plan_of(screen)->job != 0 ? 200 : -1;
}

static struct effect reason_entered(struct console *console, const char *text, bool kept)
{
    struct screen *screen = console_top(console);
    struct plan_screen *view = plan_of(screen);

    if (!kept)
        return effect_toast(TONE_WARN, "not applied");
    snprintf(view->plan->reason, sizeof(view->plan->reason), "%s", text);
    start(screen, PLAN_APPLYING);
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
    struct plan_screen *view = plan_of(console_top(console));

    if (!kept || strcmp(text, view->typed) != 0)
        return effect_toast(TONE_WARN, "not applied: %s was asked for", view->typed);
    return ask_reason(console);
}

static struct effect apply_action(struct console *console, struct screen *screen)
{
    static const struct prompt_spec spec = {.label = "type the number of things to change: ",
                                            .hint = "it stands in the plan",
                                            .entered = number_entered};
    struct plan_screen *view = plan_of(screen);
    int64_t size;

    if (view->state != PLAN_READY)
        return effect_toast(TONE_DIM, "there is no plan to apply now");
    size = view->plan->ops->size(view->plan->work);
    if (size == 0)
        return effect_toast(TONE_DIM, "there is nothing to do");
    if (size <= TYPED_FROM && !console->header.facts.production)
        return ask_reason(console);
    snprintf(view->typed, sizeof(view->typed), "%lld", (long long)size);
    prompt_open(console, &spec, "");
    return effect_redraw();
}

static struct effect cancel_action(struct console *console, struct screen *screen)
{
    struct plan_screen *view = plan_of(screen);

    if (view->job == 0)
        return effect_toast(TONE_DIM, "nothing runs here");
    jobs_cancel(console->jobs, view->job);
    return effect_toast(TONE_WARN, "cancelling");
}

static struct effect up_action(struct console *console, struct screen *screen)
{
    (void)console;
    document_move(&plan_of(screen)->document, -1);
    return effect_redraw();
}

static struct effect down_action(struct console *console, struct screen *screen)
{
    (void)console;
    document_move(&plan_of(screen)->document, 1);
    return effect_redraw();
}

static struct effect page_up_action(struct console *console, struct screen *screen)
{
    (void)console;
    document_move(&plan_of(screen)->document, -plan_of(screen)->document.height);
    return effect_redraw();
}

static struct effect page_down_action(struct console *console, struct screen *screen)
{
    (void)console;
    document_move(&plan_of(screen)->document, plan_of(screen)->document.height);
    return effect_redraw();
}

static char *text(const struct screen *screen)
{
    return document_as_text(&plan_of(screen)->document);
}

static const struct action actions[] = {
    {"apply", "A", "apply the plan that is shown, after asking", ROLE_SUPPORT,
     ACTION_CHANGES | ACTION_HINT, apply_action},
    {"cancel", "C", "cancel what runs", ROLE_VIEWER, ACTION_HINT, cancel_action},
    {"up", "up k", "one line up", ROLE_VIEWER, ACTION_MOVES, up_action},
    {"down", "down j", "one line down", ROLE_VIEWER, ACTION_MOVES, down_action},
    {"page-up", "pgup ctrl-b", "one screen up", ROLE_VIEWER, ACTION_MOVES, page_up_action},
    {"page-down", "pgdn ctrl-f", "one screen down", ROLE_VIEWER, ACTION_MOVES, page_down_action},
};

static const struct action_table table = {actions, sizeof(actions) / sizeof(actions[0])};

const struct screen_ops screen_plan = {
    .name = "plan",
    .title = "Plan",
    .help = "what an action would change; applied only when you say so",
    .inner = true,
    .actions = &table,
    .open = open,
    .close = close,
    .draw = draw,
    .tick = tick,
    .text = text,
};
