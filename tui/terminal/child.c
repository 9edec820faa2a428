#include "tui/terminal/child.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"
#include "tui/base/memory.h"
#include "tui/terminal/signals.h"
#include "tui/terminal/terminal.h"

#define NOT_FOUND 127 /* sh: there is no such command */

static void become(const char *script, const char *argument)
{
    static const int signals[] = {SIGINT, SIGQUIT, SIGPIPE, SIGTSTP};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
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
