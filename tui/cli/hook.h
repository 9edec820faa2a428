/*
 * A command of the user's that is given texts on standard input, one run for each, at most
 * HOOK_AT_ONCE at a time, and never waited for: each runs in a process group of its own, which is
 * killed when its time is over. What it prints goes to stderr. Belongs to one thread.
 */
#ifndef INTAKE_TUI_CLI_HOOK_H
#define INTAKE_TUI_CLI_HOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HOOK_AT_ONCE 4
#define HOOK_WAITING_MAX 1000
#define HOOK_TEXT_MAX 32768 /* a pipe takes it without anybody reading */

struct hook_run {
    pid_t group;
    bool ended; /* its first process; others of the group may be left */
    int64_t deadline_ms;
};

struct hook {
    const char *command; /* for sh -c; borrowed */
    int64_t timeout_ms;
    struct hook_run runs[HOOK_AT_ONCE];
    char *waiting[HOOK_WAITING_MAX]; /* a ring */
    size_t first, waiting_count;
    int64_t dropped; /* texts that found no place */
    int64_t failed;  /* runs that ended with another status than 0, or could not begin */
    int64_t killed;  /* runs whose time was over */
};

void hook_init(struct hook *hook, const char *command, int64_t timeout_ms);
/* The text is copied. */
void hook_give(struct hook *hook, const char *text, int64_t now_ms);
/* Buries what has ended, kills what may not go on, begins what waits. */
void hook_tick(struct hook *hook, int64_t now_ms);
bool hook_idle(const struct hook *hook);
/* Kills what still runs and forgets what waits. */
void hook_release(struct hook *hook);

#endif
