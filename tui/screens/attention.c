#include <stdlib.h>

#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/console/header.h"
#include "tui/frames/cells.h"
#include "tui/frames/page.h"
#include "tui/stores/subscriptions.h"

#define MINUTE_MS 60000LL
#define SOON_MS (60 * MINUTE_MS) /* credentials that end within the hour */

/* Something that is counted, and where it is dealt with. */
struct watched {
    const char *label;
    const char *what; /* said behind the number */
    enum theme_tone tone;
    const char *screen;
    const char *filter; /* of that list; NULL: none */
    int64_t count;
};

#define OLD_MS (2 * MINUTE_MS) /* what was counted longer ago is known no more */

/* Whether what a service last said still stands, and when it said so where that is not just now:
 * the age in brackets, "" for a fresh answer. */
static bool is_known(const struct freshness *by, char *age, size_t size)
{
    char text[16];
    int64_t old_ms = console_now() - by->loaded_ms;
    draw_age(old_ms, text);
    age[0] = '\0';
    if (!by->loaded || old_ms > OLD_MS)
        return false;
    snprintf(age, size, " (as of %s ago)", text);
    return true;
}

static void add_watched(struct document *document, const struct watched *watched,
                        const struct freshness *by)
{
    char number[CELL_SIZE], age[48];
    bool known = is_known(by, age, sizeof age);
    char *line = console_format("%s %s%s", known ? cell_number(watched->count, number) : "?",
                                watched->what, age);
    document_field(document, watched->label,
                   !known               ? TONE_WARN
                   : watched->count > 0 ? watched->tone
                                        : TONE_DIM,
                   line);
    document_link_filtered(document, watched->screen, "", watched->filter);
    free(line);
}

static size_t gather(const struct upload_counts *counts, struct watched *out)
{
    const struct watched all[] = {
        {"Failed", "in the last 24 hours", TONE_BAD, "uploads", "status:failed since:1d",
         counts->failed_recently},
        {"Stuck", "no progress for 15 minutes", TONE_BAD, "uploads", "status:stuck", counts->stuck},
        {"Notices failed", "not accepted by SNS", TONE_BAD, "uploads", "notice:failed",
         counts->notices_failed},
        {"Notices unknown", "may or may not have been sent", TONE_WARN, "uploads", "notice:unknown",
         counts->notices_unknown},
        {"Notices pending", "in the outbox for more than a minute", TONE_WARN, "uploads",
         "notice:pending", counts->notices_pending},
        {"Outgoing", "messages in the outbox for more than a minute", TONE_WARN, "uploads",
         "notice:outgoing", counts->outbox_waiting},
        {"Partial", "in the last 24 hours, with errors", TONE_WARN, "uploads",
         "status:partial since:1d", counts->partial_recently},
    };
    size_t count = sizeof all / sizeof all[0];
    for (size_t i = 0; i < count; i++)
        out[i] = all[i];
    return count;
}

#define WATCHED_MOST 12

/* Needs somebody: it has messages, or nobody can tell. */
static bool queue_needs(const struct header *header, const struct header_queue *queue)
{
    const struct freshness *by = &header->queues_seen;
    char age[48];
    return queue->name[0] != '\0' &&
           (header_open_letters(header, queue->name, queue->messages) != 0 ||
            queue->error[0] != '\0' || !is_known(by, age, sizeof age));
}

static void add_queue(struct document *document, const struct header *header,
                      const struct header_queue *queue)
{
    const struct freshness *by = &header->queues_seen;
    int64_t open = header_open_letters(header, queue->name, queue->messages);
    char seen[48];
    bool known = is_known(by, seen, sizeof seen);
    char age[16] = "of unknown age";
    char *line;
    if (queue->oldest_age_s >= 0)
        draw_age(queue->oldest_age_s * 1000, age);
    if (!known || queue->messages < 0)
        line = console_format("? in %s%s%s", queue->name, queue->error[0] != '\0' ? ": " : "",
                              queue->error);
    else if (queue->messages == 0)
        line = console_format("0 in %s%s", queue->name, seen);
    else if (open < queue->messages)
        line = console_format("%lld in %s, %lld of them acknowledged%s", (long long)queue->messages,
                              queue->name, (long long)(queue->messages - open), seen);
    else if (queue->held > 0)
        line = console_format("%lld in %s, %lld of them held by a plan or a peek, the oldest %s%s",
                              (long long)queue->messages, queue->name, (long long)queue->held, age,
                              seen);
    else
        line = console_format("%lld in %s, the oldest %s%s", (long long)queue->messages,
                              queue->name, age, seen);
    document_field(document, "Dead letters",
                   !known || queue->messages < 0 ? TONE_WARN
                   : open > 0                    ? TONE_BAD
                                                 : TONE_DIM,
                   line);
    document_link_filtered(document, "dead-letters", "", queue->name);
    free(line);
}

static bool credentials_need(const struct header_facts *facts)
{
    return facts->credentials_expire_at > 0 && facts->credentials_expire_at < INT64_MAX &&
           facts->credentials_expire_at - console_clock() < SOON_MS;
}

static void add_credentials(struct document *document, const struct header_facts *facts)
{
    int64_t left = facts->credentials_expire_at - console_clock();
    if (facts->credentials_expire_at <= 0 || facts->credentials_expire_at == INT64_MAX)
        document_field(document, "Credentials", TONE_DIM, "no known expiry");
    else if (left <= 0)
        document_field(document, "Credentials", TONE_BAD, "expired: sign in again");
    else {
        char *line = console_format("expire in %lld minutes", (long long)(left / MINUTE_MS));
        document_field(document, "Credentials", left < SOON_MS ? TONE_WARN : TONE_DIM, line);
        free(line);
    }
    document_link(document, "doctor", "");
}

static void add_health(struct document *document, const struct freshness *freshness,
                       const char *label, const char *filter)
{
    char age[256];
    freshness_text(freshness, console_now(), age, sizeof age);
    if (freshness->failed) {
        char *line = console_format("down: %s", freshness->message);
        document_field(document, label, TONE_BAD, line);
        free(line);
    } else {
        char *line = freshness->loaded ? console_format("reachable, checked %s", age)
                                       : console_copy("checking ...");
        document_field(document, label, freshness->loaded ? TONE_DIM : TONE_NORMAL, line);
        free(line);
    }
    document_link_filtered(document, "doctor", "", filter);
}

#define LOST_SHOWN 10

/* Vendors that no notice reaches, by name. */
static void add_lost(struct document *document, const struct upload_counts *counts)
{
    char vendor_id[64], line[256];
    size_t count = 0;
    for (size_t i = 0; subscriptions_lost_at(i, vendor_id, line, sizeof line); i++) {
        if (upload_counts_vendor(counts, vendor_id) || count++ >= LOST_SHOWN)
            continue;
        document_field(document, "Mail", TONE_WARN, line);
        document_link(document, "vendor", vendor_id);
    }
    if (count > LOST_SHOWN) {
        document_format(document, TONE_WARN, "and %zu more vendors that receive no e-mail",
                        count - LOST_SHOWN);
    }
}

/* Those that need somebody, or the rest. What is not known is not well. */
static void add_half(struct document *document, const struct header *header, bool need)
{
    struct watched watched[WATCHED_MOST];
    char age[48];
    bool known = is_known(&header->database, age, sizeof age);
    size_t count = header->database.loaded ? gather(&header->counts, watched) : 0;
    if (header->database.failed == need)
        add_health(document, &header->database, "Database", "area:database");
    if (header->cloud.failed == need)
        add_health(document, &header->cloud, "AWS", "");
    if (credentials_need(&header->facts) == need)
        add_credentials(document, &header->facts);
    for (size_t i = 0; i < count; i++) {
        if ((watched[i].count > 0 || !known) == need)
            add_watched(document, &watched[i], &header->database);
    }
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        if (header->queues[i].name[0] != '\0' && queue_needs(header, &header->queues[i]) == need)
            add_queue(document, header, &header->queues[i]);
    }
    if (need)
        add_lost(document, &header->counts);
}

static void compose(struct screen *screen, struct document *document)
{
    const struct header *header = &screen->console->header;
    document_head(document, "Needs attention");
    size_t before = document->count;
    add_half(document, header, true);
    if (document->count == before)
        document_text(document, header->database.loaded ? TONE_GOOD : TONE_DIM,
                      header->database.loaded ? "nothing" : "unknown");
    if (!header->queues_seen.loaded || header->queues_seen.failed)
        document_format(document, TONE_WARN, "? dead letters: %s",
                        header->queues_seen.failed ? header->queues_seen.message
                        : header->cloud.failed     ? header->cloud.message
                                                   : "not checked yet");
    document_head(document, "Watched, OK");
    add_half(document, header, false);
}

static int64_t tick(struct screen *screen, int64_t now_ms)
{
    int64_t due = subscriptions_watch(screen->console, now_ms);
    int64_t own = page_tick(screen, now_ms);
    return own >= 0 && own < due ? own : due;
}

static const struct page_spec spec = {
    .refresh_ms = 1000, .compose = compose, .command = "intake doctor"};

const struct screen_ops screen_attention = {
    .name = "attention",
    .aliases = "env environment alerts todo",
    .title = "Attention",
    .help = "what needs attention, with links to where it is handled",
    PAGE_SCREEN_TICKED(&spec, tick),
};
