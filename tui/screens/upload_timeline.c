#include "tui/screens/upload_timeline.h"

#include <stdlib.h>
#include <string.h>

#include "tui/base/filter.h"
#include "tui/base/memory.h"
#include "tui/frames/cells.h"
#include "tui/stores/messages.h"

#define LETTERS_SHOWN 20 /* of one upload; the rest is a number */

/* An event of the database, or a message of a snapshot. */
struct moment {
    int64_t at;
    const struct timeline_event *event; /* NULL: a message */
    char *line, *argument;
    enum theme_tone tone;
};

struct moments {
    struct moment *list;
    size_t count, capacity;
    size_t messages; /* seen, shown or not */
};

static struct moment *add(struct moments *moments, int64_t at)
{
    if (moments->count == moments->capacity) {
        moments->capacity = moments->capacity * 2 + 32;
        moments->list = console_grow(moments->list, moments->capacity, sizeof *moments->list);
    }
    struct moment *moment = &moments->list[moments->count++];
    memset(moment, 0, sizeof *moment);
    moment->at = at;
    moment->tone = TONE_NORMAL;
    return moment;
}

static void add_message(void *context, const char *queue, const struct dead_letter *message,
                        const char *outcome)
{
    struct moments *moments = context;
    struct moment *moment;
    if (moments->messages++ >= LETTERS_SHOWN)
        return;
    moment = add(moments, message->sent_at_ms > 0 ? message->sent_at_ms : HISTORY_NEVER);
    moment->line =
        console_format("%-10s dead letter in %s%s%s%s: %s", "queue", queue, outcome ? " (" : "",
                       cell_text(outcome), outcome ? ")" : "", cell_text(message->summary));
    moment->argument = console_format("%s %s", queue, message->message_id);
    moment->tone = outcome ? TONE_DIM : TONE_BAD;
}

static void add_event(struct moments *moments, const struct timeline_event *event)
{
    struct moment *moment = add(moments, event->at);
    moment->event = event;
    moment->line = console_format("%-10s %s%s%s", event->source, event->event,
                                  event->detail ? ": " : "", cell_text(event->detail));
}

/* By time; what is the same moment stays as it came. */
static int compare(const void *a, const void *b)
{
    const struct moment *one = a;
    const struct moment *other = b;
    if (one->at != other->at)
        return one->at < other->at ? -1 : 1;
    if (!one->event || !other->event)
        return (!one->event) - (!other->event);
    return one->event < other->event ? -1 : one->event > other->event;
}

/* Where an event is looked at more closely; NULL filter and reference where it takes none. */
static void lead(struct document *document, const struct timeline_event *event,
                 const char *upload_id, bool errors)
{
    const char *reference = cell_text(event->reference);
    char filter[FILTER_SIZE];
    if (strcmp(event->source, "s3") == 0) {
        if (filter_quote(reference, filter))
            document_link_filtered(document, "uploads", "", filter);
    } else if (strcmp(event->source, "parser") == 0) {
        document_link(document, "logs", upload_id);
    } else if (strcmp(event->source, "validator") == 0) {
        document_link(document, errors ? "groups" : "products", upload_id);
    } else if (strcmp(event->source, "report") == 0) {
        document_link(document, "reports", upload_id);
    } else if (strcmp(event->source, "notice") == 0) {
        document_link(document, "notices", upload_id);
    } else if (strcmp(event->source, "operator") == 0) {
        document_link(document, "audit", upload_id);
        document_link_row(document, reference);
    } else if (strcmp(reference, "outbox") == 0) {
        document_link_filtered(document, "doctor", "", "outgoing");
    } else if (strcmp(event->source, "queue") == 0) {
        document_link(document, "audit", reference);
    }
}

static void write(struct document *document, const struct moments *moments, const char *upload_id,
                  bool errors)
{
    char at[CELL_SIZE];
    for (size_t i = 0; i < moments->count; i++) {
        const struct moment *moment = &moments->list[i];
        document_field(document, cell_time(moment->at, at), moment->tone, moment->line);
        document_when(document);
        if (moment->event)
            lead(document, moment->event, upload_id, errors);
        else
            document_link(document, "letter", moment->argument);
    }
    if (moments->messages > LETTERS_SHOWN) {
        document_format(document, TONE_BAD, "and %zu more dead letters",
                        moments->messages - LETTERS_SHOWN);
        document_link(document, "dead-letters", "");
    }
}

static void release(struct moments *moments)
{
    for (size_t i = 0; i < moments->count; i++) {
        free(moments->list[i].line);
        free(moments->list[i].argument);
    }
    free(moments->list);
}

void upload_timeline_add(struct document *document, const struct upload *upload,
                         const struct timeline *timeline)
{
    struct moments moments = {.count = 0};
    for (size_t i = 0; i < timeline->count; i++)
        add_event(&moments, &timeline->events[i]);
    message_store_of_upload(upload->upload_id, add_message, &moments);
    if (moments.count > 0)
        qsort(moments.list, moments.count, sizeof *moments.list, compare);
    document_head(document, "Timeline (UTC)");
    document_when(document);
    write(document, &moments, upload->upload_id, upload->error_records > 0);
    release(&moments);
}

bool upload_messages_add(struct document *document, const char *upload_id,
                         const struct timeline *timeline)
{
    struct moments moments = {.count = 0};
    for (size_t i = 0; i < timeline->count; i++) {
        if (strcmp(timeline->events[i].source, "queue") == 0)
            add_event(&moments, &timeline->events[i]);
    }
    message_store_of_upload(upload_id, add_message, &moments);
    bool any = moments.count > 0;
    if (any)
        qsort(moments.list, moments.count, sizeof *moments.list, compare);
    write(document, &moments, upload_id, false);
    release(&moments);
    return any;
}
