#include <stdlib.h>
#include <string.h>

#include "aws/sqs.h"
#include "core/operate/dead_letter/hold.h"

#define RETURNS_IN_FLIGHT 8

/* The time was over, or another consumer has it: it is not ours to give back. */
static bool not_ours(const struct sqs_outcome *outcome)
{
    return outcome->sender_fault || strstr(outcome->service_code, "NotInflight") ||
           strstr(outcome->service_code, "ReceiptHandle");
}

static enum error_code receipts_return(struct pipeline *pipeline,
                                       const struct dead_letter_queue *queue,
                                       const char *const *receipts, size_t count, size_t *returned,
                                       struct error *error)
{
    size_t done = 0, lost = 0;
    if (count == 0)
        return ERROR_NONE;
    struct sqs_outcome *outcomes = memory_new(count, sizeof *outcomes);
    if (!outcomes)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    enum error_code code = sqs_change_visibility_batch(pipeline->aws, queue->url, receipts, count,
                                                       0, RETURNS_IN_FLIGHT, outcomes, error);
    for (size_t i = 0; i < count; i++) {
        if (!outcomes[i].code)
            done++;
        else if (!not_ours(&outcomes[i]))
            lost++;
    }
    if (returned)
        *returned += done;
    if (code)
        error_wrap(error, "%zu messages of %s stay hidden for a while", lost, queue->name);
    else if (lost > 0)
        code = error_set(error, ERROR_UNAVAILABLE, "%zu messages of %s stay hidden for a while",
                         lost, queue->name);
    free(outcomes);
    return code;
}

enum error_code dead_letters_return_others(struct pipeline *pipeline,
                                           const struct dead_letter_queue *queue,
                                           struct dead_letters *letters, struct error *error)
{
    size_t count = letters->other_count;
    const char **receipts = memory_new(count + 1, sizeof *receipts);
    if (!receipts)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", count);
    for (size_t i = 0; i < count; i++)
        receipts[i] = letters->others[i].receipt;
    letters->other_count = 0;
    enum error_code code = receipts_return(pipeline, queue, receipts, count, NULL, error);
    free(receipts);
    return code;
}

enum error_code dead_letters_return(struct pipeline *pipeline,
                                    const struct dead_letter_queue *queue,
                                    struct dead_letters *letters, size_t *returned,
                                    struct error *error)
{
    size_t count = 0;
    const char **receipts = memory_new(letters->count + 1, sizeof *receipts);
    if (returned)
        *returned = 0;
    if (!receipts)
        return error_set(error, ERROR_MEMORY, "out of memory for %zu messages", letters->count);
    for (size_t i = 0; i < letters->count; i++) {
        struct dead_letter *letter = &letters->list[i];
        if (!letter->returned && letter->receipt)
            receipts[count++] = letter->receipt;
        letter->returned = true;
    }
    const struct cancel *watched = aws_client_watch(pipeline->aws, NULL);
    enum error_code code = receipts_return(pipeline, queue, receipts, count, returned, error);
    enum error_code others =
        dead_letters_return_others(pipeline, queue, letters, !code ? error : NULL);
    aws_client_watch(pipeline->aws, watched);
    free(receipts);
    return code ? code : others;
}
