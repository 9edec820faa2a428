#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/registry.h"
#include "tui/frames/list_private.h"
#include "tui/frames/page.h"

/* The pane beside a list on a wide terminal: what Enter would show of the selected row. */

#define WIDE 160 /* columns from which on there is room for it */
#define PANE_LEAST 56
#define PANE_MOST 110
#define REST_MS 250 /* the selection rests for this long before anything is asked */

static bool hidden; /* by the user, on every list */

struct detail_request {
    const struct page_spec *spec;
    char *argument;
    uint64_t asked_for;
    struct document document;
};

static void request_free(void *data)
{
    struct detail_request *request = data;
    document_release(&request->document);
    free(request->argument);
    free(request);
}

static enum error_code request_run(struct job_context *context, void *data, struct error *error)
{
    struct detail_request *request = data;
    return request->spec->fetch(context, request->argument, &request->document, error);
}

static void request_done(void *owner, void *data, const struct error *error)
{
    struct list_detail *detail = &list_of(owner)->detail;
    struct detail_request *request = data;
    if (request && request->asked_for != detail->asked_for)
        return;
    detail->job = 0;
    if (error->code == ERROR_CANCELLED)
        return;
    document_clear(&detail->document);
    detail->anchor = list_of(owner)->grid.top;
    free(detail->about);
    detail->about = detail->asked_about;
    detail->asked_about = NULL;
    detail->document.selected = 0;
    if (!error->code && request)
        document_replace(&detail->document, &request->document);
    else
        document_text(&detail->document, TONE_BAD, error->message);
    detail->document.selected = 0;
}

/* FNV-1a over the key and the cells: a row that became another is asked for again. */
static uint64_t row_hash(const struct row *row)
{
    uint64_t hash = 14695981039346656037u;
    for (size_t i = 0; i <= row->cell_count; i++) {
        const char *text = i < row->cell_count ? row_cell(row, i) : row_key(row);
        do {
            hash = (hash ^ (unsigned char)*text) * 1099511628211u;
        } while (*text++ != '\0');
    }
    return hash | 1;
}

static void ask(struct screen *screen, const struct screen_ops *ops, const char *argument)
{
    struct list_detail *detail = &list_of(screen)->detail;
    const struct page_spec *page = ops->spec;
    struct detail_request *request = console_allocate(sizeof *request);
    struct job_spec job = {.title = ops->title,
                           .lane = page->lane,
                           .timeout_ms = job_wait_ms(page->lane, page->timeout_ms),
                           .run = request_run,
                           .done = request_done,
                           .release = request_free,
                           .data = request};
    request->spec = page;
    request->argument = console_copy(argument);
    request->asked_for = detail->asked_for;
    free(detail->asked_about);
    detail->asked_about = console_format("%s %s", ops->title, argument);
    detail->job = console_start(screen, &job);
}

static void show_nothing(struct list_detail *detail)
{
    document_clear(&detail->document);
    free(detail->about);
    detail->about = NULL;
}

/* What Enter would push, where that is a page that is fetched. */
static void look(struct screen *screen, const struct row *row)
{
    const struct list_spec *spec = screen->ops->spec;
    struct effect effect = spec->open(screen, row);
    const struct screen_ops *ops =
        effect.kind == EFFECT_PUSH && effect.screen ? screen_find(effect.screen) : NULL;
    if (ops && ops->kind == &page_actions && ((const struct page_spec *)ops->spec)->fetch)
        ask(screen, ops, effect.text ? effect.text : "");
    else
        show_nothing(&list_of(screen)->detail);
    free(effect.text);
    free(effect.filter);
    free(effect.row);
}

int64_t list_detail_tick(struct screen *screen, int64_t now_ms)
{
    struct list *list = list_of(screen);
    struct list_detail *detail = &list->detail;
    const struct row *row = grid_selected(&list->grid);
    if (!detail->shown || list->pending || !row)
        return -1;
    uint64_t hash = row_hash(row);
    if (hash == detail->asked_for) {
        screen->console->dirty |= detail->job == 0 && detail->anchor != list->grid.top;
        detail->anchor = detail->job == 0 ? list->grid.top : detail->anchor;
        return -1;
    }
    if (hash != detail->wanted) {
        detail->wanted = hash;
        detail->wanted_ms = now_ms;
    }
    if (now_ms - detail->wanted_ms < REST_MS)
        return REST_MS - (now_ms - detail->wanted_ms);
    if (detail->job != 0)
        jobs_cancel(screen->console->jobs, detail->job);
    detail->job = 0;
    detail->asked_for = hash;
    look(screen, row);
    return -1;
}

void list_detail_release(struct list_detail *detail)
{
    document_release(&detail->document);
    free(detail->about);
    free(detail->asked_about);
}

/* While the cursor is on its way what still shows is of a row before, and goes with it when the
 * rows scroll: the terminal moves both at once, for a few bytes. */
static void draw_pane(struct list *list, struct area area)
{
    struct list_detail *detail = &list->detail;
    long gone = (long)list->grid.top - (long)detail->anchor;
    draw_fill(area.y, area.x, area.width, TONE_COLUMN);
    draw_text(area.y, area.x + 1, area.width - 2, TONE_COLUMN, detail->about ? detail->about : "");
    area.y++;
    area.height--;
    if (!detail->about || area.height < 2)
        return;
    detail->document.aside = true;
    if (gone >= area.height || -gone >= area.height)
        return;
    detail->document.top = (int)gone;
    document_draw(&detail->document, area);
    if (gone == 0 && detail->document.total > area.height) {
        area.y += area.height - 1;
        draw_fill(area.y, area.x, area.width, TONE_NORMAL);
        draw_format(area.y, area.x + 2, area.width - 2, TONE_DIM, "%d more lines: enter",
                    detail->document.total - area.height + 1);
    }
}

struct area list_detail_draw(struct screen *screen, struct area area)
{
    const struct list_spec *spec = screen->ops->spec;
    struct list *list = list_of(screen);
    int width = area.width * 7 / 20;
    width = width < PANE_LEAST ? PANE_LEAST : width > PANE_MOST ? PANE_MOST : width;
    list->detail.shown = spec->detail && !hidden && area.width >= WIDE && area.height > 2;
    if (!list->detail.shown)
        return area;
    struct area pane = {area.y, area.x + area.width - width, area.height, width};
    area.width -= width + 1;
    draw_pane(list, pane);
    return area;
}

struct effect list_detail_run(struct console *console, struct screen *screen)
{
    const struct list_spec *spec = screen->ops->spec;
    (void)console;
    if (!spec->detail)
        return effect_toast(TONE_DIM, "no details beside this list");
    if (console_pane().width < WIDE)
        return effect_toast(TONE_DIM, "details are shown from %d columns on; press enter", WIDE);
    hidden = !hidden;
    return effect_redraw();
}
