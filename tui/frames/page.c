#include "tui/frames/page.h"

#include <stdio.h>
#include <stdlib.h>

#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/cli/shell_line.h"
#include "tui/console/console.h"
#include "tui/console/movement.h"

#define PAGE_IDLE_MS 60000

struct page {
    struct document document;
    struct freshness freshness;
    struct area area;
    uint64_t job;
    char filter[FILTER_SIZE];
};

struct page_request {
    const struct page_spec *spec;
    char *argument;
    struct document document;
};

static struct page *page_of(const struct screen *screen)
{
    return screen->state;
}

struct document *page_document(const struct screen *screen)
{
    return &page_of(screen)->document;
}

static void request_free(void *data)
{
    struct page_request *request = data;
    document_release(&request->document);
    free(request->argument);
    free(request);
}

static enum error_code request_run(struct job_context *context, void *data, struct error *error)
{
    struct page_request *request = data;
    return request->spec->fetch(context, request->argument, &request->document, error);
}

static void show(struct page *page, struct document *fresh)
{
    document_replace(&page->document, fresh);
    document_filter(&page->document, page->filter);
}

static void request_done(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct page *page = page_of(screen);
    struct page_request *request = data;
    page->job = 0;
    if (error->code == ERROR_CANCELLED) {
        freshness_dropped(&page->freshness);
        return;
    }
    freshness_answered(&page->freshness, console_now(), error);
    if (!error->code && request)
        show(page, &request->document);
}

void page_reload(struct screen *screen)
{
    struct page *page = page_of(screen);
    const struct page_spec *spec = screen->ops->spec;
    struct page_request *request;
    struct job_spec job;
    if (spec->compose) {
        struct document fresh = {0};
        struct error none = ERROR_INIT;
        spec->compose(screen, &fresh);
        show(page, &fresh);
        freshness_answered(&page->freshness, console_now(), &none);
        return;
    }
    if (page->job != 0)
        return;
    request = console_allocate(sizeof *request);
    request->spec = spec;
    request->argument = console_copy(screen->argument);
    job = (struct job_spec){.title = screen->ops->title,
                            .lane = spec->lane,
                            .timeout_ms = job_wait_ms(spec->lane, spec->timeout_ms),
                            .run = request_run,
                            .done = request_done,
                            .release = request_free,
                            .data = request};
    freshness_asked(&page->freshness, console_now());
    page->job = console_start(screen, &job);
}

void page_open(struct screen *screen)
{
    screen->state = console_allocate(sizeof(struct page));
    if (((const struct page_spec *)screen->ops->spec)->compose) {
        page_reload(screen);
        document_next_link(page_document(screen), 1);
    }
}

void page_close(struct screen *screen)
{
    struct page *page = page_of(screen);
    document_release(&page->document);
    free(page);
}

void page_draw(struct screen *screen, struct area area)
{
    struct page *page = page_of(screen);
    struct area inner = {area.y + 1, area.x + 2, area.height - 1, area.width - 2};
    page->area = area;
    if (page->document.count > 0 && !document_selected(&page->document))
        draw_paragraph(inner, TONE_DIM, "nothing matches the filter");
    else if (page->document.count > 0)
        document_draw(&page->document, area);
    else if (page->freshness.failed)
        draw_paragraph(inner, TONE_BAD, page->freshness.message);
    else if (page->freshness.asked_ms != 0 && console_now() - page->freshness.asked_ms > 300)
        draw_paragraph(inner, TONE_DIM, "loading ...");
}

int64_t page_tick(struct screen *screen, int64_t now_ms)
{
    struct page *page = page_of(screen);
    const struct page_spec *spec = screen->ops->spec;
    if (page->job != 0 || (spec->refresh_ms == 0 && page->freshness.loaded))
        return -1;
    int64_t due = freshness_due_in(
        &page->freshness, now_ms,
        spec->compose ? spec->refresh_ms : freshness_pace(now_ms, spec->refresh_ms, PAGE_IDLE_MS));
    if (due > 0)
        return due;
    page_reload(screen);
    return spec->compose ? spec->refresh_ms : -1;
}

static struct effect follow(struct screen *screen)
{
    const struct document_line *line = document_selected(page_document(screen));
    if (!line || !line->screen)
        return effect_none();
    struct effect effect = effect_push_filtered(line->screen, line->argument, line->filter);
    if (line->row)
        effect.row = console_copy(line->row);
    return effect;
}

struct effect page_click(struct screen *screen, int y, int x, bool open)
{
    struct page *page = page_of(screen);
    size_t hit = document_hit(&page->document, page->area, y);
    bool again = hit == page->document.selected;
    (void)x;
    if (hit >= page->document.count)
        return effect_none();
    document_select(&page->document, hit);
    return open || again ? follow(screen) : effect_redraw();
}

struct effect page_filter(struct screen *screen, const char *text, bool final)
{
    struct page *page = page_of(screen);
    (void) final;
    snprintf(page->filter, sizeof page->filter, "%s", text);
    document_filter(&page->document, page->filter);
    return effect_redraw();
}

const char *page_filter_text(const struct screen *screen)
{
    return page_of(screen)->filter;
}

const struct freshness *page_freshness(const struct screen *screen)
{
    const struct page_spec *spec = screen->ops->spec;
    return spec->compose ? NULL : &page_of(screen)->freshness;
}

const char *page_subject(const struct screen *screen)
{
    const struct document_line *line = document_selected(&page_of(screen)->document);
    if (line && line->argument && line->argument[0] != '\0')
        return line->argument;
    if (line && line->filter)
        return line->text;
    return screen->argument;
}

void page_where(const struct screen *screen, char *out, size_t size)
{
    document_place(&page_of(screen)->document, out, size);
}

char *page_text(const struct screen *screen)
{
    return document_as_text(&page_of(screen)->document);
}

char *page_command(const struct screen *screen)
{
    const struct page_spec *spec = screen->ops->spec;
    return spec->command ? shell_line_filled(spec->command, screen->argument) : NULL;
}

void page_move(struct screen *screen, enum movement movement)
{
    movement_in_document(page_document(screen), movement);
}

ACTION(follow_run, follow(screen))

static struct effect next_run(struct console *console, struct screen *screen)
{
    (void)console;
    document_next_link(page_document(screen), 1);
    return effect_redraw();
}

static struct effect previous_run(struct console *console, struct screen *screen)
{
    (void)console;
    document_next_link(page_document(screen), -1);
    return effect_redraw();
}

static struct effect refresh_run(struct console *console, struct screen *screen)
{
    const struct page_spec *spec = screen->ops->spec;
    (void)console;
    if (spec->again)
        spec->again();
    page_reload(screen);
    return effect_redraw();
}

static const struct action rows[] = {
    {"follow", "enter right l", "follow the link of the line", ROLE_VIEWER, ACTION_HINT,
     follow_run},
    {"next", "tab", "next link", ROLE_VIEWER, ACTION_HINT, next_run},
    {"previous", "backtab left h", "previous link", ROLE_VIEWER, ACTION_MOVES, previous_run},
    {"refresh", "f5 ctrl-r", "refresh", ROLE_VIEWER, 0, refresh_run},
};

const struct action_table page_actions = ACTION_TABLE(rows);
