#include "tui/console_pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/base/time_text.h"
#include "tui/console_memory.h"
#include "tui/console_terminal.h"
#include "tui/loop.h"

#define FILES_TRIED 100

static void write_all(int file, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t wrote = write(file, text, left);

        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return; /* the pager was left before the end */
        text += wrote;
        left -= (size_t)wrote;
    }
}

static void become_pager(int input)
{
    const char *pager = getenv("PAGER");
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTSTP, SIG_DFL);
    dup2(input, STDIN_FILENO);
    setenv("LESSSECURE", "1", 0);
    execl("/bin/sh", "sh", "-c", pager != NULL && pager[0] != '\0' ? pager : "less", (char *)NULL);
    _exit(127);
}

void console_pager(struct console *console, const char *text)
{
    int ends[2];
    pid_t child;
    int status = 0;

    if (pipe(ends) != 0) {
        console_toast(console, TONE_BAD, "no pipe for the pager");
        return;
    }
    terminal_leave();
    child = fork();
    if (child == 0) {
        close(ends[1]);
        become_pager(ends[0]);
    }
    close(ends[0]);
    if (child > 0) {
        write_all(ends[1], text);
        close(ends[1]);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
    } else {
        close(ends[1]);
    }
    terminal_return();
    if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 127))
        console_toast(console, TONE_BAD, "the pager could not be started; set PAGER");
}

struct effect console_export(const char *name, char *text)
{
    char stamp[TIME_TEXT_SIZE];
    struct effect effect = effect_none();
    int file = -1;

    time_text_compact(console_clock(), stamp);
    for (int i = 0; i < FILES_TRIED && file < 0; i++) {
        char *path = i == 0 ? console_format("intake-%s-%s.tsv", name, stamp)
                            : console_format("intake-%s-%s-%d.tsv", name, stamp, i);

        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (file >= 0)
            effect = effect_toast(TONE_INFO, "written to %s", path);
        else if (errno != EEXIST)
            i = FILES_TRIED;
        free(path);
    }
    if (file < 0) {
        free(text);
        return effect_toast(TONE_BAD, "no file could be written here: %s", strerror(errno));
    }
    write_all(file, text);
    close(file);
    free(text);
    return effect;
}

struct effect console_jump(struct console *console, const char *id)
{
    char word[160];
    size_t length;

    (void)console;
    id += strspn(id, " \t\r\n\"'");
    length = strcspn(id, " \t\r\n\"'");
    snprintf(word, sizeof(word), "%.*s", (int)(length < sizeof(word) ? length : 0), id);
    if (strncmp(word, "UPLOAD_", 7) == 0)
        return effect_push("upload", word);
    if (strncmp(word, "VEND", 4) == 0)
        return effect_push("vendor", word);
    return effect_toast(TONE_WARN, "pasted text opens an upload (UPLOAD_...) or a vendor (VEND...)");
}
