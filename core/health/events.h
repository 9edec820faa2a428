/*
 * What an operator wants to be called for, told once each: an upload that failed, one that is
 * stuck, messages that arrived in a dead-letter queue. Time is the database's. Reads alone,
 * receives from no queue; a look is one statement, and one request for each queue.
 */
#ifndef INTAKE_CORE_HEALTH_EVENTS_H
#define INTAKE_CORE_HEALTH_EVENTS_H

#include "core/base/memory.h"
#include "core/history/history.h"
#include "core/pipeline/pipeline.h"

struct watch_event {
    int64_t at;
    const char *kind;      /* "failed", "stuck", "dead_letter" */
    const char *upload_id; /* NULL of dead letters */
    const char *vendor_id; /* NULL where not known */
    const char *queue;     /* of dead letters, else NULL */
    const char *text;      /* may hold what a vendor wrote */
};
typedef void watch_event_fn(void *context, const struct watch_event *event);

/* Of one look at most so many uploads of a kind are told. */
#define WATCH_UPLOADS_MAX 1000

struct watch_seen {
    const char *kind, *upload_id;
};

struct watch {
    int64_t since_ms; /* failures from then on; HISTORY_NEVER: from the first look on */
    bool begun;
    int64_t clock_ms; /* of the last look */
    struct arena memory;
    struct watch_seen *seen; /* what the last look found */
    size_t seen_count;
    watch_event_fn *event;
    void *context;
};

void watch_init(struct watch *watch, int64_t since_ms, watch_event_fn *event, void *context);
void watch_release(struct watch *watch);

/* After a failure the next look catches up. */
MUST_CHECK enum error_code watch_uploads(struct watch *watch, struct db *db, struct error *error);

/* `known` (0 at first) is what was there at the last look: waiting or held by somebody. */
MUST_CHECK enum error_code watch_queue(struct watch *watch, struct aws_client *aws,
                                       const char *queue_url, int64_t now_ms, int64_t *known,
                                       struct error *error);

#endif
