/*
 * A batch of records on their way to an outcome: what the ledger knows of them before, and the
 * verdict on each. One transaction settles one batch (core/pipeline/ledger.h).
 */
#ifndef INTAKE_CORE_PIPELINE_BATCH_H
#define INTAKE_CORE_PIPELINE_BATCH_H

#include "core/base/memory.h"
#include "core/record/categories.h"
#include "core/record/item.h"
#include "core/record/occupied.h"
#include "core/record/rules.h"

#define BATCH_NO_EVENT SIZE_MAX

struct batch_upload {
    const char *upload_id;
    const char *vendor_id;
    int64_t total, valid, invalid; /* as the locked row says */
    bool ended;                    /* given up: nothing more is judged of it */
    bool orphan;                   /* its vendor is not in the table any more: to be given up */
    int64_t added_valid, added_invalid;
};

struct batch_finding {
    enum rule rule;
    enum product_column column; /* COLUMN_NONE: the record */
    const char *message;
    const char *kind; /* of the message (core/record/advice.h) */
    bool unchanged;   /* nothing is wrong with the record but that it is in the catalogue already */
};

struct batch_entry {
    const struct upload_item *item;
    size_t event_index;          /* place among the items given; BATCH_NO_EVENT: an earlier row */
    struct batch_upload *upload; /* NULL: nobody knows the upload */
    bool settled_before;         /* the ledger had an outcome */
    bool marked;                 /* and the item bears it */
    bool again;                  /* judged before: products of later rows stand in its way too */
    bool superseded;             /* the same record stands in the batch already */
    bool waiting;                /* for an earlier row that is nowhere to be found yet */
    const struct batch_finding *findings; /* of one judged now */
    size_t finding_count;
    const char *message; /* body for the error queue; NULL for an accepted record */
    size_t message_len;
};

/* How long ledger_open waits for the rows of uploads that somebody else works on. */
enum batch_locks {
    BATCH_LOCKS_WAIT,    /* as long as any statement may take */
    BATCH_LOCKS_BOUNDED, /* LEDGER_LOCK_WAIT_MS, then SQLSTATE 55P03 */
    BATCH_LOCKS_SKIP     /* not at all: their entries have no upload */
};

struct batch {
    enum batch_locks locks;      /* the caller's, kept by batch_restart */
    struct batch_entry *entries; /* by upload and row */
    size_t count, capacity;
    struct batch_upload *uploads;
    size_t upload_count;
    struct categories categories;
    struct occupied_set occupied;
    struct arena memory; /* of one attempt: verdicts, texts of the database */
};

void batch_init(struct batch *batch);
void batch_release(struct batch *batch);

/* Borrows the item. Sort before the next step. */
MUST_CHECK enum error_code batch_add(struct batch *batch, const struct upload_item *item,
                                     size_t event_index, struct error *error);

/* Puts the entries into file order and marks those that stand there twice. */
void batch_sort(struct batch *batch);

/* The entry of that row (never a superseded one), or NULL. */
struct batch_entry *batch_find(const struct batch *batch, const char *upload_id,
                               uint32_t row_number);

/* To be judged: known upload that goes on, no outcome yet, not superseded, not waiting. */
bool batch_entry_open(const struct batch_entry *entry);

/* Forgets what an attempt found: verdicts, uploads, categories, occupants. */
void batch_restart(struct batch *batch);

/* Judges the open entries in order, against categories and occupied; an accepted one occupies its
   keys for those behind it. Fills findings and message, and counts in the uploads. */
MUST_CHECK enum error_code batch_judge(struct batch *batch, int64_t now_ms, struct error *error);

#endif
