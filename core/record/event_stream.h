/* A batch of a DynamoDB stream.
   Source: AWS Lambda Developer Guide, "Using AWS Lambda with Amazon DynamoDB". */
#ifndef INTAKE_CORE_RECORD_EVENT_STREAM_H
#define INTAKE_CORE_RECORD_EVENT_STREAM_H

#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"
#include "core/record/item.h"

struct stream_record {
    char sequence_number[64]; /* what a batch item failure names; "" where it was missing */
    char event_id[64];
    bool insert;             /* eventName INSERT; others have nothing for the validator */
    bool poison;             /* an INSERT whose image is no record of ours: fail it, and it alone */
    struct upload_item item; /* of an INSERT that is not poison */
    char problem[256];       /* why it is poison */
};

struct stream_event {
    struct stream_record *list;
    size_t count;
};

/* ERROR_INVALID where it is no stream event at all. Release in any case. */
MUST_CHECK enum error_code stream_event_decode(const char *text, size_t len,
                                               struct stream_event *event, struct error *error);
void stream_event_release(struct stream_event *event);

#endif
