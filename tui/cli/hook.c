#include "tui/cli/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/file.h"

#define NOT_FOUND 127 /* sh: there is no such command */

void hook_init(struct hook *hook, const char *command, int64_t timeout_ms)
{
    memset(hook, 0, sizeof *hook);
    hook->command = command;
    hook->timeout_ms = timeout_ms;
}

static void become(const char *command, int input)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
    setpgid(0, 0);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        signal(signals[i], SIG_DFL);
    dup2(input, STDIN_FILENO);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(NOT_FOUND);
}

/* The group's id, -1 where nothing was started. */
static pid_t start(const char *command, const char *text)
{
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    for (int i = 0; i < 2; i++)
        (void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    (void)file_write_all(ends[1], text, strlen(text)); /* it fits, nobody need read */
    close(ends[1]);
    pid_t child = fork();
    if (child == 0)
        become(command, ends[0]);
    if (child > 0)
        setpgid(child, child);
    close(ends[0]);
    return child;
}

/* The first process of a group is waited for, the others are init's. */
static void bury(struct hook *hook, struct hook_run *run)
{
    int status = 0;
    pid_t got = run->ended ? 0 : waitpid(run->group, &status, WNOHANG);
    if (got == run->group || (got < 0 && errno == ECHILD)) {
        run->ended = true;
        hook->failed += got > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    if (run->ended && kill(-run->group, 0) != 0)
        run->group = 0;
}

static void put_down(struct hook_run *run)
{
    int status;
    kill(-run->group, SIGKILL);
    while (!run->ended && waitpid(run->group, &status, 0) < 0 && errno == EINTR)
        continue;
    run->group = 0;
}

static void begin(struct hook *hook, struct hook_run *run, int64_t now_ms)
{
    char *text = hook->waiting[hook->first];
    hook->first = (hook->first + 1) % HOOK_WAITING_MAX;
    hook->waiting_count--;
    pid_t group = start(hook->command, text);
    free(text);
    if (group > 0)
        *run = (struct hook_run){.group = group, .deadline_ms = now_ms + hook->timeout_ms};
    else
        hook->failed++;
}

void hook_tick(struct hook *hook, int64_t now_ms)
{
    for (size_t i = 0; i < HOOK_AT_ONCE; i++) {
        struct hook_run *run = &hook->runs[i];
        if (run->group > 0)
            bury(hook, run);
        if (run->group > 0 && now_ms >= run->deadline_ms) {
            put_down(run);
            hook->killed++;
        }
        if (run->group == 0 && hook->waiting_count > 0)
            begin(hook, run, now_ms);
    }
}

void hook_give(struct hook *hook, const char *text, int64_t now_ms)
{
    char *copy = hook->waiting_count < HOOK_WAITING_MAX && strlen(text) <= HOOK_TEXT_MAX
                     ? strdup(text)
                     : NULL;
    if (copy)
        hook->waiting[(hook->first + hook->waiting_count++) % HOOK_WAITING_MAX] = copy;
    else
        hook->dropped++;
    hook_tick(hook, now_ms);
}

bool hook_idle(const struct hook *hook)
{
    bool idle = hook->waiting_count == 0;
    for (size_t i = 0; i < HOOK_AT_ONCE; i++)
        idle &= hook->runs[i].group == 0;
    return idle;
}

void hook_release(struct hook *hook)
{
    for (size_t i = 0; i < HOOK_AT_ONCE; i++) {
        if (hook->runs[i].group > 0)
            put_down(&hook->runs[i]);
    }
    for (; hook->waiting_count > 0; hook->waiting_count--) {
        free(hook->waiting[hook->first]);
        hook->first = (hook->first + 1) % HOOK_WAITING_MAX;
    }
}
