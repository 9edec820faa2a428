#include "tui/console/movement.h"

#include "tui/console/screen.h"
#include "tui/widgets/document.h"

static struct effect move(struct screen *screen, enum movement movement)
{
    screen->ops->move(screen, movement);
    return effect_redraw();
}

ACTION(up, move(screen, MOVE_UP))
ACTION(down, move(screen, MOVE_DOWN))
ACTION(page_up, move(screen, MOVE_PAGE_UP))
ACTION(page_down, move(screen, MOVE_PAGE_DOWN))
ACTION(half_up, move(screen, MOVE_HALF_UP))
ACTION(half_down, move(screen, MOVE_HALF_DOWN))
ACTION(first, move(screen, MOVE_FIRST))
ACTION(last, move(screen, MOVE_LAST))

static const struct action rows[] = {
    {"up", "up k", "one line up", ROLE_VIEWER, ACTION_MOVES, up},
    {"down", "down j", "one line down", ROLE_VIEWER, ACTION_MOVES, down},
    {"page-up", "pgup ctrl-b", "one screen up", ROLE_VIEWER, ACTION_MOVES, page_up},
    {"page-down", "pgdn ctrl-f", "one screen down", ROLE_VIEWER, ACTION_MOVES, page_down},
    {"half-up", "ctrl-u", "half a screen up", ROLE_VIEWER, ACTION_MOVES, half_up},
    {"half-down", "ctrl-d", "half a screen down", ROLE_VIEWER, ACTION_MOVES, half_down},
    {"first", "home g", "the first line", ROLE_VIEWER, ACTION_MOVES, first},
    {"last", "end G", "the last line", ROLE_VIEWER, ACTION_MOVES, last},
};

const struct action_table movement_actions = ACTION_TABLE(rows);

void movement_in_document(struct document *document, enum movement movement)
{
    long page = document->height > 1 ? document->height - 1 : 1;
    long half = (page + 1) / 2;
    const long lines[] = {[MOVE_UP] = -1,          [MOVE_DOWN] = 1,        [MOVE_PAGE_UP] = -page,
                          [MOVE_PAGE_DOWN] = page, [MOVE_HALF_UP] = -half, [MOVE_HALF_DOWN] = half};
    if (movement == MOVE_FIRST)
        document_select(document, 0);
    else if (movement == MOVE_LAST)
        document_select(document, document->count);
    else
        document_move(document, lines[movement]);
}
