#include "tui/console/start.h"

#include <locale.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/base/memory.h"
#include "tui/base/zone.h"
#include "tui/cli/output.h"
#include "tui/console/console.h"
#include "tui/console/header.h"
#include "tui/console/loop.h"
#include "tui/console/registry.h"
#include "tui/console/sign_in.h"
#include "tui/console/views.h"
#include "tui/session/session.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/signals.h"
#include "tui/terminal/terminal.h"

#define EXIT_NO_TERMINAL 2
#define EXIT_BROKEN 1
#define LEAVE_PATIENCE_MS 250

static int refuse(const char *why, int code)
{
    output_complain(NULL, "intake: %s", why);
    return code;
}

/* keys.NAME of the configuration, for every action that there is. */
static void set_keys(const struct console *console)
{
    for (size_t i = 0; screen_at(i); i++) {
        for (size_t index = 0; index < SCREEN_TABLES; index++) {
            struct action_table table = screen_table(screen_at(i), index);
            for (size_t row = 0; row < table.count; row++) {
                char name[64];
                snprintf(name, sizeof name, "keys.%s", table.rows[row].name);
                const char *keys = session_config(console->session, name);
                if (keys && action_keys(&table.rows[row]) == table.rows[row].keys)
                    action_keys_set(table.rows[row].name, keys);
            }
        }
    }
}

static void warn_of_collisions(struct console *console)
{
    for (size_t i = 0; screen_at(i); i++) {
        char name[KEYS_NAME_SIZE];
        int key;
        const struct action *hidden = screen_collision(screen_at(i), &key);
        if (!hidden)
            continue;
        keys_name(key, name);
        console_toast(console, TONE_WARN,
                      "config.ini: on %s the key %s of %s is already used; change keys.%s",
                      screen_at(i)->name, name, hidden->name, hidden->name);
        return;
    }
}

/* Until the first screen the user sees is the uploads: nothing before it waits for anything. */
static void begin(struct console *console)
{
    const char *theme = session_config(console->session, "theme");
    state_load(&console->state);
    if (console->state.theme)
        theme = console->state.theme;
    theme_init(theme ? theme : THEME_AUTO, true);
    if (theme_is_auto())
        terminal_ask_background();
    const char *zone = session_config(console->session, "time");
    zone_use(zone && strcmp(zone, "local") == 0);
    set_keys(console);
    console->jobs = jobs_new(console->options, console->wake_write);
    console->last_id = CONSOLE_OWNER;
    header_init(console);
    console_apply(console, effect_push("uploads", ""));
    warn_of_collisions(console);
    if (console->state.trouble[0] != '\0')
        console_toast(console, TONE_WARN, "%s", console->state.trouble);
}

/* False when workers hang: what they use must stay, and the process ends as it stands. */
static bool end(struct console *console)
{
    struct error error = ERROR_INIT;
    console_save_last(console);
    if (state_save(&console->state, &error))
        output_complain(NULL, "intake: cannot save the console's settings: %s", error.message);
    console_overlay_close(console);
    console_close_screens(console); /* which gives back what they hold */
    bool quiet = jobs_free(console->jobs, LEAVE_PATIENCE_MS);
    if (!quiet)
        return false;
    state_release(&console->state);
    session_free(console->session);
    return true;
}

int console_run(const struct session_options *options)
{
    struct session_options chosen = *options;
    struct console *console = console_allocate(sizeof *console);
    struct error error = ERROR_INIT;
    char why[256];
    setlocale(LC_ALL, "");
    mallopt(M_ARENA_MAX, 2);
    chosen.code = sign_in_ask;
    chosen.code_context = &console->wake_write;
    console->options = &chosen;
    if (session_new(&chosen, &console->session, &error)) {
        free(console);
        return refuse(error.message, EXIT_BROKEN);
    }
    console->wake_read = signals_open(&console->wake_write);
    if (console->wake_read < 0) {
        session_free(console->session);
        free(console);
        return refuse("cannot create a pipe: too many open files?", EXIT_BROKEN);
    }
    const char *mouse = session_config(console->session, "mouse");
    terminal_use_mouse(!mouse || strcmp(mouse, "off") != 0);
    if (!terminal_open(why, sizeof why)) {
        signals_close();
        session_free(console->session);
        free(console);
        return refuse(why, EXIT_NO_TERMINAL);
    }
    begin(console);
    int exit_code = loop_run(console);
    terminal_close();
    if (!end(console)) {
        fflush(NULL);
        _exit(exit_code);
    }
    signals_close();
    free(console);
    return exit_code;
}
