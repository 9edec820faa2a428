#include "tui/console_pager.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/time_text.h"
#include "tui/console_child.h"
#include "tui/console_memory.h"
#include "tui/loop.h"

#define FILES_TRIED 100

void console_pager(struct console *console, const char *text)
{
    const char *pager = getenv("PAGER");

    if (!child_run(pager != NULL && pager[0] != '\0' ? pager : "less", NULL, text))
        console_toast(console, TONE_BAD, "the pager could not be started; set PAGER");
}

/* VISUAL before EDITOR, as every program that edits; what Debian and POSIX have where both are unset. */
bool console_editor(struct console *console, const char *path)
{
    static const char fallback[] = "$(command -v editor || command -v nano || echo vi)";
    const char *visual = getenv("VISUAL");
    const char *editor = visual != NULL && visual[0] != '\0' ? visual : getenv("EDITOR");
    bool started =
        child_run(editor != NULL && editor[0] != '\0' ? editor : fallback, path, NULL);

    if (!started)
        console_toast(console, TONE_BAD, "the editor could not be started; set EDITOR");
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
        return effect_toast(TONE_BAD, "no file could be written here: %s", strerror(errno));
    }
    child_write(file, text);
    close(file);
    free(text);
    return effect;
}
