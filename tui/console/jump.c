#include "tui/console/jump.h"

#include <stdio.h>

#include "tui/console/console.h"

#define FILLED (2 * ID_SIZE)

struct effect console_jump_go(const struct relation *relation, const struct id_set *set)
{
    char argument[FILLED];
    char filter[FILLED];
    if (!relation || !relation_fill(relation->argument, set, argument, sizeof argument) ||
        !relation_fill(relation->filter, set, filter, sizeof filter))
        return effect_toast(TONE_WARN, "no related objects");
    return effect_push_filtered(relation->screen, argument, filter);
}

struct effect console_jump_first(const struct id_set *set)
{
    const struct relation *relation = NULL;
    char text[FILLED];
    size_t i = 0;
    while ((relation = relation_at(i)) &&
           !(relation_fill(relation->argument, set, text, sizeof text) &&
             relation_fill(relation->filter, set, text, sizeof text)))
        i++;
    return console_jump_go(relation, set);
}

struct effect console_jump(struct console *console, const char *text)
{
    struct id_set set = {.values = {""}};
    char value[ID_SIZE];
    enum id_kind kind = id_find(text, value);
    (void)console;
    id_set_add(&set, kind, value);
    return console_jump_go(relation_of(kind), &set);
}

void console_jump_says(const char *text, char *out, size_t size)
{
    char value[ID_SIZE];
    const struct relation *relation = relation_of(id_find(text, value));
    out[0] = '\0';
    if (relation)
        snprintf(out, size, "%s: %s", relation->word, value);
}

void console_jump_ids(const struct console *console, struct id_set *set)
{
    const struct screen *screen = console_top(console);
    if (screen->ops->ids)
        screen->ops->ids(screen, set);
    else
        id_set_add_argument(set, screen->ops->argument, screen->argument);
}
