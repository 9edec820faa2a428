#include "aws/lambda.h"

#include "aws/copy.h"
#include "core/base/json.h"

#define PATH_MAX_BYTES 1024

static enum error_code json_call(struct aws_client *client, struct aws_request *request,
                                 struct json_object **json, struct error *error)
{
    struct aws_response response;
    aws_response_init(&response);
    *json = NULL;
    request->service = AWS_LAMBDA;
    enum error_code code = aws_call(client, request, &response, NULL, error);
    if (!code && response.body.len > 0 &&
        json_parse(response.body.data, response.body.len, json, error))
        code = error_wrap(error, "Lambda %s", request->operation);
    aws_response_release(&response);
    return code;
}

enum error_code lambda_invoke(struct aws_client *client, const char *function, const void *payload,
                              size_t length, int64_t timeout_ms, struct buffer *answer,
                              bool *failed, struct error *error)
{
    struct aws_response response;
    char path[PATH_MAX_BYTES], kind[64];
    const struct aws_pair headers[] = {{"X-Amz-Invocation-Type", "RequestResponse"}};
    const struct aws_request request = {.service = AWS_LAMBDA,
                                        .operation = "Invoke",
                                        .path = path,
                                        .headers = headers,
                                        .header_count = 1,
                                        .body = payload,
                                        .body_length = length,
                                        .timeout_ms = timeout_ms,
                                        .into = answer,
                                        .once = true};
    snprintf(path, sizeof path, "/2015-03-31/functions/%s/invocations", function);
    aws_response_init(&response);
    enum error_code code = aws_call(client, &request, &response, NULL, error);
    *failed = aws_response_header(&response, "x-amz-function-error", kind, sizeof kind);
    aws_response_release(&response);
    return code;
}

void lambda_function_init(struct lambda_function *function)
{
    memset(function, 0, sizeof *function);
}

void lambda_function_release(struct lambda_function *function)
{
    json_object_put(function->environment);
    lambda_function_init(function);
}

enum error_code lambda_get_function(struct aws_client *client, const char *name,
                                    struct lambda_function *function, struct error *error)
{
    char path[PATH_MAX_BYTES];
    struct json_object *json = NULL;
    struct aws_request request = {.operation = "GetFunction", .method = "GET", .path = path};
    lambda_function_release(function);
    snprintf(path, sizeof path, "/2015-03-31/functions/%s", name);
    enum error_code code = json_call(client, &request, &json, error);
    if (!code) {
        struct json_object *part = json_member(json, "Configuration");
        AWS_COPY(function->arn, json_text(part, "FunctionArn", NULL));
        AWS_COPY(function->state, json_text(part, "State", NULL));
        AWS_COPY(function->role, json_text(part, "Role", NULL));
        AWS_COPY(function->package_type, json_text(part, "PackageType", NULL));
        (void)json_integer(part, "Timeout", &function->timeout_s);
        (void)json_integer(part, "MemorySize", &function->memory_mb);
        function->environment = json_object_get(json_path(part, "Environment", "Variables", NULL));
    }
    json_object_put(json);
    return code;
}

static void mapping_read(struct json_object *json, struct lambda_mapping *mapping)
{
    struct json_object *types = json_member(json, "FunctionResponseTypes");
    struct json_object *filters = json_path(json, "FilterCriteria", "Filters", NULL);
    memset(mapping, 0, sizeof *mapping);
    mapping->maximum_retries = -1;
    AWS_COPY(mapping->uuid, json_text(json, "UUID", NULL));
    AWS_COPY(mapping->source_arn, json_text(json, "EventSourceArn", NULL));
    AWS_COPY(mapping->function_arn, json_text(json, "FunctionArn", NULL));
    AWS_COPY(mapping->state, json_text(json, "State", NULL));
    AWS_COPY(mapping->last_result, json_text(json, "LastProcessingResult", NULL));
    AWS_COPY(
        mapping->destination_arn,
        json_text(json_path(json, "DestinationConfig", "OnFailure", NULL), "Destination", NULL));
    (void)json_integer(json, "BatchSize", &mapping->batch_size);
    (void)json_integer(json, "MaximumRetryAttempts", &mapping->maximum_retries);
    mapping->bisect = json_object_get_boolean(json_member(json, "BisectBatchOnFunctionError")) != 0;
    for (size_t i = 0; i < json_count(types); i++)
        if (strcmp(json_object_get_string(json_object_array_get_idx(types, i)),
                   "ReportBatchItemFailures") == 0)
            mapping->reports_item_failures = true;
    if (json_count(filters) > 0)
        AWS_COPY(mapping->filter,
                 json_text(json_object_array_get_idx(filters, 0), "Pattern", NULL));
}

enum error_code lambda_list_mappings(struct aws_client *client, const char *function,
                                     const char *source_arn, lambda_mapping_fn *mapping,
                                     void *context, struct error *error)
{
    struct json_object *page = NULL;
    const char *marker = NULL;
    bool more = true;
    enum error_code code = ERROR_NONE;
    while (more && !code) {
        struct aws_pair query[] = {{function ? "FunctionName" : NULL, function},
                                   {source_arn ? "EventSourceArn" : NULL, source_arn},
                                   {marker ? "Marker" : NULL, marker}};
        struct aws_request request = {.operation = "ListEventSourceMappings",
                                      .method = "GET",
                                      .path = "/2015-03-31/event-source-mappings/",
                                      .query = query,
                                      .query_count = 3};
        struct json_object *next = NULL;
        code = json_call(client, &request, &next, error);
        json_object_put(page);
        page = next;
        struct json_object *list = json_member(page, "EventSourceMappings");
        for (size_t i = 0; i < json_count(list) && more; i++) {
            struct lambda_mapping entry;
            mapping_read(json_object_array_get_idx(list, i), &entry);
            more = mapping(context, &entry);
        }
        marker = json_text(page, "NextMarker", NULL);
        more = more && marker && *marker != '\0';
    }
    json_object_put(page);
    return code;
}

enum error_code lambda_get_invoke_config(struct aws_client *client, const char *function,
                                         struct lambda_invoke_config *config, struct error *error)
{
    char path[PATH_MAX_BYTES];
    struct json_object *json = NULL;
    struct error own = ERROR_INIT;
    const struct aws_pair query[] = {{"Qualifier", "$LATEST"}};
    struct aws_request request = {.operation = "GetFunctionEventInvokeConfig",
                                  .method = "GET",
                                  .path = path,
                                  .query = query,
                                  .query_count = 1};
    *config = (struct lambda_invoke_config){.maximum_retries = -1};
    snprintf(path, sizeof path, "/2019-09-25/functions/%s/event-invoke-config", function);
    enum error_code code = json_call(client, &request, &json, &own);
    if (!code) {
        config->present = true;
        (void)json_integer(json, "MaximumRetryAttempts", &config->maximum_retries);
        AWS_COPY(config->on_failure_arn,
                 json_text(json_path(json, "DestinationConfig", "OnFailure", NULL), "Destination",
                           NULL));
    } else if (code == ERROR_NOT_FOUND) {
        code = ERROR_NONE;
    } else if (error) {
        *error = own;
    }
    json_object_put(json);
    return code;
}
