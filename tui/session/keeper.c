#include "tui/session/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTROL_FD 3
#define PATIENCE_TICKS 50
#define TICK_NS 20000000

extern char **environ;

/* From here on to the end of `keep` all is between fork and exec: nothing that is not safe in a
 * signal handler. */

static void on_child(int number)
{
    (void)number;
}

static void files_close(void)
{
    long most = sysconf(_SC_OPEN_MAX);
    if (most < 0 || most > 65536)
        most = 65536;
    for (int fd = CONTROL_FD + 1; fd < most; fd++)
        close(fd);
}

static void signals_reset(void)
{
    static const int numbers[] = {SIGINT,  SIGQUIT, SIGPIPE,  SIGTERM, SIGHUP,  SIGTSTP,
                                  SIGCHLD, SIGUSR1, SIGWINCH, SIGALRM, SIGTTIN, SIGTTOU};
    sigset_t none;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        signal(numbers[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static pid_t program_start(char *const *words)
{
    pid_t child = fork();
    if (child != 0)
        return child;
    close(CONTROL_FD);
    signals_reset();
    execvp(words[0], words);
    _exit(KEEPER_NOT_STARTED);
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Its group gets a second to end by itself. */
static void program_end(pid_t child)
{
    const struct timespec tick = {.tv_nsec = TICK_NS};
    int status;
    kill(0, SIGTERM);
    for (int i = 0; i < PATIENCE_TICKS; i++) {
        if (waitpid(child, &status, WNOHANG) == child)
            break;
        nanosleep(&tick, NULL);
    }
    kill(0, SIGKILL);
}

/* Until the program ends, or nobody holds the other end of the pipe. */
static void keep(char *const *words)
{
    struct sigaction quiet = {.sa_handler = SIG_IGN}, wake = {.sa_handler = on_child};
    sigset_t child_signal, before;
    int status = 0;
    sigaction(SIGTERM, &quiet, NULL);
    sigaction(SIGCHLD, &wake, NULL);
    sigemptyset(&child_signal);
    sigaddset(&child_signal, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child_signal, &before);
    pid_t child = program_start(words);
    if (child < 0)
        _exit(KEEPER_NOT_STARTED);
    for (;;) {
        fd_set watched;
        char byte;
        if (waitpid(child, &status, WNOHANG) == child) {
            kill(0, SIGTERM); /* whom it left behind */
            _exit(code_of(status));
        }
        FD_ZERO(&watched);
        FD_SET(CONTROL_FD, &watched);
        if (pselect(CONTROL_FD + 1, &watched, NULL, NULL, NULL, &before) > 0 &&
            read(CONTROL_FD, &byte, 1) <= 0)
            program_end(child);
    }
}

static void become(char *const *words, char **environment, int control, int output)
{
    int nothing = open("/dev/null", O_RDWR);
    setpgid(0, 0);
    signals_reset();
    environ = environment;
    /* the pipe first: its number may be that of a standard stream */
    int spare = fcntl(control, F_DUPFD, 64), written = fcntl(output, F_DUPFD, 64);
    if (nothing < 0 || spare < 0 || written < 0 || dup2(nothing, STDIN_FILENO) < 0 ||
        dup2(written, STDOUT_FILENO) < 0 || dup2(written, STDERR_FILENO) < 0 ||
        dup2(spare, CONTROL_FD) < 0)
        _exit(KEEPER_NOT_STARTED);
    files_close();
    keep(words);
}

static bool pipe_open(int ends[2])
{
    if (pipe(ends) != 0)
        return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
}

enum error_code keeper_start(struct keeper *keeper, char *const *words, char **environment,
                             struct error *error)
{
    int control[2] = {-1, -1}, output[2] = {-1, -1};
    *keeper = (struct keeper){.id = -1, .control = -1, .output = -1};
    if (pipe_open(control) && pipe_open(output))
        keeper->id = fork();
    if (keeper->id == 0)
        become(words, environment, control[0], output[1]);
    int cause = errno;
    if (control[0] >= 0)
        close(control[0]);
    if (output[1] >= 0)
        close(output[1]);
    if (keeper->id > 0) {
        (void)setpgid(keeper->id, keeper->id); /* whichever of the two is first */
        keeper->control = control[1];
        keeper->output = output[0];
        return ERROR_NONE;
    }
    if (control[1] >= 0)
        close(control[1]);
    if (output[0] >= 0)
        close(output[0]);
    return error_set(error, ERROR_IO, "%s cannot be started: %s", words[0], strerror(cause));
}
