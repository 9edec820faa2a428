#include "tui/console/action.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tui/base/memory.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/theme.h"

#define OVERRIDES_MOST 100

struct override {
    const char *name;
    const char *keys;
};

static struct override overrides[OVERRIDES_MOST];
static size_t override_count;

void action_keys_set(const char *name, const char *keys)
{
    if (override_count < OVERRIDES_MOST)
        overrides[override_count++] = (struct override){name, keys};
}

const char *action_keys(const struct action *action)
{
    for (size_t i = 0; i < override_count; i++) {
        if (strcmp(overrides[i].name, action->name) == 0)
            return overrides[i].keys;
    }
    return action->keys;
}

static const struct {
    const char *name, *aliases;
} aliases[] = {
    {"leave", "q quit exit"},    {"write", "export save"}, {"notify", "resend email mail notice"},
    {"subscribe", "email mail"}, {"upload-link", "link"},  {"replay", "redrive retry resend"},
    {"revalidate", "retry"},     {"mend", "fix"},          {"acknowledge", "ack"},
    {"unacknowledge", "unack"},  {"assign", "take claim"},
};

bool action_alias_at(size_t index, const char **name, const char **words)
{
    if (index >= sizeof aliases / sizeof aliases[0])
        return false;
    *name = aliases[index].name;
    *words = aliases[index].aliases;
    return true;
}

const char *action_aliases(const char *name)
{
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].aliases;
    }
    return NULL;
}

struct effect effect_none(void)
{
    return (struct effect){.kind = EFFECT_NONE};
}

struct effect effect_redraw(void)
{
    return (struct effect){.kind = EFFECT_REDRAW};
}

struct effect effect_pop(void)
{
    return (struct effect){.kind = EFFECT_POP};
}

struct effect effect_push(const char *screen, const char *argument)
{
    return (struct effect){.kind = EFFECT_PUSH, .screen = screen, .text = console_copy(argument)};
}

struct effect effect_push_filtered(const char *screen, const char *argument, const char *filter)
{
    struct effect effect = effect_push(screen, argument);
    if (filter && filter[0] != '\0')
        effect.filter = console_copy(filter);
    return effect;
}

struct effect effect_text(enum effect_kind kind, char *text)
{
    return (struct effect){.kind = kind, .text = text, .tone = TONE_NORMAL};
}

struct effect effect_toast(int tone, const char *format, ...)
{
    char text[768];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return (struct effect){.kind = EFFECT_TOAST, .text = console_copy(text), .tone = tone};
}

const struct action *action_by_key(struct action_table table, int key)
{
    for (size_t i = 0; i < table.count; i++) {
        if (keys_match(action_keys(&table.rows[i]), key))
            return table.rows + i;
    }
    return NULL;
}

const struct action *action_by_name(struct action_table table, const char *name)
{
    for (size_t i = 0; i < table.count; i++) {
        if (strcmp(table.rows[i].name, name) == 0)
            return table.rows + i;
    }
    return NULL;
}

const char *action_refusal(const struct action *action, enum role role, bool read_only)
{
    static char why[160];
    if (read_only && (action->flags & ACTION_CHANGES) != 0) {
        snprintf(why, sizeof why,
                 "%s: this session is READ-ONLY; start with --write to allow changes",
                 action->name);
        return why;
    }
    if (action->role <= ROLE_VIEWER || role >= action->role)
        return NULL;
    if (role == ROLE_NONE)
        snprintf(why, sizeof why, "%s requires the role %s; your role is not known yet",
                 action->name, role_name(action->role));
    else
        snprintf(why, sizeof why, "%s requires the role %s; your role is %s", action->name,
                 role_name(action->role), role_name(role));
    return why;
}
