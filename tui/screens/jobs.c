#include <stdio.h>
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"

#define JOBS_MOST 200

static const char *const names[] = {
    [JOB_QUEUED] = "queued", [JOB_RUNNING] = "running",     [JOB_DONE] = "done",
    [JOB_FAILED] = "failed", [JOB_CANCELLED] = "cancelled", [JOB_LATE] = "timed out"};

static enum theme_tone tone(enum job_state state)
{
    switch (state) {
    case JOB_RUNNING:
        return TONE_INFO;
    case JOB_DONE:
        return TONE_GOOD;
    case JOB_FAILED:
    case JOB_LATE:
        return TONE_BAD;
    default:
        return TONE_DIM;
    }
}

static void add_job(struct document *document, const struct job_view *view, int64_t now_ms)
{
    int64_t until = view->ended_ms != 0 ? view->ended_ms : now_ms;
    double seconds = view->started_ms != 0 ? (double)(until - view->started_ms) / 1000.0 : -1;
    bool over = view->state != JOB_QUEUED && view->state != JOB_RUNNING && view->state != JOB_DONE;
    char took[CELL_SIZE];
    char progress[64] = "";
    char *line;
    bool planned = view->plans && view->state == JOB_DONE;
    if (view->total > 0 && !planned) /* of what is done all is, however late the last word of it */
        snprintf(progress, sizeof progress, "  %lld of %lld",
                 view->state == JOB_DONE ? view->total : view->done, view->total);
    line = console_format("%-9s %8s  %s%s%s%s", planned ? "planned" : names[view->state],
                          cell_duration(seconds, took), view->title, progress,
                          over || planned ? ": " : "",
                          planned ? "planned, not applied"
                          : over  ? view->message
                                  : "");
    document_text(document, planned ? TONE_DIM : tone(view->state), line);
    free(line);
}

static void compose(struct screen *screen, struct document *document)
{
    struct job_view *views = console_allocate(JOBS_MOST * sizeof *views);
    size_t count = jobs_list(screen->console->jobs, views, JOBS_MOST);
    for (int actions = 1; actions >= 0; actions--) {
        size_t shown = 0;
        document_head(document, actions ? "Your actions" : "Background requests");
        for (size_t i = 0; i < count; i++) {
            if (views[i].action != (actions == 1))
                continue;
            add_job(document, &views[i], console_now());
            shown++;
        }
        if (shown == 0)
            document_text(document, TONE_DIM, "none");
    }
    free(views);
}

static struct effect cancel_run(struct console *console, struct screen *screen)
{
    size_t count = jobs_cancel_actions(console->jobs);
    page_reload(screen);
    return effect_toast(TONE_INFO, "cancelling %zu", count);
}

static const struct page_spec spec = {.refresh_ms = 500, .compose = compose};

static const struct action actions[] = {
    {"cancel", "C", "cancel your running actions", ROLE_VIEWER, ACTION_HINT, cancel_run},
};

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_jobs = {
    .name = "jobs",
    .title = "Jobs",
    .help = "background jobs and results of your actions",
    .actions = &table,
    PAGE_SCREEN(&spec),
};
