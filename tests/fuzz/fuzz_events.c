/* What triggers hand to the functions: any bytes are decoded or refused, and released whole.
 * Files: core/record/event_s3.c core/record/event_stream.c core/record/event_queue.c
 *        core/record/event_records.c core/record/item_decode.c */
#include "core/base/json.h"
#include "core/record/event_queue.h"
#include "core/record/event_s3.h"
#include "core/record/event_stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const char *text = (const char *)data;
    struct s3_event objects;
    struct stream_event records;
    struct queue_event messages;
    if (!s3_event_decode(text, len, &objects, NULL)) {
        for (size_t i = 0; i < objects.count; i++) {
            if (!objects.list[i].key || !objects.list[i].bucket)
                abort();
        }
    }
    s3_event_release(&objects);
    if (!stream_event_decode(text, len, &records, NULL)) {
        for (size_t i = 0; i < records.count; i++) {
            const struct stream_record *record = &records.list[i];
            if (record->insert && !record->poison && !record->item.record.row_number)
                abort();
        }
    }
    stream_event_release(&records);
    if (!queue_event_decode(text, len, &messages, NULL)) {
        for (size_t i = 0; i < messages.count; i++) {
            const struct queue_message *message = &messages.list[i];
            if (!message->message_id || (message->kind != QUEUE_MESSAGE_POISON) !=
                                            (message->upload_id && !message->problem))
                abort();
        }
    }
    queue_event_release(&messages);
    return 0;
}
