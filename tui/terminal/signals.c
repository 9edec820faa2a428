#include "tui/terminal/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "tui/terminal/terminal.h"

#define UNSEEN_MOST 3
#define STACK_SIZE 65536

static const int plain_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH};
static const int crash_signals[] = {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL};

#define PLAIN_COUNT (sizeof plain_signals / sizeof plain_signals[0])
#define CRASH_COUNT (sizeof crash_signals / sizeof crash_signals[0])

static int pipe_ends[2] = {-1, -1};
static struct sigaction plain_before[PLAIN_COUNT];
static struct sigaction crash_before[CRASH_COUNT];
static struct sigaction pipe_before;
static struct sigaction lent_interrupt, lent_quit, lent_stop;
static volatile sig_atomic_t interrupts_unseen;
static char crash_stack[STACK_SIZE];

static void on_signal(int number)
{
    int saved = errno;
    char byte = (char)number;
    ssize_t ignored = write(pipe_ends[1], &byte, 1);
    (void)ignored;
    if (number == SIGINT && ++interrupts_unseen >= UNSEEN_MOST) {
        terminal_rescue();
        _exit(128 + SIGINT);
    }
    errno = saved;
}

static void on_crash(int number)
{
    terminal_rescue();
    for (size_t i = 0; i < CRASH_COUNT; i++) {
        if (crash_signals[i] == number)
            sigaction(number, &crash_before[i], NULL);
    }
    raise(number);
}

static void install_crash(void)
{
    struct sigaction action;
    stack_t stack = {.ss_sp = crash_stack, .ss_size = sizeof crash_stack};
    sigaltstack(&stack, NULL);
    memset(&action, 0, sizeof action);
    action.sa_handler = on_crash;
    action.sa_flags = (int)(SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
    for (size_t i = 0; i < CRASH_COUNT; i++)
        sigaction(crash_signals[i], &action, &crash_before[i]);
}

int signals_open(int *write_end)
{
    struct sigaction action;
    if (pipe(pipe_ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++) {
        fcntl(pipe_ends[i], F_SETFL, O_NONBLOCK);
        fcntl(pipe_ends[i], F_SETFD, FD_CLOEXEC);
    }
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        sigaction(plain_signals[i], &action, &plain_before[i]);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, &pipe_before);
    install_crash();
    *write_end = pipe_ends[1];
    return pipe_ends[0];
}

void signals_close(void)
{
    for (size_t i = 0; i < PLAIN_COUNT; i++)
        sigaction(plain_signals[i], &plain_before[i], NULL);
    for (size_t i = 0; i < CRASH_COUNT; i++)
        sigaction(crash_signals[i], &crash_before[i], NULL);
    sigaction(SIGPIPE, &pipe_before, NULL);
}

void signals_interrupt_seen(void)
{
    interrupts_unseen = 0;
}

void signals_stop(void)
{
    struct sigaction fallback;
    struct sigaction mine;
    memset(&fallback, 0, sizeof fallback);
    fallback.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &fallback, &mine);
    raise(SIGTSTP);
    sigaction(SIGTSTP, &mine, NULL);
}

void signals_lend(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_IGN;
    sigaction(SIGINT, &action, &lent_interrupt);
    sigaction(SIGQUIT, &action, &lent_quit);
    action.sa_handler = SIG_DFL;
    sigaction(SIGTSTP, &action, &lent_stop);
}

void signals_take_back(void)
{
    sigaction(SIGINT, &lent_interrupt, NULL);
    sigaction(SIGQUIT, &lent_quit, NULL);
    sigaction(SIGTSTP, &lent_stop, NULL);
}
