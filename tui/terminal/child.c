#include "tui/terminal/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tui/base/memory.h"
#include "tui/terminal/signals.h"
#include "tui/terminal/terminal.h"

#define FEED_STEP_MS 5
#define NOT_FOUND 127 /* sh: there is no such command */

static void reset_signals(void)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGPIPE, SIGTSTP};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
}

static void become(const char *script, const char *argument)
{
    reset_signals();
    setenv("LESSSECURE", "1", 0);
    execl("/bin/sh", "sh", "-c", script, "sh", argument, (char *)NULL);
    _exit(NOT_FOUND);
}

/* The status of the end, -1 where nothing was started. */
static int run(const char *script, const char *argument, const char *input)
{
    int ends[2] = {-1, -1};
    int status = 0;
    pid_t child;
    if (input && pipe(ends) != 0)
        return -1;
    child = fork();
    if (child == 0) {
        if (input) {
            close(ends[1]);
            dup2(ends[0], STDIN_FILENO);
            close(ends[0]);
        }
        become(script, argument);
    }
    if (input) {
        close(ends[0]);
        if (child > 0)
            (void)file_write_all(ends[1], input, strlen(input)); /* it may be left unread */
        close(ends[1]);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return child > 0 ? status : -1;
}

bool child_run(const char *command, const char *argument, const char *input)
{
    char *script = argument ? console_format("%s \"$@\"", command) : console_copy(command);
    signals_lend();
    terminal_leave();
    int status = run(script, argument, input);
    terminal_return();
    signals_take_back();
    free(script);
    return status >= 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == NOT_FOUND);
}

static void become_fed(const char *command, int input)
{
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    reset_signals();
    setpgid(0, 0);
    dup2(input, STDIN_FILENO);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(NOT_FOUND);
}

/* The status of the end; -1 where it had to be killed. */
static int await(pid_t child, int wait_ms)
{
    int status = 0;
    for (int waited = 0; waited <= wait_ms; waited += FEED_STEP_MS) {
        pid_t got = waitpid(child, &status, WNOHANG);
        if (got != 0)
            return got == child ? status : -1;
        poll(NULL, 0, FEED_STEP_MS);
    }
    kill(-child, SIGKILL);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    return -1;
}

/* A file without a name: what reads it need not keep up with what wrote it, as with a pipe. */
static int open_nameless(void)
{
    FILE *file = tmpfile();
    int copy = file ? fcntl(fileno(file), F_DUPFD_CLOEXEC, STDERR_FILENO + 1) : -1;
    if (file)
        fclose(file);
    return copy;
}

bool child_feed(const char *command, const char *text, int wait_ms)
{
    int input = open_nameless();
    int status = -1;
    if (input >= 0 && file_write_all(input, text, strlen(text)) && lseek(input, 0, SEEK_SET) == 0) {
        pid_t child = fork();
        if (child == 0)
            become_fed(command, input);
        if (child > 0)
            setpgid(child, child);
        status = child > 0 ? await(child, wait_ms) : -1;
    }
    if (input >= 0)
        close(input);
    return status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
