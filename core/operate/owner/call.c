#include "core/operate/owner/call.h"

#include <string.h>

#include "aws/lambda.h"
#include "core/base/json.h"
#include "core/base/text.h"

#define ORDER_MAX ((size_t)64 * 1024)
#define ANSWER_MAX ((size_t)1024 * 1024)
#define CALL_TIMEOUT_MS 910000 /* Lambda ends a call after 900 s */

static enum error_code code_of_type(const char *type)
{
    static const char prefix[] = "Intake.";
    if (!type || strncmp(type, prefix, sizeof prefix - 1) != 0)
        return ERROR_SERVICE;
    for (int code = ERROR_NONE + 1; code < ERROR_CODE_COUNT; code++)
        if (strcmp(type + sizeof prefix - 1, error_name(code)) == 0)
            return code;
    return ERROR_SERVICE;
}

enum error_code owner_call_failure(const char *function, const char *text, size_t len,
                                   struct error *error)
{
    struct json_object *json = NULL;
    struct buffer shown;
    size_t length = 0;
    buffer_init(&shown, 4096);
    enum error_code code = ERROR_SERVICE;
    if (json_parse(text, len, &json, NULL)) {
        error_set(error, code, "%s failed without a message: see its logs in /aws/lambda/%s",
                  function, function);
    } else {
        const char *message = json_text(json, "errorMessage", &length);
        code = code_of_type(json_text(json, "errorType", NULL));
        text_append_visible(&shown, message ? message : "failed without a message",
                            message ? length : strlen("failed without a message"));
        error_set(error, code, "%s: %s", function, shown.data ? shown.data : "failed");
    }
    if (error)
        error->retryable = error_code_retryable(code);
    buffer_release(&shown);
    json_object_put(json);
    return code;
}

static enum error_code explain(const char *function, enum error_code code, struct error *error)
{
    switch (code) {
    case ERROR_THROTTLED:
        return error_wrap(error, "%s is already running: try again", function);
    case ERROR_NOT_FOUND:
        return error_wrap(error,
                          "function %s does not exist: create it with lambda/deploy, or set "
                          "INTAKE_MIGRATE_FUNCTION",
                          function);
    case ERROR_DENIED:
        return error_wrap(error,
                          "calling %s requires lambda:InvokeFunction on it (the stack's "
                          "MigratePolicyArn)",
                          function);
    default:
        return error_wrap(error, "calling %s", function);
    }
}

static enum error_code read_answer(const char *function, const struct buffer *text,
                                   struct owner_answer *answer, struct error *error)
{
    enum error_code code = json_parse(text->data, text->len, &answer->document, error);
    if (!code && (!json_integer(answer->document, "version", &answer->version) ||
                  !json_integer(answer->document, "known", &answer->known) ||
                  !json_integer(answer->document, "applied", &answer->applied) ||
                  !json_integer(answer->document, "pending", &answer->pending)))
        code = error_set(error, ERROR_INVALID, "the response has no versions");
    return code ? error_wrap(error, "%s returned an unexpected response", function) : ERROR_NONE;
}

enum error_code owner_call(struct aws_client *client, const char *function,
                           const struct owner_order *order, struct owner_answer *answer,
                           struct error *error)
{
    struct buffer event, text;
    bool failed = false;
    memset(answer, 0, sizeof *answer);
    buffer_init(&event, ORDER_MAX);
    buffer_init(&text, ANSWER_MAX);
    owner_order_encode(order, &event);
    enum error_code code = buffer_check(&event, error);
    if (code)
        goto done;
    code = lambda_invoke(client, function, event.data, event.len, CALL_TIMEOUT_MS, &text, &failed,
                         error);
    if (code)
        code = explain(function, code, error);
    else if (failed)
        code = owner_call_failure(function, text.data, text.len, error);
    else
        code = read_answer(function, &text, answer, error);
done:
    buffer_release(&event);
    buffer_release(&text);
    return code;
}

void owner_answer_release(struct owner_answer *answer)
{
    json_object_put(answer->document);
    memset(answer, 0, sizeof *answer);
}
