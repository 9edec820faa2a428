#include "tui/console/prompt.h"

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/terminal/keys.h"
#include "tui/widgets/edit.h"

struct prompt {
    struct prompt_spec spec;
    struct edit edit;
    size_t history;         /* 0: what is typed; n: the n-th remembered line */
    char before[EDIT_SIZE]; /* what it began with, for Esc */
    char hint[EDIT_SIZE];
    char others[EDIT_SIZE]; /* what the word may become */
};

static void prompt_draw(struct console *console, void *state, struct area area, int *y, int *x)
{
    const struct prompt *prompt = state;
    int line = area.y + area.height - 1;
    int at = area.x;
    if (prompt->spec.judge && area.height > 1) {
        char said[EDIT_SIZE] = "";
        enum theme_tone tone = prompt->spec.judge(console, prompt->edit.text, said, sizeof said);
        draw_cell(line - 1, area.x, area.width, DRAW_LEFT, TONE_INPUT, prompt->hint);
        draw_cell(line - 1, area.x + draw_width(prompt->hint) + 2,
                  area.width - draw_width(prompt->hint) - 2, DRAW_LEFT, tone, said);
    }
    draw_fill(line, area.x, area.width, TONE_INPUT);
    at += draw_text(line, at, area.width, TONE_KEY, prompt->spec.label);
    if (prompt->edit.length == 0 && prompt->others[0] == '\0')
        draw_text(line, at + 1, area.width - at - 1, TONE_DIM, prompt->hint);
    *y = line;
    *x = at;
    if (prompt->edit.length > 0)
        *x = edit_draw(&prompt->edit, line, at, area.x + area.width - at);
    at += draw_width(prompt->edit.text) + 3;
    if (prompt->others[0] != '\0' && at < area.x + area.width)
        draw_text(line, at, area.x + area.width - at, TONE_DIM, prompt->others);
}

static struct effect finish(struct console *console, struct prompt *prompt, bool kept)
{
    struct effect (*entered)(struct console *, const char *, bool) = prompt->spec.entered;
    char text[EDIT_SIZE];
    snprintf(text, sizeof text, "%s", kept ? prompt->edit.text : prompt->before);
    if (kept && prompt->spec.history)
        state_remember_filter(&console->state, text);
    console_overlay_close(console);
    return entered ? entered(console, text, kept) : effect_redraw();
}

static struct effect changed(struct console *console, const struct prompt *prompt)
{
    if (!prompt->spec.changed)
        return effect_redraw();
    return prompt->spec.changed(console, prompt->edit.text);
}

static struct effect walk(struct console *console, struct prompt *prompt, int step)
{
    const struct state *state = &console->state;
    if (!prompt->spec.history || (step < 0 && prompt->history == 0) ||
        (step > 0 && prompt->history == state->history_count))
        return effect_none();
    prompt->history += (size_t)step;
    edit_set(&prompt->edit,
             prompt->history > 0 ? state->history[prompt->history - 1] : prompt->before);
    return changed(console, prompt);
}

static struct effect prompt_key(struct console *console, void *state, int key)
{
    struct prompt *prompt = state;
    prompt->others[0] = '\0';
    if (key == '\t' && prompt->spec.complete) {
        prompt->spec.complete(console, &prompt->edit, prompt->others, sizeof prompt->others);
        return changed(console, prompt);
    }
    if (key == '\n')
        return finish(console, prompt, true);
    if (key == 27)
        return finish(console, prompt, false);
    if (key == KEYS_FUNCTION + KEY_UP)
        return walk(console, prompt, 1);
    if (key == KEYS_FUNCTION + KEY_DOWN)
        return walk(console, prompt, -1);
    if (!edit_key(&prompt->edit, key))
        return effect_none();
    return changed(console, prompt);
}

static const struct overlay_ops prompt_ops = {prompt_draw, prompt_key, free, true};

void prompt_open(struct console *console, const struct prompt_spec *spec, const char *text)
{
    struct prompt *prompt = console_allocate(sizeof *prompt);
    prompt->spec = *spec;
    if (spec->hint)
        snprintf(prompt->hint, sizeof prompt->hint, "%s", spec->hint);
    edit_set(&prompt->edit, text);
    snprintf(prompt->before, sizeof prompt->before, "%s", prompt->edit.text);
    console_overlay(console, &prompt_ops, prompt);
}
