#include <stdio.h>
#include <stdlib.h>

#include "core/base/world.h"
#include "core/history/handover.h"
#include "core/history/history.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/session/session.h"

enum { OPEN_SHOWN = 100, DONE_SHOWN = 50 };

static void add_open(struct document *document, const struct open_list *open)
{
    document_head(document, "Open");
    if (open->count == 0)
        document_text(document, TONE_GOOD, "nothing is open");
    for (size_t i = 0; i < open->count; i++) {
        const struct open_upload *upload = &open->rows[i];
        char *line = console_format(
            "%s%s%s%s%s%s%s", upload->why, upload->assignee ? ", assigned to " : "",
            cell_text(upload->assignee), upload->acknowledged ? ", acknowledged" : "",
            upload->notes > 0 ? "; " : "", cell_text(upload->note_by),
            upload->notes > 0 ? ": " : "");
        char *whole = console_format("%s%s", line, cell_text(upload->note_text));
        document_field(document, upload->upload_id, cell_status_tone(upload->why), whole);
        document_link(document, "upload", upload->upload_id);
        free(whole);
        free(line);
    }
    if (open->count == OPEN_SHOWN)
        document_format(document, TONE_DIM, "the newest %d; more: intake handover", OPEN_SHOWN);
}

static void add_acknowledged(struct document *document, const struct acknowledgement_list *list)
{
    document_head(document, "Acknowledged");
    if (list->count == 0)
        document_text(document, TONE_DIM, "nothing is acknowledged");
    for (size_t i = 0; i < list->count; i++) {
        const struct acknowledgement *one = &list->rows[i];
        char until[CELL_SIZE];
        bool bounded = one->until != HISTORY_NEVER;
        char *line =
            console_format("%s, by %s, until %s%s%s%s", one->kind, one->by,
                           bounded ? cell_time(one->until, until) : "something new happens",
                           bounded ? " UTC" : "", one->text ? ": " : "", cell_text(one->text));
        document_field(document, one->id, TONE_NORMAL, line);
        if (one->kind[0] == 'u' || one->kind[0] == 'v')
            document_link(document, one->kind, one->id);
        else
            document_link_filtered(document, "dead-letters", "", one->queue);
        free(line);
    }
}

static void add_done(struct document *document, const struct audit_list *done)
{
    document_head(document, "Done in the last 12 hours (UTC)");
    document_when(document);
    if (done->count == 0)
        document_text(document, TONE_DIM, "nothing was done");
    for (size_t i = 0; i < done->count; i++) {
        const struct audit_entry *entry = &done->rows[i];
        char at[CELL_SIZE];
        char *line = console_format("%s %s: %s, by %s%s%s", cell_text(entry->action),
                                    cell_text(entry->target), cell_text(entry->outcome),
                                    cell_text(entry->actor), entry->reason ? ": " : "",
                                    cell_text(entry->reason));
        document_field(document, cell_time(entry->at, at), cell_status_tone(entry->outcome), line);
        document_when(document);
        document_link(document, "audit", entry->target ? entry->target : "");
        free(line);
    }
    if (done->more_after)
        document_text(document, TONE_DIM, "more: intake audit");
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    int64_t since = world_now_ms(&world_real) - HANDOVER_SPAN_MS;
    struct handover handover = {.open = {.count = 0}};
    struct db *db;
    (void)argument;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = handover_read(db, since, OPEN_SHOWN, DONE_SHOWN, &handover, error);
    if (!code) {
        add_open(document, &handover.open);
        add_acknowledged(document, &handover.acknowledged);
        add_done(document, &handover.done);
    }
    handover_release(&handover);
    return code;
}

static const struct page_spec spec = {
    .refresh_ms = 10000, .fetch = fetch, .command = "intake handover"};

const struct screen_ops screen_handover = {
    .name = "handover",
    .title = "Handover",
    .help = "what is open, who has it, what is acknowledged, and what was done",
    PAGE_SCREEN(&spec),
};
