/* What all of Lambda's batch events share: a document with an array of Records. Used by the
   decoders of core/record/event_*.c. */
#ifndef INTAKE_CORE_RECORD_EVENT_RECORDS_H
#define INTAKE_CORE_RECORD_EVENT_RECORDS_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#include "core/base/error.h"

/* Decodes one record into its place in the list. */
typedef enum error_code event_record_fn(void *event, struct json_object *source, void *record,
                                        struct error *error);

struct event_kind {
    const char *name; /* in messages: "a stream event" */
    size_t size;      /* of a record, zeroed before it is decoded */
    event_record_fn *decode;
    /* The document's records; sets *none for a document that has none by its nature. NULL: its
       member Records. */
    struct json_object *(*records)(void *event, struct json_object *document, bool *none);
};

/*
 * Decodes a document into a new list. *list is the caller's to free() and *count how many records
 * were begun, also after a failure. ERROR_INVALID where it is no JSON or has no array of records.
 */
MUST_CHECK enum error_code event_decode(const char *text, size_t len, const struct event_kind *kind,
                                        void *event, void **list, size_t *count,
                                        struct error *error);

#endif
