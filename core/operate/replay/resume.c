#include <stdlib.h>
#include <string.h>

#include "core/base/point.h"
#include "core/operate/replay/replay_private.h"

#define IN_FLIGHT 8

static const char **receipts_of(const struct journal *journal, bool sent, size_t *count,
                                const char ***ids)
{
    size_t all = journal_count(journal);
    const char **receipts = memory_new(all + 1, sizeof *receipts);
    *ids = memory_new(all + 1, sizeof **ids);
    *count = 0;
    if (!receipts || !*ids) {
        free(receipts);
        return NULL;
    }
    for (size_t i = 0; i < all; i++) {
        const struct journal_entry *entry = journal_entry(journal, i);
        bool wanted = sent ? entry->state == JOURNAL_SENT
                           : entry->state == JOURNAL_HELD || entry->state == JOURNAL_SENDING;
        if (!wanted || !entry->receipt)
            continue;
        (*ids)[*count] = entry->message_id;
        receipts[(*count)++] = entry->receipt;
    }
    return receipts;
}

/* Sent and not deleted: they are deleted now, by the receipts that the dead one held. Whether it
 * was so in truth only the queue knows, so the journal keeps them until a whole replay met them no
 * more. */
static enum error_code sent_delete(struct pipeline *pipeline, struct replay_plan *plan,
                                   const char *const *receipts, const char *const *ids,
                                   size_t count, struct error *error)
{
    struct replay_state *state = plan->state;
    struct sqs_outcome *outcomes = memory_new(count, sizeof *outcomes);
    state->resumed = arena_new(&plan->memory, count, sizeof *state->resumed);
    if (!outcomes || !state->resumed) {
        free(outcomes);
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    }
    point_reached("before letters of a dead replay are deleted");
    enum error_code code = sqs_delete_message_batch(pipeline->aws, plan->queue.url, receipts, count,
                                                    IN_FLIGHT, outcomes, error);
    point_reached("after letters of a dead replay are deleted");
    for (size_t i = 0; i < count; i++)
        if (!outcomes[i].code)
            state->resumed[state->resumed_count++] =
                arena_copy_text(&plan->memory, ids[i], strlen(ids[i]));
    free(outcomes);
    return code ? error_wrap(error, "deleting messages that an interrupted replay sent")
                : ERROR_NONE;
}

/* What the dead one still hid is made visible again. Receipts whose time is over are refused. */
static enum error_code held_return(struct pipeline *pipeline, const struct replay_plan *plan,
                                   const char *const *receipts, size_t count, struct error *error)
{
    struct sqs_outcome *outcomes = memory_new(count, sizeof *outcomes);
    if (!outcomes)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    point_reached("before letters of a dead replay are returned");
    enum error_code code = sqs_change_visibility_batch(pipeline->aws, plan->queue.url, receipts,
                                                       count, 0, IN_FLIGHT, outcomes, error);
    point_reached("after letters of a dead replay are returned");
    free(outcomes);
    return code;
}

enum error_code replay_resume(struct pipeline *pipeline, struct replay_plan *plan,
                              struct error *error)
{
    struct journal *journal = plan->state->journal;
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < journal_count(journal); i++) {
        const struct journal_entry *entry = journal_entry(journal, i);
        if (entry->state == JOURNAL_SENT)
            plan->unfinished_sent++;
        else if (journal_entry_in_doubt(entry))
            plan->unfinished_unknown++;
    }
    for (int sent = 1; sent >= 0 && !code; sent--) {
        const char **ids = NULL;
        size_t count = 0;
        const char **receipts = receipts_of(journal, sent != 0, &count, &ids);
        if (!receipts)
            code = error_set(error, ERROR_MEMORY, "out of memory for the journal");
        else if (count > 0)
            code = sent ? sent_delete(pipeline, plan, receipts, ids, count, error)
                        : held_return(pipeline, plan, receipts, count, error);
        free(receipts);
        free(ids);
    }
    return code;
}
