#include "aws/sqs_internal.h"
#include "aws/copy.h"
#include "core/base/json.h"
#include "core/base/memory.h"

enum error_code sqs_start_move_task(struct aws_client *client, const char *source_arn,
                                    const char *destination_arn, int max_per_second, char **handle,
                                    struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    *handle = NULL;
    buffer_init(&body, 8192);
    sqs_body_begin(&body, NULL);
    json_append_member(&body, "SourceArn", source_arn);
    if (destination_arn)
        json_append_member(&body, "DestinationArn", destination_arn);
    if (max_per_second > 0)
        json_append_member_integer(&body, "MaxNumberOfMessagesPerSecond", max_per_second);
    enum error_code code = sqs_call(client, "StartMessageMoveTask", &body, &answer, error);
    const char *text = json_text(answer, "TaskHandle", NULL);
    if (!code && !text)
        code = error_set(error, ERROR_SERVICE,
                         "SQS StartMessageMoveTask: the response has no task handle");
    if (!code && text) {
        *handle = memory_copy_text(text, strlen(text));
        if (!*handle)
            code = error_set(error, ERROR_MEMORY, "SQS: out of memory");
    }
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

static void task_read(struct json_object *json, struct sqs_move_task *task)
{
    const char *handle = json_text(json, "TaskHandle", NULL);
    memset(task, 0, sizeof *task);
    task->handle = handle ? memory_copy_text(handle, strlen(handle)) : NULL;
    AWS_COPY(task->status, json_text(json, "Status", NULL));
    AWS_COPY(task->source_arn, json_text(json, "SourceArn", NULL));
    AWS_COPY(task->destination_arn, json_text(json, "DestinationArn", NULL));
    AWS_COPY(task->failure_reason, json_text(json, "FailureReason", NULL));
    (void)json_integer(json, "ApproximateNumberOfMessagesMoved", &task->moved);
    if (!json_integer(json, "ApproximateNumberOfMessagesToMove", &task->to_move))
        task->to_move = -1;
}

enum error_code sqs_list_move_tasks(struct aws_client *client, const char *source_arn,
                                    struct sqs_move_task *tasks, size_t *count, struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    size_t room = *count;
    *count = 0;
    buffer_init(&body, 8192);
    sqs_body_begin(&body, NULL);
    json_append_member(&body, "SourceArn", source_arn);
    json_append_member_integer(&body, "MaxResults", room < 10 ? (int64_t)room : 10);
    enum error_code code = sqs_call(client, "ListMessageMoveTasks", &body, &answer, error);
    struct json_object *list = json_member(answer, "Results");
    for (size_t i = 0; !code && i < json_count(list) && *count < room; i++)
        task_read(json_object_array_get_idx(list, i), &tasks[(*count)++]);
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

enum error_code sqs_cancel_move_task(struct aws_client *client, const char *handle, int64_t *moved,
                                     struct error *error)
{
    struct buffer body;
    struct json_object *answer = NULL;
    buffer_init(&body, 8192);
    sqs_body_begin(&body, NULL);
    json_append_member(&body, "TaskHandle", handle);
    enum error_code code = sqs_call(client, "CancelMessageMoveTask", &body, &answer, error);
    if (moved && !json_integer(answer, "ApproximateNumberOfMessagesMoved", moved))
        *moved = 0;
    json_object_put(answer);
    buffer_release(&body);
    return code;
}

bool sqs_action_is_missing(const struct error *error)
{
    static const char *const codes[] = {
        "InvalidAction",        "UnknownOperationException",
        "UnknownOperation",     "NotImplemented",
        "UnsupportedOperation", "AWS.SimpleQueueService.UnsupportedOperation"};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (strcmp(error->service_code, codes[i]) == 0)
            return true;
    return error->http_status == 501;
}
