#include <string.h>

#include "core/base/json.h"
#include "tui/commands/dlq.h"
#include "tui/commands/rows.h"
#include "tui/commands/table.h"
#include "tui/commands/upload_json.h"

static const struct command_example examples[] = {
    {"intake dlq list", "the number of messages in each dead-letter queue"},
    {"intake dlq list --json | jq '.[] | select(.messages + .in_flight > 0) | .queue'",
     "queues with messages"},
    {NULL, NULL},
};

static const struct listing_column columns[] = {
    {.title = "QUEUE"},
    {.title = "MESSAGES", .right = true},
    {.title = "IN FLIGHT", .right = true},
    {.title = "OLDEST", .right = true},
    {.title = "SOURCE"},
    {.title = "ENGINE"},
    {.title = "REASON", .flexible = true, .least = 20},
    {.title = NULL},
};

static void member_count(struct buffer *out, const char *key, int64_t count)
{
    if (count >= 0)
        json_append_member_integer(out, key, count);
    else
        json_append_member(out, key, NULL);
}

static void queue_json(struct buffer *out, const void *listed)
{
    const struct dead_letter_queue *queue = listed;
    json_append_member(out, "queue", queue->name);
    json_append_member(out, "url", queue->url[0] != '\0' ? queue->url : NULL);
    json_append_member(out, "source", queue->source);
    json_append_member(out, "engine", replay_engine_name(queue->engine));
    json_append_member(out, "reason", queue->why);
    member_count(out, "messages", queue->messages);
    member_count(out, "in_flight", queue->in_flight);
    member_count(out, "oldest_age_seconds", queue->oldest_age_s);
    json_append_member(out, "error", queue->error[0] != '\0' ? queue->error : NULL);
}

static void age_text(int64_t seconds, char *out, size_t size)
{
    if (seconds < 0)
        snprintf(out, size, "-");
    else if (seconds < 3600)
        snprintf(out, size, "%lldm", (long long)seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(out, size, "%lldh", (long long)seconds / 3600);
    else
        snprintf(out, size, "%lldd", (long long)seconds / 86400);
}

static enum output_style age_style(const struct dead_letter_queue *queue)
{
    static const enum output_style styles[] = {STYLE_PLAIN, STYLE_WARN, STYLE_BAD};
    return styles[dead_letter_queue_age(queue)];
}

static void count_cell(struct listing *listing, int64_t count)
{
    if (count < 0)
        listing_cell(listing, NULL);
    else
        listing_cell_number(listing, count);
}

static void queue_row(struct listing *listing, const void *listed)
{
    const struct dead_letter_queue *queue = listed;
    char age[24];
    age_text(queue->oldest_age_s, age, sizeof age);
    listing_cell_styled(listing, dead_letter_queue_total(queue) > 0 ? STYLE_WARN : STYLE_PLAIN,
                        queue->name);
    count_cell(listing, queue->messages);
    count_cell(listing, queue->in_flight);
    listing_cell_styled(listing, age_style(queue), age);
    listing_cell(listing, queue->source);
    listing_cell(listing, replay_engine_name(queue->engine));
    if (queue->error[0] != '\0')
        listing_cell_styled(listing, STYLE_BAD, queue->error);
    else
        listing_cell(listing, queue->why);
}

static const struct row_shape queue_shape = {.size = sizeof(struct dead_letter_queue),
                                             .columns = columns,
                                             .cells = queue_row,
                                             .members = queue_json};

/* The database is not asked: this must work when it is down. */
static int run(struct command_call *call)
{
    struct error error = ERROR_INIT;
    struct dead_letter_queue queues[DEAD_LETTER_QUEUES];
    struct pipeline pipeline = {.settings = session_settings(call->session),
                                .world = &world_real,
                                .cancel = session_cancel(call->session)};
    const char *bucket = NULL;
    size_t unseen = 0;
    enum error_code code = session_aws(call->session, &pipeline.aws, &error);
    if (!code) /* without it the queues would be those of another pipeline */
        code = session_stack(call->session, &error);
    if (code)
        return command_fail(call, &error);
    code = session_resource(call->session, SETTING_PARSER_DEAD_QUEUE, &bucket, &error);
    if (code == ERROR_NOT_FOUND || code == ERROR_DENIED || code == ERROR_UNAVAILABLE ||
        code == ERROR_UNAUTHENTICATED || code == ERROR_EXPIRED_CREDENTIALS)
        code = ERROR_NONE; /* told of that queue below */
    if (!code)
        code = dead_letter_queues_list(&pipeline, queues, &error);
    if (!code)
        code = rows_print(call->output, &queue_shape, queues, DEAD_LETTER_QUEUES, &error);
    if (code)
        return command_fail(call, &error);
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        if (queues[i].error[0] == '\0')
            continue;
        output_complain(call->output, "intake dlq list: %s: %s", queues[i].name, queues[i].error);
        unseen++;
    }
    return unseen == DEAD_LETTER_QUEUES ? EXIT_FAILED : unseen > 0 ? EXIT_PARTLY : EXIT_DONE;
}

const struct command command_dlq_list = {
    .name = "dlq list",
    .summary = "List dead-letter queues with their messages and sources",
    .operands = "",
    .description =
        "Lists the three dead-letter queues: the approximate number of messages available and "
        "in flight, the age of the oldest message if CloudWatch has it, the source they came "
        "from, and the engine that `dlq replay` uses.\n"
        "\n"
        "No message is received. A queue that cannot be read is listed with its error, and the "
        "exit code is 3, or 1 if no queue could be read.",
    .examples = examples,
    .role = ROLE_VIEWER,
    .run = run,
};
