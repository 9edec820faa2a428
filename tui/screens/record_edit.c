#include "tui/screens/record_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base/file.h"
#include "core/operate/cell.h"
#include "core/operate/check/check.h"
#include "core/operate/mend.h"
#include "core/record/rules.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/prompt.h"
#include "tui/frames/page.h"
#include "tui/screens/upload_argument.h"
#include "tui/session/check_database.h"

#define WAIT_MS 120000

/* Of the one prompt that is open: it takes all keys. */
static struct {
    enum product_column column;
    char path[1024], label[192];
    uint32_t row;
    struct cell_record record;
    struct categories categories;
    bool made;
} editing;

struct opening {
    char upload_id[256];
    uint32_t row_number, row;
    enum product_column column;
    struct mend mend;
    struct cell_record record;
    struct categories categories;
};

static void opening_free(void *data)
{
    struct opening *opening = data;
    cell_record_release(&opening->record);
    categories_release(&opening->categories);
    free(opening);
}

static enum error_code opening_run(struct job_context *context, void *data, struct error *error)
{
    struct opening *opening = data;
    struct pipeline pipeline;
    struct cell_key key;
    struct buffer draft;
    uint64_t size;
    buffer_init(&draft, (size_t)CSV_FILE_MAX + 1);
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = mend_begin(&pipeline, opening->upload_id, &opening->mend, error);
    if (!code)
        code = cell_key_read(pipeline.db, opening->upload_id, opening->row_number, &key, error);
    if (!code)
        code = check_read_file(opening->mend.path, &draft, &size, error);
    if (!code)
        code = cell_find(&draft, &key, &opening->row, error);
    if (!code)
        code = cell_record_read(&draft, opening->row, &opening->record, error);
    if (!code)
        code = check_database_categories(context->session, &opening->categories, error);
    buffer_release(&draft);
    return code;
}

/* What the rules say of the record with that value; whether a key is taken only the draft's own
 * page knows. */
static enum theme_tone judge(struct console *console, const char *text, char *out, size_t size)
{
    struct findings findings;
    struct error error = ERROR_INIT;
    enum theme_tone tone = TONE_GOOD;
    (void)console;
    findings_init(&findings);
    if (cell_record_set(&editing.record, editing.column, text, &error)) {
        snprintf(out, size, "%s", error.message);
        findings_release(&findings);
        return TONE_BAD;
    }
    rules_judge(&editing.record.record, &editing.categories, NULL, &findings);
    snprintf(out, size, "the record is valid now, unless its SKU or product id is taken");
    for (uint32_t i = 0; i < findings.count; i++) {
        bool own = findings.list[i].column == editing.column;
        if (!own && tone != TONE_GOOD)
            continue;
        snprintf(out, size, "%s%s: %s",
                 own ? "" : "this value is fine; still wrong: ", rule_name(findings.list[i].rule),
                 findings_message(&findings, i));
        tone = own ? TONE_BAD : TONE_WARN;
        if (own)
            break;
    }
    findings_release(&findings);
    return tone;
}

static enum error_code write_value(const char *text, struct error *error)
{
    struct buffer draft, changed;
    uint64_t size;
    buffer_init(&draft, (size_t)CSV_FILE_MAX + 1);
    buffer_init(&changed, (size_t)CSV_FILE_MAX + 1);
    enum error_code code = check_read_file(editing.path, &draft, &size, error);
    if (!code)
        code = cell_replace(&draft, editing.row, editing.column, text, &changed, error);
    if (!code)
        code = file_replace(editing.path, changed.data, changed.len, 0600, error);
    buffer_release(&changed);
    buffer_release(&draft);
    return code;
}

static struct effect entered(struct console *console, const char *text, bool kept)
{
    struct error error = ERROR_INIT;
    char verdict[256];
    if (!kept)
        return effect_toast(TONE_DIM, "nothing was changed");
    enum theme_tone tone = judge(console, text, verdict, sizeof verdict);
    if (write_value(text, &error))
        return effect_toast(TONE_BAD, "%s", error.message);
    return effect_toast(tone, "in the draft: %s %.60s (m opens the draft); %.120s",
                        column_name(editing.column), text, verdict);
}

static void opened(void *owner, void *data, const struct error *error)
{
    struct screen *screen = owner;
    struct opening *opening = data;
    char rule[128];
    if (error->code || !opening) {
        console_toast(screen->console, TONE_BAD, "%s", error->message);
        return;
    }
    if (screen != console_top(screen->console) || screen->console->overlay)
        return;
    if (editing.made) {
        cell_record_release(&editing.record);
        categories_release(&editing.categories);
    }
    editing.made = true;
    editing.column = opening->column;
    editing.row = opening->row;
    editing.record = opening->record;
    editing.categories = opening->categories;
    cell_record_init(&opening->record);
    categories_init(&opening->categories);
    /* Fields and facts point into what has moved. */
    for (enum product_column column = 0; column < COLUMN_COUNT; column++) {
        if (editing.record.record.fields[column].facts)
            editing.record.record.fields[column].facts = &editing.record.facts[column];
    }
    snprintf(editing.path, sizeof editing.path, "%s", opening->mend.path);
    cell_rule_text(opening->column, rule, sizeof rule);
    snprintf(editing.label, sizeof editing.label, "%s: ", column_name(opening->column));
    const struct prompt_spec spec = {
        .label = editing.label, .hint = rule, .judge = judge, .entered = entered};
    prompt_open(screen->console, &spec, editing.record.values[opening->column].data);
    screen->console->dirty = true;
}

static enum product_column column_under(struct screen *screen)
{
    const struct document_line *line = document_selected(page_document(screen));
    const char *label = line && line->label ? line->label : "";
    label += strspn(label, "! ");
    return column_find(label, strlen(label));
}

struct effect record_edit(struct console *console, struct screen *screen)
{
    struct upload_argument argument = {.upload_id = ""};
    enum product_column column = column_under(screen);
    (void)console;
    if (column == COLUMN_NONE)
        return effect_toast(TONE_WARN, "move to a line of a column first: its value is edited");
    upload_argument_parse(&argument, screen->argument);
    const char *row = filter_value(&argument.narrowed, "row");
    struct opening *opening = console_allocate(sizeof *opening);
    snprintf(opening->upload_id, sizeof opening->upload_id, "%s", argument.upload_id);
    opening->row_number = row ? (uint32_t)strtoul(row, NULL, 10) : 1;
    opening->column = column;
    cell_record_init(&opening->record);
    categories_init(&opening->categories);
    struct job_spec job = {.title = "the draft of a record",
                           .lane = JOB_CLOUD,
                           .timeout_ms = WAIT_MS,
                           .run = opening_run,
                           .done = opened,
                           .release = opening_free,
                           .data = opening};
    console_start(screen, &job);
    return effect_toast(TONE_DIM, "opening the draft");
}
