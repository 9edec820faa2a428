/* What all of Lambda's batch events share: a document with an array of Records. Used by the
   decoders of core/event_*.c. */
#ifndef INTAKE_CORE_EVENT_RECORDS_H
#define INTAKE_CORE_EVENT_RECORDS_H

#include <json-c/json.h>
#include <stddef.h>

#include "core/base/error.h"

/* Decodes one record into its place in the list. */
typedef enum error_code event_record_fn(void *event, struct json_object *source, void *record,
                                        struct error *error);

/*
 * Decodes the array `records` into a new list of elements of `size` bytes, zeroed before; `kind`
 * names the event in messages ("a stream event"). *list is the caller's to free() and *count how
 * many were begun, also after a failure. ERROR_INVALID where `records` is no array.
 */
MUST_CHECK enum error_code event_records_decode(struct json_object *records, const char *kind,
                                                size_t size, event_record_fn *decode, void *event,
                                                void **list, size_t *count, struct error *error);

#endif
