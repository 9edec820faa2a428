#include "tui/console/palette.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/jump.h"
#include "tui/console/registry.h"
#include "tui/console/views.h"
#include "tui/terminal/keys.h"
#include "tui/widgets/edit.h"

#define ENTRIES 160
#define DELETE_KEY "ctrl-x"
#define CONTROL_X ('x' - 'a' + 1)

enum entry_kind { ENTRY_ACTION, ENTRY_SCREEN, ENTRY_VIEW, ENTRY_THEME };

struct entry {
    enum entry_kind kind;
    const char *word; /* borrowed from its table */
    const char *aliases;
    const char *help;
    const struct action *action;
    const struct screen_ops *screen;
    size_t view;
};

struct palette {
    struct edit edit;
    struct entry entries[ENTRIES];
    size_t count;
    size_t matches[ENTRIES];
    size_t match_count;
    size_t selected, top;
};

static void add(struct palette *palette, struct entry entry)
{
    if (palette->count < ENTRIES)
        palette->entries[palette->count++] = entry;
}

static void gather(struct console *console, struct palette *palette)
{
    const struct screen *screen = console_top(console);
    for (size_t index = 0; index < SCREEN_TABLES; index++) {
        struct action_table table = screen_table(screen->ops, index);
        for (size_t i = 0; i < table.count; i++) {
            const struct action *action = &table.rows[i];
            if ((action->flags & ACTION_MOVES) == 0 && (action->flags & ACTION_GOES) == 0)
                add(palette, (struct entry){.kind = ENTRY_ACTION,
                                            .word = action->name,
                                            .aliases = action_aliases(action->name),
                                            .help = action->help,
                                            .action = action});
        }
    }
    for (size_t i = 0; screen_at(i); i++) {
        if (!screen_at(i)->inner)
            add(palette, (struct entry){.kind = ENTRY_SCREEN,
                                        .word = screen_at(i)->name,
                                        .aliases = screen_at(i)->aliases,
                                        .help = screen_at(i)->help,
                                        .screen = screen_at(i)});
    }
    for (size_t i = 0; i < console->state.view_count; i++)
        add(palette, (struct entry){.kind = ENTRY_VIEW,
                                    .word = console->state.views[i].name,
                                    .help = console->state.views[i].filter,
                                    .view = i});
    for (size_t i = 0; theme_at(i); i++)
        add(palette, (struct entry){.kind = ENTRY_THEME,
                                    .word = theme_at(i),
                                    .help = "theme: colors for this"});
}

/* The first word names the entry, what follows is its argument. */
static void split(const struct palette *palette, char *word, size_t size, const char **argument)
{
    const char *text = palette->edit.text + strspn(palette->edit.text, " ");
    size_t length = strcspn(text, " ");
    snprintf(word, size, "%.*s", (int)length, text);
    *argument = text + length + strspn(text + length, " ");
}

/* How well one word of the list agrees: 0 for whole, 1 for its beginning, 2 for neither. */
static int agreement(const char *list, const char *word)
{
    int best = 2;
    size_t length = strlen(word);
    for (list += list ? strspn(list, " ") : 0; list && *list != '\0'; list += strspn(list, " ")) {
        size_t span = strcspn(list, " ");
        if (span >= length && strncasecmp(list, word, length) == 0)
            best = span == length ? 0 : best < 1 ? best : 1;
        list += span;
    }
    return best;
}

enum { AGREES_NOT = 6 };

/* The lower, the better: the word itself, an alias, how they begin, what they hold, the help. */
static int rank(const struct entry *entry, const char *word)
{
    int own = agreement(entry->word, word), other = agreement(entry->aliases, word);
    if (word[0] == '\0')
        return 0;
    if (own == 0 || other == 0)
        return own == 0 ? 0 : 1;
    if (own == 1 || other == 1)
        return own == 1 ? 2 : 3;
    if (filter_holds(entry->word, word))
        return 4;
    return filter_holds(entry->help, word) ? 5 : AGREES_NOT;
}

static void match(struct palette *palette)
{
    char word[EDIT_SIZE];
    const char *argument;
    split(palette, word, sizeof word, &argument);
    palette->match_count = 0;
    for (int wanted = 0; wanted < AGREES_NOT; wanted++) {
        for (size_t i = 0; i < palette->count; i++) {
            if (rank(&palette->entries[i], word) == wanted)
                palette->matches[palette->match_count++] = i;
        }
    }
    palette->selected = palette->top = 0;
}

static const char *kind_name(const struct entry *entry)
{
    if (entry->kind == ENTRY_SCREEN)
        return "screen";
    if (entry->kind == ENTRY_VIEW)
        return "view";
    if (entry->kind == ENTRY_THEME)
        return "theme";
    return "";
}

static void draw_view(const struct state_view *view, int y, int x, int width, enum theme_tone tone,
                      bool selected)
{
    char text[EDIT_SIZE];
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s", selected ? DELETE_KEY " deletes it: " : "",
             view->screen, view->argument[0] != '\0' ? " " : "", view->argument,
             view->filter[0] != '\0' ? " /" : "", view->filter, view->sort[0] != '\0' ? " by " : "",
             view->sort);
    draw_cell(y, x, width, DRAW_LEFT, tone, text);
}

static void draw_entry(const struct console *console, const struct entry *entry, struct area box,
                       int y, bool selected)
{
    const char *refusal = NULL;
    char key[KEYS_NAME_SIZE] = "";
    enum theme_tone tone = selected ? TONE_SELECTED : TONE_NORMAL;
    enum theme_tone side = selected ? TONE_SELECTED : TONE_DIM;
    int width = box.width - 2;
    if (entry->action) {
        const char *names = action_keys(entry->action);
        refusal = action_refusal(entry->action, console_role(console), console_read_only(console));
        keys_name(keys_next(&names), key);
    }
    if (refusal && !selected)
        tone = TONE_DIM;
    draw_fill(y, box.x + 1, width, tone);
    draw_cell(y, box.x + 2, 16, DRAW_LEFT, tone, entry->word);
    draw_cell(y, box.x + 19, 8, DRAW_LEFT, selected ? TONE_SELECTED : TONE_KEY,
              key[0] != '\0' ? key : kind_name(entry));
    if (entry->kind == ENTRY_VIEW)
        draw_view(&console->state.views[entry->view], y, box.x + 28, width - 28, side, selected);
    else
        draw_cell(y, box.x + 28, width - 28, DRAW_LEFT, side, refusal ? refusal : entry->help);
}

static void palette_draw(struct console *console, void *state, struct area area, int *y, int *x)
{
    struct palette *palette = state;
    int width = area.width < 92 ? area.width : 92;
    int rows = area.height - 6 < 16 ? area.height - 6 : 16;
    char place[ID_SIZE * 2];
    struct area box;
    if (rows < 1)
        rows = 1;
    box = (struct area){.y = area.y + (area.height > 20 ? 3 : 1),
                        .x = area.x + (area.width - width) / 2,
                        .height = rows + 3,
                        .width = width};
    draw_box(box, TONE_BORDER, "go to or do");
    draw_text(box.y + 1, box.x + 2, 2, TONE_KEY, ":");
    *y = box.y + 1;
    *x = edit_draw(&palette->edit, box.y + 1, box.x + 3, width - 5);
    if (palette->selected < palette->top)
        palette->top = palette->selected;
    if (palette->selected >= palette->top + (size_t)rows)
        palette->top = palette->selected - (size_t)rows + 1;
    for (int row = 0; row < rows; row++) {
        size_t at = palette->top + (size_t)row;
        if (at < palette->match_count)
            draw_entry(console, &palette->entries[palette->matches[at]], box, box.y + 2 + row,
                       at == palette->selected);
    }
    if (palette->match_count == 0) {
        console_jump_says(palette->edit.text, place, sizeof place);
        draw_format(box.y + 2, box.x + 2, width - 4, TONE_DIM, "press enter to open %s", place);
    }
}

static struct effect use_theme(struct console *console, const char *name)
{
    theme_use(name);
    state_set_theme(&console->state, name);
    return (struct effect){.kind = EFFECT_REPAINT};
}

static struct effect choose(struct console *console, const struct entry *entry,
                            const char *argument)
{
    switch (entry->kind) {
    case ENTRY_ACTION:
        return console_run_action(console, entry->action);
    case ENTRY_SCREEN:
        if (entry->screen->argument && argument[0] == '\0')
            return effect_toast(TONE_WARN, "%s requires %s", entry->word, entry->screen->argument);
        return effect_push(entry->screen->name, argument);
    case ENTRY_THEME:
        return use_theme(console, entry->word);
    case ENTRY_VIEW:
        return console_open_view(console, &console->state.views[entry->view]);
    }
    return effect_none();
}

static struct effect enter(struct console *console, struct palette *palette)
{
    char word[EDIT_SIZE];
    char argument_copy[EDIT_SIZE];
    const char *argument;
    split(palette, word, sizeof word, &argument);
    if (palette->match_count == 0) {
        snprintf(argument_copy, sizeof argument_copy, "%s", palette->edit.text);
        console_overlay_close(console);
        return console_jump(console, argument_copy);
    }
    snprintf(argument_copy, sizeof argument_copy, "%s", argument);
    struct entry entry = palette->entries[palette->matches[palette->selected]];
    bool leaves = entry.action && agreement(action_aliases("leave"), word) == 0 &&
                  strcmp(entry.word, "leave") == 0;
    console_overlay_close(console);
    if (leaves) /* :q is about the program, as everywhere */
        return console_leave(console);
    return choose(console, &entry, argument_copy);
}

static struct effect drop_view(struct console *console, struct palette *palette)
{
    if (palette->match_count == 0)
        return effect_none();
    const struct entry *entry = &palette->entries[palette->matches[palette->selected]];
    if (entry->kind != ENTRY_VIEW)
        return effect_none();
    struct effect effect = effect_toast(TONE_INFO, "view %s deleted", entry->word);
    state_drop_view(&console->state, entry->word);
    palette->count = 0;
    gather(console, palette);
    match(palette);
    return effect;
}

static struct effect palette_key(struct console *console, void *state, int key)
{
    struct palette *palette = state;
    const struct entry *entry;
    char completed[EDIT_SIZE];
    switch (key) {
    case 27:
        console_overlay_close(console);
        return effect_redraw();
    case '\n':
        return enter(console, palette);
    case CONTROL_X:
        return drop_view(console, palette);
    case KEYS_FUNCTION + KEY_UP:
    case KEYS_FUNCTION + KEY_BTAB:
        palette->selected -= palette->selected > 0;
        return effect_redraw();
    case KEYS_FUNCTION + KEY_DOWN:
        palette->selected += palette->selected + 1 < palette->match_count;
        return effect_redraw();
    case '\t':
        if (palette->match_count == 0)
            return effect_none();
        entry = &palette->entries[palette->matches[palette->selected]];
        snprintf(completed, sizeof completed, "%s ", entry->word);
        edit_set(&palette->edit, completed);
        match(palette);
        return effect_redraw();
    default:
        if (edit_key(&palette->edit, key))
            match(palette);
        return effect_redraw();
    }
}

static const struct overlay_ops palette_ops = {palette_draw, palette_key, free, true};

void palette_open(struct console *console)
{
    struct palette *palette = console_allocate(sizeof *palette);
    gather(console, palette);
    match(palette);
    console_overlay(console, &palette_ops, palette);
}
