#include <curses.h>
#include <string.h>

#include "tui/console/console.h"
#include "tui/console/header.h"
#include "tui/console/registry.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/terminal.h"
#include "tui/widgets/freshness.h"

#define LEAST_HEIGHT 5
#define LEAST_WIDTH 20
#define HELP_MARGIN 2
#define TITLE_LEAST 14 /* of the title, where place in a page and age are said beside it */

/* Header, title, pane, message, hints: from the top. With few lines message and hints share one. */
static bool cramped(void)
{
    return LINES < 16;
}

struct area console_pane(void)
{
    int head = header_height(LINES) + 1;
    int foot = cramped() ? 1 : 2;
    return (struct area){.y = head, .x = 0, .height = LINES - head - foot, .width = COLS};
}

/* Draws it at the right end before `*end`, which moves, and says so, where `least` columns are left
 * to the rest. */
static bool draw_right(int y, int *end, int least, enum theme_tone tone, const char *text)
{
    int width = draw_width(text);
    if (width == 0 || *end - width - 2 < least)
        return false;
    *end -= width + 1;
    draw_text(y, *end, width, tone, text);
    *end -= 1;
    return true;
}

/* What it is, how it is narrowed; then how old, and where one is if that takes nothing from the
 * rest. */
static void draw_title(const struct screen *screen, int y)
{
    const struct freshness *freshness =
        screen->ops->freshness ? screen->ops->freshness(screen) : NULL;
    const char *filter = screen->ops->filter_text ? screen->ops->filter_text(screen) : NULL;
    bool filtered = filter && filter[0] != '\0';
    int whole = draw_width(screen->ops->title) + draw_width(screen->argument) + 4;
    char text[128] = "";
    enum theme_tone tone = TONE_DIM;
    int end = COLS;
    int x = 1;
    draw_fill(y, 0, COLS, TONE_NORMAL);
    if (freshness)
        tone = freshness_text(freshness, console_now(), text, sizeof text);
    draw_right(y, &end, COLS / 2 - 1, tone, text);
    text[0] = '\0';
    if (screen->ops->where)
        screen->ops->where(screen, text, sizeof text);
    if (!draw_right(y, &end, whole + (filtered ? draw_width(filter) + 3 : 0), TONE_DIM, text) &&
        strncmp(text, "lines ", 6) == 0)
        draw_right(y, &end, TITLE_LEAST, TONE_DIM, text + 6);
    x += draw_text(y, x, end - x, TONE_TITLE, screen->ops->title);
    if (screen->argument[0] != '\0')
        x += draw_format(y, x, end - x, TONE_TITLE, " %s", screen->argument);
    if (filtered)
        draw_format(y, x, end - x, TONE_MATCH, "  /%s", filter);
}

/* One line: what was just said, else why the pane has no newer data. */
static bool draw_message(const struct console *console, const struct screen *screen, int y)
{
    const struct freshness *freshness =
        screen->ops->freshness ? screen->ops->freshness(screen) : NULL;
    if (console->toast_until_ms > console_now()) {
        draw_cell(y, 0, COLS, DRAW_LEFT, console->toast_tone, console->toast);
        return true;
    }
    if (freshness && freshness->failed) {
        draw_cell(y, 0, COLS, DRAW_LEFT, TONE_BAD, freshness->message);
        return true;
    }
    if (!cramped())
        draw_fill(y, 0, COLS, TONE_NORMAL);
    return false;
}

/* False where it does not fit before `end`. */
static int hint_width(const struct action *action, char key[KEYS_NAME_SIZE])
{
    const char *names = action_keys(action);
    keys_name(keys_next(&names), key);
    return draw_width(key) + 1 + draw_width(action->name);
}

static bool draw_hint(int y, int *x, int end, const struct action *action)
{
    char key[KEYS_NAME_SIZE];
    if (*x + hint_width(action, key) > end)
        return false;
    *x += draw_text(y, *x, end - *x, TONE_KEY, key);
    *x += draw_format(y, *x, end - *x, TONE_DIM, " %s", action->name);
    *x += 2;
    return true;
}

/* What fits, the screen's own first; the way to the rest keeps its place at the right. */
static void draw_hints(const struct screen *screen, int y)
{
    const struct action *help = action_by_name(console_actions, "help");
    char key[KEYS_NAME_SIZE];
    int x = 1;
    int right = COLS - hint_width(help, key) - HELP_MARGIN;
    int end = right;
    draw_fill(y, 0, COLS, TONE_NORMAL);
    for (size_t index = 0; index < SCREEN_TABLES; index++) {
        struct action_table table = screen_table(screen->ops, index);
        for (size_t i = 0; i < table.count; i++) {
            const struct action *action = &table.rows[i];
            bool usual = (action->flags & ACTION_HINT) != 0;
            bool offered = screen->ops->offers ? screen->ops->offers(screen, action, usual) : usual;
            if (offered && action != help && !draw_hint(y, &x, end, action))
                end = x;
        }
    }
    draw_hint(y, end == right ? &x : &right, COLS, help);
}

void console_draw(struct console *console)
{
    struct screen *screen = console_top(console);
    struct area all = {.y = 0, .x = 0, .height = LINES, .width = COLS};
    struct area pane = console_pane();
    int cursor_y = -1;
    int cursor_x = 0;
    erase();
    if (LINES < LEAST_HEIGHT || COLS < LEAST_WIDTH) {
        draw_text(0, 0, COLS, TONE_NORMAL, "too small");
        terminal_show(-1, 0);
        return;
    }
    header_draw(console, all);
    screen->ops->draw(screen, pane);
    draw_title(screen, pane.y - 1); /* which says what part of it shows */
    if (!draw_message(console, screen, pane.y + pane.height) || !cramped())
        draw_hints(screen, LINES - 1);
    if (console->overlay)
        console->overlay->draw(console, console->overlay_state, all, &cursor_y, &cursor_x);
    terminal_show(cursor_y, cursor_x);
}
