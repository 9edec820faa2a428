#include <stdio.h>
#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/registry.h"
#include "tui/frames/list.h"
#include "tui/frames/page.h"
#include "tui/terminal/keys.h"

static void add_action(struct screen *screen, struct document *document,
                       const struct action *action)
{
    const struct console *console = screen->console;
    const char *refusal = action_refusal(action, console_role(console), console_read_only(console));
    const char *names = action_keys(action);
    char label[64] = "";
    size_t used = 0;
    char *line;
    int key;
    while ((key = keys_next(&names)) != KEYS_NONE && used + KEYS_NAME_SIZE < sizeof label) {
        char name[KEYS_NAME_SIZE];
        keys_name(key, name);
        used +=
            (size_t)snprintf(label + used, sizeof label - used, "%s%s", used > 0 ? " " : "", name);
    }
    line = console_format("%-14s %s%s%s%s", action->name, action->help, refusal ? " (" : "",
                          refusal ? refusal : "", refusal ? ")" : "");
    document_field(document, label, refusal ? TONE_DIM : TONE_NORMAL, line);
    free(line);
}

static void compose(struct screen *screen, struct document *document)
{
    static const char *const heads[] = {"On this screen", "Choosing", "Moving", "Everywhere"};
    const struct screen_ops *ops = screen_find(screen->argument);
    if (!ops)
        ops = screen_at(0);
    document_format(document, TONE_TITLE, "%s: %s", ops->title, ops->help);
    for (size_t index = 0; index < SCREEN_TABLES; index++) {
        struct action_table table = screen_table(ops, index);
        if (table.count == 0)
            continue;
        document_head(document, heads[index]);
        for (size_t i = 0; i < table.count; i++)
            add_action(screen, document, &table.rows[i]);
    }
    document_field(document, "ctrl-c", TONE_NORMAL,
                   "cancel         cancel the running action; press twice to quit");
    document_field(document, "ctrl-z", TONE_NORMAL,
                   "suspend        suspend to the shell; fg resumes");
    document_field(document, "mouse", TONE_NORMAL,
                   "click          select, again to open; titles sort, the wheel scrolls; "
                   "mouse = off in config.ini leaves it to the terminal");
    if (ops->kind == &list_actions) {
        document_head(document, "Filter");
        document_format(document, TONE_NORMAL, "plain words search; these filter by a column: %s",
                        ((const struct list_spec *)ops->spec)->filter_keys);
        document_text(document, TONE_NORMAL,
                      "since: and until: accept 30m, 2h, 2d, 1w, today, yesterday, 2026-01-02");
    }
    document_head(document, "Screens (type : and the name)");
    for (size_t i = 0; screen_at(i); i++) {
        char *label;
        if (screen_at(i)->inner)
            continue;
        label = console_format("%s %s", screen_at(i)->name,
                               screen_at(i)->argument ? screen_at(i)->argument : "");

        document_field(document, label, TONE_NORMAL, screen_at(i)->help);
        free(label);
    }
}

/* Again and again: the role may become known while one reads. */
static const struct page_spec spec = {.refresh_ms = 1000, .compose = compose};

const struct screen_ops screen_help = {
    .name = "help",
    .title = "Help",
    .help = "keys and actions",
    PAGE_SCREEN(&spec),
};
