#include "tui/console/header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/sts.h"
#include "tui/base/memory.h"
#include "tui/console/console.h"
#include "tui/session/config.h"
#include "tui/session/session.h"
#include "tui/terminal/terminal.h"

#define COUNTS_EVERY_MS 5000
#define COUNTS_IDLE_MS 30000
#define IDENTITY_EVERY_MS 60000
#define LETTERS_EVERY_MS 30000
#define DATABASE_WAIT_MS 15000
#define CLOUD_WAIT_MS 15000

/* What a worker found; one struct for the header's jobs, each fills its part. */
struct finding {
    struct header_facts facts;
    struct upload_counts counts;
    struct upload_rates rates;
    int64_t messages;
    bool partly;
    struct header_queue queues[DEAD_LETTER_QUEUES];
};

static void copy_facts(struct header_facts *facts, const struct session *session)
{
    struct session_identity identity;
    session_identity(session, &identity);
    snprintf(facts->environment, sizeof facts->environment, "%s", identity.environment);
    snprintf(facts->region, sizeof facts->region, "%s", identity.region);
    snprintf(facts->account, sizeof facts->account, "%s", identity.account);
    snprintf(facts->arn, sizeof facts->arn, "%s", identity.arn);
    snprintf(facts->database_user, sizeof facts->database_user, "%s", identity.database_user);
    snprintf(facts->database_host, sizeof facts->database_host, "%s", identity.database_host);
    facts->production = identity.production;
    facts->read_only = identity.read_only;
    facts->role = identity.role;
    facts->credentials_expire_at = identity.credentials_expire_at;
}

static enum error_code count_run(struct job_context *context, void *data, struct error *error)
{
    struct finding *finding = data;
    struct db *db;
    enum error_code code = session_database(context->session, &db, error);
    if (!code)
        code = uploads_count(db, &finding->counts, error);
    if (!code)
        code = upload_rates_read(db, &finding->rates, error);
    if (!code)
        code = session_role(context->session, &finding->facts.role, error);
    if (!code)
        copy_facts(&finding->facts, context->session);
    return code;
}

static void count_done(void *owner, void *data, const struct error *error)
{
    struct console *console = owner;
    struct header *header = &console->header;
    struct finding *finding = data;
    bool counted = header->database.loaded;
    header->database_job = 0;
    freshness_answered(&header->database, console_now(), error);
    if (error->code || !finding)
        return;
    if (header->rings && counted &&
        (finding->counts.failed_recently > header->counts.failed_recently ||
         finding->counts.stuck > header->counts.stuck))
        terminal_ring();
    header->counts = finding->counts;
    header->rates = finding->rates;
    header->facts.role = finding->facts.role;
    header->facts.role_known = true;
    snprintf(header->facts.database_user, sizeof header->facts.database_user, "%s",
             finding->facts.database_user);
    snprintf(header->facts.database_host, sizeof header->facts.database_host, "%s",
             finding->facts.database_host);
}

static enum error_code identify_run(struct job_context *context, void *data, struct error *error)
{
    struct finding *finding = data;
    struct sts_identity identity;
    struct aws_client *aws = NULL;
    enum error_code code = session_aws(context->session, &aws, error);
    if (!code)
        code = sts_get_caller_identity(aws, &identity, error);
    if (!code)
        code = session_identify(context->session, error);
    if (!code)
        copy_facts(&finding->facts, context->session);
    return code;
}

static void identify_done(void *owner, void *data, const struct error *error)
{
    struct console *console = owner;
    struct header *header = &console->header;
    struct finding *finding = data;
    header->cloud_job = 0;
    freshness_answered(&header->cloud, console_now(), error);
    if (error->code || !finding)
        return;
    snprintf(header->facts.account, sizeof header->facts.account, "%s", finding->facts.account);
    snprintf(header->facts.arn, sizeof header->facts.arn, "%s", finding->facts.arn);
    header->facts.credentials_expire_at = finding->facts.credentials_expire_at;
}

static enum error_code queues_run(struct job_context *context, void *data, struct error *error)
{
    struct dead_letter_queue queues[DEAD_LETTER_QUEUES];
    struct finding *finding = data;
    struct pipeline pipeline;
    enum error_code code = session_pipeline(context->session, &pipeline, error);
    if (!code)
        code = dead_letter_queues_list(&pipeline, queues, error);
    finding->messages = -1;
    for (size_t i = 0; !code && i < DEAD_LETTER_QUEUES; i++) {
        struct header_queue *queue = &finding->queues[i];
        int64_t total = dead_letter_queue_total(&queues[i]);
        if (total >= 0)
            finding->messages = (finding->messages > 0 ? finding->messages : 0) + total;
        else
            finding->partly = true;
        memcpy(queue->name, queues[i].name, sizeof queue->name);
        snprintf(queue->error, sizeof queue->error, "%.127s", queues[i].error);
        queue->messages = total;
        queue->held = queues[i].in_flight;
        queue->oldest_age_s = queues[i].oldest_age_s;
    }
    return code;
}

static void queues_done(void *owner, void *data, const struct error *error)
{
    struct console *console = owner;
    struct finding *finding = data;
    console->header.queues_job = 0;
    freshness_answered(&console->header.queues_seen, console_now(), error);
    if (error->code || !finding)
        return;
    if (console->header.rings && console->header.dead_letters >= 0 &&
        finding->messages > console->header.dead_letters)
        terminal_ring();
    console->header.dead_letters = finding->messages;
    console->header.dead_letters_partly = finding->partly;
    memcpy(console->header.queues, finding->queues, sizeof finding->queues);
}

static uint64_t start(struct console *console, const char *title, enum job_lane lane,
                      int64_t timeout_ms,
                      enum error_code (*run)(struct job_context *, void *, struct error *),
                      void (*done)(void *, void *, const struct error *))
{
    struct job_spec spec = {.title = title,
                            .lane = lane,
                            .timeout_ms = timeout_ms,
                            .owner = CONSOLE_OWNER,
                            .run = run,
                            .done = done,
                            .release = free,
                            .data = console_allocate(sizeof(struct finding))};
    return jobs_start(console->jobs, &spec);
}

void header_init(struct console *console)
{
    struct header *header = &console->header;
    memset(header, 0, sizeof *header);
    header->dead_letters = -1;
    freshness_touch(console_now());
    header->rings = config_is_true(session_config(console->session, "bell"));
    copy_facts(&header->facts, console->session);
}

struct watch {
    const char *title;
    enum job_lane lane;
    int64_t every_ms, idle_ms, wait_ms;
    enum error_code (*run)(struct job_context *, void *, struct error *);
    void (*done)(void *, void *, const struct error *);
};

static const struct watch watch_counts = {"counting what needs attention",
                                          JOB_DATABASE,
                                          COUNTS_EVERY_MS,
                                          COUNTS_IDLE_MS,
                                          DATABASE_WAIT_MS,
                                          count_run,
                                          count_done};
static const struct watch watch_identity = {
    "checking identity", JOB_CLOUD,    IDENTITY_EVERY_MS, 10 * IDENTITY_EVERY_MS,
    CLOUD_WAIT_MS,       identify_run, identify_done};
static const struct watch watch_queues = {"dead letters",       JOB_CLOUD,     LETTERS_EVERY_MS,
                                          3 * LETTERS_EVERY_MS, CLOUD_WAIT_MS, queues_run,
                                          queues_done};

static int64_t keep_watch(struct console *console, const struct watch *watch,
                          struct freshness *freshness, uint64_t *job, int64_t now_ms)
{
    if (*job != 0)
        return COUNTS_EVERY_MS;
    int64_t due = freshness_due_in(freshness, now_ms,
                                   freshness_pace(now_ms, watch->every_ms, watch->idle_ms));
    if (due > 0)
        return due;
    freshness_asked(freshness, now_ms);
    *job = start(console, watch->title, watch->lane, watch->wait_ms, watch->run, watch->done);
    return COUNTS_EVERY_MS;
}

int64_t header_tick(struct console *console, int64_t now_ms)
{
    struct header *header = &console->header;
    int64_t next =
        keep_watch(console, &watch_counts, &header->database, &header->database_job, now_ms);
    int64_t due = keep_watch(console, &watch_identity, &header->cloud, &header->cloud_job, now_ms);
    next = due < next ? due : next;
    if (header->cloud.loaded && !header->cloud.failed) {
        due = keep_watch(console, &watch_queues, &header->queues_seen, &header->queues_job, now_ms);
        next = due < next ? due : next;
    }
    return next;
}
