/* A batch of SQS messages, and what a message of the error queue says; or the clock's call, by
   which the same function sweeps, or prunes where its rule says so:
   {"intake": "prune", "older_than_days": 400}. Sources: AWS Lambda Developer Guide, "Using Lambda
   with Amazon SQS", "Invoke a Lambda function on a schedule". */
#ifndef INTAKE_CORE_RECORD_EVENT_QUEUE_H
#define INTAKE_CORE_RECORD_EVENT_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/record/names.h"

enum queue_message_kind {
    QUEUE_MESSAGE_RECORD_ERROR,
    QUEUE_MESSAGE_UPLOAD_FINISHED,
    QUEUE_MESSAGE_POISON /* neither: fail it, and it alone */
};

struct queue_message {
    const char *message_id; /* what a batch item failure names; "" where it was missing */
    const char *body;
    size_t body_len;
    int64_t receive_count; /* 0: not told */
    enum queue_message_kind kind;
    const char *upload_id;  /* of both kinds; NULL in a poison message that has none */
    const char *vendor_id;  /* NULL or "" where a finished upload is of no vendor */
    const char *record_id;  /* of a record's error, else NULL */
    const char *error_type; /* likewise */
    const char *status;     /* of upload_finished, else NULL */
    const char *problem;    /* why it is poison, else NULL */
};

struct queue_event {
    struct queue_message *list;
    size_t count;
    bool scheduled; /* no messages: EventBridge says that it is time */
    bool prune;     /* no messages: the schedule of the retention, with its days */
    int64_t prune_days;
    struct arena memory;
};

/* ERROR_INVALID where it is no SQS event at all. Release in any case. */
MUST_CHECK enum error_code queue_event_decode(const char *text, size_t len,
                                              struct queue_event *event, struct error *error);
void queue_event_release(struct queue_event *event);

/* One body alone, as the dead-letter view reads it. Texts are copied to `memory`; `message`'s id,
   body and receive count are left as they are. Never fails: what it cannot read is poison. */
MUST_CHECK enum error_code queue_body_decode(const char *body, size_t len,
                                             struct queue_message *message, struct arena *memory,
                                             struct error *error);

#endif
