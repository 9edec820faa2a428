#include "tui/console/movement.h"

#include "tui/console/screen.h"
#include "tui/widgets/document.h"

#define MOVE(name, movement)                                                  \
    static struct effect name(struct console *console, struct screen *screen) \
    {                                                                         \
        (void)console;                                                        \
        screen->ops->move(screen, movement);                                  \
        return effect_redraw();                                               \
    }

MOVE(up, MOVE_UP)
MOVE(down, MOVE_DOWN)
MOVE(page_up, MOVE_PAGE_UP)
MOVE(page_down, MOVE_PAGE_DOWN)
MOVE(half_up, MOVE_HALF_UP)
MOVE(half_down, MOVE_HALF_DOWN)
MOVE(first, MOVE_FIRST)
MOVE(last, MOVE_LAST)

static const struct action rows[] = {
    {"up", "up k", "one line up", ROLE_VIEWER, ACTION_MOVES, up},
    {"down", "down j", "one line down", ROLE_VIEWER, ACTION_MOVES, down},
    {"page-up", "pgup ctrl-b", "one screen up", ROLE_VIEWER, ACTION_MOVES, page_up},
    {"page-down", "pgdn ctrl-f", "one screen down", ROLE_VIEWER, ACTION_MOVES, page_down},
    {"half-up", "ctrl-u", "half a screen up", ROLE_VIEWER, ACTION_MOVES, half_up},
    {"half-down", "ctrl-d", "half a screen down", ROLE_VIEWER, ACTION_MOVES, half_down},
    {"first", "home g", "the first line of all there is", ROLE_VIEWER, ACTION_MOVES, first},
    {"last", "end G", "the last line of all there is", ROLE_VIEWER, ACTION_MOVES, last},
};

const struct action_table movement_actions = {rows, sizeof rows / sizeof rows[0]};

void movement_in_document(struct document *document, enum movement movement)
{
    long page = document->height > 1 ? document->height - 1 : 1;
    switch (movement) {
    case MOVE_UP:
        document_move(document, -1);
        break;
    case MOVE_DOWN:
        document_move(document, 1);
        break;
    case MOVE_PAGE_UP:
        document_move(document, -page);
        break;
    case MOVE_PAGE_DOWN:
        document_move(document, page);
        break;
    case MOVE_HALF_UP:
        document_move(document, -(page + 1) / 2);
        break;
    case MOVE_HALF_DOWN:
        document_move(document, (page + 1) / 2);
        break;
    case MOVE_FIRST:
        document_select(document, 0);
        break;
    case MOVE_LAST:
        document_select(document, document->count);
        break;
    }
}
