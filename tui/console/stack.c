#include <ctype.h>
#include <curses.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/world.h"
#include "tui/base/memory.h"
#include "tui/console/jump.h"
#include "tui/console/pager.h"
#include "tui/console/registry.h"
#include "tui/session/session.h"
#include "tui/terminal/child.h"
#include "tui/terminal/terminal.h"
#include "tui/terminal/keys.h"
#include "tui/console/console.h"

#define TOAST_MS 6000
#define COPY_WAIT_MS 1000
#define PASTE_REST_MS 100
#define WORD_MS 700 /* from the first letter of a typed word to its next */

int64_t console_now(void)
{
    return world_monotonic_ms(&world_real);
}

int64_t console_clock(void)
{
    return world_now_ms(&world_real);
}

struct screen *console_top(const struct console *console)
{
    return console->stack[console->depth - 1];
}

enum role console_role(const struct console *console)
{
    return console->header.facts.role;
}

bool console_read_only(const struct console *console)
{
    return console->header.facts.read_only;
}

void console_toast(struct console *console, enum theme_tone tone, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(console->toast, sizeof console->toast, format, arguments);
    va_end(arguments);
    console->toast_tone = tone;
    console->toast_until_ms = console_now() + TOAST_MS;
    console->dirty = true;
}

void console_overlay(struct console *console, const struct overlay_ops *ops, void *state)
{
    console_overlay_close(console);
    console->overlay = ops;
    console->overlay_state = state;
    console->dirty = true;
}

void console_overlay_close(struct console *console)
{
    const struct overlay_ops *ops = console->overlay;
    void *state = console->overlay_state;
    console->overlay = NULL;
    console->overlay_state = NULL;
    console->dirty = true;
    if (ops && ops->free)
        ops->free(state);
}

void *console_find_owner(void *context, uint64_t owner)
{
    struct console *console = context;
    if (owner == CONSOLE_OWNER)
        return console;
    for (size_t i = 0; i < console->depth; i++) {
        if (console->stack[i]->id == owner)
            return console->stack[i];
    }
    return NULL;
}

uint64_t console_start(struct screen *screen, struct job_spec *spec)
{
    spec->owner = screen->id;
    return jobs_start(screen->console->jobs, spec);
}

static void forget(struct console *console, size_t index)
{
    struct screen *screen = console->stack[index];
    jobs_cancel_owner(console->jobs, screen->id);
    if (screen->ops->close)
        screen->ops->close(screen);
    free(screen->argument);
    free(screen);
    console->depth--;
    memmove(console->stack + index, console->stack + index + 1,
            (console->depth - index) * sizeof *console->stack);
}

void console_close_screens(struct console *console)
{
    while (console->depth > 0)
        forget(console, console->depth - 1);
}

static void push(struct console *console, const char *name, const char *argument)
{
    const struct screen_ops *ops = screen_find(name);
    struct screen *screen;
    if (!ops) {
        console_toast(console, TONE_BAD, "unknown screen %s", name);
        return;
    }
    if (console->depth == CONSOLE_DEPTH)
        forget(console, 1);
    screen = console_allocate(sizeof *screen);
    screen->ops = ops;
    screen->console = console;
    screen->id = ++console->last_id;
    screen->argument = console_copy(argument);
    console->stack[console->depth++] = screen;
    ops->open(screen);
}

static void pop(struct console *console)
{
    if (console->depth > 1)
        forget(console, console->depth - 1);
}

static void push_as_said(struct console *console, const struct effect *effect)
{
    const struct screen *before = console->depth > 0 ? console_top(console) : NULL;
    struct screen *screen;
    push(console, effect->screen, effect->text);
    screen = console_top(console);
    if (screen == before)
        return;
    if (effect->filter && screen->ops->filter)
        console_apply(console, screen->ops->filter(screen, effect->filter, true));
    if (effect->row && screen->ops->select)
        screen->ops->select(screen, effect->row);
}

/* "copied" is said where a program said so. */
static void copy(struct console *console, const char *text)
{
    const char *program = session_config(console->session, "clipboard");
    if (program && child_feed(program, text, COPY_WAIT_MS))
        console_toast(console, TONE_INFO, "copied: %.200s", text);
    else if (!terminal_copy(text))
        console_toast(console, TONE_WARN, "too much to copy; press w to write it to a file");
    else if (program)
        console_toast(console, TONE_WARN, "%.60s failed; sent to the terminal: %.200s", program,
                      text);
    else
        console_toast(console, TONE_INFO, "sent to the terminal: %.200s", text);
}

void console_apply(struct console *console, struct effect effect)
{
    console->dirty = true;
    switch (effect.kind) {
    case EFFECT_NONE:
    case EFFECT_REDRAW:
        break;
    case EFFECT_REPLACE:
        pop(console);
        push_as_said(console, &effect);
        break;
    case EFFECT_PUSH:
        push_as_said(console, &effect);
        break;
    case EFFECT_POP:
        pop(console);
        break;
    case EFFECT_QUIT:
        console->quit = true;
        break;
    case EFFECT_TOAST:
        console_toast(console, (enum theme_tone)effect.tone, "%s", effect.text);
        break;
    case EFFECT_COPY:
        copy(console, effect.text);
        break;
    case EFFECT_PAGER:
        console_pager(console, effect.text);
        break;
    case EFFECT_REPAINT:
        terminal_resize();
        terminal_repaint();
        break;
    }
    free(effect.text);
    free(effect.filter);
    free(effect.row);
}

static bool is_in(struct action_table table, const struct action *action)
{
    return table.count > 0 && action >= table.rows && action < table.rows + table.count;
}

static bool is_of_row(const struct screen_ops *ops, const struct action *action)
{
    return (action->flags & ACTION_OF_ROW) != 0 || is_in(screen_table(ops, 0), action);
}

static bool awaits(const struct screen *screen)
{
    return screen->ops->awaits && screen->ops->awaits(screen);
}

struct effect console_run_action(struct console *console, const struct action *action)
{
    const char *refusal = action_refusal(action, console_role(console), console_read_only(console));
    struct screen *screen = console_top(console);
    if (refusal)
        return effect_toast(TONE_WARN, "%s", refusal);
    if (awaits(screen) && is_of_row(screen->ops, action))
        return effect_toast(TONE_WARN, "%s: the rows are not loaded yet", action->name);
    return action->run(console, screen);
}

/* Whether the key is to wait; NULL: it does nothing on this screen, but may on the next. */
static bool waits(const struct console *console, const struct action *action)
{
    const struct screen *screen = console_top(console);
    if (!awaits(screen))
        return false;
    if (action && is_of_row(screen->ops, action))
        return true;
    return console->ahead_count > 0 && (!action || !is_in(console_actions, action));
}

static void keep_ahead(struct console *console, const struct action *action, int key)
{
    if (console->ahead_count == CONSOLE_AHEAD) {
        console_toast(console, TONE_WARN, "too many keys typed before the rows are loaded");
        return;
    }
    console->ahead[console->ahead_count++] = key;
    if (action && console->ahead_count == 1)
        console_toast(console, TONE_INFO, "%s: waiting for the rows to load", action->name);
}

void console_resume(struct screen *screen)
{
    struct console *console = screen->console;
    int keys[CONSOLE_AHEAD];
    size_t count = console->ahead_count;
    if (count == 0 || screen != console_top(console))
        return;
    memcpy(keys, console->ahead, sizeof keys);
    console->ahead_count = 0;
    console->toast_until_ms = 0;
    for (size_t i = 0; i < count; i++)
        console_key(console, keys[i]);
}

static void overlay_key(struct console *console, int key)
{
    console_apply(console, console->overlay->key(console, console->overlay_state, key));
}

/* What is pasted into one line: lines and cells of it are words of that line. */
static void paste_text(struct console *console, int key)
{
    bool is_gap = key == '\n' || key == '\t';
    bool is_text = key >= ' ' && key < KEYS_FUNCTION && (key < 127 || key >= 0xa0);
    if (is_text && console->paste_gap)
        overlay_key(console, ' ');
    if (is_text) {
        console->paste_text = true;
        overlay_key(console, key);
    }
    if (is_text || is_gap)
        console->paste_gap = is_gap && console->paste_text;
}

/* What is pasted never presses keys: in a prompt it is text, over a question nothing, elsewhere an
 * id to go to. */
static void paste_key(struct console *console, int key)
{
    if (key == KEYS_PASTE_END) {
        console->pasting = false;
        if (!console->overlay && console->paste_length > 0) {
            console->paste[console->paste_length] = '\0';
            console_apply(console, console_jump(console, console->paste));
        }
    } else if (console->overlay && console->overlay->takes_text) {
        paste_text(console, key);
    } else if (!console->overlay && key >= ' ' && key < 127 &&
               console->paste_length + 1 < sizeof console->paste) {
        console->paste[console->paste_length++] = (char)key;
    }
}

int64_t console_paste_tick(struct console *console, int64_t now_ms)
{
    if (!console->pasting)
        return -1;
    int64_t left = console->pasted_ms + PASTE_REST_MS - now_ms;
    if (left > 0)
        return left;
    console->pasting = false;
    console->dirty = true;
    if (!console->overlay)
        console_toast(console, TONE_WARN, "unterminated paste: ignored");
    return -1;
}

void console_expect(struct console *console, const char *rest)
{
    console->expected = rest;
    console->expected_ms = console_now();
}

static bool is_expected(struct console *console, int key)
{
    const char *rest = console->expected;
    bool in_time = console_now() - console->expected_ms < WORD_MS;
    console->expected = NULL;
    if (!rest || *rest == '\0' || !in_time || key >= 128 || tolower(key) != *rest)
        return false;
    console->expected = rest + 1;
    return true;
}

/* Once, until another key comes. */
static void say_unbound(struct console *console, int key)
{
    char name[KEYS_NAME_SIZE];
    if (console->unbound == key)
        return;
    console->unbound = key;
    keys_name(key, name);
    console_toast(console, TONE_DIM, "%s: no action here; press ? for all keys",
                  key == KEYS_UNKNOWN ? "that key" : name);
}

/* Alt with a key looks like an Esc and that key typed fast, and is taken as such: what changes
 * things shows a plan first. The program is not left by it. */
static bool is_refused_with_alt(const struct console *console, int key)
{
    const struct action *action =
        console->overlay ? NULL : screen_action(console_top(console)->ops, key);
    return action && console->depth == 1 && strcmp(action->name, "leave") == 0;
}

void console_key(struct console *console, int key)
{
    if (key >= KEYS_ALT && !console->pasting && is_refused_with_alt(console, key - KEYS_ALT)) {
        say_unbound(console, key);
        return;
    }
    if (key >= KEYS_ALT)
        key -= KEYS_ALT;
    if (console->pasting) {
        console->pasted_ms = console_now();
        paste_key(console, key);
        return;
    }
    if (key == KEYS_PASTE_BEGIN) {
        console->pasting = true;
        console->pasted_ms = console_now();
        console->paste_length = 0;
        console->paste_text = console->paste_gap = false;
        return;
    }
    if (is_expected(console, key))
        return;
    if (console->overlay) {
        overlay_key(console, key);
        return;
    }
    const struct action *action = screen_action(console_top(console)->ops, key);
    if (waits(console, action)) {
        keep_ahead(console, action, key);
        return;
    }
    console->ahead_count = 0;
    if (!action) {
        say_unbound(console, key);
        return;
    }
    console->unbound = 0;
    console->toast_until_ms = 0;
    console_apply(console, console_run_action(console, action));
}
