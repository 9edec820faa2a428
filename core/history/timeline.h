#ifndef INTAKE_CORE_HISTORY_TIMELINE_H
#define INTAKE_CORE_HISTORY_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#include "core/base/error.h"
#include "core/base/memory.h"

struct db;

/*
 * Everything that happened to one upload, in order: the object, parsing, records, report, notices,
 * messages and operators' actions, gathered from the database in one round trip.
 */
struct timeline_event {
    int64_t at;         /* milliseconds, UTC */
    const char *source; /* s3, parser, validator, report, notice, queue, operator */
    const char *event;  /* "uploaded", "processing started", ... */
    const char *detail; /* NULL: nothing to add */
    /* What to look it up by: of s3 the file's name, of a report its kind, of an operator the id in
     * the audit log, of a queue its name ("outbox" for the outbox); else NULL. */
    const char *reference;
};

struct timeline {
    struct arena arena;
    struct timeline_event *events; /* oldest first */
    size_t count;
};

/* Released by the caller, also after a failure. An unknown id is an empty timeline. */
MUST_CHECK enum error_code timeline_read(struct db *db, const char *upload_id,
                                         struct timeline *timeline, struct error *error);
void timeline_release(struct timeline *timeline);

#endif
