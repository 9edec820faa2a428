/*
 * The journal of a replay: what was held, what was about to be sent, what the destination took,
 * what was deleted. JSON lines in $XDG_STATE_HOME/intake (else ~/.local/state/intake), mode 0600,
 * one file a queue, locked by the process that writes it (flock).
 *
 * Only the intents must be on the disk before anything is sent: every later line that a crash takes
 * away makes a message "may have been sent", never a lost one. So they alone are synced.
 *
 *     {"queue":ARN,"at":T} {"held":[[ID,RECEIPT],...]} {"sending":[ID,...]}
 *     {"sent":[ID,...]} {"deleted":[ID,...]} {"unknown":[ID,...]}
 */
#ifndef INTAKE_CORE_OPERATE_REPLAY_JOURNAL_H
#define INTAKE_CORE_OPERATE_REPLAY_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/buffer.h"
#include "core/base/error.h"

enum journal_state {
    JOURNAL_HELD,    /* received, nothing more */
    JOURNAL_SENDING, /* may have been sent */
    JOURNAL_SENT,    /* sent for certain, not known to be deleted */
    JOURNAL_DELETED,
};

struct journal_entry {
    char *message_id;
    char *receipt; /* NULL = not known */
    enum journal_state state;
    bool unknown; /* was once in doubt and sent again, or is in doubt */
    bool met;     /* held by this run */
    bool told;    /* this run has reported it as a possible duplicate */
};

struct journal;

/*
 * Opens, locks and reads the queue's journal. ERROR_CONFLICT where another process has it.
 * A torn last line is dropped; any other that cannot be read is ERROR_INVALID, since it may tell of
 * messages that were sent. Entries of an earlier run are there to be looked at.
 */
MUST_CHECK enum error_code journal_open(const char *queue_arn, const char *queue_name,
                                        int64_t now_ms, struct journal **journal,
                                        struct error *error);
/* Whether there is anything in it, without a lock; for a dry run. Counts may be NULL. */
MUST_CHECK enum error_code journal_look(const char *queue_arn, const char *queue_name, size_t *sent,
                                        size_t *unknown, struct error *error);
void journal_close(struct journal *journal);
const char *journal_path(const struct journal *journal);

size_t journal_count(const struct journal *journal);
const struct journal_entry *journal_entry(const struct journal *journal, size_t index);
const struct journal_entry *journal_find(const struct journal *journal, const char *message_id);

/* Neither known to be sent nor known not to be. */
bool journal_entry_in_doubt(const struct journal_entry *entry);

/* Notes are collected and written by journal_write (sync: fdatasync as well). */
void journal_note_held(struct journal *journal, const char *message_id, const char *receipt);
void journal_note(struct journal *journal, enum journal_state state, const char *message_id);
void journal_note_unknown(struct journal *journal, const char *message_id);
/* Reported as a possible duplicate; in memory alone. One that never was stays in the journal. */
void journal_note_told(struct journal *journal, const char *message_id);
MUST_CHECK enum error_code journal_write(struct journal *journal, bool sync, struct error *error);

/* Writes anew with what is still open (sent and not deleted, in doubt), or removes
 * the file where nothing is. */
MUST_CHECK enum error_code journal_settle(struct journal *journal, struct error *error);

#endif
