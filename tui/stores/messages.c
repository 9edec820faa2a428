#include "tui/stores/messages.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tui/base/memory.h"

struct snapshot {
    char queue[DEAD_LETTER_NAME_SIZE];
    int64_t about;
    struct dead_letters messages;
    const char **outcomes; /* of each message */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct snapshot snapshots[DEAD_LETTER_QUEUES];

static struct snapshot *find(const char *queue)
{
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        if (strcmp(snapshots[i].queue, queue) == 0)
            return &snapshots[i];
    }
    return NULL;
}

void message_store_put(const char *queue, int64_t about, struct dead_letters *messages)
{
    pthread_mutex_lock(&lock);
    struct snapshot *place = find(queue);
    if (!place)
        place = find("");
    if (!place)
        place = &snapshots[0];
    if (place->queue[0] != '\0')
        dead_letters_release(&place->messages);
    free(place->outcomes);
    place->outcomes = console_allocate((messages->count + 1) * sizeof *place->outcomes);
    snprintf(place->queue, sizeof place->queue, "%s", queue);
    place->about = about;
    place->messages = *messages;
    pthread_mutex_unlock(&lock);
    dead_letters_init(messages);
}

const struct dead_letters *message_store_get(const char *queue, int64_t *about)
{
    pthread_mutex_lock(&lock);
    const struct snapshot *place = queue[0] != '\0' ? find(queue) : NULL;
    if (!place) {
        pthread_mutex_unlock(&lock);
        return NULL;
    }
    *about = place->about;
    return &place->messages;
}

void message_store_done(void)
{
    pthread_mutex_unlock(&lock);
}

void message_store_note(const char *queue, const char *message_id, const char *outcome)
{
    const struct dead_letter *message = NULL;
    pthread_mutex_lock(&lock);
    struct snapshot *place = find(queue);
    if (place)
        message = dead_letter_by_id(&place->messages, message_id);
    if (message)
        place->outcomes[message - place->messages.list] = outcome;
    pthread_mutex_unlock(&lock);
}

const char *message_store_outcome(const struct dead_letters *messages, size_t index)
{
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        if (&snapshots[i].messages == messages)
            return snapshots[i].outcomes[index];
    }
    return NULL;
}

static bool about_upload(const struct dead_letter *message, const char *upload_id)
{
    if (message->upload_id)
        return strcmp(message->upload_id, upload_id) == 0;
    for (size_t i = 0; i < message->upload_count; i++) {
        if (strcmp(message->uploads[i], upload_id) == 0)
            return true;
    }
    return false;
}

void message_store_of_upload(const char *upload_id, message_store_visit *visit, void *context)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        const struct snapshot *snapshot = &snapshots[i];
        for (size_t at = 0; snapshot->queue[0] != '\0' && at < snapshot->messages.count; at++) {
            if (about_upload(&snapshot->messages.list[at], upload_id))
                visit(context, snapshot->queue, &snapshot->messages.list[at],
                      snapshot->outcomes[at]);
        }
    }
    pthread_mutex_unlock(&lock);
}
