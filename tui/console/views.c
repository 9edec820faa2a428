#include "tui/console/views.h"

#include <stdio.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"

bool console_save_view(struct console *console, const struct screen *screen, const char *name)
{
    const struct screen_ops *ops = screen->ops;
    struct screen_layout layout = {"", ""};
    if (ops->layout)
        ops->layout(screen, &layout);
    return state_save_view(
        &console->state, (struct state_view){.name = console_copy(name),
                                             .screen = console_copy(ops->name),
                                             .argument = console_copy(screen->argument),
                                             .filter = console_copy(
                                                 ops->filter_text ? ops->filter_text(screen) : ""),
                                             .columns = console_copy(layout.columns),
                                             .sort = console_copy(layout.sort)});
}

/* Of a run in which nothing else was to be remembered, what others remembered meanwhile stays. */
void console_save_last(struct console *console)
{
    size_t depth = console->depth;
    while (depth > 0 && console->stack[depth - 1]->ops->inner)
        depth--;
    if (depth == 0)
        return;
    if (!console->state.changed) {
        state_release(&console->state);
        state_load(&console->state);
    }
    console_save_view(console, console->stack[depth - 1], STATE_LAST);
}

struct effect console_open_view(struct console *console, const struct state_view *view)
{
    struct screen_layout layout = {"", ""};
    snprintf(layout.columns, sizeof layout.columns, "%s", view->columns);
    snprintf(layout.sort, sizeof layout.sort, "%s", view->sort);
    console_apply(console, effect_push_filtered(view->screen, view->argument, view->filter));
    const struct screen *top = console_top(console);
    if (top->ops->arrange)
        top->ops->arrange(console_top(console), &layout);
    return effect_redraw();
}
