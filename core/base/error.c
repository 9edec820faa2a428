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

/* Of a text that did not fit, the character whose end is missing goes too. */
PRINTF_LIKE(3, 0)
static void text_put(char *out, size_t size, const char *format, va_list arguments)
{
    int n = vsnprintf(out, size, format, arguments);
    size_t len = strlen(out), behind = 0;
    if (n < 0 || (size_t)n < size)
        return;
    while (behind < 3 && behind + 1 < len && ((unsigned char)out[len - 1 - behind] & 0xC0) == 0x80)
        behind++;
    unsigned char first = (unsigned char)out[len - 1 - behind];
    if (behind + 1 < (first >= 0xF0 ? 4U : first >= 0xE0 ? 3U : first >= 0xC0 ? 2U : 1U))
        out[len - 1 - behind] = '\0';
}

PRINTF_LIKE(3, 4) static void text_format(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_put(out, size, format, arguments);
    va_end(arguments);
}

enum error_code error_set_list(struct error *error, enum error_code code, const char *format,
                               va_list arguments)
{
    if (!error)
        return code;
    char message[sizeof error->message];
    text_put(message, sizeof message, format, arguments);
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
    text_put(context, sizeof context, format, arguments);
    va_end(arguments);
    text_format(message, sizeof message, "%s: %s", context, error->message);
    memcpy(error->message, message, sizeof message);
    return error->code;
}

void error_clear(struct error *error)
{
    if (error)
        *error = (struct error)ERROR_INIT;
}
