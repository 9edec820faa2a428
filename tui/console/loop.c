#include "tui/console/loop.h"

#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "tui/console/console.h"
#include "tui/console/header.h"
#include "tui/console/sign_in.h"
#include "tui/terminal/keys.h"
#include "tui/terminal/signals.h"
#include "tui/terminal/terminal.h"
#include "tui/widgets/freshness.h"

#define IDLE_MS 1000 /* ages on the screen move on */
#define WHEEL_UP 64
#define WHEEL_DOWN 65
#define KEYS_AT_ONCE 64 /* keys that are handled before a redraw */
#define EXIT_INTERRUPT 130

static void interrupt(struct console *console)
{
    signals_interrupt_seen();
    if (console->interrupted) {
        console->exit_code = EXIT_INTERRUPT;
        console->quit = true;
        return;
    }
    console->interrupted = true;
    console_overlay_close(console);
    struct screen *screen = console_top(console);
    bool cancelled = screen && screen->ops->cancel && screen->ops->cancel(screen);
    if (jobs_cancel_actions(console->jobs) > 0 || cancelled)
        console_toast(console, TONE_WARN, "cancelling; press Ctrl-C again to quit");
    else
        console_toast(console, TONE_WARN, "nothing is running; press Ctrl-C again to quit");
}

static void on_signal(struct console *console, int number)
{
    switch (number) {
    case SIGINT:
        interrupt(console);
        break;
    case SIGTERM:
    case SIGHUP:
    case SIGQUIT:
        console->exit_code = 128 + number;
        console->quit = true;
        break;
    case SIGTSTP:
        terminal_leave();
        signals_stop();
        terminal_return();
        break;
    case SIGWINCH:
        terminal_resize();
        break;
    default:
        break;
    }
    console->dirty = true;
}

static void read_signals(struct console *console)
{
    unsigned char bytes[64];
    ssize_t count;
    while ((count = read(console->wake_read, bytes, sizeof bytes)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            if (bytes[i] != 'j')
                on_signal(console, bytes[i]);
        }
        if ((size_t)count < sizeof bytes)
            break;
    }
}

static void on_mouse(struct console *console)
{
    struct screen *screen = console_top(console);
    struct area pane = console_pane();
    const struct keys_mouse *event = keys_mouse();
    if (!event->pressed || console->overlay)
        return;
    if (event->button == WHEEL_UP || event->button == WHEEL_DOWN) {
        for (int i = 0; i < 3; i++)
            console_key(console, KEYS_FUNCTION + (event->button == WHEEL_UP ? KEY_UP : KEY_DOWN));
    } else if (event->button != 0) {
        return;
    } else if (event->y < header_height(LINES)) {
        if (strcmp(screen->ops->name, "attention") != 0)
            console_apply(console, effect_push("attention", ""));
    } else if (screen->ops->click && event->y >= pane.y && event->y < pane.y + pane.height) {
        console_apply(console, screen->ops->click(screen, event->y, event->x, false));
    }
}

static void on_key(struct console *console, int key)
{
    console->dirty = true;
    if (key == KEYS_FUNCTION + KEY_RESIZE)
        return;
    if (key == KEYS_BACKGROUND) {
        theme_background(keys_background());
        terminal_repaint();
        return;
    }
    console->interrupted = false;
    freshness_touch(console_now());
    if (key == KEYS_FUNCTION + KEY_MOUSE)
        on_mouse(console);
    else
        console_key(console, key);
}

/* True when there may be more: curses may have taken them from the terminal already. */
static bool read_keys(struct console *console)
{
    int key;
    for (int i = 0; i < KEYS_AT_ONCE && !console->quit; i++) {
        key = keys_read();
        if (key == KEYS_NONE)
            return false;
        on_key(console, key);
    }
    return true;
}

static int wait_time(struct console *console, int64_t now)
{
    struct screen *screen = console_top(console);
    int64_t wait = IDLE_MS;
    int64_t next = header_tick(console, now);
    if (next >= 0 && next < wait)
        wait = next;
    next = screen->ops->tick ? screen->ops->tick(screen, now) : -1;
    if (next >= 0 && next < wait)
        wait = next;
    next = console_paste_tick(console, now);
    if (next >= 0 && next < wait)
        wait = next;
    next = jobs_next_deadline(console->jobs);
    if (next >= 0 && next < wait)
        wait = next;
    return (int)wait;
}

int loop_run(struct console *console)
{
    struct pollfd watched[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                                {.fd = console->wake_read, .events = POLLIN}};
    bool more_keys = false;
    console->dirty = true;
    while (!console->quit) {
        int wait = wait_time(console, console_now());
        if (console->dirty) {
            console_draw(console);
            console->dirty = false;
        }
        int ready = poll(watched, 2, more_keys ? 0 : wait);
        if (ready < 0 && errno != EINTR) {
            console->exit_code = 1;
            break;
        }
        if (ready == 0)
            console->dirty = true;
        read_signals(console);
        if (jobs_collect(console->jobs, console_find_owner, console))
            console->dirty = true;
        sign_in_look(console);
        if (ready > 0 && (watched[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
            console->exit_code = 128 + SIGHUP;
            break;
        }
        if (more_keys || (ready > 0 && (watched[0].revents & POLLIN) != 0))
            more_keys = read_keys(console);
    }
    return console->exit_code;
}
