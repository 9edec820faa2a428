#include "core/base/error.h"

static const struct {
    const char *name;
    bool retryable;
} codes[ERROR_CODE_COUNT] = {
    [ERROR_NONE] = {"NONE", false},
    [ERROR_USAGE] = {"USAGE", false},
    [ERROR_CONFIG] = {"CONFIG", false},
    [ERROR_IO] = {"IO", false},
    [ERROR_NETWORK] = {"NETWORK", true},
    [ERROR_TIMEOUT] = {"TIMEOUT", true},
    [ERROR_CANCELLED] = {"CANCELLED", false},
    [ERROR_THROTTLED] = {"THROTTLED", true},
    [ERROR_UNAVAILABLE] = {"UNAVAILABLE", true},
    [ERROR_SERVICE] = {"SERVICE", false},
    [ERROR_DENIED] = {"DENIED", false},
    [ERROR_UNAUTHENTICATED] = {"UNAUTHENTICATED", false},
    [ERROR_EXPIRED_CREDENTIALS] = {"EXPIRED_CREDENTIALS", false},
    [ERROR_NO_CREDENTIALS] = {"NO_CREDENTIALS", false},
    [ERROR_NOT_FOUND] = {"NOT_FOUND", false},
    [ERROR_CONFLICT] = {"CONFLICT", false},
    [ERROR_INVALID] = {"INVALID", false},
    [ERROR_TOO_LARGE] = {"TOO_LARGE", false},
    [ERROR_DATABASE] = {"DATABASE", false},
    [ERROR_MEMORY] = {"MEMORY", true},
    [ERROR_INTERNAL] = {"INTERNAL", false},
};

const char *error_name(enum error_code code)
{
    return (unsigned)code < ERROR_CODE_COUNT ? codes[code].name : "UNKNOWN";
}

bool error_code_retryable(enum error_code code)
{
    return (unsigned)code < ERROR_CODE_COUNT && codes[code].retryable;
}

bool error_code_is_authentication(enum error_code code)
{
    return code == ERROR_UNAUTHENTICATED || code == ERROR_EXPIRED_CREDENTIALS ||
           code == ERROR_NO_CREDENTIALS;
}

enum error_code error_set_list(struct error *error, enum error_code code, const char *format,
                               va_list arguments)
{
    if (!error)
        return code;
    char message[sizeof error->message];
    vsnprintf(message, sizeof message, format, arguments);
    error_clear(error);
    error->code = code;
    error->retryable = error_code_retryable(code);
    memcpy(error->message, message, sizeof message);
    return code;
}

enum error_code error_set(struct error *error, enum error_code code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_list(error, code, format, arguments);
    va_end(arguments);
    return code;
}

enum error_code error_wrap(struct error *error, const char *format, ...)
{
    if (!error)
        return ERROR_INTERNAL;
    char context[256];
    char message[sizeof error->message];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(context, sizeof context, format, arguments);
    va_end(arguments);
    snprintf(message, sizeof message, "%s: %.*s", context,
             (int)(sizeof message - sizeof context - 3), error->message);
    memcpy(error->message, message, sizeof message);
    return error->code;
}

void error_clear(struct error *error)
{
    if (error)
        *error = (struct error)ERROR_INIT;
}
