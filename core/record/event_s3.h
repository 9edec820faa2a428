/* S3 event notifications, as the bucket hands them to a function.
   Source: Amazon S3 User Guide, "Event message structure". */
#ifndef INTAKE_CORE_RECORD_EVENT_S3_H
#define INTAKE_CORE_RECORD_EVENT_S3_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"
#include "core/base/memory.h"

struct s3_event_record {
    const char *bucket;
    const char *key;       /* decoded: '+' is a space, %XX a byte */
    const char *version;   /* NULL: the bucket is not versioned */
    const char *sequencer; /* NULL: not told */
    const char *etag;      /* NULL: not told */
    int64_t size;          /* -1: not told */
    int64_t event_time_ms; /* 0: not told */
    bool created;          /* ObjectCreated:*; false for removals and others */
};

struct s3_event {
    struct s3_event_record *list; /* NULL where count is 0 */
    size_t count;
    struct arena memory;
};

/*
 * Takes one event document. A test event ("Event": "s3:TestEvent") has no records; the record that
 * Lambda's on-failure destination writes (requestPayload) is taken as the event within.
 * ERROR_INVALID where it is no S3 event. Release in any case.
 */
MUST_CHECK enum error_code s3_event_decode(const char *text, size_t len, struct s3_event *event,
                                           struct error *error);
void s3_event_release(struct s3_event *event);

/* Decodes a key as S3 encodes it in events (application/x-www-form-urlencoded): writes to out,
   which has room for len + 1, and returns the length. A '%' without two hex digits stays itself. */
size_t s3_key_decode(const char *encoded, size_t len, char *out);

/* The reverse, as S3 writes it; for events that are made again. */
void s3_key_encode(struct buffer *out, const char *key, size_t len);

#endif
