#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "core/record/advice.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/session/session.h"

#define GROUPS_MOST 40
#define LINE_MOST ((size_t)4096)

struct grouping {
    enum violation_grouping by;
    const char *head;
    const char *key; /* of the filter that shows its rows */
};

static const struct grouping groupings[] = {
    {GROUP_BY_TYPE, "By type", "type"},
    {GROUP_BY_FIELD, "By column", "field"},
    {GROUP_BY_VALUE, "By value", NULL},
};

static void add_group(struct document *document, const struct grouping *grouping,
                      const struct type_count *group, const char *upload_id)
{
    bool by_value = grouping->by == GROUP_BY_VALUE;
    const char *value = group->name ? group->name : "(absent)";
    char count[CELL_SIZE];
    char *label;
    char *argument;
    char *line;
    if (by_value)
        label = console_format("%s", cell_text(group->field));
    else
        label = console_format("%s", group->name && group->name[0] != '\0' ? group->name
                                                                           : "(whole record)");
    line = console_format("%7s%s%s", cell_number(group->records, count), by_value ? "  " : "",
                          by_value ? value : "");
    if (!by_value)
        argument = console_format("%s %s:\"%s\"", upload_id, grouping->key, cell_text(group->name));
    else
        argument = console_format("%s field:\"%s\" %s%s", upload_id, cell_text(group->field),
                                  group->name ? "value=" : "absent", cell_text(group->name));
    document_field(document, label, TONE_NORMAL, line);
    document_link(document, "errors", argument);
    free(label);
    free(line);
    free(argument);
}

/* Without an error in a row there is one word to say, and why there are no rows where the file was
 * refused as a whole. */
static void add_none(struct document *document, const struct upload *upload)
{
    document_head(document, "Errors");
    if (upload->pruned)
        document_text(document, TONE_WARN, upload->pruned);
    else if (upload->failure_reason)
        document_text(document, TONE_BAD, upload->failure_reason);
    else if (strcmp(upload->status, "processing") == 0)
        document_text(document, TONE_DIM, "none so far; the upload is processing");
    else
        document_text(document, TONE_GOOD, "none");
}

static enum error_code add_grouping(struct document *document, struct db *db,
                                    const struct grouping *grouping, const char *upload_id,
                                    struct error *error)
{
    struct violation_groups groups = {0};
    enum error_code code =
        violations_group(db, upload_id, grouping->by, GROUPS_MOST, &groups, error);
    if (!code && groups.count > 0) {
        document_head(document, grouping->head);
        for (size_t i = 0; i < groups.count; i++)
            add_group(document, grouping, &groups.rows[i], upload_id);
        if (groups.count == GROUPS_MOST)
            document_text(document, TONE_DIM, "more: see all rows below");
    }
    violation_groups_release(&groups);
    return code;
}

/* What every record of the file breaks: one cause, said before the numbers. */
static enum error_code add_common(struct document *document, struct db *db, const char *upload_id,
                                  struct error *error)
{
    struct violation_groups common = {0};
    struct buffer line;
    buffer_init(&line, LINE_MOST);
    enum error_code code =
        violations_group(db, upload_id, GROUP_BY_KIND_OF_ALL, FINDINGS_MAX, &common, error);
    bool any = false;
    for (size_t i = 0; i < common.count && !code; i++) {
        const struct advice *advice = advice_find(common.rows[i].name);
        if (!advice)
            continue;
        if (!any)
            document_head(document, "Same in all");
        any = true;
        buffer_clear(&line);
        advice_append_all(&line, advice, common.rows[i].field, common.rows[i].records);
        document_text(document, TONE_BAD, line.data);
    }
    buffer_release(&line);
    violation_groups_release(&common);
    return code;
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct upload_detail detail = {0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = upload_find(db, argument, &detail, error);
    document_field(document, "All rows", TONE_INFO, "all errors with line, value and hint");
    document_link(document, "errors", argument);
    document_field(document, "Upload", TONE_INFO, argument);
    document_link(document, "upload", argument);
    size_t before = document->count;
    bool here = !detail.upload.pruned;
    if (!code && here)
        code = add_common(document, db, argument, error);
    for (size_t i = 0; !code && here && i < sizeof groupings / sizeof groupings[0]; i++)
        code = add_grouping(document, db, &groupings[i], argument, error);
    if (!code && document->count == before)
        add_none(document, &detail.upload);
    upload_detail_release(&detail);
    return code;
}

ACTION(rows_run, effect_push("errors", screen->argument))

static const struct page_spec spec = {
    .refresh_ms = 5000, .fetch = fetch, .command = "intake errors %s"};

static const struct action actions[] = {
    {"rows", "e", "show all errors by row", ROLE_VIEWER, ACTION_HINT, rows_run},
};

static const struct action_table table = ACTION_TABLE(actions);

const struct screen_ops screen_groups = {
    .name = "groups",
    .title = "Errors of",
    .help = "errors of an upload, counted by type, column and value",
    .argument = "UPLOAD",
    .actions = &table,
    PAGE_SCREEN(&spec),
};
