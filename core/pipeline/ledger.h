/*
 * The ledger's one transaction for a batch. ledger_open begins it and reads what is known, in one
 * round trip; ledger_settle writes the verdicts and commits, in another. The uploads' rows stay
 * locked in between, so batches of one upload take turns (as those of one shard do anyway: all
 * items of an upload have one partition key); batches of different uploads meet in the unique
 * indexes of products alone (PostgreSQL manual, section 13.2.1 and "INSERT", ON CONFLICT).
 */
#ifndef INTAKE_CORE_PIPELINE_LEDGER_H
#define INTAKE_CORE_PIPELINE_LEDGER_H

#include "core/pipeline/batch.h"
#include "core/pipeline/pipeline.h"

#define LEDGER_LOCK_WAIT_MS "3000" /* BATCH_LOCKS_BOUNDED */

/* The record_id that follows from a row's number; of a row of upload_records under that name its
   record_id, kept where it is another; and whether its item bears the final status (migration
   0018). */
#define LEDGER_NUMBER_ID_SQL(row) \
    "'REC_' || lpad(" row ".row_number::text, greatest(5, length(" row ".row_number::text)), '0')"
#define LEDGER_RECORD_ID_SQL(row) "coalesce(" row ".record_id, " LEDGER_NUMBER_ID_SQL(row) ")"
#define LEDGER_MARKED_SQL(row)                                                           \
    "(" row ".item_marked_at IS NOT NULL AND NOT EXISTS (SELECT FROM marks_due d WHERE " \
    "d.upload_id = " row ".upload_id AND d.row_number = " row ".row_number))"

/* Rows that must have an outcome before the batch can be judged, and are not in it. */
struct ledger_missing {
    struct ledger_key {
        char upload_id[UPLOAD_ID_SIZE];
        uint32_t row_number;
    } * list;
    size_t count, capacity;
};

void ledger_missing_init(struct ledger_missing *missing);
void ledger_missing_release(struct ledger_missing *missing);

/*
 * Begins, locks and reads: the entries' uploads (NULL where nobody knows one, or the row is beyond
 * its total), which are settled and marked, active categories, occupied keys. On any error the
 * transaction is rolled back; ledger_is_busy tells one that met an upload's row locked for too long
 * (batch->locks).
 */
MUST_CHECK enum error_code ledger_open(struct pipeline *pipeline, struct batch *batch,
                                       struct ledger_missing *missing, struct error *error);

/* Reads again within the transaction, for a batch that got more rows. */
MUST_CHECK enum error_code ledger_read_again(struct pipeline *pipeline, struct batch *batch,
                                             struct ledger_missing *missing, struct error *error);

/* A deadlock, a serialization failure, or a product that met a concurrent one: the transaction was
   rolled back as a whole and may begin again. */
bool ledger_lost_race(const struct error *error);

/* BATCH_LOCKS_BOUNDED: somebody else holds the row of one of the uploads. */
bool ledger_is_busy(const struct error *error);

/* The same to look at: in a READ ONLY transaction, without a lock. End it with ledger_abandon. */
MUST_CHECK enum error_code ledger_look(struct pipeline *pipeline, struct batch *batch,
                                       struct ledger_missing *missing, struct error *error);

/*
 * Writes what batch_judge found and commits. *raced: a product met a concurrent one, everything is
 * rolled back, begin again. An error with possibly_done may have been a commit: the next delivery
 * finds out.
 */
MUST_CHECK enum error_code ledger_settle(struct pipeline *pipeline, struct batch *batch,
                                         bool *raced, struct error *error);

/* Ends without writing. Safe whatever the state. */
void ledger_abandon(struct pipeline *pipeline);

#endif
