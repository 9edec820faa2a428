/*
 * One error type for the whole library: a code with one table row for its name
 * and for whether trying again can help, and one line a person can act on.
 *
 * A function that can fail returns an enum error_code and takes a struct error
 * as its last argument, which may be NULL where the caller needs the code alone.
 * On ERROR_NONE the struct is left untouched.
 */
#ifndef INTAKE_CORE_BASE_ERROR_H
#define INTAKE_CORE_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, first_at) __attribute__((format(printf, format_at, first_at)))

enum error_code {
    ERROR_NONE,
    ERROR_USAGE,
    ERROR_CONFIG,
    ERROR_IO,
    ERROR_NETWORK,
    ERROR_TIMEOUT,
    ERROR_CANCELLED,
    ERROR_THROTTLED,
    ERROR_UNAVAILABLE,     /* a service answered 5xx; a database is down */
    ERROR_SERVICE,         /* any other refusal of a service */
    ERROR_DENIED,          /* known, but lacks the right */
    ERROR_UNAUTHENTICATED, /* key, secret, signature or password refused */
    ERROR_EXPIRED_CREDENTIALS,
    ERROR_NO_CREDENTIALS,
    ERROR_NOT_FOUND,
    ERROR_CONFLICT,
    ERROR_INVALID,
    ERROR_TOO_LARGE,
    ERROR_DATABASE,
    ERROR_MEMORY,
    ERROR_INTERNAL,
    ERROR_CODE_COUNT
};

struct error {
    enum error_code code;
    bool retryable;     /* the same call may succeed later */
    bool possibly_done; /* a request was sent whole and no answer came */
    int http_status;    /* 0 where no HTTP answer was had */
    char service_code[96];
    char request_id[96];
    char message[768]; /* one line: what, where, what to do */
};

#define ERROR_INIT         \
    {                      \
        .code = ERROR_NONE \
    }

/* The code's name, as logs and JSON show it ("NOT_FOUND"). Never NULL. */
const char *error_name(enum error_code code);

/* Whether the code by itself is worth another try. */
bool error_code_retryable(enum error_code code);

/* The caller was not recognized, whatever the reason: nothing else will work with these credentials
   either. */
bool error_code_is_authentication(enum error_code code);

/* Starts the error anew with a formatted line. Returns the code, for `return error_set(...)`. */
enum error_code error_set(struct error *error, enum error_code code, const char *format, ...)
    PRINTF_LIKE(3, 4);
enum error_code error_set_list(struct error *error, enum error_code code, const char *format,
                               va_list arguments) PRINTF_LIKE(3, 0);

/* Puts "<formatted>: " before the message and keeps all the rest. Returns the error's code;
   with a NULL error, ERROR_INTERNAL (a failure must not turn into success). */
enum error_code error_wrap(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

void error_clear(struct error *error);

#endif
