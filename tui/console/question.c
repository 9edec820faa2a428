#include "tui/console/question.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"

struct question {
    struct effect (*answer)(struct console *, bool);
    char text[256];
};

static void question_draw(struct console *console, void *state, struct area area, int *y, int *x)
{
    const struct question *question = state;
    int width = draw_width(question->text) + 6;
    struct area box;
    (void)console;
    (void)y;
    (void)x;
    if (width > area.width)
        width = area.width;
    box = (struct area){.y = area.y + area.height / 2 - 3,
                        .x = area.x + (area.width - width) / 2,
                        .height = 5,
                        .width = width};
    if (box.y < area.y)
        box.y = area.y;
    draw_box(box, TONE_BORDER, NULL);
    draw_text(box.y + 1, box.x + 3, width - 6, TONE_WARN, question->text);
    draw_text(box.y + 3, box.x + 3, width - 6, TONE_KEY, "y yes   n no");
}

static struct effect question_key(struct console *console, void *state, int key)
{
    struct question *question = state;
    struct effect (*answer)(struct console *, bool) = question->answer;
    if (key != 'y' && key != 'Y' && key != 'n' && key != 'N' && key != 27 && key != 'q')
        return effect_none();
    bool yes = key == 'y' || key == 'Y';
    console_overlay_close(console);
    if (key != 27 && key != 'q')
        console_expect(console, yes ? "es\n" : "o\n");
    return answer(console, yes);
}

static const struct overlay_ops question_ops = {question_draw, question_key, free, false};

void question_open(struct console *console, struct effect (*answer)(struct console *, bool yes),
                   const char *format, ...)
{
    struct question *question = console_allocate(sizeof *question);
    va_list arguments;
    question->answer = answer;
    va_start(arguments, format);
    vsnprintf(question->text, sizeof question->text, format, arguments);
    va_end(arguments);
    console_overlay(console, &question_ops, question);
}
