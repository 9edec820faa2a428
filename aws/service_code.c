#include "aws/service_code.h"

#include <stdio.h>
#include <string.h>

struct code_row {
    const char *service_code;
    enum error_code code;
    const char *remedy; /* NULL: none */
};

#define REFRESH "refresh the credentials: log in again, or renew AWS_SESSION_TOKEN"
#define CHECK_KEY "check AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN and the region"
#define CHECK_SECRET "check AWS_SECRET_ACCESS_KEY and this machine's clock"
#define CHECK_CLOCK "correct this machine's clock"
#define CHECK_NAME "check the name, the region and the account"
#define ASK_PERMISSION "ask for this permission, or use another role"
#define CHECK_ENCRYPTION "check the state of the KMS key and its policy"

static const struct code_row rows[] = {
    {"ExpiredToken", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"ExpiredTokenException", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"TokenRefreshRequired", ERROR_EXPIRED_CREDENTIALS, REFRESH},
    {"RequestExpired", ERROR_UNAUTHENTICATED, CHECK_CLOCK},
    {"RequestTimeTooSkewed", ERROR_UNAUTHENTICATED, CHECK_CLOCK},
    {"RequestInTheFuture", ERROR_UNAUTHENTICATED, CHECK_CLOCK},
    {"SignatureDoesNotMatch", ERROR_UNAUTHENTICATED, CHECK_SECRET},
    {"InvalidSignatureException", ERROR_UNAUTHENTICATED, CHECK_SECRET},
    {"IncompleteSignature", ERROR_UNAUTHENTICATED, CHECK_SECRET},
    {"IncompleteSignatureException", ERROR_UNAUTHENTICATED, CHECK_SECRET},
    {"InvalidAccessKeyId", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"InvalidClientTokenId", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"UnrecognizedClientException", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"InvalidToken", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"MissingAuthenticationToken", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"MissingAuthenticationTokenException", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"AuthFailure", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"UnrecognizedClient", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"InvalidSecurity", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"MissingSecurityHeader", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"NotSignedUp", ERROR_UNAUTHENTICATED, CHECK_KEY},
    {"OptInRequired", ERROR_UNAUTHENTICATED, CHECK_KEY},
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
    {"EntityTooLarge", ERROR_TOO_LARGE, NULL},
    {"RequestTooLargeException", ERROR_TOO_LARGE, NULL},
    {"RequestEntityTooLargeException", ERROR_TOO_LARGE, NULL},
    {"ItemCollectionSizeLimitExceeded", ERROR_TOO_LARGE, NULL},
    {"ItemCollectionSizeLimitExceededException", ERROR_TOO_LARGE, NULL},
    {"BatchRequestTooLong", ERROR_TOO_LARGE, NULL},
    {"PermanentRedirect", ERROR_CONFIG, "the bucket is in another region: set AWS_REGION"},
    {"AuthorizationHeaderMalformed", ERROR_CONFIG, "check AWS_REGION"},
    {"ValidationException", ERROR_INVALID, NULL},
    {"ValidationError", ERROR_INVALID, NULL},
    {"InvalidParameter", ERROR_INVALID, NULL},
    {"InvalidParameterValue", ERROR_INVALID, NULL},
    {"InvalidParameterException", ERROR_INVALID, NULL},
    {"InvalidParameterValueException", ERROR_INVALID, NULL},
    {"InvalidRequest", ERROR_INVALID, NULL},
    {"InvalidMessageContents", ERROR_INVALID, NULL},
    {"ReceiptHandleIsInvalid", ERROR_INVALID, NULL},
    {"MessageNotInflight", ERROR_INVALID, NULL},
    {"InvalidIdFormat", ERROR_INVALID, NULL},
    /* Refusals of the moment, whatever their status: the same call may succeed later. */
    {"ConditionalRequestConflict", ERROR_UNAVAILABLE, NULL},
    {"OperationAborted", ERROR_UNAVAILABLE, NULL},
    {"ResourceConflictException", ERROR_UNAVAILABLE, NULL},
    {"ResourceInUseException", ERROR_UNAVAILABLE, NULL},
    {"ResourceNotReadyException", ERROR_UNAVAILABLE, NULL},
    {"ReplicatedWriteConflictException", ERROR_UNAVAILABLE, NULL},
    {"TransactionConflict", ERROR_UNAVAILABLE, NULL},
    {"TransactionConflictException", ERROR_UNAVAILABLE, NULL},
    {"TransactionCanceledException", ERROR_UNAVAILABLE, NULL},
    {"IncompleteBody", ERROR_UNAVAILABLE, NULL},
    {"RequestTimeout", ERROR_TIMEOUT, NULL},
    {"RequestTimeoutException", ERROR_TIMEOUT, NULL},
    {"InternalError", ERROR_UNAVAILABLE, NULL},
    {"InternalFailure", ERROR_UNAVAILABLE, NULL},
    {"InternalServerError", ERROR_UNAVAILABLE, NULL},
    {"InternalServiceError", ERROR_UNAVAILABLE, NULL},
    {"ServiceException", ERROR_UNAVAILABLE, NULL},
    {"ServiceUnavailable", ERROR_UNAVAILABLE, NULL},
    {"ServiceUnavailableException", ERROR_UNAVAILABLE, NULL},
    {"DecryptionFailure", ERROR_UNAVAILABLE, CHECK_ENCRYPTION},
    {"EncryptionFailure", ERROR_UNAVAILABLE, CHECK_ENCRYPTION},
    {"EC2UnexpectedException", ERROR_UNAVAILABLE, NULL},
    {"ENILimitReachedException", ERROR_UNAVAILABLE, NULL},
    {"SubnetIPAddressLimitReachedException", ERROR_UNAVAILABLE, NULL},
    {"SnapStartNotReadyException", ERROR_UNAVAILABLE, NULL},
};

/* The key with which a queue, topic, bucket, secret or function encrypts: each service writes these
 * in a way of its own ("KMS.DisabledException", "KmsAccessDenied", "KMSInvalidStateException"). */
static const struct code_row key_row = {NULL, ERROR_UNAVAILABLE, CHECK_ENCRYPTION};

/* Spellings that the table does not have: "ExpiredTokenException" of one service is
 * "SecurityTokenExpired" of another. */
static const struct {
    const char *part;
    struct code_row row;
} authentication[] = {
    {"ExpiredToken", {NULL, ERROR_EXPIRED_CREDENTIALS, REFRESH}},
    {"TokenExpired", {NULL, ERROR_EXPIRED_CREDENTIALS, REFRESH}},
    {"InvalidSignature", {NULL, ERROR_UNAUTHENTICATED, CHECK_SECRET}},
    {"IncompleteSignature", {NULL, ERROR_UNAUTHENTICATED, CHECK_SECRET}},
    {"SignatureDoesNotMatch", {NULL, ERROR_UNAUTHENTICATED, CHECK_SECRET}},
    {"AccessKeyId", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
    {"ClientTokenId", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
    {"UnrecognizedClient", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
    {"AuthenticationToken", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
    {"SecurityToken", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
    {"AuthFailure", {NULL, ERROR_UNAUTHENTICATED, CHECK_KEY}},
};

/* About the one thing that was sent, which will be the same the next time. */
static const char *const final[] = {
    "BatchRequestTooLong",
    "EntityTooLarge",
    "InvalidIdFormat",
    "InvalidMessageContents",
    "InvalidParameter",
    "InvalidParameterException",
    "InvalidParameterValue",
    "InvalidParameterValueException",
    "MessageNotInflight",
    "ReceiptHandleIsInvalid",
    "RequestEntityTooLargeException",
    "RequestTooLargeException",
};

static const char *const throttling[] = {
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "OverLimit",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "SlowDown",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgress",
    "TransactionInProgressException",
};

static bool is_one_of(const char *service_code, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(service_code, list[i]) == 0)
            return true;
    return false;
}

static const char *bare(const char *service_code)
{
    static const char queues[] = "AWS.SimpleQueueService.";
    bool longer = strncmp(service_code, queues, sizeof queues - 1) == 0;
    return longer ? service_code + sizeof queues - 1 : service_code;
}

static const struct code_row *row_find(const char *service_code)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(service_code, rows[i].service_code) == 0)
            return &rows[i];
    if (strncmp(service_code, "KMS", 3) == 0 || strncmp(service_code, "Kms", 3) == 0)
        return &key_row;
    for (size_t i = 0; i < sizeof authentication / sizeof authentication[0]; i++)
        if (strstr(service_code, authentication[i].part))
            return &authentication[i].row;
    return bare(service_code) != service_code ? row_find(bare(service_code)) : NULL;
}

static enum error_code code_of_status(int status)
{
    switch (status) {
    case 401:
        return ERROR_UNAUTHENTICATED;
    case 403:
        return ERROR_DENIED;
    case 404:
        return ERROR_NOT_FOUND;
    case 408:
        return ERROR_TIMEOUT;
    case 409:
        return ERROR_UNAVAILABLE;
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

bool service_code_is_throttling(const char *service_code)
{
    return strstr(service_code, "Throttl") ||
           is_one_of(bare(service_code), throttling, sizeof throttling / sizeof throttling[0]);
}

enum error_code service_code_classify(const char *service_code, int status)
{
    const struct code_row *row = row_find(service_code);
    if (service_code_is_throttling(service_code))
        return ERROR_THROTTLED;
    return row ? row->code : code_of_status(status);
}

const char *service_code_remedy(const char *service_code)
{
    const struct code_row *row = row_find(service_code);
    return row ? row->remedy : NULL;
}

bool service_code_is_final(const char *service_code)
{
    return is_one_of(bare(service_code), final, sizeof final / sizeof final[0]);
}

bool service_code_is_refusal(const char *service_code)
{
    static const char *const before_work[] = {"EC2UnexpectedException", "ENILimitReachedException",
                                              "ResourceNotReadyException",
                                              "SubnetIPAddressLimitReachedException"};
    return service_code_is_throttling(service_code) || row_find(service_code) == &key_row ||
           is_one_of(service_code, before_work, sizeof before_work / sizeof before_work[0]);
}

void service_code_copy(char *out, size_t size, const char *text)
{
    const char *hash = strrchr(text, '#');
    if (hash)
        text = hash + 1;
    snprintf(out, size, "%.*s", (int)strcspn(text, ":;"), text);
}
