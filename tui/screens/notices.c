#include <stdlib.h>

#include "core/history/outputs.h"
#include "tui/base/ids.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/screens/upload_actions.h"
#include "tui/session/session.h"
#include "tui/stores/subscriptions.h"

#define NOTICES_MOST 50

static void add_field(struct document *document, const char *label, const char *text)
{
    if (text && text[0] != '\0')
        document_field(document, label, TONE_NORMAL, text);
}

static void add_time(struct document *document, const char *label, const char *text)
{
    if (text[0] == '\0')
        return;
    add_field(document, label, text);
    document_when(document);
}

static void add_notice(struct document *document, const struct sent_notice *notice)
{
    char text[3][CELL_SIZE];
    char *head = console_format("%s: %s", notice->kind, notice->outcome);
    document_head(document, head);
    free(head);
    document_field(document, "Outcome", cell_status_tone(notice->outcome), notice->outcome);
    add_time(document, "Claimed (UTC)", cell_time(notice->claimed_at, text[0]));
    add_time(document, "Sent (UTC)", cell_time(notice->sent_at, text[1]));
    add_field(document, "By", notice->operator_name);
    add_field(document, "Reason", notice->reason);
    add_field(document, "Detail", notice->detail);
    add_field(document, "Message", notice->message_id);
    add_time(document, "Link expires (UTC)", cell_time(notice->link_expires_at, text[2]));
    add_field(document, "Subject", notice->subject);
    if (notice->body)
        document_lines(document, TONE_NORMAL, notice->body);
    else if (notice->pruned)
        document_text(document, TONE_WARN, notice->pruned);
}

/* Whose notices these are, where they no longer reach him. */
static void add_lost(struct document *document, const char *upload_id)
{
    struct id_set ids = {.values = {""}};
    char lost[256];
    id_set_add(&ids, ID_UPLOAD, upload_id);
    if (!subscriptions_say_lost(ids.values[ID_VENDOR], lost, sizeof lost))
        return;
    document_field(document, "Mail", TONE_BAD, lost);
    document_link(document, "vendor", ids.values[ID_VENDOR]);
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct sent_notice_list list = {.count = 0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    document_field(document, "Upload", TONE_INFO, argument);
    document_link(document, "upload", argument);
    add_lost(document, argument);
    if (!code)
        code = sent_notices_read(db, argument, NOTICES_MOST, &list, error);
    for (size_t i = 0; !code && i < list.count; i++)
        add_notice(document, &list.rows[i]);
    if (!code && list.count == 0)
        document_text(document, TONE_DIM, "no notices yet");
    sent_notices_release(&list);
    return code;
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    int64_t due = subscriptions_watch(screen->console, now_ms);
    int64_t own = page_tick(screen, now_ms);
    return own >= 0 && own < due ? own : due;
}

static const struct page_spec spec = {
    .refresh_ms = 5000, .fetch = fetch, .command = "intake notify %s --dry-run"};

const struct screen_ops screen_notices = {
    .name = "notices",
    .title = "Notices of",
    .help = "notices of an upload with their full text and outcome",
    .argument = "UPLOAD",
    .actions = &upload_actions,
    PAGE_SCREEN_TICKED(&spec, tick),
};
