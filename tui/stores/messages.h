/* Dead letters as they were peeked: a snapshot for each queue, kept in memory, sorted, filtered
 * and searched without receiving again. Used by workers and the screen's thread alike. */
#ifndef INTAKE_TUI_STORES_MESSAGES_H
#define INTAKE_TUI_STORES_MESSAGES_H

#include "core/operate/dead_letter/hold.h"

/* Takes the messages as the queue's snapshot in place of an older one. */
void message_store_put(const char *queue, int64_t about, struct dead_letters *messages);
/* The snapshot, locked until message_store_done; NULL (and not locked) where there is none. `about`
 * is how many the queue said it had. */
const struct dead_letters *message_store_get(const char *queue, int64_t *about);
void message_store_done(void);
/* What came of a message; `outcome` is static. Nothing where the snapshot does not hold it. */
void message_store_note(const char *queue, const char *message_id, const char *outcome);
/* Between get and done: NULL where nothing was done with the message yet. */
const char *message_store_outcome(const struct dead_letters *messages, size_t index);

/* Every message of a snapshot that is about the upload. `visit` may not call the store. */
typedef void message_store_visit(void *context, const char *queue,
                                 const struct dead_letter *message, const char *outcome);
void message_store_of_upload(const char *upload_id, message_store_visit *visit, void *context);

#endif
