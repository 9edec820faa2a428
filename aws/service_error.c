#include <strings.h>

#include "aws/client_internal.h"
#include "aws/xml.h"
#include "core/base/json.h"
#include "core/base/text.h"

struct code_row {
    const char *service_code;
    enum error_code code;
    const char *remedy; /* NULL: none */
};

#define REFRESH "refresh the credentials: log in again, or renew AWS_SESSION_TOKEN"
#define CHECK_KEY "check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and the region"
#define CHECK_SECRET "check AWS_SECRET_ACCESS_KEY and this machine's clock"
#define CHECK_CLOCK "set this machine's clock"
#define CHECK_NAME "check the name, the region and the account"
#define ASK_PERMISSION "ask for this permission, or use another role"

static const struct code_row rows[] = {
    {"ExpiredToken", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"ExpiredTokenException", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"TokenRefreshRequired", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"RequestExpired", ERROR_DENIED, CHECK_CLOCK},
    {"RequestTimeTooSkewed", ERROR_DENIED, CHECK_CLOCK},
    {"RequestInTheFuture", ERROR_DENIED, CHECK_CLOCK},
    {"SignatureDoesNotMatch", ERROR_DENIED, CHECK_SECRET},
    {"InvalidSignatureException", ERROR_DENIED, CHECK_SECRET},
    {"IncompleteSignature", ERROR_DENIED, CHECK_SECRET},
    {"IncompleteSignatureException", ERROR_DENIED, CHECK_SECRET},
    {"InvalidAccessKeyId", ERROR_DENIED, CHECK_KEY},
    {"InvalidClientTokenId", ERROR_DENIED, CHECK_KEY},
    {"UnrecognizedClientException", ERROR_DENIED, CHECK_KEY},
    {"InvalidToken", ERROR_DENIED, CHECK_KEY},
    {"MissingAuthenticationToken", ERROR_DENIED, CHECK_KEY},
    {"MissingAuthenticationTokenException", ERROR_DENIED, CHECK_KEY},
    {"AuthFailure", ERROR_DENIED, CHECK_KEY},
    {"AccessDenied", ERROR_DENIED, ASK_PERMISSION},
    {"AccessDeniedException", ERROR_DENIED, ASK_PERMISSION},
    {"AuthorizationError", ERROR_DENIED, ASK_PERMISSION},
    {"AuthorizationErrorException", ERROR_DENIED, ASK_PERMISSION},
    {"UnauthorizedOperation", ERROR_DENIED, ASK_PERMISSION},
    {"NoSuchKey", ERROR_NOT_FOUND, NULL},
    {"NoSuchVersion", ERROR_NOT_FOUND, NULL},
    {"NoSuchBucket", ERROR_NOT_FOUND, CHECK_NAME},
    {"NotFound", ERROR_NOT_FOUND, NULL},
    {"NotFoundException", ERROR_NOT_FOUND, CHECK_NAME},
    {"ResourceNotFoundException", ERROR_NOT_FOUND, CHECK_NAME},
    {"ResourceNotFound", ERROR_NOT_FOUND, CHECK_NAME},
    {"TableNotFoundException", ERROR_NOT_FOUND, CHECK_NAME},
    {"QueueDoesNotExist", ERROR_NOT_FOUND, CHECK_NAME},
    {"AWS.SimpleQueueService.NonExistentQueue", ERROR_NOT_FOUND, CHECK_NAME},
    {"TrimmedDataAccessException", ERROR_NOT_FOUND, "the stream keeps records for 24 hours"},
    {"ConditionalCheckFailedException", ERROR_CONFLICT, NULL},
    {"ConditionalCheckFailed", ERROR_CONFLICT, NULL},
    {"DuplicateItem", ERROR_CONFLICT, NULL},
    {"DuplicateItemException", ERROR_CONFLICT, NULL},
    {"PreconditionFailed", ERROR_CONFLICT, NULL},
    {"ResourceInUseException", ERROR_CONFLICT, NULL},
    {"ResourceConflictException", ERROR_CONFLICT, NULL},
    {"ConditionalRequestConflict", ERROR_CONFLICT, NULL},
    {"EntityTooLarge", ERROR_TOO_LARGE, NULL},
    {"RequestTooLargeException", ERROR_TOO_LARGE, NULL},
    {"BatchRequestTooLong", ERROR_TOO_LARGE, NULL},
    {"PermanentRedirect", ERROR_CONFIG, "the bucket lies in another region: set AWS_REGION"},
    {"AuthorizationHeaderMalformed", ERROR_CONFIG, "check AWS_REGION"},
    {"ValidationException", ERROR_INVALID, NULL},
    {"ValidationError", ERROR_INVALID, NULL},
    {"InvalidParameter", ERROR_INVALID, NULL},
    {"InvalidParameterValue", ERROR_INVALID, NULL},
    {"InvalidParameterException", ERROR_INVALID, NULL},
    {"InvalidParameterValueException", ERROR_INVALID, NULL},
    {"InvalidRequest", ERROR_INVALID, NULL},
};

static const char *const throttling[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "KmsThrottled",
    "LimitExceededException",
    "OverLimit",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingError",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
};

bool error_is_throttling(const char *service_code)
{
    for (size_t i = 0; i < sizeof throttling / sizeof throttling[0]; i++)
        if (strcmp(service_code, throttling[i]) == 0)
            return true;
    return false;
}

static const struct code_row *row_find(const char *service_code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(service_code, rows[i].service_code) == 0)
            return &rows[i];
    return NULL;
}

static enum error_code code_of_status(int status)
{
    switch (status) {
    case 401:
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 408:
        return ERROR_TIMEOUT;
    case 409:
    case 412:
        return ERROR_CONFLICT;
    case 413:
        return ERROR_TOO_LARGE;
    case 429:
        return ERROR_THROTTLED;
    default:
        return status >= 500 ? ERROR_UNAVAILABLE : ERROR_SERVICE;
    }
}

enum error_code service_code_classify(const char *service_code, int status)
{
    const struct code_row *row = row_find(service_code);
    if (error_is_throttling(service_code))
        return ERROR_THROTTLED;
    return row != NULL ? row->code : code_of_status(status);
}

/* "com.amazonaws.x#Name:http://..." is "Name". */
static void code_copy(char *out, size_t size, const char *text)
{
    const char *hash = strrchr(text, '#');
    if (hash != NULL)
        text = hash + 1;
    snprintf(out, size, "%.*s", (int)strcspn(text, ":;"), text);
}

struct told {
    char code[96];
    char request_id[96];
    char message[512];
};

static void told_from_json(const struct http_exchange *exchange, struct told *told)
{
    struct json_object *json = NULL;
    const struct buffer *body = &exchange->body_in;
    if (json_parse(body->data, body->len, &json, NULL) != ERROR_NONE)
        return;
    const char *type = json_text(json, "__type", NULL);
    if (type == NULL)
        type = json_text(json, "code", NULL);
    if (type != NULL && told->code[0] == '\0')
        code_copy(told->code, sizeof told->code, type);
    const char *message = json_text(json, "message", NULL);
    if (message == NULL)
        message = json_text(json, "Message", NULL);
    if (message != NULL)
        snprintf(told->message, sizeof told->message, "%s", message);
    json_object_put(json);
}

static void told_from_xml(const struct http_exchange *exchange, struct told *told)
{
    struct xml_document document;
    if (xml_parse(&document, exchange->body_in.data, exchange->body_in.len, NULL) == ERROR_NONE) {
        const struct xml_node *inner = xml_find(document.root, "Error");
        const struct xml_node *node = inner != NULL ? inner : document.root;
        snprintf(told->code, sizeof told->code, "%s", xml_text(node, "Code"));
        snprintf(told->message, sizeof told->message, "%s", xml_text(node, "Message"));
        snprintf(told->request_id, sizeof told->request_id, "%s",
                 xml_text(document.root, "RequestId"));
    }
    xml_release(&document);
}

static void told_read(const struct http_exchange *exchange, struct told *told)
{
    static const char *const id_headers[] = {"x-amzn-requestid", "x-amz-request-id",
                                             "x-amzn-request-id"};
    char type[192];
    memset(told, 0, sizeof *told);
    if (http_exchange_header(exchange, "x-amzn-errortype", type, sizeof type))
        code_copy(told->code, sizeof told->code, type);
    const char *body = exchange->body_in.data;
    body += strspn(body, " \t\r\n");
    if (*body == '{')
        told_from_json(exchange, told);
    else if (*body == '<')
        told_from_xml(exchange, told);
    for (size_t i = 0; i < sizeof id_headers / sizeof id_headers[0]; i++)
        if (told->request_id[0] == '\0')
            (void)http_exchange_header(exchange, id_headers[i], told->request_id,
                                       sizeof told->request_id);
    if (told->code[0] == '\0' && exchange->status == 404)
        snprintf(told->code, sizeof told->code, "NotFound");
}

static void where_append(struct buffer *out, const struct aws_request *request)
{
    buffer_format(out, "%s %s", aws_service_name(request->service), request->operation);
    if (request->bucket == NULL)
        return;
    buffer_format(out, " s3://%s", request->bucket);
    if (request->path != NULL && *request->path != '\0') {
        buffer_char(out, '/');
        text_append_visible(out, request->path, strlen(request->path));
    }
}

void service_error_read(const struct aws_request *request, const struct http_exchange *exchange,
                        struct error *error)
{
    struct told told;
    struct buffer line;
    buffer_init(&line, 4096);
    told_read(exchange, &told);
    const struct code_row *row = row_find(told.code);
    enum error_code code = service_code_classify(told.code, exchange->status);
    where_append(&line, request);
    buffer_text(&line, ": ");
    text_append_visible(&line, told.code, strlen(told.code));
    if (told.message[0] != '\0') {
        buffer_text(&line, told.code[0] != '\0' ? ": " : "");
        text_append_visible(&line, told.message, strlen(told.message));
    }
    buffer_format(&line, " (HTTP %d%s%s)", exchange->status,
                  told.request_id[0] != '\0' ? ", request " : "", told.request_id);
    if (row != NULL && row->remedy != NULL)
        buffer_format(&line, ": %s", row->remedy);
    error_set(error, code, "%s", line.data);
    error->http_status = exchange->status;
    error->retryable = error->retryable || error_is_throttling(told.code);
    error->possibly_done = request->once && exchange->status >= 500 && exchange->status != 503;
    snprintf(error->service_code, sizeof error->service_code, "%s", told.code);
    snprintf(error->request_id, sizeof error->request_id, "%s", told.request_id);
    buffer_release(&line);
}

void transport_error_read(struct aws_client *client, const struct aws_request *request,
                          const struct http_exchange *exchange, struct error *error)
{
    struct buffer where;
    const char *endpoint = client->endpoints[request->service];
    buffer_init(&where, 2048);
    where_append(&where, request);
    *error = exchange->error;
    error->possibly_done = exchange->sent;
    error->http_status = exchange->status;
    error_wrap(error, "%.180s at %.64s", where.data, endpoint != NULL ? endpoint : "?");
    buffer_release(&where);
}
