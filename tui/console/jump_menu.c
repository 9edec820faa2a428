#include "tui/console/jump_menu.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/jump.h"
#include "tui/terminal/keys.h"

#define PLACES 24
#define DIGITS 9
#define BOX_WIDTH 72
#define WORD_WIDTH 36

struct place {
    const struct relation *relation;
    char where[2 * ID_SIZE]; /* argument and filter, as the user would type them */
};

struct jump {
    struct id_set set;
    struct place places[PLACES];
    size_t count, selected, top;
};

/* Not where the user is already. */
static bool here(const struct console *console, const struct relation *relation,
                 const char *argument)
{
    const struct screen *screen = console_top(console);
    return !relation->filter && strcmp(screen->ops->name, relation->screen) == 0 &&
           strcmp(screen->argument, argument) == 0;
}

static void gather(const struct console *console, struct jump *jump)
{
    const struct relation *relation;
    console_jump_ids(console, &jump->set);
    for (size_t i = 0; (relation = relation_at(i)) && jump->count < PLACES; i++) {
        struct place *place = &jump->places[jump->count];
        char filter[ID_SIZE];
        if (!relation_fill(relation->argument, &jump->set, place->where, sizeof place->where) ||
            !relation_fill(relation->filter, &jump->set, filter, sizeof filter) ||
            here(console, relation, place->where))
            continue;
        if (filter[0] != '\0')
            snprintf(place->where, sizeof place->where, "/%s", filter);
        place->relation = relation;
        jump->count++;
    }
}

static struct area box_in(const struct jump *jump, struct area area)
{
    int width = area.width < BOX_WIDTH ? area.width : BOX_WIDTH;
    int rows = (int)jump->count;
    if (rows > area.height - 3)
        rows = area.height - 3;
    if (rows < 1)
        rows = 1;
    return (struct area){.y = area.y + (area.height - rows - 2) / 2,
                         .x = area.x + (area.width - width) / 2,
                         .height = rows + 2,
                         .width = width};
}

static void jump_draw(struct console *console, void *state, struct area area, int *y, int *x)
{
    struct jump *jump = state;
    struct area box = box_in(jump, area);
    size_t rows = (size_t)(box.height - 2);
    int word = box.width - 6 < WORD_WIDTH ? box.width - 6 : WORD_WIDTH;
    (void)console;
    (void)y;
    (void)x;
    if (jump->selected < jump->top)
        jump->top = jump->selected;
    if (jump->selected >= jump->top + rows)
        jump->top = jump->selected - rows + 1;
    draw_box(box, TONE_BORDER, "jump to");
    for (size_t row = 0; row < rows && jump->top + row < jump->count; row++) {
        const struct place *place = &jump->places[jump->top + row];
        bool chosen = jump->top + row == jump->selected;
        int line = box.y + 1 + (int)row;
        char key[2] = {place->relation->key, '\0'};
        draw_fill(line, box.x + 1, box.width - 2, chosen ? TONE_SELECTED : TONE_NORMAL);
        draw_text(line, box.x + 2, 1, chosen ? TONE_SELECTED : TONE_KEY, key);
        draw_text(line, box.x + 4, word, chosen ? TONE_SELECTED : TONE_NORMAL,
                  place->relation->word);
        if (box.width - word > 12)
            draw_cell(line, box.x + 4 + word, box.width - word - 6, DRAW_LEFT,
                      chosen ? TONE_SELECTED : TONE_DIM, place->where);
    }
}

static struct effect go(struct console *console, const struct jump *jump, size_t index)
{
    struct effect effect = console_jump_go(jump->places[index].relation, &jump->set);
    console_overlay_close(console);
    return effect;
}

static struct effect jump_key(struct console *console, void *state, int key)
{
    struct jump *jump = state;
    switch (key) {
    case 27:
    case 'q':
    case 'J':
        console_overlay_close(console);
        return effect_redraw();
    case '\n':
        return go(console, jump, jump->selected);
    case 'k':
    case KEYS_FUNCTION + KEY_UP:
        jump->selected -= jump->selected > 0;
        return effect_redraw();
    case 'j':
    case KEYS_FUNCTION + KEY_DOWN:
        jump->selected += jump->selected + 1 < jump->count;
        return effect_redraw();
    default:
        break;
    }
    for (size_t i = 0; i < jump->count; i++) {
        if (key == jump->places[i].relation->key || (i < DIGITS && key == '1' + (int)i))
            return go(console, jump, i);
    }
    return effect_none();
}

static const struct overlay_ops jump_ops = {jump_draw, jump_key, free, false};

struct effect jump_open(struct console *console)
{
    struct jump *jump = console_allocate(sizeof *jump);
    gather(console, jump);
    if (jump->count == 0) {
        free(jump);
        return effect_toast(TONE_DIM, "no objects are related to the selected row");
    }
    console_overlay(console, &jump_ops, jump);
    return effect_redraw();
}
