#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/base/file.h"
#include "core/base/time_text.h"
#include "core/operate/mend.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/pager.h"
#include "tui/console/question.h"
#include "tui/frames/page.h"
#include "tui/plans/plans.h"
#include "tui/session/file_check.h"

#define FINDINGS_SHOWN 500

static const char *const made_of[] = {
    [MEND_DRAFT] = "previous draft; X discards it",
    [MEND_REJECTED] = "the rejected records as the vendor wrote them, with a column `errors`",
    [MEND_REFUSED] = "the whole file: it was refused before any record was validated",
};

static void add_verdict(struct document *document, const struct file_check *check)
{
    const struct check_result *result = &check->result;
    struct buffer text;
    bool good = result->refusal.code == REFUSAL_NONE && result->error_records == 0;
    buffer_init(&text, 4096);
    file_check_verdict(check, &text);
    document_field(document, "Current state",
                   good                        ? TONE_GOOD
                   : result->valid_records > 0 ? TONE_WARN
                                               : TONE_BAD,
                   text.data);
    buffer_release(&text);
    if (check->unknown_columns[0] != '\0')
        document_field(document, "Ignored columns", TONE_DIM, check->unknown_columns);
}

static void add_findings(struct document *document, const struct file_check *check)
{
    const char *at = check->findings.data;
    if (check->findings.len == 0)
        return;
    document_head(document, "Remaining errors, by line of the draft");
    while (*at != '\0') {
        size_t length = strcspn(at, "\n");
        char *line = console_copy_bytes(at, length);
        document_text(document, TONE_NORMAL, line);
        free(line);
        at += length + (at[length] == '\n');
    }
    if (check->findings_left_out > 0)
        document_format(document, TONE_DIM, "and %zu more", check->findings_left_out);
}

/* Before the first key: whether what is typed here can be sent by the person who types it. */
static void add_role(struct document *document, enum role role)
{
    char *line;
    if (role >= ROLE_OPERATOR)
        return;
    line = console_format("%s: you can edit and validate the draft; only an operator can upload it "
                          "(H writes it to a file)",
                          role_name(role));
    document_field(document, "Your role", TONE_WARN, line);
    free(line);
}

static void add_draft(struct document *document, const struct mend *mend,
                      const struct file_check *check, enum role role)
{
    char shown[sizeof mend->path];
    mend_path_shown(mend->path, shown, sizeof shown);
    char *file = console_format("%s, %llu bytes", shown, (unsigned long long)check->size);

    document_field(document, "Upload", TONE_TITLE, mend->upload_id);
    document_link(document, "upload", mend->upload_id);
    document_field(document, "Vendor", TONE_NORMAL, mend->vendor_id);
    document_link(document, "vendor", mend->vendor_id);
    document_field(document, "Draft", TONE_NORMAL, file);
    document_field(document, "Made from", TONE_NORMAL, made_of[mend->source]);
    add_role(document, role);
    add_verdict(document, check);
    add_findings(document, check);
    document_head(document, "Next steps");
    document_field(document, "e", TONE_NORMAL,
                   "edit the draft in $EDITOR; it is validated afterwards");
    document_field(document, "S", TONE_NORMAL, "upload the draft as a new file of the vendor");
    free(file);
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct mend mend = {.path = ""};
    struct file_check check = {.size = 0};
    struct pipeline pipeline;
    enum role role = ROLE_VIEWER;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = session_role(context->session, &role, error);
    if (!code)
        code = mend_begin(&pipeline, argument, &mend, error);
    if (code)
        return code;
    code = file_check(context->session, mend.path, mend.vendor_id, FINDINGS_SHOWN, &check, error);
    if (!code)
        add_draft(document, &mend, &check, role);
    buffer_release(&check.findings);
    return code;
}

/* The draft of this screen; NULL, with a message, where there is none. */
static const char *draft_of(struct console *console, const struct screen *screen)
{
    static char path[sizeof(((struct mend *)0)->path)];
    struct error error = ERROR_INIT;
    if (mend_path(screen->argument, path, sizeof path, &error)) {
        console_toast(console, TONE_BAD, "%s", error.message);
        return NULL;
    }
    if (access(path, F_OK) != 0) {
        console_toast(console, TONE_WARN, "no draft yet");
        return NULL;
    }
    return path;
}

/* Of the finding under the cursor; 0 where there is none. */
static long line_of(struct screen *screen)
{
    static const char word[] = "line ";
    const struct document_line *line = document_selected(page_document(screen));
    if (!line || strncmp(line->text, word, sizeof word - 1) != 0)
        return 0;
    return strtol(line->text + sizeof word - 1, NULL, 10);
}

static struct effect edit_run(struct console *console, struct screen *screen)
{
    const char *path = draft_of(console, screen);
    if (path && console_editor(console, path, line_of(screen)))
        page_reload(screen);
    return (struct effect){.kind = EFFECT_REPAINT};
}

ACTION(submit_run,
       draft_of(console, screen) ? plan_submit(console, screen->argument) : effect_redraw())

static struct effect give_up(struct console *console, bool yes)
{
    struct error error = ERROR_INIT;
    const char *path = yes ? draft_of(console, console_top(console)) : NULL;
    if (!path)
        return effect_redraw();
    if (mend_forget(path, &error))
        return effect_toast(TONE_BAD, "%s", error.message);
    return effect_pop();
}

static struct effect forget_run(struct console *console, struct screen *screen)
{
    if (draft_of(console, screen))
        question_open(console, give_up, "Discard this draft and all changes in it?");
    return effect_redraw();
}

/* VENDOR_YYYYMMDD_HHMMSS.csv in the folder where the console runs, as `intake submit` wants it. */
static enum error_code draft_copy(const char *path, const char *upload_id, char *name, size_t size,
                                  struct error *error)
{
    struct buffer bytes;
    char at[TIME_TEXT_SIZE];
    uint64_t whole;
    const char *vendor = upload_id; /* UPLOAD_20260102_030405_VENDOR, or with _R2 behind it */
    for (int i = 0; i < 3 && strchr(vendor, '_'); i++)
        vendor = strchr(vendor, '_') + 1;
    time_text_compact(console_clock(), at);
    snprintf(name, size, "%.*s_%s.csv", (int)strcspn(vendor, "_"), vendor, at);
    buffer_init(&bytes, (size_t)CSV_FILE_MAX + 1);
    enum error_code code = check_read_file(path, &bytes, &whole, error);
    if (!code && access(name, F_OK) == 0)
        code = error_set(error, ERROR_CONFLICT, "%s is there already", name);
    if (!code)
        code = file_replace(name, bytes.data, bytes.len, 0600, error);
    buffer_release(&bytes);
    return code;
}

static struct effect hand_over_run(struct console *console, struct screen *screen)
{
    struct error error = ERROR_INIT;
    char name[256];
    const char *path = draft_of(console, screen);
    if (!path)
        return effect_redraw();
    if (draft_copy(path, screen->argument, name, sizeof name, &error))
        return effect_toast(TONE_BAD, "%s", error.message);
    return effect_toast(TONE_GOOD, "written to %s; an operator sends it: intake submit %s", name,
                        name);
}

static const struct page_spec spec = {.lane = JOB_CLOUD,
                                      .timeout_ms = 120000,
                                      .fetch = fetch,
                                      .command = "intake report %s --rejected -o fix.csv"};

static const struct action actions[] = {
    {"edit", "e", "edit the draft in $EDITOR at the selected line, then validate it", ROLE_VIEWER,
     ACTION_HINT, edit_run},
    {"submit", "S", "upload the draft as a new file", ROLE_OPERATOR, ACTION_CHANGES | ACTION_HINT,
     submit_run},
    {"hand-over", "H", "write the draft to a file for an operator to send", ROLE_VIEWER, 0,
     hand_over_run},
    {"give-up", "X", "discard the draft, after confirmation", ROLE_VIEWER, 0, forget_run},
};

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_mend = {
    .name = "mend",
    .title = "Fix",
    .help = "fix the rejected records of an upload in $EDITOR and upload them",
    .argument = "UPLOAD",
    .actions = &table,
    PAGE_SCREEN(&spec),
};
