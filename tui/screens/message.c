#include <stdlib.h>
#include <string.h>

#include "core/history/history.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/stores/messages.h"
#include "tui/widgets/json_lines.h"

#define INDENTED_MAX (4u << 20) /* a message has 256 KiB at most */

/* As it came, but for the line breaks of what is JSON. */
static void add_body(struct document *document, const struct dead_letter *message)
{
    struct buffer indented;
    document_head(document, "Body");
    buffer_init(&indented, INDENTED_MAX);
    if (json_indent(message->body, message->body_length, &indented))
        document_lines(document, TONE_NORMAL, indented.data);
    else
        document_text(document, TONE_NORMAL, cell_text(message->body));
    buffer_release(&indented);
}

static void add_message(struct document *document, const struct dead_letter *message)
{
    char text[CELL_SIZE];
    document_field(document, "Message", TONE_TITLE, message->message_id);
    document_field(document, "Sent (UTC)", TONE_NORMAL,
                   cell_time(message->sent_at_ms > 0 ? message->sent_at_ms : HISTORY_NEVER, text));
    document_when(document);
    document_field(document, "Receives", TONE_NORMAL, cell_number(message->receive_count, text));
    if (message->source_arn)
        document_field(document, "Source", TONE_NORMAL, message->source_arn);
    document_field(document, message->decoded ? "Summary" : "Not decoded",
                   message->decoded ? TONE_NORMAL : TONE_WARN, cell_text(message->summary));
    if (message->upload_id) {
        document_field(document, "Upload", TONE_NORMAL, message->upload_id);
        document_link(document, "upload", message->upload_id);
    }
    for (size_t i = 0; !message->upload_id && i < message->upload_count; i++) {
        document_field(document, "Upload", TONE_NORMAL, message->uploads[i]);
        document_link(document, "upload", message->uploads[i]);
    }
    if (message->vendor_id) {
        document_field(document, "Vendor", TONE_NORMAL, message->vendor_id);
        document_link(document, "vendor", message->vendor_id);
    }
    if (message->record_id)
        document_field(document, "Record", TONE_NORMAL, message->record_id);
    if (message->error_type)
        document_field(document, "Error", TONE_BAD, message->error_type);
    if (message->object_key)
        document_field(document, "Object", TONE_NORMAL, message->object_key);
    if (message->attributes)
        document_field(document, "Attributes", TONE_NORMAL, message->attributes);
    document_about(document, ID_UPLOAD, message->upload_id);
    document_about(document, ID_VENDOR, message->vendor_id);
    add_body(document, message);
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    size_t length = strcspn(argument, " ");
    char *queue = console_copy_bytes(argument, length);
    const char *id = argument + length + (argument[length] == ' ');
    int64_t about;
    const struct dead_letters *messages = message_store_get(queue, &about);
    const struct dead_letter *message = NULL;
    (void)context;
    for (size_t i = 0; messages && i < messages->count; i++) {
        if (strcmp(messages->list[i].message_id, id) == 0)
            message = &messages->list[i];
    }
    if (message)
        add_message(document, message);
    if (messages)
        message_store_done();
    free(queue);
    return message ? ERROR_NONE
                   : error_set(error, ERROR_NOT_FOUND, "the message is no longer in the snapshot");
}

static const struct page_spec spec = {.timeout_ms = 10000, .fetch = fetch};

const struct screen_ops screen_message = {
    .name = "letter",
    .title = "Message",
    .help = "one dead letter: its upload, error and body",
    .argument = "QUEUE MESSAGE",
    .inner = true,
    PAGE_SCREEN(&spec),
};
