/* The table of all screens, and of the actions that a key may mean on one. */
#ifndef INTAKE_TUI_CONSOLE_REGISTRY_H
#define INTAKE_TUI_CONSOLE_REGISTRY_H

#include "tui/console/screen.h"

const struct screen_ops *screen_find(const char *name);
const struct screen_ops *screen_at(size_t index); /* NULL at the end */
/* The tables of a screen's actions, in the order they are asked: its own, its kind's, those
 * that move, the console's. */
#define SCREEN_TABLES 4
struct action_table screen_table(const struct screen_ops *ops, size_t index);
/* Two actions of the screen that share a key: the second one, else NULL. */
const struct action *screen_collision(const struct screen_ops *ops, int *key);
/* What `key` does on that screen, or NULL. */
const struct action *screen_action(const struct screen_ops *ops, int key);

#endif
