#include "tui/terminal/terminal.h"

/* clang-format off */
#include <curses.h>
#include <term.h>
/* clang-format on */
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "tui/terminal/keys.h"

#define COPY_MAX 73728
#define CLOSE_WAIT_MS 100 /* for an answer that is still to come */
#define ESCAPE_WAIT_MS 50 /* unless ESCDELAY says otherwise: a slow line may part a sequence */

/* Bracketed paste, and the mouse's presses (X11, SGR): curses would wait for the end of a report
 * that never comes, so that keys.c reads these. */
static const char paste_on[] = "\033[?2004h";
static const char mouse_on[] = "\033[?1000h\033[?1006h";
static const char reports_off[] = "\033[?1006l\033[?1000l\033[?2004l";

static bool mouse = true;
static SCREEN *screen;
static struct termios before;
static bool taken;
static char rescue[256]; /* what undoes the screen, ready for a signal handler */
static size_t rescue_length;

static void say(const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t wrote = write(STDOUT_FILENO, bytes, length);
        if (wrote <= 0)
            return;
        bytes += wrote;
        length -= (size_t)wrote;
    }
}

static void rescue_add(const char *sequence)
{
    if (!sequence || sequence == (char *)-1)
        return;
    size_t length = strlen(sequence);
    if (rescue_length + length < sizeof rescue) {
        memcpy(rescue + rescue_length, sequence, length);
        rescue_length += length;
    }
}

static void prepare_rescue(void)
{
    rescue_length = 0;
    rescue_add(reports_off);
    rescue_add("\033[?1000l\033[?1002l\033[?1006l");
    rescue_add(tigetstr("rmkx"));
    rescue_add(tigetstr("sgr0"));
    rescue_add(tigetstr("cnorm"));
    rescue_add(tigetstr("rmcup"));
}

void terminal_rescue(void)
{
    if (!taken)
        return;
    say(rescue, rescue_length);
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

static bool capable(const char *name, char *why, size_t size)
{
    int status = 0;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        snprintf(
            why, size,
            "the console needs a terminal; without one, try `intake uploads` or `intake --help`");
        return false;
    }
    if (!name || name[0] == '\0' || strcmp(name, "dumb") == 0) {
        snprintf(why, size,
                 "this terminal (TERM=%.40s) is not supported; try another TERM, or the commands: "
                 "`intake uploads`, `intake --help`",
                 name ? name : "");
        return false;
    }
    if (setupterm(name, STDOUT_FILENO, &status) != OK) {
        snprintf(why, size,
                 "unknown terminal type %.40s; try TERM=xterm-256color, or the commands: "
                 "`intake --help`",
                 name);
        return false;
    }
    bool moves = tigetstr("cup") && tigetstr("cup") != (char *)-1;
    del_curterm(cur_term); /* newterm makes its own */
    if (!moves)
        snprintf(why, size,
                 "the terminal type %.40s cannot move its cursor; try another TERM, or the "
                 "commands: `intake uploads`, `intake --help`",
                 name);
    return moves;
}

static void take_modes(void)
{
    struct termios modes;
    cbreak();
    noecho();
    nonl();
    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_iflag &= (tcflag_t) ~(IXON | IXOFF);
        modes.c_cc[VQUIT] = _POSIX_VDISABLE;
#ifdef VLNEXT
        modes.c_cc[VLNEXT] = _POSIX_VDISABLE;
#endif
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
        def_prog_mode();
    }
    say(paste_on, sizeof paste_on - 1);
    if (mouse)
        say(mouse_on, sizeof mouse_on - 1);
}

void terminal_use_mouse(bool wanted)
{
    mouse = wanted;
}

bool terminal_open(char *why, size_t size)
{
    const char *name = getenv("TERM");
    if (!capable(name, why, size))
        return false;
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        snprintf(why, size, "the terminal does not respond");
        return false;
    }
    screen = newterm(name, stdout, stdin);
    if (!screen) {
        snprintf(why, size, "the terminal type %.40s cannot be used", name);
        return false;
    }
    prepare_rescue();
    taken = true;
    set_term(screen);
    take_modes();
    if (!getenv("ESCDELAY"))
        set_escdelay(ESCAPE_WAIT_MS);
    nodelay(stdscr, TRUE);
    keypad(stdscr, TRUE);
    intrflush(stdscr, FALSE);
    idlok(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    keys_init();
    curs_set(0);
    terminal_resize(); /* as it is, whatever LINES and COLUMNS say */
    return true;
}

/* What is not read before the end would be the shell's to read. */
static void await_answer(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (keys_await_background() && poll(&input, 1, CLOSE_WAIT_MS) > 0)
        tcflush(STDIN_FILENO, TCIFLUSH);
}

void terminal_close(void)
{
    if (!taken)
        return;
    await_answer();
    terminal_leave();
    taken = false;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
    delscreen(screen);
    screen = NULL;
}

void terminal_leave(void)
{
    if (!taken)
        return;
    curs_set(1);
    endwin();
    say(reports_off, sizeof reports_off - 1);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
}

void terminal_return(void)
{
    reset_prog_mode();
    take_modes();
    curs_set(0);
    terminal_resize();
}

void terminal_resize(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resize_term(size.ws_row, size.ws_col);
    clearok(curscr, TRUE); /* terminals differ in what they keep of the old picture */
}

void terminal_show(int y, int x)
{
    static int shown = 0;
    int wanted = y >= 0;
    if (wanted != shown) {
        curs_set(wanted);
        shown = wanted;
    }
    leaveok(stdscr, wanted ? FALSE : TRUE);
    if (wanted)
        move(y, x);
    wnoutrefresh(stdscr);
    doupdate();
}

void terminal_repaint(void)
{
    clearok(curscr, TRUE);
}

static size_t encode(const char *text, size_t length, char *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t written = 0;
    for (size_t i = 0; i < length; i += 3) {
        uint32_t group = (uint32_t)(unsigned char)text[i] << 16;
        size_t have = length - i < 3 ? length - i : 3;
        if (have > 1)
            group |= (uint32_t)(unsigned char)text[i + 1] << 8;
        if (have > 2)
            group |= (unsigned char)text[i + 2];
        out[written++] = digits[group >> 18 & 63];
        out[written++] = digits[group >> 12 & 63];
        out[written++] = have > 1 ? digits[group >> 6 & 63] : '=';
        out[written++] = have > 2 ? digits[group & 63] : '=';
    }
    return written;
}

/* Those show what they do not know, and those without colours have no use for it. */
static bool answers(const char *name)
{
    static const char *const silent[] = {"dumb", "linux", "ansi", "cons", "eterm",
                                         "hurd", "pc",    "sun",  "vt",   "emacs"};
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (strncmp(name, silent[i], strlen(silent[i])) == 0)
            return false;
    }
    return tigetnum("colors") >= 8;
}

void terminal_ask_background(void)
{
    static const char question[] = "\033]11;?\033\\";
    const char *name = getenv("TERM");
    const char *no_color = getenv("NO_COLOR");
    if (!name || !answers(name) || (no_color && no_color[0] != '\0'))
        return;
    keys_expect_background();
    say(question, sizeof question - 1);
}

void terminal_ring(void)
{
    fflush(stdout);
    say("\007", 1);
}

bool terminal_copy(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > COPY_MAX)
        return false;
    char *encoded = malloc(length / 3 * 4 + 8);
    if (!encoded)
        return false;
    size_t count = encode(text, length, encoded);
    fflush(stdout);
    say("\033]52;c;", 7);
    say(encoded, count);
    say("\007", 1);
    free(encoded);
    return true;
}
