#include "core/operate/dead_letter/dead_letter.h"

#include <string.h>

#include "aws/cloudwatch.h"
#include "aws/sqs.h"

#define AGE_OLD_S 3600
#define AGE_WINDOW_MS ((int64_t)15 * 60 * 1000)
#define COPY(out, text) snprintf(out, sizeof out, "%.*s", (int)sizeof out - 1, text)

static const struct {
    enum setting queue;
    enum setting source;
    enum dead_letter_kind kind;
} queues_of_pipeline[DEAD_LETTER_QUEUES] = {
    {SETTING_ERROR_DEAD_QUEUE, SETTING_ERROR_QUEUE_URL, DEAD_LETTER_REDRIVE},
    {SETTING_PARSER_DEAD_QUEUE, SETTING_PARSER_FUNCTION, DEAD_LETTER_FUNCTION},
    {SETTING_VALIDATOR_DEAD_QUEUE, SETTING_VALIDATOR_FUNCTION, DEAD_LETTER_STREAM},
};

#define SOURCES_LOOKED_AT 200
#define ERROR_QUEUE_NAME "product-validation-errors"

const char *replay_engine_name(enum replay_engine engine)
{
    switch (engine) {
    case REPLAY_MOVE_TASK:
        return "move_task";
    case REPLAY_SEND_DELETE:
        return "send_delete";
    case REPLAY_INVOKE:
        return "invoke";
    case REPLAY_REVALIDATE:
        break;
    }
    return "revalidate";
}

/* A name, URL or ARN becomes the queue's URL. */
static enum error_code queue_url_find(struct pipeline *pipeline, const char *queue,
                                      char out[DEAD_LETTER_URL_SIZE], struct error *error)
{
    char account[32] = "", region[32] = "";
    const char *name = sqs_queue_name(queue);
    const char *own_region = aws_client_region(pipeline->aws);
    struct buffer url;
    if (strstr(queue, "://")) {
        snprintf(out, DEAD_LETTER_URL_SIZE, "%s", queue);
        return ERROR_NONE;
    }
    bool arn = strncmp(queue, "arn:", 4) == 0;
    if (arn && (!arn_part(queue, 3, region, sizeof region) ||
                !arn_part(queue, 4, account, sizeof account)))
        return error_set(error, ERROR_USAGE, "%.200s: not the ARN of a queue", queue);
    if (region[0] != '\0' && own_region[0] != '\0' && strcmp(region, own_region) != 0)
        return error_set(error, ERROR_USAGE,
                         "%.200s is in %s, but the current region is %s: use --region %s", queue,
                         region, own_region, region);
    buffer_init(&url, DEAD_LETTER_URL_SIZE);
    enum error_code code =
        sqs_get_queue_url(pipeline->aws, name, account[0] != '\0' ? account : NULL, &url, error);
    if (!code)
        snprintf(out, DEAD_LETTER_URL_SIZE, "%s", url.data);
    buffer_release(&url);
    return code;
}

struct sources {
    struct pipeline *pipeline;
    struct dead_letter_queue *queue;
    size_t looked_at;
};

static bool source_note(void *context, const char *url)
{
    struct sources *sources = context;
    struct dead_letter_queue *queue = sources->queue;
    if (queue->source_count++ == 0) {
        COPY(queue->source_url, url);
        COPY(queue->source, sqs_queue_name(url));
    } else {
        size_t used = strlen(queue->source);
        snprintf(queue->source + used, sizeof queue->source - used, ", %s", sqs_queue_name(url));
        queue->source_url[0] = '\0';
    }
    return true;
}

/* Whether the queue's own redrive policy names ours. One that may not be read does not count. */
static bool source_look(void *context, const char *url)
{
    struct sources *sources = context;
    struct sqs_queue other;
    if (!sqs_get_queue_attributes(sources->pipeline->aws, url, &other, NULL) &&
        strcmp(other.dead_letter_arn, sources->queue->arn) == 0)
        source_note(sources, url);
    return ++sources->looked_at < SOURCES_LOOKED_AT;
}

/* A service that cannot tell the sources (MiniStack), or a role that may not ask: the queue that
 * ours is named after, then those that may be listed. */
static enum error_code sources_search(struct sources *sources)
{
    static const char *const endings[] = {"-dlq", "_dlq", "-dead-letter", "-dead-letters"};
    const char *name = sources->queue->name;
    char base[DEAD_LETTER_NAME_SIZE], url[DEAD_LETTER_URL_SIZE];
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t len = strlen(name), cut = strlen(endings[i]);
        if (len <= cut || strcmp(name + len - cut, endings[i]) != 0)
            continue;
        snprintf(base, sizeof base, "%.*s", (int)(len - cut), name);
        if (!queue_url_find(sources->pipeline, base, url, NULL))
            source_look(sources, url);
    }
    if (sources->queue->source_count > 0)
        return ERROR_NONE;
    enum error_code code =
        sqs_list_queues(sources->pipeline->aws, NULL, source_look, sources, NULL);
    return code == ERROR_CANCELLED ? code : ERROR_NONE;
}

static enum error_code attributes_read(struct pipeline *pipeline, struct dead_letter_queue *queue,
                                       struct error *error)
{
    struct sqs_queue attributes;
    enum error_code code = sqs_get_queue_attributes(pipeline->aws, queue->url, &attributes, error);
    if (code)
        return code;
    COPY(queue->arn, attributes.arn);
    COPY(queue->buries_in, attributes.dead_letter_arn);
    queue->buries_after = attributes.max_receive_count;
    queue->messages = attributes.messages;
    queue->in_flight = attributes.in_flight;
    queue->retention_s = attributes.retention_s;
    return ERROR_NONE;
}

/* Where nothing redrives to the pipeline's own queue (an imported stack), the setting says
 * whence. */
static enum error_code sources_read(struct pipeline *pipeline, struct dead_letter_queue *queue,
                                    bool of_pipeline, struct error *error)
{
    struct sources sources = {.pipeline = pipeline, .queue = queue};
    struct error own = ERROR_INIT;
    const char *known = settings_get(pipeline->settings, SETTING_ERROR_QUEUE_URL);
    enum error_code code =
        sqs_list_dead_letter_sources(pipeline->aws, queue->url, source_note, &sources, &own);
    if (code && (sqs_action_is_missing(&own) || code == ERROR_DENIED))
        code = of_pipeline ? ERROR_NONE : sources_search(&sources);
    else if (code && error)
        *error = own;
    if (!code && queue->source_count == 0 && of_pipeline) {
        known = known ? known : ERROR_QUEUE_NAME;
        COPY(queue->source, sqs_queue_name(known));
        code = queue_url_find(pipeline, known, queue->source_url, error);
        queue->source_count = !code;
    }
    return code;
}

static void engine_choose(struct dead_letter_queue *queue)
{
    switch (queue->kind) {
    case DEAD_LETTER_REDRIVE:
        queue->engine = REPLAY_MOVE_TASK;
        snprintf(queue->why, sizeof queue->why,
                 "dead letters of %.100s: the whole queue is replayed with a move task, a "
                 "selection is sent and then deleted",
                 queue->source);
        break;
    case DEAD_LETTER_FUNCTION:
        queue->engine = REPLAY_INVOKE;
        snprintf(queue->why, sizeof queue->why,
                 "events that %.100s failed on: it is invoked again with them", queue->source);
        break;
    case DEAD_LETTER_STREAM:
        queue->engine = REPLAY_REVALIDATE;
        snprintf(queue->why, sizeof queue->why,
                 "positions in the table's stream: records that are still in the stream or the "
                 "table are validated again");
        break;
    }
}

struct age {
    int64_t at_ms;
    double value;
};

static bool age_note(void *context, int64_t at_ms, double value)
{
    struct age *age = context;
    if (at_ms >= age->at_ms)
        *age = (struct age){at_ms, value};
    return true;
}

int64_t dead_letter_queue_total(const struct dead_letter_queue *queue)
{
    if (queue->messages < 0)
        return -1;
    return queue->messages + (queue->in_flight > 0 ? queue->in_flight : 0);
}

/* Nice to know, never in the way: without the right or the metric it stays unknown. */
static void oldest_age_read(struct pipeline *pipeline, struct dead_letter_queue *queue)
{
    struct age age = {0, -1};
    int64_t now = world_now_ms(pipeline->world);
    const struct cloudwatch_metric metric = {.namespace_name = "AWS/SQS",
                                             .metric = "ApproximateAgeOfOldestMessage",
                                             .dimension_name = "QueueName",
                                             .dimension_value = queue->name,
                                             .statistic = "Maximum",
                                             .start_ms = now - AGE_WINDOW_MS,
                                             .end_ms = now,
                                             .period_s = 60};
    if (dead_letter_queue_total(queue) > 0 &&
        !cloudwatch_get_metric(pipeline->aws, &metric, age_note, &age, NULL) && age.value >= 0)
        queue->oldest_age_s = (int64_t)age.value;
}

static void queue_begin(struct dead_letter_queue *queue, const char *name,
                        enum dead_letter_kind kind, const char *source)
{
    memset(queue, 0, sizeof *queue);
    queue->messages = queue->in_flight = queue->oldest_age_s = -1;
    queue->kind = kind;
    COPY(queue->name, sqs_queue_name(name));
    if (kind != DEAD_LETTER_REDRIVE && source)
        COPY(queue->source, source);
}

static enum error_code queue_read(struct pipeline *pipeline, struct dead_letter_queue *queue,
                                  const char *given, bool of_pipeline, struct error *error)
{
    enum error_code code = queue_url_find(pipeline, given, queue->url, error);
    if (!code)
        code = attributes_read(pipeline, queue, error);
    if (!code && queue->kind == DEAD_LETTER_REDRIVE)
        code = sources_read(pipeline, queue, of_pipeline, error);
    if (!code && queue->kind == DEAD_LETTER_REDRIVE && queue->source_count == 0)
        code = error_set(error, ERROR_USAGE,
                         "%.90s is not a dead-letter queue: no queue's redrive policy and no "
                         "function of Intake puts messages there (intake dlq list)",
                         queue->name);
    if (!code)
        engine_choose(queue);
    return code;
}

/* An outage or a want of rights concerns this queue alone; these concern all. */
static bool concerns_all(enum error_code code)
{
    return code == ERROR_CANCELLED || code == ERROR_CONFIG || code == ERROR_NO_CREDENTIALS ||
           code == ERROR_MEMORY;
}

enum error_code dead_letter_queues_list(struct pipeline *pipeline,
                                        struct dead_letter_queue queues[DEAD_LETTER_QUEUES],
                                        struct error *error)
{
    enum error_code code = ERROR_NONE;
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        struct error own = ERROR_INIT;
        const char *name = settings_get(pipeline->settings, queues_of_pipeline[i].queue);
        const char *source = settings_get(pipeline->settings, queues_of_pipeline[i].source);
        queue_begin(&queues[i], name, queues_of_pipeline[i].kind, source);
        if (!code && !(code = pipeline_check(pipeline, error)) &&
            queue_read(pipeline, &queues[i], name, true, &own)) {
            COPY(queues[i].error, own.message);
            if (queues[i].source[0] == '\0')
                COPY(queues[i].source, source ? sqs_queue_name(source) : ERROR_QUEUE_NAME);
            engine_choose(&queues[i]);
            if (concerns_all(own.code)) {
                code = own.code;
                if (error)
                    *error = own;
            }
        } else if (!code) {
            oldest_age_read(pipeline, &queues[i]);
        }
    }
    return code;
}

static enum error_code not_found(struct pipeline *pipeline, const char *queue, struct error *error)
{
    struct buffer names;
    buffer_init(&names, 512);
    for (size_t i = 0; i < DEAD_LETTER_QUEUES; i++) {
        const char *known = settings_get(pipeline->settings, queues_of_pipeline[i].queue);
        buffer_format(&names, "%s%s", i > 0 ? ", " : "", sqs_queue_name(known));
    }
    error_set(error, ERROR_NOT_FOUND, "queue %.120s does not exist; dead-letter queues: %s", queue,
              names.data);
    buffer_release(&names);
    return ERROR_NOT_FOUND;
}

enum error_code dead_letter_queue_find(struct pipeline *pipeline, const char *queue,
                                       struct dead_letter_queue *found, struct error *error)
{
    struct error own = ERROR_INIT;
    bool of_pipeline = false;
    const char *name = sqs_queue_name(queue);
    queue_begin(found, queue, DEAD_LETTER_REDRIVE, NULL);
    if (name[0] == '\0')
        return error_set(error, ERROR_USAGE, "use the name, URL or ARN of a queue");
    for (size_t i = 0; i < DEAD_LETTER_QUEUES && !of_pipeline; i++) {
        const char *known = settings_get(pipeline->settings, queues_of_pipeline[i].queue);
        of_pipeline = strcmp(sqs_queue_name(known), name) == 0;
        if (of_pipeline)
            queue_begin(found, queue, queues_of_pipeline[i].kind,
                        settings_get(pipeline->settings, queues_of_pipeline[i].source));
    }
    enum error_code code = queue_read(pipeline, found, queue, of_pipeline, &own);
    if (code == ERROR_NOT_FOUND)
        return not_found(pipeline, queue, error);
    if (code && error)
        *error = own;
    return code;
}

const char *dead_letter_queue_danger(const struct dead_letter_queue *queue, char *out, size_t size)
{
    if (queue->buries_in[0] == '\0')
        return NULL;
    snprintf(out, size,
             "%s has a redrive policy of its own (to %s after %lld receives): one more receive "
             "could move a message there; nothing was received",
             queue->name, sqs_queue_name(queue->buries_in), (long long)queue->buries_after);
    return out;
}

enum dead_letter_age dead_letter_queue_age(const struct dead_letter_queue *queue)
{
    if (queue->oldest_age_s < AGE_OLD_S)
        return DEAD_LETTER_FRESH;
    bool late = queue->retention_s > 0 && queue->oldest_age_s >= queue->retention_s / 2;
    return late ? DEAD_LETTER_LATE : DEAD_LETTER_OLD;
}

enum error_code dead_letter_destination_find(struct pipeline *pipeline,
                                             const struct dead_letter_queue *from,
                                             const char *queue, char url[DEAD_LETTER_URL_SIZE],
                                             struct error *error)
{
    static const char fifo[] = ".fifo";
    struct sqs_queue attributes;
    size_t len = strlen(queue);
    if (len >= sizeof fifo - 1 && strcmp(queue + len - (sizeof fifo - 1), fifo) == 0)
        return error_set(error, ERROR_USAGE,
                         "%.100s is a FIFO queue: messages of a standard queue cannot go there",
                         sqs_queue_name(queue));
    enum error_code code = queue_url_find(pipeline, queue, url, error);
    if (!code)
        code = sqs_get_queue_attributes(pipeline->aws, url, &attributes, error);
    if (code)
        return error_wrap(error, "queue %.100s", sqs_queue_name(queue));
    if (strcmp(sqs_queue_name(url), sqs_queue_name(from->url)) == 0)
        return error_set(error, ERROR_USAGE, "%.100s is the queue that is replayed",
                         sqs_queue_name(url));
    return ERROR_NONE;
}
