#include "tui/plans/plan.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/movement.h"
#include "tui/plans/plan_private.h"
#include "tui/widgets/chart.h"

#define COMMAND_MAX (1u << 20)
#define BAR_MAX 1024

struct plan_screen *plan_screen_of(const struct screen *screen)
{
    return screen->state;
}

static void open(struct screen *screen)
{
    struct plan_screen *view = console_allocate(sizeof *view);
    view->plan = screen->console->handover;
    screen->console->handover = NULL;
    screen->state = view;
    plan_start(screen, PLAN_MAKING);
}

static void close(struct screen *screen)
{
    struct plan_screen *view = plan_screen_of(screen);
    struct plan *plan = view->plan;
    plan->left = true;
    if (view->state == PLAN_MAKING && view->job != 0)
        jobs_cancel(screen->console->jobs, view->job);
    if (!plan->busy)
        plan_let_go(plan);
    document_release(&view->document);
    free(view);
}

static void draw_bar(struct area area, int y, long long done, long long total)
{
    int width = area.width - 6 < 60 ? area.width - 6 : 60;
    struct buffer bar;
    buffer_init(&bar, BAR_MAX);
    chart_bar(&bar, chart_has_blocks(), (double)(done < total ? done : total), (double)total,
              width);
    if (bar.len > 0)
        draw_cell(y, area.x + 2, width, DRAW_LEFT, TONE_INFO, bar.data);
    buffer_release(&bar);
}

static void draw_progress(struct screen *screen, struct area area)
{
    struct plan_screen *view = plan_screen_of(screen);
    int64_t took = console_now() - view->began_ms;
    long long done = 0;
    long long total = 0;
    char rest[64] = "";
    jobs_progress(screen->console->jobs, view->job, &done, &total);
    draw_text(area.y + 1, area.x + 2, area.width - 2, TONE_INFO,
              view->state == PLAN_MAKING ? "planning: nothing has been changed" : "applying");
    if (total <= 0 && done <= 0)
        return;
    if (done > 0 && total > done && took > 1000)
        snprintf(rest, sizeof rest, ", about %llds left",
                 (long long)((double)took / (double)done * (double)(total - done) / 1000.0) + 1);
    draw_format(area.y + 3, area.x + 2, area.width - 2, TONE_NORMAL, "%lld of %lld, %.0f/s%s", done,
                total, took > 0 ? (double)done * 1000.0 / (double)took : 0.0, rest);
    if (total > 0 && area.width > 10)
        draw_bar(area, area.y + 4, done, total);
}

static void draw(struct screen *screen, struct area area)
{
    struct plan_screen *view = plan_screen_of(screen);
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
    return plan_screen_of(screen)->job != 0 ? 200 : -1;
}

static struct effect cancel_run(struct console *console, struct screen *screen)
{
    struct plan_screen *view = plan_screen_of(screen);
    if (view->job == 0)
        return effect_toast(TONE_DIM, "nothing is running here");
    jobs_cancel(console->jobs, view->job);
    return effect_toast(TONE_WARN, "cancelling");
}

static struct effect again_run(struct console *console, struct screen *screen)
{
    (void)console;
    if (plan_screen_of(screen)->plan->busy)
        return effect_toast(TONE_DIM, "in progress");
    plan_start(screen, PLAN_MAKING);
    return effect_redraw();
}

static void move(struct screen *screen, enum movement movement)
{
    movement_in_document(&plan_screen_of(screen)->document, movement);
}

static char *text(const struct screen *screen)
{
    return document_as_text(&plan_screen_of(screen)->document);
}

static char *command(const struct screen *screen)
{
    const struct plan *plan = plan_screen_of(screen)->plan;
    struct buffer line;
    if (plan->busy || !plan->ops->command)
        return NULL;
    buffer_init(&line, COMMAND_MAX);
    plan->ops->command(plan->work, &line);
    if (line.len == 0 || line.failed) {
        buffer_release(&line);
        return NULL;
    }
    return buffer_take(&line);
}

static struct effect filter(struct screen *screen, const char *words, bool final)
{
    struct plan_screen *view = plan_screen_of(screen);
    (void) final;
    snprintf(view->filter, sizeof view->filter, "%s", words);
    document_filter(&view->document, view->filter);
    return effect_redraw();
}

static const char *filter_text(const struct screen *screen)
{
    return plan_screen_of(screen)->filter;
}

enum { PLAN_APPLY, PLAN_CANCEL, PLAN_OPTIONS, PLAN_AGAIN };

static const struct action actions[] = {
    [PLAN_APPLY] = {"apply", "A", "apply the plan, after confirmation", ROLE_SUPPORT,
                    ACTION_CHANGES | ACTION_HINT, plan_apply_action},
    [PLAN_CANCEL] = {"cancel", "C", "cancel the running action", ROLE_VIEWER, ACTION_HINT,
                     cancel_run},
    [PLAN_OPTIONS] = {"options", "o", "change the plan's options, then make it again", ROLE_SUPPORT,
                      ACTION_HINT, plan_options_action},
    [PLAN_AGAIN] = {"refresh", "f5 ctrl-r", "make the plan again", ROLE_VIEWER, 0, again_run},
};

static void where(const struct screen *screen, char *out, size_t size)
{
    const struct plan_screen *view = plan_screen_of(screen);
    out[0] = '\0';
    if (view->job == 0)
        document_place(&view->document, out, size);
}

/* What can be done in the state that the plan is in. */
static bool offers(const struct screen *screen, const struct action *action, bool usual)
{
    const struct plan_screen *view = plan_screen_of(screen);
    if (action == &actions[PLAN_APPLY])
        return view->job == 0 && view->state == PLAN_READY;
    if (action == &actions[PLAN_CANCEL])
        return view->job != 0;
    if (action == &actions[PLAN_OPTIONS])
        return view->job == 0 && view->plan->ops->options;
    if (action == &actions[PLAN_AGAIN])
        return view->job == 0;
    return usual;
}

static const char *subject(const struct screen *screen)
{
    return plan_screen_of(screen)->plan->target;
}

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_plan = {
    .name = "plan",
    .title = "Plan",
    .help = "what an action would change; nothing is applied without confirmation",
    .inner = true,
    .actions = &table,
    .open = open,
    .close = close,
    .draw = draw,
    .tick = tick,
    .move = move,
    .filter = filter,
    .filter_text = filter_text,
    .where = where,
    .offers = offers,
    .subject = subject,
    .text = text,
    .command = command,
};
