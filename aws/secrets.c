#include "aws/secrets.h"

#include <openssl/crypto.h>

#include "core/base/json.h"

#define SECRET_MAX 131072

void secrets_value_release(struct buffer *value)
{
    if (value->capacity > 0)
        OPENSSL_cleanse(value->data, value->len);
    buffer_release(value);
}

static enum error_code call(struct aws_client *client, const char *operation, const char *secret_id,
                            struct aws_response *response, struct json_object **json,
                            struct error *error)
{
    struct buffer body;
    *json = NULL;
    buffer_init(&body, 8192);
    buffer_char(&body, '{');
    json_append_member(&body, "SecretId", secret_id);
    buffer_char(&body, '}');
    struct aws_request request = {.service = AWS_SECRETS_MANAGER,
                                  .operation = operation,
                                  .body = body.data,
                                  .body_length = body.len,
                                  .max_response = SECRET_MAX};
    enum error_code code = aws_call(client, &request, response, NULL, error);
    if (!code)
        code = json_parse(response->body.data, response->body.len, json, error);
    else
        code = error_wrap(error, "secret \"%.120s\"", secret_id);
    buffer_release(&body);
    return code;
}

enum error_code secrets_get_value(struct aws_client *client, const char *secret_id,
                                  struct buffer *value, struct error *error)
{
    struct aws_response response;
    struct json_object *json = NULL;
    size_t length;
    aws_response_init(&response);
    enum error_code code = call(client, "GetSecretValue", secret_id, &response, &json, error);
    const char *text = json_text(json, "SecretString", &length);
    if (!code && !text)
        code = error_set(error, ERROR_INVALID,
                         "secret \"%.120s\" has no text (SecretString): put the JSON there",
                         secret_id);
    if (!code) {
        buffer_append(value, text, length);
        code = buffer_check(value, error);
        OPENSSL_cleanse((void *)(uintptr_t)text, length);
    }
    json_object_put(json);
    secrets_value_release(&response.body);
    aws_response_release(&response);
    return code;
}

enum error_code secrets_describe(struct aws_client *client, const char *secret_id,
                                 struct secrets_description *description, struct error *error)
{
    struct aws_response response;
    struct json_object *json = NULL;
    memset(description, 0, sizeof *description);
    aws_response_init(&response);
    enum error_code code = call(client, "DescribeSecret", secret_id, &response, &json, error);
    if (!code) {
        const char *arn = json_text(json, "ARN", NULL), *name = json_text(json, "Name", NULL);
        snprintf(description->arn, sizeof description->arn, "%s", arn ? arn : "");
        snprintf(description->name, sizeof description->name, "%s", name ? name : "");
        description->rotation_enabled =
            json_object_get_boolean(json_member(json, "RotationEnabled")) != 0;
    }
    json_object_put(json);
    aws_response_release(&response);
    return code;
}
