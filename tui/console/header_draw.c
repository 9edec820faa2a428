/* The strip's two lines. Where it is narrow the words get shorter; no fact goes. */
#include <stdio.h>
#include <string.h>

#include "tui/console/console.h"
#include "tui/console/header.h"
#include "tui/session/tunnel.h"

#define MINUTE_MS 60000LL
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)
#define PARTS 16
#define PART_SIZE 96
#define ACCOUNT_TAIL 4
#define ENVIRONMENT_ENOUGH 8 /* of its name, to know it by */
#define CRAMPED_HEIGHT 16

struct part {
    enum theme_tone tone;
    char text[PART_SIZE];
    bool beside; /* part of what is before it: one blank between them, not two */
};

struct line {
    struct part parts[PARTS];
    size_t count;
};

/* How a line is written, from the roomiest on. */
enum wording {
    WORDS_ALL,
    WORDS_NO_USER,
    WORDS_NO_HOST, /* the database's is said on the second line */
    WORDS_SHORT,
    WORDS_BARE,
    WORDS_LEAST,
    WORDINGS
};

int header_height(int screen_height)
{
    return screen_height < CRAMPED_HEIGHT ? 1 : 2;
}

static struct part *add(struct line *line, enum theme_tone tone, const char *text)
{
    struct part *part = &line->parts[line->count];
    if (line->count == PARTS || text[0] == '\0')
        return NULL;
    line->count++;
    part->tone = tone;
    part->beside = false;
    snprintf(part->text, sizeof part->text, "%s", text);
    return part;
}

static int line_width(const struct line *line)
{
    int width = 1;
    for (size_t i = 0; i < line->count; i++)
        width += draw_width(line->parts[i].text) + (i == 0 ? 0 : line->parts[i].beside ? 1 : 2);
    return width;
}

static void draw_line(const struct line *line, struct area area, enum theme_tone blank)
{
    int x = area.x + 1;
    int end = area.x + area.width;
    draw_fill(area.y, area.x, area.width, blank);
    for (size_t i = 0; i < line->count && x < end; i++) {
        const struct part *part = &line->parts[i];
        x += i == 0 ? 0 : part->beside ? 1 : 2;
        if (x < end)
            x += draw_text(area.y, x, end - x, part->tone, part->text);
    }
}

/* A label and a value, or where labels go the value alone. */
static void add_fact(struct line *line, const char *label, const char *value)
{
    struct part *part;
    if (value[0] == '\0')
        return;
    if (label) {
        add(line, TONE_HEADER, label);
        part = add(line, TONE_HEADER, value);
        if (part)
            part->beside = true;
    } else {
        add(line, TONE_HEADER, value);
    }
}

/* eu-central-1 is euc1, ap-southeast-2 apse2: the names that zones have by their ids. */
static void short_region(const char *region, char out[PART_SIZE])
{
    const char *last = strrchr(region, '-');
    const char *middle = strchr(region, '-');
    size_t used = 0;
    if (!last || middle == last) {
        snprintf(out, PART_SIZE, "%s", region);
        return;
    }
    used += (size_t)snprintf(out, PART_SIZE, "%.*s", (int)(middle - region), region);
    for (const char *at = middle + 1; at < last && used + 8 < PART_SIZE; at++) {
        bool begins =
            at[-1] == '-' ||
            (at[-1] == 'h' && (strncmp(at, "east", 4) == 0 || strncmp(at, "west", 4) == 0));
        if (begins)
            out[used++] = *at;
    }
    snprintf(out + used, PART_SIZE - used, "%.8s", last + 1);
}

static void keys_text(const struct header *header, enum wording wording, char out[PART_SIZE])
{
    int64_t expires = header->facts.credentials_expire_at;
    int64_t left = expires - console_clock();
    const char *behind = wording <= WORDS_NO_USER ? " left" : "";
    if (expires <= 0 || expires == INT64_MAX)
        snprintf(out, PART_SIZE, "%s",
                 !header->cloud.loaded    ? "?"
                 : wording == WORDS_LEAST ? "no exp"
                                          : "no expiry");
    else if (left <= 0)
        snprintf(out, PART_SIZE, "EXPIRED");
    else if (left < HOUR_MS)
        snprintf(out, PART_SIZE, "%lldm%s", (long long)(left / MINUTE_MS), behind);
    else if (left < 3 * DAY_MS)
        snprintf(out, PART_SIZE, "%lldh%s", (long long)(left / HOUR_MS), behind);
    else
        snprintf(out, PART_SIZE, "%lldd%s", (long long)(left / DAY_MS), behind);
}

static void add_flags(struct line *line, const struct header_facts *facts, enum wording wording)
{
    if (facts->production)
        add(line, TONE_PRODUCTION, wording == WORDS_LEAST ? "PROD" : " PRODUCTION ");
    if (facts->read_only)
        add(line, TONE_READ_ONLY, wording == WORDS_LEAST ? "RO" : " READ-ONLY ");
}

static void account_text(const struct header_facts *facts, enum wording wording,
                         char out[PART_SIZE])
{
    size_t length = strlen(facts->account);
    if (length == 0)
        snprintf(out, PART_SIZE, "%s", wording >= WORDS_BARE ? "?" : "unknown");
    else if (wording == WORDS_LEAST && length > ACCOUNT_TAIL)
        snprintf(out, PART_SIZE, "..%s", facts->account + length - ACCOUNT_TAIL);
    else
        snprintf(out, PART_SIZE, "%s", facts->account);
}

/* "user@host:port/dbname" in as many words as there is room for: host and database, the host, its
 * first label. */
static void database_text(const struct header_facts *facts, enum wording wording,
                          char out[PART_SIZE])
{
    const char *at = strrchr(facts->database_host, '@');
    const char *host = at ? at + 1 : facts->database_host;
    size_t whole = strcspn(host, ":/"), first = strcspn(host, ".:/");
    bool number = host[strspn(host, "0123456789.")] == ':';
    if (host[0] == '\0')
        snprintf(out, PART_SIZE, "?");
    else if (host[0] == '/')
        snprintf(out, PART_SIZE, "%.90s", wording == WORDS_ALL ? host : "socket");
    else if (wording == WORDS_ALL)
        snprintf(out, PART_SIZE, "%.90s", host);
    else if (wording <= WORDS_SHORT || number)
        snprintf(out, PART_SIZE, "%.*s", whole < 90 ? (int)whole : 90, host);
    else
        snprintf(out, PART_SIZE, "%.*s", first < 90 ? (int)first : 90, host);
}

static void identity_line(struct line *line, const struct header *header, enum wording wording)
{
    const struct header_facts *facts = &header->facts;
    bool labels = wording < WORDS_BARE;
    char text[PART_SIZE];
    line->count = 0;
    add_flags(line, facts, wording);
    if (wording < WORDS_SHORT)
        add(line, TONE_HEADER, "Intake");
    add_fact(line, labels ? "env" : NULL,
             facts->environment[0] != '\0' ? facts->environment : "default");
    add_fact(line, labels ? "role" : NULL,
             facts->role_known ? role_name(facts->role)
             : labels          ? "unknown"
                               : "?");
    account_text(facts, wording, text);
    add_fact(line, !labels ? NULL : wording == WORDS_SHORT ? "acct" : "account", text);
    if (wording == WORDS_LEAST)
        short_region(facts->region, text);
    else
        snprintf(text, sizeof text, "%s", facts->region);
    add_fact(line, wording < WORDS_SHORT ? "region" : NULL, text[0] != '\0' ? text : "no region");
    keys_text(header, wording, text);
    add_fact(line, wording == WORDS_LEAST ? NULL : "keys", text);
    database_text(facts, wording, text);
    if (wording < WORDS_NO_HOST)
        add_fact(line, labels ? "db" : NULL, text);
    if (wording == WORDS_ALL)
        add_fact(line, "as", facts->database_user);
    for (size_t i = 1; !labels && i < line->count; i++)
        line->parts[i].beside = true;
}

/* The name of the environment is the one fact of any length: it gives way before others do. False
 * where less than `least` of it would be left. */
static bool cut_environment(struct line *line, const struct header_facts *facts, int too_wide,
                            int least)
{
    struct part *part = &line->parts[(facts->production ? 1 : 0) + (facts->read_only ? 1 : 0)];
    int keep = (int)strlen(part->text) - too_wide;
    if (keep < least)
        return false;
    part->text[keep] = '\0';
    return true;
}

/* Whether the database's host is on it. */
static bool draw_identity(const struct header *header, struct area area)
{
    struct line line;
    int too_wide, wording;
    for (wording = WORDS_ALL; wording < WORDINGS; wording++) {
        identity_line(&line, header, (enum wording)wording);
        too_wide = line_width(&line) - area.width;
        if (too_wide <= 0 || (wording >= WORDS_BARE &&
                              cut_environment(&line, &header->facts, too_wide,
                                              wording == WORDS_BARE ? ENVIRONMENT_ENOUGH : 1)))
            break;
    }
    draw_line(&line, area, TONE_HEADER);
    return wording < WORDS_NO_HOST;
}

/* How the second line is written. */
struct strip_words {
    bool brief;
    bool host;   /* the database's, at the end */
    size_t most; /* parts that count something */
};

/* What is counted, the most urgent first; `brief` where the words do not fit. Counted by whom: what
 * that one last said may be old, or nothing. */
struct counted {
    int64_t count;
    const char *what, *brief;
    const struct freshness *by;
    enum theme_tone tone;
    bool partly; /* more of it may be where nobody could look */
    bool down;   /* nobody can be asked now */
};

#define STALE_MS (MINUTE_MS * 3 / 4) /* older than any count that is asked for again in time */
#define OLD_MS (2 * MINUTE_MS)       /* what was counted longer ago is known no more */

/* The number, with its age where it is not of now, or "?" where it is not known: the one way. */
static void count_text(const struct counted *counted, char out[PART_SIZE], bool brief)
{
    const char *what = brief ? counted->brief : counted->what;
    const char *blank = what[0] == '/' ? "" : " ";
    char age[16];
    int64_t old_ms = console_now() - counted->by->loaded_ms;
    draw_age(old_ms, age);
    if (!counted->by->loaded || counted->count < 0 || old_ms > OLD_MS)
        snprintf(out, PART_SIZE, "?%s%s", blank, what);
    else if (counted->down || old_ms > STALE_MS)
        snprintf(out, PART_SIZE, "%lld%s%s%s (%s ago)", (long long)counted->count,
                 counted->partly ? "+?" : "", blank, what, age);
    else
        snprintf(out, PART_SIZE, "%lld%s%s%s", (long long)counted->count,
                 counted->partly ? "+?" : "", blank, what);
}

/* Whether it is said at all: what is zero is not, what is not known is where it would need
 * somebody. */
static bool is_said(const struct counted *counted)
{
    bool known = counted->by->loaded && counted->count >= 0 &&
                 console_now() - counted->by->loaded_ms <= OLD_MS;
    if (known)
        return counted->count > 0 || counted->partly;
    return counted->tone == TONE_BAD && (counted->down || counted->by->loaded);
}

int64_t header_open_letters(const struct header *header, const char *queue, int64_t messages)
{
    int64_t seen = upload_counts_letters(&header->counts, queue);
    if (messages < 0)
        return messages;
    return messages > seen ? messages - seen : 0;
}

static void add_counts(struct line *line, const struct header *header,
                       const struct strip_words *words)
{
    bool brief = words->brief;
    size_t most = words->most;
    const struct upload_counts *counts = &header->counts;
    const struct freshness *db = &header->database;
    const struct counted all[] = {
        {counts->failed_recently, "failed today", "failed", db, TONE_BAD, false, db->failed},
        {counts->stuck, "stuck", "stuck", db, TONE_BAD, false, db->failed},
        {header_open_letters(header, NULL, header->dead_letters), "dead letters", "dead",
         &header->queues_seen, TONE_BAD, header->dead_letters_partly,
         header->cloud.failed || header->queues_seen.failed},
        {counts->notices_failed, "notices failed", "not sent", db, TONE_BAD, false, db->failed},
        {counts->notices_unknown, "notices unknown", "unsure", db, TONE_WARN, false, db->failed},
        {counts->notices_pending, "notices pending", "unsent", db, TONE_WARN, false, db->failed},
        {counts->partial_recently, "partial today", "partial", db, TONE_WARN, false, db->failed},
        {counts->outbox_waiting, "messages waiting", "waiting", db, TONE_WARN, false, db->failed},
        {counts->processing, "processing", "running", db, TONE_INFO, false, db->failed},
        {counts->uploads_recently, "uploads today", "today", db, TONE_DIM, false, db->failed},
        {header->rates.uploads_per_hour, "uploads/h", "/h", db, TONE_DIM, false, db->failed},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0] && line->count < most; i++) {
        char text[PART_SIZE];
        if (!is_said(&all[i]))
            continue;
        count_text(&all[i], text, brief);
        add(line, all[i].tone, text);
    }
    if (header->rates.records_per_second >= 0.05 && line->count < most) {
        char text[PART_SIZE];
        snprintf(text, sizeof text, brief ? "%.1f/s" : "%.1f records/s",
                 header->rates.records_per_second);
        add(line, TONE_DIM, text);
    }
}

/* Nobody can say so while a service is down. */
static bool quiet(const struct header *header)
{
    const struct upload_counts *counts = &header->counts;
    if (!header->database.loaded || header->database.failed || header->cloud.failed ||
        !header->queues_seen.loaded || header->queues_seen.failed || header->dead_letters < 0 ||
        header->dead_letters_partly)
        return false;
    return counts->failed_recently + counts->stuck + counts->notices_unknown +
               counts->notices_failed + counts->notices_pending +
               header_open_letters(header, NULL, header->dead_letters) ==
           0;
}

static void add_health(struct line *line, const struct freshness *freshness, const char *what)
{
    char text[PART_SIZE];
    if (freshness->failed)
        snprintf(text, sizeof text, "%.80s down", what);
    else
        snprintf(text, sizeof text, "%.80s %s", what, freshness->loaded ? "ok" : "...");
    add(line, freshness->failed ? TONE_BAD : freshness->loaded ? TONE_GOOD : TONE_DIM, text);
}

/* Nothing where no connection goes through one. */
static void add_tunnel(struct line *line)
{
    static const struct {
        enum theme_tone tone;
        const char *text;
    } states[] = {[TUNNEL_UP] = {TONE_GOOD, "tunnel ok"},
                  [TUNNEL_STARTING] = {TONE_DIM, "tunnel ..."},
                  [TUNNEL_DOWN] = {TONE_BAD, "tunnel down"}};
    enum tunnel_state state = tunnel_look();
    if (state != TUNNEL_NONE)
        add(line, states[state].tone, states[state].text);
}

static void attention_line(struct line *line, const struct header *header,
                           const struct strip_words *words)
{
    char text[PART_SIZE], host[PART_SIZE];
    line->count = 0;
    if (quiet(header))
        add(line, TONE_GOOD, words->brief ? "all well" : "nothing needs attention");
    add_counts(line, header, words);
    add_health(line, &header->database, words->brief ? "db" : "database");
    add_health(line, &header->cloud, "aws");
    add_tunnel(line);
    database_text(&header->facts, WORDS_BARE, text);
    snprintf(host, sizeof host, "db %.90s", text);
    if (words->host)
        add(line, TONE_DIM, host);
}

static void draw_attention(const struct header *header, struct area area, bool host)
{
    enum { MOST = PARTS - 6 };
    const struct strip_words wordings[] = {
        {false, host, MOST}, {false, false, MOST}, {true, host, MOST}, {true, false, MOST}};
    struct strip_words words = wordings[0];
    struct line line;
    for (size_t i = 0; i < sizeof wordings / sizeof wordings[0]; i++) {
        words = wordings[i];
        attention_line(&line, header, &words);
        if (line_width(&line) <= area.width)
            break;
    }
    while (line_width(&line) > area.width && words.most > 1) {
        words.most--;
        attention_line(&line, header, &words);
    }
    draw_line(&line, area, TONE_NORMAL);
}

int header_draw(const struct console *console, struct area area)
{
    int height = header_height(area.height);
    bool host = draw_identity(&console->header, area);
    if (height > 1) {
        area.y++;
        draw_attention(&console->header, area, !host && console->header.database.loaded);
    }
    return height;
}
