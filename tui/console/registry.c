#include "tui/console/registry.h"

#include <string.h>

#include "tui/console/movement.h"
#include "tui/terminal/keys.h"

#define SCREEN(name) extern const struct screen_ops screen_##name;
#include "tui/console/screens.def"
#undef SCREEN

static const struct screen_ops *const screens[] = {
#define SCREEN(name) &screen_##name,
#include "tui/console/screens.def"
#undef SCREEN
};

#define SCREEN_COUNT (sizeof screens / sizeof screens[0])

const struct screen_ops *screen_at(size_t index)
{
    return index < SCREEN_COUNT ? screens[index] : NULL;
}

const struct screen_ops *screen_find(const char *name)
{
    for (size_t i = 0; i < SCREEN_COUNT; i++) {
        if (strcmp(screens[i]->name, name) == 0)
            return screens[i];
    }
    return NULL;
}

struct action_table screen_table(const struct screen_ops *ops, size_t index)
{
    static const struct action_table none = {NULL, 0};
    if (index == 0)
        return ops->actions ? *ops->actions : none;
    if (index == 1)
        return ops->kind ? *ops->kind : none;
    if (index == 2)
        return ops->move ? movement_actions : none;
    return console_actions;
}

const struct action *screen_action(const struct screen_ops *ops, int key)
{
    const struct action *found = NULL;
    for (size_t i = 0; i < SCREEN_TABLES && !found; i++)
        found = action_by_key(screen_table(ops, i), key);
    return found;
}

const struct action *screen_collision(const struct screen_ops *ops, int *key)
{
    for (size_t index = 0; index < SCREEN_TABLES; index++) {
        struct action_table table = screen_table(ops, index);
        for (size_t i = 0; i < table.count; i++) {
            const char *names = action_keys(&table.rows[i]);
            while ((*key = keys_next(&names)) != KEYS_NONE) {
                if (screen_action(ops, *key) != &table.rows[i])
                    return table.rows + i;
            }
        }
    }
    return NULL;
}
