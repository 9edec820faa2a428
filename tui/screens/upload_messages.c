#include "tui/frames/page.h"
#include "tui/screens/upload_actions.h"
#include "tui/screens/upload_timeline.h"
#include "tui/session/session.h"

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    struct timeline timeline = {.count = 0};
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    document_field(document, "Upload", TONE_INFO, argument);
    document_link(document, "upload", argument);
    document_field(document, "Queues", TONE_INFO, "messages now in the dead-letter queues");
    document_link(document, "dead-letters", "");
    if (!code)
        code = timeline_read(db, argument, &timeline, error);
    if (!code) {
        document_head(document, "Seen in a peek, replayed, discarded (UTC)");
        document_when(document);
        if (!upload_messages_add(document, argument, &timeline))
            document_text(
                document, TONE_DIM,
                "none known: queues are only read by a peek (P on the dead-letters screen)");
    }
    timeline_release(&timeline);
    return code;
}

static const struct page_spec spec = {
    .refresh_ms = 5000, .fetch = fetch, .command = "intake upload %s"};

const struct screen_ops screen_upload_messages = {
    .name = "letters-of",
    .title = "Dead letters of",
    .help = "dead letters of an upload seen in a peek, and actions on them",
    .argument = "UPLOAD",
    .actions = &upload_actions,
    PAGE_SCREEN(&spec),
};
