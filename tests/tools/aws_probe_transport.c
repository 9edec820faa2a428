/* aws_probe_transport get BUCKET KEY | publish TOPIC [TIMES] | write TABLE COUNT | cancel TABLE:
 * one call, whatever comes of it, and a line of JSON about the outcome. */
#include "tests/tools/aws_probe.h"

#include <pthread.h>
#include <time.h>

#include "aws/dynamodb.h"
#include "aws/s3.h"
#include "aws/sns.h"
#include "core/base/json.h"

static void outcome_print(const struct probe *probe, size_t done)
{
    const struct error *error = &probe->error;
    struct buffer line;
    buffer_init(&line, 65536);
    buffer_char(&line, '{');
    json_append_member(&line, "code", error_name(error->code));
    json_append_member(&line, "service_code", error->service_code);
    json_append_member(&line, "request_id", error->request_id);
    json_append_member(&line, "message", error->message);
    json_append_member_integer(&line, "http_status", error->http_status);
    json_append_member_bool(&line, "possibly_done", error->possibly_done);
    json_append_member_integer(&line, "done", (int64_t)done);
    json_append_member_integer(&line, "calls", (int64_t)aws_client_calls_total(probe->client));
    buffer_char(&line, '}');
    printf("OUTCOME %s\n", line.data);
    buffer_release(&line);
}

static bool probe_get(struct probe *probe)
{
    struct buffer body;
    buffer_init(&body, 1 << 20);
    bool ok = s3_get_object(probe->client, probe->arguments[0], probe->arguments[1], NULL, 1 << 20,
                            &body, NULL, &probe->error) == ERROR_NONE;
    outcome_print(probe, body.len);
    buffer_release(&body);
    return ok;
}

static bool probe_publish(struct probe *probe)
{
    char id[64];
    struct sns_publish publish = {.topic_arn = probe->arguments[0], .message = "m"};
    long times = probe->arguments[1] != NULL ? strtol(probe->arguments[1], NULL, 10) : 1;
    size_t done = 0;
    while (times-- > 0 && sns_publish(probe->client, &publish, id, &probe->error) == ERROR_NONE)
        done++;
    outcome_print(probe, done);
    return probe->error.code == ERROR_NONE;
}

struct numbers {
    long at;
    long count;
};

static bool number_next(void *context, struct buffer *item)
{
    struct numbers *numbers = context;
    if (numbers->at == numbers->count)
        return false;
    dynamodb_item_begin(item);
    buffer_format(item, "\"n\":{\"N\":\"%ld\"}", (long)numbers->at++);
    dynamodb_item_end(item);
    return true;
}

static bool items_write(struct probe *probe, struct aws_client *client, long count)
{
    struct numbers numbers = {.count = count};
    struct dynamodb_puts puts = {.context = &numbers, .next = number_next};
    size_t written = 0;
    bool ok = dynamodb_batch_write(client, probe->arguments[0], &puts, &written, &probe->error) ==
              ERROR_NONE;
    outcome_print(probe, written);
    return ok;
}

static bool probe_write(struct probe *probe)
{
    return items_write(probe, probe->client, strtol(probe->arguments[1], NULL, 10));
}

static void *cancel_soon(void *context)
{
    const struct timespec pause = {.tv_nsec = 200000000};
    nanosleep(&pause, NULL);
    cancel_request(context);
    return NULL;
}

static bool probe_cancel(struct probe *probe)
{
    struct cancel cancel = {0};
    struct aws_options options = {.cancel = &cancel};
    struct aws_client *client = NULL;
    pthread_t thread;
    if (aws_client_new(&client, &options, &probe->error) != ERROR_NONE)
        return false;
    bool started = pthread_create(&thread, NULL, cancel_soon, &cancel) == 0;
    bool ok = started && items_write(probe, client, 1000);
    if (started)
        pthread_join(thread, NULL);
    aws_client_free(client);
    return ok;
}

int main(int count, char **arguments)
{
    static const struct probe_area areas[] = {
        {"get", probe_get},
        {"publish", probe_publish},
        {"write", probe_write},
        {"cancel", probe_cancel},
    };
    return probe_main(count, arguments, areas, sizeof areas / sizeof areas[0]);
}
