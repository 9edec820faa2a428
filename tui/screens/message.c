#include <stdlib.h>
#include <string.h>

#include "core/history.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/stores/messages.h"
#include "tui/widgets/json_lines.h"

#define INDENTED_MAX (4u << 20) /* a message has 256 KiB at most */

/* As it came, but for the line breaks of what is JSON. */
static void add_body(struct document *document, const struct dead_letter *letter)
{
    struct buffer indented;
    document_head(document, "Body");
    buffer_init(&indented, INDENTED_MAX);
    if (json_indent(letter->body, letter->body_length, &indented))
        document_lines(document, TONE_NORMAL, indented.data);
    else
        document_text(document, TONE_NORMAL, cell_text(letter->body));
    buffer_release(&indented);
}

static void add_letter(struct document *document, const struct dead_letter *letter)
{
    char text[CELL_SIZE];
    document_field(document, "Message", TONE_TITLE, letter->message_id);
    document_field(document, "Sent (UTC)", TONE_NORMAL,
                   cell_time(letter->sent_at_ms > 0 ? letter->sent_at_ms : HISTORY_NEVER, text));
    document_field(document, "Receives", TONE_NORMAL, cell_number(letter->receive_count, text));
    if (letter->source_arn)
        document_field(document, "Source", TONE_NORMAL, letter->source_arn);
    document_field(document, letter->decoded ? "What it is" : "Not decoded",
                   letter->decoded ? TONE_NORMAL : TONE_WARN, cell_text(letter->summary));
    if (letter->upload_id) {
        document_field(document, "Upload", TONE_NORMAL, letter->upload_id);
        document_link(document, "upload", letter->upload_id);
    }
    for (size_t i = 0; !letter->upload_id && i < letter->upload_count; i++) {
        document_field(document, "Upload", TONE_NORMAL, letter->uploads[i]);
        document_link(document, "upload", letter->uploads[i]);
    }
    if (letter->vendor_id) {
        document_field(document, "Vendor", TONE_NORMAL, letter->vendor_id);
        document_link(document, "vendor", letter->vendor_id);
    }
    if (letter->record_id)
        document_field(document, "Record", TONE_NORMAL, letter->record_id);
    if (letter->error_type)
        document_field(document, "Error", TONE_BAD, letter->error_type);
    if (letter->object_key)
        document_field(document, "Object", TONE_NORMAL, letter->object_key);
    if (letter->attributes)
        document_field(document, "Attributes", TONE_NORMAL, letter->attributes);
    document_about(document, ID_UPLOAD, letter->upload_id);
    document_about(document, ID_VENDOR, letter->vendor_id);
    add_body(document, letter);
}

static enum error_code fetch(struct job_context *context, const char *argument,
                             struct document *document, struct error *error)
{
    size_t length = strcspn(argument, " ");
    char *queue = console_copy_bytes(argument, length);
    const char *id = argument + length + (argument[length] == ' ');
    int64_t about;
    const struct dead_letters *letters = letters_store_get(queue, &about);
    const struct dead_letter *letter = NULL;
    (void)context;
    for (size_t i = 0; letters && i < letters->count; i++) {
        if (strcmp(letters->list[i].message_id, id) == 0)
            letter = &letters->list[i];
    }
    if (letter)
        add_letter(document, letter);
    if (letters)
        letters_store_done();
    free(queue);
    return letter ? ERROR_NONE
                  : error_set(error, ERROR_NOT_FOUND, "the snapshot no longer holds it");
}

static const struct page_spec spec = {.timeout_ms = 10000, .fetch = fetch};

const struct screen_ops screen_letter = {
    .name = "letter",
    .title = "Message",
    .help = "one dead letter: what it is about, and its body as it came",
    .argument = "QUEUE MESSAGE",
    .inner = true,
    PAGE_SCREEN(&spec),
};
