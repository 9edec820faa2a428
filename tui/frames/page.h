/* The kind of screen that is a document about one thing: lines, some of which lead elsewhere. */
#ifndef INTAKE_TUI_FRAMES_PAGE_H
#define INTAKE_TUI_FRAMES_PAGE_H

#include "tui/console/jobs.h"
#include "tui/console/screen.h"
#include "tui/widgets/document.h"
#include "tui/widgets/freshness.h"

struct page_spec {
    int64_t refresh_ms; /* 0: only when asked */
    enum job_lane lane;
    int64_t timeout_ms; /* 0: what is usual on the lane */
    /* On a worker; NULL where `compose` alone makes the page. */
    enum error_code (*fetch)(struct job_context *context, const char *argument,
                             struct document *document, struct error *error);
    /* On the screen's thread, without I/O, at each refresh. */
    void (*compose)(struct screen *screen, struct document *document);
    const char *command; /* the equivalent one, %s is the first word of the argument; NULL: none */
    void (*again)(void); /* what F5 asks for beside the page; NULL: nothing */
};

void page_open(struct screen *screen);
void page_close(struct screen *screen);
void page_draw(struct screen *screen, struct area area);
void page_move(struct screen *screen, enum movement movement);
int64_t page_tick(struct screen *screen, int64_t now_ms);
struct effect page_click(struct screen *screen, int y, int x, bool open);
struct effect page_filter(struct screen *screen, const char *text, bool final);
const char *page_filter_text(const struct screen *screen);
const struct freshness *page_freshness(const struct screen *screen);
const char *page_subject(const struct screen *screen);
char *page_text(const struct screen *screen);
void page_where(const struct screen *screen, char *out, size_t size);
char *page_command(const struct screen *screen);
void page_ids(const struct screen *screen, struct id_set *set);
void page_reload(struct screen *screen);
struct document *page_document(const struct screen *screen);
extern const struct action_table page_actions;

#define PAGE_SCREEN(page_spec_pointer) PAGE_SCREEN_TICKED(page_spec_pointer, page_tick)
/* With a tick of its own, which calls page_tick. */
#define PAGE_SCREEN_TICKED(page_spec_pointer, own_tick)                                         \
    .kind = &page_actions, .spec = (page_spec_pointer), .open = page_open, .close = page_close, \
    .draw = page_draw, .move = page_move, .tick = (own_tick), .click = page_click,              \
    .freshness = page_freshness, .filter = page_filter, .filter_text = page_filter_text,        \
    .where = page_where, .subject = page_subject, .command = page_command, .text = page_text,   \
    .ids = page_ids

#endif
