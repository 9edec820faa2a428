#include "tui/console/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/time_text.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/terminal/child.h"

#define FILES_TRIED 100

void console_pager(struct console *console, const char *text)
{
    const char *pager = getenv("PAGER");
    if (!child_run(pager && pager[0] != '\0' ? pager : "less", NULL, text))
        console_toast(console, TONE_BAD, "cannot start the pager; set PAGER");
}

static bool takes_line(const char *editor)
{
    static const char *const names[] = {"vi",  "vim",   "nvim", "nano", "emacs", "emacsclient",
                                        "joe", "micro", "mg",   "ne",   "kak"};
    size_t length = strcspn(editor, " ");
    const char *name = editor;
    for (const char *at = editor; at < editor + length; at++) {
        if (*at == '/')
            name = at + 1;
    }
    length -= (size_t)(name - editor);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return true;
    }
    return false;
}

/* VISUAL before EDITOR, as every program that edits; what Debian and POSIX have where both are
 * unset. */
bool console_editor(struct console *console, const char *path, long line)
{
    static const char fallback[] = "$(command -v editor || command -v nano || echo vi)";
    const char *editor = getenv("VISUAL");
    char *command;
    if (!editor || editor[0] == '\0')
        editor = getenv("EDITOR");
    bool own = editor && editor[0] != '\0';
    command = line > 0 && (!own || takes_line(editor))
                  ? console_format("%s +%ld", own ? editor : fallback, line)
                  : console_copy(own ? editor : fallback);
    bool started = child_run(command, path, NULL);
    free(command);
    if (!started)
        console_toast(console, TONE_BAD, "cannot start the editor; set EDITOR");
    return started;
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
        return effect_toast(TONE_BAD, "cannot write a file here: %s", strerror(errno));
    }
    if (!file_write_all(file, text, strlen(text))) {
        free(effect.text);
        effect = effect_toast(TONE_BAD, "the file is incomplete: %s", strerror(errno));
    }
    close(file);
    free(text);
    return effect;
}
