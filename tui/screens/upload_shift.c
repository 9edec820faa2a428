#include "tui/screens/upload_shift.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/history/history.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"

#define NOTES_SHOWN 20

static void add_acknowledged(struct document *document, const struct acknowledgement *one)
{
    char at[CELL_SIZE], until[CELL_SIZE];
    bool bounded = one->until != HISTORY_NEVER;
    char *line = console_format("by %s, %s UTC, until %s%s%s%s", one->by, cell_time(one->at, at),
                                bounded ? cell_time(one->until, until) : "something new happens",
                                bounded ? " UTC" : "", one->text ? ": " : "", cell_text(one->text));
    document_field(document, "Acknowledged", TONE_INFO, line);
    free(line);
}

static void add_link(struct document *document, const char *label, const char *upload)
{
    if (!upload)
        return;
    document_field(document, label, TONE_NORMAL, upload);
    document_link(document, "upload", upload);
}

void upload_shift_fields(struct document *document, const struct upload_shift *shift)
{
    if (shift->acknowledged)
        add_acknowledged(document, shift->acknowledged);
    if (shift->assignee)
        document_field(document, "Assigned to", TONE_INFO, shift->assignee);
    add_link(document, "Fixes", shift->made_of);
    add_link(document, "Fixed by", shift->made_into);
}

void upload_shift_notes(struct document *document, const char *upload_id,
                        const struct upload_shift *shift)
{
    size_t first = shift->note_count > NOTES_SHOWN ? shift->note_count - NOTES_SHOWN : 0;
    if (shift->note_count == 0)
        return;
    document_head(document, "Notes (UTC)");
    document_when(document);
    if (shift->notes_total > NOTES_SHOWN) {
        document_format(document, TONE_DIM, "the newest %d of %lld; all: intake audit --target %s",
                        NOTES_SHOWN, (long long)shift->notes_total, upload_id);
        document_link_filtered(document, "audit", upload_id, "action:note");
    }
    for (size_t i = first; i < shift->note_count; i++) {
        char at[CELL_SIZE];
        char *line = console_format("%s: %s", shift->notes[i].by, shift->notes[i].text);
        document_field(document, cell_time(shift->notes[i].at, at), TONE_NORMAL, line);
        document_when(document);
        free(line);
    }
}
